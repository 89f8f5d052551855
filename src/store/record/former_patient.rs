//! The patient of the launch that a browser comes from: [`FormerPatient`].

use super::{LaunchRecord, PatientDigest};

/// What is known of the patient of a launch that a browser comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum FormerPatient {
    /// Nothing: a record of a version that did not write it.
    #[default]
    Unknown,
    /// It had none.
    None,
    /// This one.
    Patient(PatientDigest),
}

impl FormerPatient {
    /// What is known of the patient of `record`.
    #[must_use]
    pub fn of(record: &LaunchRecord) -> Self {
        match (record.tokens.context().patient(), record.patient) {
            (None, _) => Self::None,
            (Some(_), Some(patient)) => Self::Patient(patient),
            (Some(_), None) => Self::Unknown,
        }
    }
}
