//! One condition of a search, or of a scope with a `?query` ([`Criterion`]).

use serde_json::Value;

use super::{
    date_range::DateRange,
    parameters::{self, Kind, Parameter},
};
use crate::sandbox::{records::is_id, reference::local};

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
    Text(String),
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
            Wanted::Text(wanted) => fits_text(value.as_str().unwrap_or_default(), wanted, self.modifier),
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
        Kind::Text => Wanted::Text(value.to_owned()),
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

fn fits_text(text: &str, wanted: &str, modifier: Modifier) -> bool {
    let (lower, wanted_lower) = (text.to_lowercase(), wanted.to_lowercase());
    match modifier {
        Modifier::Exact => text == wanted,
        Modifier::Contains => lower.contains(&wanted_lower),
        _ => lower.starts_with(&wanted_lower) || lower.split(' ').any(|word| word.starts_with(&wanted_lower)),
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
mod tests {
    use serde_json::json;

    use super::*;

    const BASE: &str = "http://127.0.0.1:9/fhir";

    #[track_caller]
    fn meets(resource_type: &str, name: &str, value: &str, resource: &Value, is_met: bool) {
        let criterion = Criterion::parse(resource_type, name, value, BASE).unwrap();
        assert_eq!(criterion.is_met_by(resource), is_met, "{name}={value}");
    }

    #[test]
    fn tokens_are_codes_with_or_without_a_system() {
        let coded = json!({"code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}, {"code": "pulse"}]}});
        for (value, is_met) in [
            ("8867-4", true),
            ("http://loinc.org|8867-4", true),
            ("http://loinc.org|", true),
            ("|pulse", true),
            ("|8867-4", false),
            ("http://snomed.info/sct|8867-4", false),
            ("nothing,8867-4", true),
            ("8867", false),
        ] {
            meets("Observation", "code", value, &coded, is_met);
        }
        meets("Observation", "code:not", "8867-4", &coded, false);
        meets("Observation", "code:not", "1", &coded, true);
        let status = json!({"status": "final"});
        for value in ["final", "|final", "http://hl7.org/fhir/observation-status|final"] {
            meets("Observation", "status", value, &status, true);
        }
        let identifier = json!({"identifier": [{"system": "urn:mr", "value": "1,2"}]});
        meets("Patient", "identifier", "urn:mr|1\\,2", &identifier, true);
        meets("Patient", "identifier", "urn:mr|1,2", &identifier, false);
    }

    #[test]
    fn references_are_ids_relative_or_absolute() {
        let about = json!({"subject": {"reference": "Patient/amber"}});
        for (value, is_met) in [
            ("amber", true),
            ("Patient/amber", true),
            ("http://127.0.0.1:9/fhir/Patient/amber", true),
            ("http://elsewhere.example/fhir/Patient/amber", false),
            ("Group/amber", false),
            ("bruno,amber", true),
            ("amb", false),
        ] {
            meets("Observation", "patient", value, &about, is_met);
            meets("Observation", "subject", value, &about, is_met);
            let absolute = json!({"subject": {"reference": format!("{BASE}/Patient/amber/_history/1")}});
            meets("Observation", "patient", value, &absolute, is_met);
        }
        let foreign = json!({"subject": {"reference": "http://elsewhere.example/fhir/Patient/amber"}});
        let of_a_group = json!({"subject": {"reference": "Group/amber"}});
        for (name, value, of_group) in [
            ("patient", "amber", false),
            ("subject", "amber", true),
            ("subject:Patient", "amber", false),
        ] {
            meets("Observation", name, value, &foreign, false);
            meets("Observation", name, value, &of_a_group, of_group);
        }
    }

    #[test]
    fn dates_are_compared_as_the_time_that_they_stand_for() {
        let resource = json!({"effectiveDateTime": "2025-05-12T09:30:00Z"});
        for (value, is_met) in [
            ("2025-05-12", true),
            ("2025", true),
            ("eq2025-05-12T09:30:00Z", true),
            ("ne2025-05-12", false),
            ("gt2025-05-12", false),
            ("ge2025-05-12", true),
            ("lt2025-05-12", false),
            ("le2025-05-12", true),
            ("gt2025-05-11", true),
            ("sa2025-05-11", true),
            ("lt2025-05-13", true),
            ("eb2025-05-13", true),
        ] {
            meets("Observation", "date", value, &resource, is_met);
        }
    }

    #[test]
    fn a_period_starts_after_and_ends_before_as_a_whole() {
        let open = json!({"period": {"start": "2025-05-12T09:30:00Z"}});
        let closed = json!({"period": {"start": "2025-05-12T09:30:00Z", "end": "2025-05-14T10:00:00Z"}});
        for (value, open_meets, closed_meets) in [
            ("eb2025-05-14", false, false),
            ("eb2025-05-15", false, true),
            ("eb2026-01-01", false, true),
            ("sa2025-05-11", true, true),
            ("sa2025-05-12", false, false),
            ("gt2025-05-12", true, true),
            ("lt2025-05-13", true, true),
        ] {
            meets("Encounter", "date", value, &open, open_meets);
            meets("Encounter", "date", value, &closed, closed_meets);
        }
    }

    #[test]
    fn texts_begin_so_unless_a_modifier_says_otherwise() {
        let resource = json!({"name": [{"text": "Amber Testwood", "family": "Testwood", "given": ["Amber"]}]});
        for (name, value, is_met) in [
            ("name", "test", true),
            ("name", "AMB", true),
            ("name", "wood", false),
            ("name:contains", "wood", true),
            ("family:exact", "Testwood", true),
            ("family:exact", "testwood", false),
        ] {
            meets("Patient", name, value, &resource, is_met);
        }
    }

    #[test]
    fn what_is_missing_can_be_asked_for() {
        meets("Patient", "gender:missing", "true", &json!({}), true);
        meets("Patient", "gender:missing", "false", &json!({}), false);
        meets("Patient", "gender:missing", "false", &json!({"gender": "other"}), true);
    }

    #[test]
    fn what_cannot_be_compared_is_an_error() {
        let parse = |name, value| Criterion::parse("Patient", name, value, BASE).unwrap_err();
        assert_eq!(parse("mood", "good"), NoCriterion::Unknown);
        for (name, value) in [
            ("gender:text", "x"),
            ("gender", ""),
            ("gender", "|"),
            ("birthdate", "soon"),
            ("birthdate", "ap2000-01-01"),
            ("name:missing", "x"),
        ] {
            assert!(matches!(parse(name, value), NoCriterion::Invalid(_)), "{name}={value}");
        }
    }
}
