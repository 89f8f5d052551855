//! The stored form of an [`EndedLaunch`].

use serde::{Deserialize, Serialize};

use super::parts::{Hash, Named, Text};
use crate::{
    store::{BrowserKey, EndReason, EndedLaunch, FormatError, FormerPatient, LaunchKind, PatientDigest, Proof},
    time::Timestamp,
};

#[derive(Serialize, Deserialize)]
pub(in crate::store::format) struct Ended<'a> {
    browser: Hash,
    proof: Hash,
    kind: Named<LaunchKind>,
    ehr: Text<'a>,
    /// Absent in what versions wrote that hashed the patient without a key, and where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "patient_digest")]
    patient: Option<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    without_patient: Option<bool>,
    reason: Named<EndReason>,
    ended_at: Timestamp,
}

impl<'a> From<&'a EndedLaunch> for Ended<'a> {
    fn from(launch: &'a EndedLaunch) -> Self {
        Self {
            browser: Hash(*launch.browser.as_bytes()),
            proof: Hash(launch.proof.0),
            kind: Named(launch.kind),
            ehr: launch.ehr.as_str().into(),
            patient: match launch.patient {
                FormerPatient::Patient(patient) => Some(Hash(patient.0)),
                FormerPatient::None | FormerPatient::Unknown => None,
            },
            without_patient: (launch.patient == FormerPatient::None).then_some(true),
            reason: Named(launch.reason),
            ended_at: launch.ended_at,
        }
    }
}

impl TryFrom<Ended<'_>> for EndedLaunch {
    type Error = FormatError;

    fn try_from(form: Ended<'_>) -> Result<Self, FormatError> {
        Ok(Self {
            browser: BrowserKey::from_bytes(form.browser.0),
            proof: Proof(form.proof.0),
            kind: form.kind.0,
            ehr: form.ehr.into_owned(),
            patient: match (form.patient, form.without_patient) {
                (Some(patient), _) => FormerPatient::Patient(PatientDigest(patient.0)),
                (None, Some(true)) => FormerPatient::None,
                (None, _) => FormerPatient::Unknown,
            },
            reason: form.reason.0,
            ended_at: form.ended_at,
        })
    }
}
