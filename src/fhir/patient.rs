//! Who the patient of the launch is: [`SmartSession::patient_facts`].

use serde_json::Value;

use super::FhirError;
use crate::{
    launch::{patient_facts, session::SmartSession},
    protocol::patient::facts::PatientFacts,
};

impl SmartSession {
    /// Who the patient of this launch is: read from the FHIR server, or with the launch where the configuration keeps it there
    /// (`SmartConfigBuilder::patient_facts`). `None`: the launch has no patient.
    ///
    /// It needs a scope that lets the application read the patient, such as `patient/Patient.r`.
    ///
    /// # Errors
    ///
    /// [`FhirError`]; [`FhirError::OtherResource`] when the server answers with anything but this patient.
    pub async fn patient_facts(&self) -> Result<Option<PatientFacts>, FhirError> {
        let Some(id) = self.patient() else {
            return Ok(None);
        };
        if let Some(kept) = patient_facts::kept(self) {
            return Ok(Some(kept.clone()));
        }
        let resource: Value = self.fhir().read("Patient", id).await?;
        let facts = PatientFacts::read(&resource, id).ok_or(FhirError::OtherResource)?;
        patient_facts::keep(self, &facts).await;
        Ok(Some(facts))
    }
}
