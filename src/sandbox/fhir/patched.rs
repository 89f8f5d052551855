//! A JSON Patch on a resource, and how much of one this server does: [`apply`].

use std::{fmt, io};

use json_patch::{Patch, PatchError, PatchOperation};
use serde_json::Value;

/// So many steps has a patch.
const MOST_STEPS: usize = 100;

/// So many bytes of JSON has a patched resource, and so many does a patch put somewhere, in all of its steps together.
const LARGEST: usize = 4 << 20;

/// So deep goes a patched resource.
const DEEPEST: usize = 100;

/// Why a patch is not done.
#[derive(Debug)]
pub(super) enum NotPatched {
    TooManySteps,
    /// Also where it takes away again what it has put there.
    TooMuch,
    DoesNotFit(PatchError),
}

impl fmt::Display for NotPatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManySteps => write!(f, "A patch has {MOST_STEPS} steps at most here."),
            Self::TooMuch => f.write_str(
                "The patch makes the resource larger than this server keeps, or its steps add, copy and move more than that in all.",
            ),
            Self::DoesNotFit(error) => write!(f, "The patch does not fit: {error}"),
        }
    }
}

/// Nothing is undone when it fails: `resource` is a copy.
///
/// What a step puts somewhere is looked at before that, as a `copy` of what was copied doubles it. The resource is written out once, at the end:
/// everybody waits meanwhile.
pub(super) fn apply(patch: &Patch, resource: &mut Value) -> Result<(), NotPatched> {
    if patch.0.len() > MOST_STEPS {
        return Err(NotPatched::TooManySteps);
    }
    let mut room = Room(LARGEST);
    for step in &patch.0 {
        if let Some((path, value)) = put_by(step, resource) {
            let levels = DEEPEST.saturating_sub(path.matches('/').count());
            if is_deeper_than(levels, value) || !room.takes(value) {
                return Err(NotPatched::TooMuch);
            }
        }
        json_patch::patch_unsafe(resource, std::slice::from_ref(step)).map_err(NotPatched::DoesNotFit)?;
    }
    match is_deeper_than(DEEPEST, resource) || !Room(LARGEST).takes(resource) {
        true => Err(NotPatched::TooMuch),
        false => Ok(()),
    }
}

/// What a step puts somewhere, and where. `None`: nothing, or what is not there.
fn put_by<'a>(step: &'a PatchOperation, resource: &'a Value) -> Option<(&'a str, &'a Value)> {
    match step {
        PatchOperation::Add(step) => Some((step.path.as_str(), &step.value)),
        PatchOperation::Replace(step) => Some((step.path.as_str(), &step.value)),
        PatchOperation::Copy(step) => Some((step.path.as_str(), resource.pointer(step.from.as_str())?)),
        PatchOperation::Move(step) => Some((step.path.as_str(), resource.pointer(step.from.as_str())?)),
        PatchOperation::Remove(_) | PatchOperation::Test(_) => None,
    }
}

fn is_deeper_than(levels: usize, value: &Value) -> bool {
    let Some(below) = levels.checked_sub(1) else {
        return true;
    };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper_than(below, item)),
        Value::Object(members) => members.values().any(|member| is_deeper_than(below, member)),
        _ => false,
    }
}

/// For so many bytes there is room. It keeps none of them.
struct Room(usize);

impl Room {
    /// Looks no further than there is room.
    fn takes(&mut self, value: &Value) -> bool {
        serde_json::to_writer(self, value).is_ok()
    }
}

