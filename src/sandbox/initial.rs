//! How a sandbox begins, and what cannot be a beginning: [`Initial`].

use super::{
    address,
    client::{ClientMistake, SandboxClient},
    faults::{FaultQueue, SandboxFault},
    records::Records,
    settings::Settings,
    start_mistake::StartMistake,
};

/// How the sandbox begins, and to what it goes back.
#[derive(Debug, Clone, Default)]
pub(super) struct Initial {
    pub(super) settings: Settings,
    pub(super) clients: Vec<SandboxClient>,
    /// Client id and launch URL.
    pub(super) launch_urls: Vec<(String, String)>,
    pub(super) faults: FaultQueue,
}

impl Initial {
    /// # Errors
    /// When an application, one of its launch URLs, a fault or the export cannot be meant. The first is told.
    pub(super) fn check(&self) -> Result<(), StartMistake> {
        let of = |client_id: &str, reason: ClientMistake| StartMistake::Client {
            client_id: client_id.to_owned(),
            reason,
        };
        for client in &self.clients {
            client.check().map_err(|reason| of(&client.client_id, reason))?;
        }
        for (client_id, url) in &self.launch_urls {
            address::launch_url(url).map_err(|reason| of(client_id, reason.into()))?;
        }
        for SandboxFault { on, fault, .. } in self.faults.waiting() {
            fault
                .check()
                .map_err(|reason| StartMistake::Fault { on: *on, reason })?;
        }
        let export = self.settings.export.check();
        export.map_err(|reason| StartMistake::Export { reason })
    }
}

impl Settings {
    /// # Errors
    /// When they, or the portal, name somebody whom the records do not have.
    pub(super) fn know_whom_they_name(&self, records: &Records) -> Result<(), StartMistake> {
        know_whom_they_name(
            self.automatic_patient.as_deref(),
            self.automatic_user.as_deref(),
            records,
        )?;
        match records
            .portal
            .iter()
            .find(|user| !is_there(user, &["Patient/"], records))
            .cloned()
        {
            Some(reference) => Err(StartMistake::NoPortalUser { reference }),
            None => Ok(()),
        }
    }
}

/// # Errors
/// When the records do not have the patient with this id, or the user with this reference.
pub(super) fn know_whom_they_name(
    patient: Option<&str>,
    user: Option<&str>,
    records: &Records,
) -> Result<(), StartMistake> {
    let patient = patient.map(|id| format!("Patient/{id}"));
    if let Some(reference) = patient.filter(|patient| !is_there(patient, &["Patient/"], records)) {
        return Err(StartMistake::NoPatient { reference });
    }
    match user.filter(|user| !is_there(user, &["Patient/", "Practitioner/"], records)) {
        Some(user) => Err(StartMistake::NoUser {
            reference: user.to_owned(),
        }),
        None => Ok(()),
    }
}

fn is_there(reference: &str, types: &[&str], records: &Records) -> bool {
    types.iter().any(|start| reference.starts_with(start)) && records.has(reference)
}
