//! Reading a description so that all its mistakes are told at once: [`read`].

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

/// So many are told.
const MOST: usize = 50;

/// One step to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    /// The only key of an enum's value.
    Variant(String),
    Index(usize),
}

/// # Errors
/// A line for each mistake: at which key it is, and what there may be.
pub(crate) fn read<T: DeserializeOwned>(mut value: Value) -> Result<T, Vec<String>> {
    let mut mistakes = Vec::new();
    let mut gone = Gone::default();
    loop {
        let error = match serde_path_to_error::deserialize(&value) {
            Ok(read) if mistakes.is_empty() => return Ok(read),
            Ok::<T, _>(_) => return Err(mistakes),
            Err(error) => error,
        };
        let mut steps = steps(error.path());
        let why = error.into_inner().to_string();
        // The path of a key that is not known ends at what holds it.
        if let Some(key) = why
            .strip_prefix("unknown field `")
            .and_then(|rest| rest.split('`').next())
            && steps.last() != Some(&Step::Key(key.to_owned()))
        {
            steps.push(Step::Key(key.to_owned()));
        }
        if !gone.is_why(&steps, &why) {
            mistakes.push(match gone.written(&steps).as_str() {
                "" => why,
                place => format!("{place}: {why}"),
            });
        }
        // Without it the next mistake is found.
        if mistakes.len() == MOST || !gone.take(&mut value, &steps) {
            return Err(mistakes);
        }
    }
}

fn steps(path: &Path) -> Vec<Step> {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Map { key } => Some(Step::Key(key.clone())),
            Segment::Seq { index } => Some(Step::Index(*index)),
            Segment::Enum { variant } => Some(Step::Variant(variant.clone())),
            Segment::Unknown => None,
        })
        .collect()
}

/// What was taken away, as it is in the file.
#[derive(Debug, Default)]
struct Gone {
    /// Lists and elements: those behind them have another place than in the file.
    elements: Vec<(Vec<Step>, usize)>,
    keys: Vec<Vec<Step>>,
}

impl Gone {
    /// The steps as they are in the file.
    fn in_the_file(&self, steps: &[Step]) -> Vec<Step> {
        let mut found: Vec<Step> = Vec::new();
        for step in steps {
            let step = match step {
                Step::Key(_) | Step::Variant(_) => step.clone(),
                Step::Index(index) => {
                    let mut before: Vec<usize> = self
                        .elements
                        .iter()
                        .filter(|(list, _)| *list == found)
                        .map(|(_, index)| *index)
                        .collect();
                    before.sort_unstable();
                    let place = before
                        .iter()
                        .fold(*index, |at, gone| if *gone <= at { at + 1 } else { at });
                    Step::Index(place)
                }
            };
            found.push(step);
        }
        found
    }

    /// Whether a key is missing only because it was taken away.
    fn is_why(&self, steps: &[Step], why: &str) -> bool {
        let missing = why
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split('`').next());
        missing.is_some_and(|key| {
            let mut place = self.in_the_file(steps);
            place.push(Step::Key(key.to_owned()));
            self.keys.contains(&place)
        })
    }

    /// `ehr[1].settings.mode`, counted from 0.
    fn written(&self, steps: &[Step]) -> String {
        let mut written = String::new();
        for step in self.in_the_file(steps) {
            match step {
                Step::Key(key) if written.is_empty() => written = key,
                Step::Key(key) | Step::Variant(key) => written = format!("{written}.{key}"),
                Step::Index(index) => written = format!("{written}[{index}]"),
            }
        }
        written
    }

    /// Takes the value away that is wrong, or the closest one around it that there is. Whether there was one.
    fn take(&mut self, value: &mut Value, steps: &[Step]) -> bool {
        let Some((last, before)) = steps.split_last() else {
            return false;
        };
        let list = self.in_the_file(before);
        let place = self.in_the_file(steps);
        let holder = before.iter().try_fold(&mut *value, |at, step| match step {
            Step::Key(key) | Step::Variant(key) => at.get_mut(key),
            Step::Index(index) => at.get_mut(index),
        });
        let taken = match (holder, last, place.last()) {
            (Some(Value::Object(members)), Step::Key(key), _) => {
                let taken = members.remove(key).is_some();
                self.keys.push(place);
                taken
            }
            (Some(Value::Array(elements)), Step::Index(index), Some(Step::Index(place))) if *index < elements.len() => {
                elements.remove(*index);
                self.elements.push((list, *place));
                true
            }
            // Nothing is left of an enum without its variant.
            _ => false,
        };
        taken || self.take(value, before)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is read, and nobody looks at it")]
    struct Described {
        #[serde(default)]
        list: Vec<One>,
        #[serde(default)]
        number: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is read, and nobody looks at it")]
    struct One {
        name: String,
        #[serde(default)]
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    #[expect(dead_code, reason = "it is read, and nobody looks at it")]
    enum Kind {
        Plain,
        Wide(u8),
    }

    #[test]
    fn every_mistake_is_told_at_its_place_in_the_file() {
        let told = read::<Described>(json!({
            "list": [
                {"name": "a", "kind": "plain"},
                {"nam": "b", "kind": "plain"},
                {"name": 3},
                {"name": "d", "kind": {"wide": 300}},
                {"name": "e", "kind": "narrow"},
            ],
            "number": -1,
            "numbre": 1,
        }));
        let told = told.unwrap_err();
        let places: Vec<&str> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
        assert_eq!(places.len(), 7, "{told:#?}");
        for place in [
            "list[1].nam",
            "list[1]",
            "list[2].name",
            "list[3].kind.wide",
            "list[4].kind",
            "number",
            "numbre",
        ] {
            assert!(places.contains(&place), "{place}: {told:#?}");
        }
        let choices = told.iter().find(|line| line.starts_with("list[4].kind")).unwrap();
        assert!(
            choices.contains("`narrow`") && choices.contains("`plain` or `wide`"),
            "{choices}"
        );
    }

    #[test]
    fn what_is_no_table_at_all_is_told_once() {
        assert_eq!(read::<Described>(json!("a")).unwrap_err().len(), 1);
    }
}
