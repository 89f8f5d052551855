//! Whether a page of one launch may be opened inside another: only where the patient is known to be the same.

use crate::{
    protocol::token::TokenSet,
    runtime::Runtime,
    store::{PatientDigest, ReturnFor},
};

impl Runtime {
    /// What the patient of a launch is recognised by.
    pub(crate) fn patient_digest(&self, ehr: &str, tokens: &TokenSet) -> Option<PatientDigest> {
        let patient = tokens.context().patient()?;
        let digests = self.sealing.patient_digests(ehr, patient);
        digests.first().copied().map(PatientDigest)
    }

    /// Whether a page that is for somebody may be opened inside a launch with these tokens.
    pub(crate) fn is_for(&self, return_for: ReturnFor, ehr: &str, tokens: &TokenSet) -> bool {
        match (return_for, tokens.context().patient()) {
            (ReturnFor::Anyone, _) | (ReturnFor::NoPatient, None) => true,
            // Under any of the keys: they may be changed between two launches.
            (ReturnFor::Patient(wanted), Some(patient)) => {
                self.sealing.patient_digests(ehr, patient).contains(&wanted.0)
            }
            (ReturnFor::Patient(_), None) | (ReturnFor::NoPatient, Some(_)) => false,
        }
    }
}
