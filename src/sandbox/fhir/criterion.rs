//! One condition of a search, or of a scope with a `?query` ([`Criterion`]).

use serde_json::Value;

use super::{
    date_range::DateRange,
    parameters::{self, Kind, Parameter},
};
use crate::sandbox::{folded::Folded, records::is_id, reference::local};

/// A parameter with the values of which one has to fit.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Criterion {
    parameter: &'static Parameter,
    modifier: Modifier,
    values: Vec<Wanted>,
    /// The address of this server, as absolute references may name it.
    fhir_base: String,
}

/// What follows the name of a parameter after a colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Modifier {
    None,
    /// None of the values.
    Not,
    /// Whether there is no value at all.
    Missing,
    /// All of a text, as it is written.
    Exact,
    /// A part of a text.
    Contains,
}

#[derive(Debug, Clone)]
enum Wanted {
    Token {
        /// `Some("")`: one without a system.
        system: Option<String>,
        /// `None`: any code of the system.
        code: Option<String>,
    },
    Reference(String),
    Text(String, Folded),
    Date(Comparison, DateRange),
    Missing(bool),
}

/// The prefix of a date (FHIR R4, Search, 3.1.1.4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    In,
    NotIn,
    /// Some of it is before.
    Before,
    After,
    FromThen,
    UntilThen,
    /// All of it is before.
    EndsBefore,
    StartsAfter,
}

/// Why something is no criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) enum NoCriterion {
    /// The type has no such parameter.
    Unknown,
    /// What is wrong with the modifier or the value.
    Invalid(String),
}

impl Criterion {
    /// `name` may have a modifier; `value` may be a list.
    ///
    /// # Errors
    /// See [`NoCriterion`].
    pub(in crate::sandbox) fn parse(
        resource_type: &str,
        name: &str,
        value: &str,
        fhir_base: &str,
    ) -> Result<Self, NoCriterion> {
        let (bare, modifier) = name
            .split_once(':')
            .map_or((name, None), |(bare, modifier)| (bare, Some(modifier)));
        let parameter = parameters::find(resource_type, bare).ok_or(NoCriterion::Unknown)?;
        let modifier = match (modifier, parameter.kind) {
            (None, _) => Modifier::None,
            (Some("missing"), _) => Modifier::Missing,
            (Some("not"), Kind::Token) => Modifier::Not,
            (Some("exact"), Kind::Text) => Modifier::Exact,
            (Some("contains"), Kind::Text) => Modifier::Contains,
            (Some("Patient"), Kind::Reference) => Modifier::None,
            (Some(other), _) => {
                let why = format!("The modifier {other} is not supported for {bare}.");
                return Err(NoCriterion::Invalid(why));
            }
        };
        let values = match modifier {
            Modifier::Missing => vec![missing(bare, value)?],
            _ => split(value)
                .iter()
                .map(|one| wanted(parameter, one, fhir_base))
                .collect::<Result<_, _>>()?,
        };
        let is_of_patients = bare == "patient" || name.ends_with(":Patient");
        let values = match is_of_patients {
            true => values.into_iter().map(Wanted::of_a_patient).collect(),
            false => values,
        };
        Ok(Self {
            parameter,
            modifier,
            values,
            fhir_base: fhir_base.to_owned(),
        })
    }

    pub(in crate::sandbox) fn is_met_by(&self, resource: &Value) -> bool {
        let there = self.parameter.values(resource);
        if let [Wanted::Missing(missing)] = self.values.as_slice() {
            return there.is_empty() == *missing;
        }
        let fits = self
            .values
            .iter()
            .any(|wanted| there.iter().any(|value| self.fits(value, wanted)));
        fits != (self.modifier == Modifier::Not)
    }

    /// The patients that the search is about, if it names some.
    pub(super) fn patients(&self) -> Option<Vec<&str>> {
        let names_patients = ["patient", "subject"].contains(&self.parameter.name);
        let ids = self.values.iter().filter_map(|wanted| match wanted {
            Wanted::Reference(reference) => Some(reference.strip_prefix("Patient/").unwrap_or(reference)),
            _ => None,
        });
        (names_patients && self.modifier == Modifier::None).then(|| ids.collect())
    }

    /// The patients in whose compartments everything is that meets it, each once, if it says that.
    pub(super) fn compartments(&self) -> Option<Vec<&str>> {
        let mut patients = self.patients().filter(|_| self.parameter.name == "patient")?;
        patients.sort_unstable();
        patients.dedup();
        patients.iter().all(|id| is_id(id)).then_some(patients)
    }

    fn fits(&self, value: &Value, wanted: &Wanted) -> bool {
        match wanted {
            Wanted::Token { system, code } => has_token(value, system.as_deref(), code.as_deref()),
            Wanted::Reference(wanted) => {
                let reference = value.get("reference").and_then(Value::as_str).unwrap_or_default();
                let reference = local(reference, &self.fhir_base).unwrap_or_default();
                reference == wanted
                    || (!wanted.contains('/') && reference.split_once('/').is_some_and(|(_, id)| id == wanted))
            }
            Wanted::Text(wanted, folded) => {
                fits_text(value.as_str().unwrap_or_default(), wanted, folded, self.modifier)
            }
            Wanted::Date(comparison, wanted) => {
                DateRange::of_value(value).is_some_and(|there| comparison.holds(there, *wanted))
            }
            Wanted::Missing(_) => false,
        }
    }
}

