//! Deletes a client again that nobody wants ([`Registrar::withdraw`]), or says in the log that it is left at the EHR.

use std::sync::Arc;

use super::{
    error::{RegistrationError, RegistrationOperation},
    registrar::{Registrar, delete_now},
};
use crate::protocol::{
    client_registration::{ClientRegistration, Leftover},
    transport_error::TransportError,
};

/// Why a client that was registered is not wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Withdrawn {
    CallerGone,
    AnotherWasFirst,
    NotSaved,
    Unusable,
    Superseded,
}

/// Which clients must not be deleted, as an EHR may give one again.
#[derive(Clone, Copy)]
pub(super) enum InUse<'a> {
    /// Whoever registers keeps its registrations, and nobody here has seen them all.
    Unknown,
    These(&'a [&'a ClientRegistration]),
}

impl Registrar {
    /// Deletes what was registered for nobody.
    pub(super) fn withdraw(&self, registration: ClientRegistration, why: Withdrawn) {
        let known = self.runtime.registrations.known(&self.fhir_base_url);
        // An EHR may give the client again that is in use.
        if known.is_some_and(|ehr| ehr.client_id() == registration.client_id())
            || self.is_used_elsewhere(registration.client_id())
        {
            return tell_unclaimed(RegistrationOperation::Register, &registration);
        }
        self.delete_each(vec![registration], why);
    }

    /// Deletes clients whose place another one has taken, and that nobody uses any more.
    pub(super) fn withdraw_former(&self, former: Vec<ClientRegistration>) {
        let unused = |client: &ClientRegistration| !self.is_used_elsewhere(client.client_id());
        let (unused, used): (Vec<_>, Vec<_>) = former.into_iter().partition(unused);
        for client in used {
            let (ehr, client_id) = (client.fhir_base_url(), client.client_id());
            tracing::info!(
                ehr,
                client_id,
                "a former client is not deleted at the EHR, as another registration has it"
            );
        }
        self.delete_each(unused, Withdrawn::Superseded);
    }

    /// Whether the registration of another EHR has this client: some servers give one to several of their FHIR servers.
    fn is_used_elsewhere(&self, client_id: &str) -> bool {
        let known = self.runtime.registrations.all_known();
        let mut others = known.iter().filter(|ehr| ehr.key() != self.fhir_base_url);
        others.any(|ehr| ehr.client_id() == client_id)
    }

    /// One after another: an EHR has its limits. Says in the log which are left.
    fn delete_each(&self, clients: Vec<ClientRegistration>, why: Withdrawn) {
        let (registrar, left) = (self.clone_detached(), clients.clone());
        let work = async move {
            let mut clients = clients.iter();
            while let Some(client) = clients.next() {
                let Err(error) = registrar.delete_now(client).await else {
                    continue;
                };
                tell_left(client, why, &error);
                // It is away: each one more would wait in vain.
                if matches!(error, RegistrationError::Transport { .. }) {
                    return clients.for_each(|client| tell_left(client, why, &error));
                }
            }
        };
        if self.runtime.engine.spawn("client registration", work).is_refused() {
            let (operation, source) = (RegistrationOperation::Delete, TransportError::ShutDown);
            let error = RegistrationError::Transport { operation, source };
            left.iter().for_each(|client| tell_left(client, why, &error));
        }
    }

    async fn delete_now(&self, client: &ClientRegistration) -> Result<(), RegistrationError> {
        let call = self.call(RegistrationOperation::Delete, client, None)?;
        delete_now(&self.runtime, client, call).await
    }

    /// Deletes a client whose answer cannot be used, where it can be deleted and is not in use for sure, and says in the log what is left.
    pub(super) fn withdraw_unusable(&self, leftover: Option<Leftover>, in_use: InUse<'_>) {
        let ehr = self.fhir_base_url.clone();
        let Some(leftover) = leftover else {
            return tell_left_unusable(&ehr, "its answer has no address at which it could be deleted");
        };
        if self.may_be_in_use(&leftover, in_use) {
            return tell_left_unusable(&ehr, "it may be one that is in use");
        }
        let access = (&leftover.uri, &leftover.token);
        let call = match self.call_at(RegistrationOperation::Delete, access, None) {
            Ok(call) => call,
            Err(error) => return tell_left_unusable(&ehr, &error.to_string()),
        };
        let (runtime, left) = (Arc::clone(&self.runtime), ehr.clone());
        let work = async move {
            match call.send(&runtime).await {
                Ok(_) => tracing::info!(ehr, "the client whose answer could not be used was deleted at the EHR"),
                Err(error) => tell_left_unusable(&ehr, &error.to_string()),
            }
        };
        if self.runtime.engine.spawn("client registration", work).is_refused() {
            tell_left_unusable(&left, &TransportError::ShutDown.to_string());
        }
    }
}

impl Registrar {
    fn may_be_in_use(&self, leftover: &Leftover, in_use: InUse<'_>) -> bool {
        let InUse::These(clients) = in_use else { return true };
        let known = self.runtime.registrations.known(&self.fhir_base_url);
        let is_known = known.is_some_and(|ehr| match &leftover.client_id {
            Some(client_id) => client_id == ehr.client_id(),
            // Only the address could tell them apart.
            None => clients.iter().all(|client| client.client_id() != ehr.client_id()),
        });
        let is_elsewhere = |client_id: &String| self.is_used_elsewhere(client_id);
        is_known
            || leftover.client_id.as_ref().is_some_and(is_elsewhere)
            || clients.iter().any(|client| leftover.may_be(client))
    }
}

fn tell_left_unusable(ehr: &str, why: &str) {
    tracing::warn!(
        ehr,
        why,
        "the EHR has perhaps registered a client with an answer that cannot be used, and it was not deleted; look into the EHR's \
         list of clients, and delete there what is not in use"
    );
}

fn tell_left(registration: &ClientRegistration, why: Withdrawn, error: &RegistrationError) {
    let (ehr, client_id) = (registration.fhir_base_url(), registration.client_id());
    let why = match why {
        Withdrawn::CallerGone => "its caller had gone",
        Withdrawn::AnotherWasFirst => "another process had registered one meanwhile",
        Withdrawn::NotSaved => "the store did not take it",
        Withdrawn::Unusable => "it cannot be used",
        Withdrawn::Superseded => "another one has taken its place",
    };
    tracing::warn!(
        ehr,
        client_id,
        %error,
        "a client was registered, {why}, and it could not be deleted again; delete it at the EHR"
    );
}

pub(super) fn tell_unclaimed(operation: RegistrationOperation, registration: &ClientRegistration) {
    let (ehr, client_id) = (registration.fhir_base_url(), registration.client_id());
    tracing::warn!(
        ehr,
        client_id,
        "{operation}: the answer came when its caller had gone, and a new secret or registration access token in it is lost"
    );
}
