//! A number of the patient: [`PatientIdentifier`].

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::name::clean;

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
}

impl PatientIdentifier {
    /// Reads an `Identifier`. `None`: it has no value.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).and_then(clean);
        Some(Self {
            value: text("/value")?,
            system: text("/system"),
            type_code: text("/type/coding/0/code"),
            type_text: text("/type/text").or_else(|| text("/type/coding/0/display")),
            old: text("/use").as_deref() == Some("old"),
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

    /// Of what kind it is (HL7 table 0203), for example `MR`, a medical record number.
    #[must_use]
    pub fn type_code(&self) -> Option<&str> {
        self.type_code.as_deref()
    }

    /// The same for people.
    #[must_use]
    pub fn type_text(&self) -> Option<&str> {
        self.type_text.as_deref()
    }

    /// Whether it is not used any more.
    #[must_use]
    pub const fn is_old(&self) -> bool {
        self.old
    }

    /// Which of several tell who the patient is, the smallest first. `None`: it is not for everybody who sees a screen.
    pub(crate) fn rank(&self) -> Option<u8> {
        match self.type_code() {
            _ if self.old => None,
            Some("MR" | "PI") => Some(0),
            // Numbers of the state, of passports, licences, accounts and cards.
            Some("SS" | "SB" | "NI" | "NNXXX" | "PPN" | "DL" | "TAX" | "BA" | "BC") => None,
            Some(_) => Some(1),
            None => Some(2),
        }
    }
}

impl fmt::Debug for PatientIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatientIdentifier")
            .field("type_code", &self.type_code)
            .finish_non_exhaustive()
    }
}