impl Wanted {
    /// An id alone is that of a patient.
    fn of_a_patient(self) -> Self {
        match self {
            Self::Reference(id) if !id.contains('/') => Self::Reference(format!("Patient/{id}")),
            other => other,
        }
    }
}

fn wanted(parameter: &Parameter, value: &str, fhir_base: &str) -> Result<Wanted, NoCriterion> {
    let name = parameter.name;
    if value.is_empty() {
        return Err(NoCriterion::Invalid(format!("{name} has no value.")));
    }
    Ok(match parameter.kind {
        Kind::Token => match value.split_once('|') {
            None => Wanted::Token {
                system: None,
                code: Some(value.to_owned()),
            },
            Some(("", "")) => return Err(NoCriterion::Invalid(format!("{name} has no value."))),
            Some((system, code)) => Wanted::Token {
                system: Some(system.to_owned()),
                code: Some(code.to_owned()).filter(|code| !code.is_empty()),
            },
        },
        Kind::Reference => Wanted::Reference(local(value, fhir_base).unwrap_or(value).to_owned()),
        Kind::Text => Wanted::Text(value.to_owned(), Folded::of(value)),
        Kind::Date => {
            let (comparison, date) = Comparison::of(value);
            let range = DateRange::parse(date);
            let range = range.ok_or_else(|| {
                NoCriterion::Invalid(match value.strip_prefix("ap").and_then(DateRange::parse) {
                    Some(_) => format!("The prefix ap is not supported for {name}."),
                    None => format!("{value} is no date for {name}."),
                })
            })?;
            Wanted::Date(comparison, range)
        }
    })
}

fn missing(name: &str, value: &str) -> Result<Wanted, NoCriterion> {
    match value {
        "true" => Ok(Wanted::Missing(true)),
        "false" => Ok(Wanted::Missing(false)),
        _ => Err(NoCriterion::Invalid(format!("{name}:missing is true or false."))),
    }
}

/// The values of a list; a comma after a backslash is a comma.
fn split(list: &str) -> Vec<String> {
    let (mut values, mut value, mut chars) = (Vec::new(), String::new(), list.chars());
    while let Some(one) = chars.next() {
        match one {
            '\\' => value.extend(chars.next()),
            ',' => values.push(std::mem::take(&mut value)),
            other => value.push(other),
        }
    }
    values.push(value);
    values
}

/// Whether a code, a Coding, a CodeableConcept or an Identifier is the token.
fn has_token(value: &Value, system: Option<&str>, code: Option<&str>) -> bool {
    if let Value::String(text) = value {
        // Of an element of the type `code`, the definition says the system (FHIR R4, Search, 3.1.1.4.10).
        return code == Some(text);
    }
    if let Some(codings) = value.get("coding").and_then(Value::as_array) {
        return codings.iter().any(|coding| has_token(coding, system, code));
    }
    let member = |name: &str| value.get(name).and_then(Value::as_str);
    let its_system = member("system").unwrap_or_default();
    let its_code = member("code").or_else(|| member("value"));
    let has_coding = its_code.is_some() || member("system").is_some();
    has_coding && system.is_none_or(|system| system == its_system) && code.is_none_or(|code| its_code == Some(code))
}

/// Case and accents make no difference unless all of the text is asked for (FHIR R4, Search, 3.1.1.4.8).
fn fits_text(text: &str, wanted: &str, folded: &Folded, modifier: Modifier) -> bool {
    match modifier {
        Modifier::Exact => text == wanted,
        Modifier::Contains => Folded::of(text).contains(folded),
        _ => Folded::of(text).starts_with(folded) || text.split(' ').any(|word| Folded::of(word).starts_with(folded)),
    }
}

impl Comparison {
    fn of(value: &str) -> (Self, &str) {
        let (prefix, rest) = value.split_at_checked(2).unwrap_or(("", value));
        let comparison = match prefix {
            "eq" => Self::In,
            "ne" => Self::NotIn,
            "lt" => Self::Before,
            "gt" => Self::After,
            "eb" => Self::EndsBefore,
            "sa" => Self::StartsAfter,
            "ge" => Self::FromThen,
            "le" => Self::UntilThen,
            _ => return (Self::In, value),
        };
        (comparison, rest)
    }

    const fn holds(self, there: DateRange, wanted: DateRange) -> bool {
        let is_in = wanted.from <= there.from && there.until <= wanted.until;
        match self {
            Self::In => is_in,
            Self::NotIn => !is_in,
            Self::Before => there.from < wanted.from,
            Self::After => there.until > wanted.until,
            Self::FromThen => there.until > wanted.until || is_in,
            Self::UntilThen => there.from < wanted.from || is_in,
            Self::EndsBefore => there.until <= wanted.from,
            Self::StartsAfter => there.from >= wanted.until,
        }
    }
}

#[cfg(test)]
mod tests;
