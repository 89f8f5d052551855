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

impl Registrar {
    /// Deletes what was registered for nobody.
    pub(super) fn withdraw(&self, registration: ClientRegistration, why: Withdrawn) {
        let operation = RegistrationOperation::Delete;
        let known = self.runtime.registrations.known(&self.fhir_base_url);
        // An EHR may give the client again that is in use.
        if known.is_some_and(|ehr| ehr.client_id() == registration.client_id()) {
            return tell_unclaimed(RegistrationOperation::Register, &registration);
        }
        let call = match self.call(operation, &registration, None) {
            Ok(call) => call,
            Err(error) => return tell_left(&registration, why, &error),
        };
        let (runtime, left) = (Arc::clone(&self.runtime), registration.clone());
        let work = async move {
            if let Err(error) = delete_now(&runtime, &registration, call).await {
                tell_left(&registration, why, &error);
            }
        };
        if self.runtime.engine.spawn("client registration", work).is_refused() {
            let source = TransportError::ShutDown;
            tell_left(&left, why, &RegistrationError::Transport { operation, source });
        }
    }
}

impl Registrar {
    /// Deletes a client whose answer cannot be used, where it can be deleted, and says in the log what is left. `in_use`: another registration that must not be deleted, as
    /// an EHR may give the same client again.
    pub(super) fn withdraw_unusable(&self, leftover: Option<Leftover>, in_use: Option<&ClientRegistration>) {
        let ehr = self.fhir_base_url.clone();
        let Some(leftover) = leftover else {
            return tell_left_unusable(&ehr, "its answer has no address at which it could be deleted");
        };
        let known = self.runtime.registrations.known(&ehr);
        let known = known.as_ref().map(|ehr| ehr.client_id());
        let in_use = in_use.map(ClientRegistration::client_id);
        if let Some(client_id) = &leftover.client_id
            && [known, in_use].contains(&Some(client_id))
        {
            return;
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

fn tell_left_unusable(ehr: &str, why: &str) {
    tracing::warn!(
        ehr,
        why,
        "the EHR has perhaps registered a client with an answer that cannot be used, and it could not be deleted; look into the EHR's \
         list of clients, and delete it there"
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
