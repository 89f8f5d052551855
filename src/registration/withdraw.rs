//! Deletes a client again that nobody wants ([`Registrar::withdraw`]), or says in the log that it is left at the EHR.

use std::sync::Arc;

use super::{
    error::{RegistrationError, RegistrationOperation},
    registrar::{Registrar, delete_now},
};
use crate::protocol::{client_registration::ClientRegistration, transport_error::TransportError};

/// Why a client that was registered is not wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Withdrawn {
    CallerGone,
    AnotherWasFirst,
    NotSaved,
    Unusable,
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

fn tell_left(registration: &ClientRegistration, why: Withdrawn, error: &RegistrationError) {
    let (ehr, client_id) = (registration.fhir_base_url(), registration.client_id());
    let why = match why {
        Withdrawn::CallerGone => "its caller had gone",
        Withdrawn::AnotherWasFirst => "another process had registered one meanwhile",
        Withdrawn::NotSaved => "the store did not take it",
        Withdrawn::Unusable => "it cannot be used",
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