impl io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(resource: &Value, steps: Vec<Value>) -> Result<Value, NotPatched> {
        let patch = serde_json::from_value(Value::Array(steps)).unwrap();
        let mut copy = resource.clone();
        apply(&patch, &mut copy).map(|()| copy)
    }

    #[test]
    fn what_is_put_there_and_taken_away_again_counts() {
        let resource = json!({"large": "x".repeat(1 << 20)});
        let copies = |times: usize| {
            let once = [
                json!({"op": "copy", "from": "/large", "path": "/other"}),
                json!({"op": "remove", "path": "/other"}),
            ];
            patched(&resource, vec![once; times].concat())
        };
        assert_eq!(copies(3).unwrap(), resource);
        assert!(matches!(copies(4), Err(NotPatched::TooMuch)));
        let moves = |times: usize| {
            let once = [
                json!({"op": "move", "from": "/large", "path": "/other"}),
                json!({"op": "move", "from": "/other", "path": "/large"}),
            ];
            patched(&resource, vec![once; times].concat())
        };
        assert_eq!(moves(1).unwrap(), resource);
        assert!(matches!(moves(2), Err(NotPatched::TooMuch)));
        let removed = patched(&resource, vec![json!({"op": "remove", "path": "/large"})]);
        assert_eq!(removed.unwrap(), json!({}));
    }

    #[test]
    fn a_resource_grows_up_to_the_limit_and_not_past_it() {
        let resource = |length: usize| json!({"a": "x".repeat(length)});
        let rest = LARGEST - resource(0).to_string().len();
        let one_longer = || vec![json!({"op": "replace", "path": "/a", "value": "x".repeat(rest)})];
        assert_eq!(patched(&resource(0), one_longer()).unwrap(), resource(rest));
        let by_one = |name: &str| vec![json!({"op": "add", "path": format!("/{name}"), "value": 1})];
        // `,"b":1`
        assert!(patched(&resource(rest - 6), by_one("b")).is_ok());
        assert!(matches!(
            patched(&resource(rest - 5), by_one("b")),
            Err(NotPatched::TooMuch)
        ));
    }

    #[test]
    fn a_resource_gets_as_deep_as_it_may_and_no_deeper() {
        let nested = |levels: usize| (1..levels).fold(json!(1), |inner, _| json!([inner]));
        let add = |levels: usize| vec![json!({"op": "add", "path": "/a", "value": nested(levels)})];
        assert!(patched(&json!({}), add(DEEPEST - 1)).is_ok());
        assert!(matches!(patched(&json!({}), add(DEEPEST)), Err(NotPatched::TooMuch)));
        // Not for a moment: what is that deep is no longer looked at with care.
        let half = DEEPEST / 2 + 10;
        let deeper = json!({"op": "add", "path": format!("/a{}", "/0".repeat(half - 1)), "value": nested(half)});
        let for_a_moment = [add(half), vec![deeper, json!({"op": "remove", "path": "/a"})]].concat();
        assert!(matches!(patched(&json!({}), for_a_moment), Err(NotPatched::TooMuch)));
        // A copy of a copy.
        let into_itself = |times: usize| {
            let mut steps = vec![json!({"op": "add", "path": "/a", "value": [1]})];
            steps.extend(
                (0..times)
                    .map(|level| json!({"op": "copy", "from": "/a", "path": format!("/a{}", "/0".repeat(level + 1))})),
            );
            patched(&json!({}), steps)
        };
        assert!(into_itself(3).is_ok());
        assert!(matches!(into_itself(16), Err(NotPatched::TooMuch)));
    }

    #[test]
    fn a_patch_that_does_not_fit_says_so() {
        for step in [
            json!({"op": "copy", "from": "/nothing", "path": "/a"}),
            json!({"op": "remove", "path": "/nothing"}),
            json!({"op": "test", "path": "/a", "value": 2}),
        ] {
            let failed = patched(&json!({"a": 1}), vec![step.clone()]);
            assert!(matches!(failed, Err(NotPatched::DoesNotFit(_))), "{step}");
        }
        let steps = |count: usize| vec![json!({"op": "test", "path": "/a", "value": 1}); count];
        assert!(patched(&json!({"a": 1}), steps(MOST_STEPS)).is_ok());
        assert!(matches!(
            patched(&json!({"a": 1}), steps(MOST_STEPS + 1)),
            Err(NotPatched::TooManySteps)
        ));
    }
}
