//! A number of the patient: [`PatientIdentifier`].

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{date::FhirDate, name::clean, period::LastDay};

/// HL7 table 0203, as FHIR R4 and later, FHIR before R4, and HL7 call it.
const TABLE_0203: [&str; 3] = [
    "http://terminology.hl7.org/CodeSystem/v2-0203",
    "http://hl7.org/fhir/v2/0203",
    "urn:oid:2.16.840.1.113883.18.108",
];
/// More codings than a type has.
const MOST_CODINGS: usize = 20;

/// A number by which somebody knows the patient. `Debug` shows its type alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientIdentifier {
    value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    type_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    type_text: Option<String>,
    /// Not any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    old: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<LastDay>,
}

impl PatientIdentifier {
    /// Reads an `Identifier`. `None`: it has no value.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).and_then(clean);
        let codings = value.pointer("/type/coding").and_then(Value::as_array);
        let kind = Kind::read(codings.map(Vec::as_slice).unwrap_or_default());
        Some(Self {
            value: text("/value")?,
            system: text("/system"),
            type_code: kind.code,
            type_text: text("/type/text").or(kind.display),
            old: text("/use").as_deref() == Some("old"),
            until: LastDay::of(value),
        })
    }

    /// The number itself.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whose number it is, as an address or a URN.
    #[must_use]
    pub fn system(&self) -> Option<&str> {
        self.system.as_deref()
    }

    /// Of what kind it is (HL7 table 0203), for example `MR`, a medical record number. Codes of other tables are not here. Of several
    /// that of a record number counts, else the first.
    #[must_use]
    pub fn type_code(&self) -> Option<&str> {
        self.type_code.as_deref()
    }

    /// The same for people.
    #[must_use]
    pub fn type_text(&self) -> Option<&str> {
        self.type_text.as_deref()
    }

    /// Whether it is not used any more on that day: it is an old number, or its period is over.
    #[must_use]
    pub fn is_past_on(&self, day: FhirDate) -> bool {
        self.old || self.until.is_some_and(|last| last.is_before(day))
    }

    /// Whether it is by its type a number of the patient's record: a medical record number (`MR`), or the number inside of one
    /// organization (`PI`). Of any other nobody can tell whether everybody who sees a screen may read it.
    pub(crate) fn is_record_number(&self) -> bool {
        self.type_code().is_some_and(is_of_record)
    }
}

/// What the codings of a type say.
#[derive(Default)]
struct Kind {
    code: Option<String>,
    display: Option<String>,
}

impl Kind {
    fn read(codings: &[Value]) -> Self {
        let text = |coding: &Value, name: &str| coding.get(name).and_then(Value::as_str).and_then(clean);
        let of_table = |coding: &&Value| {
            let system = coding.get("system").and_then(Value::as_str);
            // Without a system it is meant as what FHIR proposes here.
            system.is_none_or(|system| TABLE_0203.contains(&system))
        };
        let codings = || codings.iter().take(MOST_CODINGS);
        let known = || {
            codings()
                .filter(of_table)
                .filter(|coding| text(coding, "code").is_some())
        };
        let chosen = known()
            .find(|coding| text(coding, "code").is_some_and(|code| is_of_record(&code)))
            .or_else(|| known().next());
        Self {
            code: chosen.and_then(|coding| text(coding, "code")),
            display: chosen
                .and_then(|coding| text(coding, "display"))
                .or_else(|| codings().find_map(|coding| text(coding, "display"))),
        }
    }
}

fn is_of_record(code: &str) -> bool {
    matches!(code, "MR" | "PI")
}

impl fmt::Debug for PatientIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatientIdentifier")
            .field("type_code", &self.type_code)
            .finish_non_exhaustive()
    }
}
