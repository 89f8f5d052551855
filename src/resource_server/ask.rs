//! The one request about a token.

use std::time::Duration;

use super::not_checked::NotChecked;
use crate::{
    backend::BackendClient,
    config::{CheckedCallerTokens, Ehr, IntrospectWith},
    launch::{
        announced::endpoints_for_refresh,
        introspect::{IntrospectError, Proof, Question, ask as introspect},
    },
    log_throttle::log_seldom,
    protocol::{
        client_auth::credentials::ClientAuthError, endpoint_error::EndpointError, introspection::Introspection,
        people::People, secret::AccessToken,
    },
    runtime::{
        Runtime,
        places::{Busy, Place, PlaceKind},
        refusal_log::Purpose,
    },
    store::PinnedEndpoints,
};

/// When it is worth asking again, where nobody says.
const SOON: Duration = Duration::from_secs(5);

/// Why there is no answer, and when it is worth asking again.
pub(super) type Failed = (NotChecked, Duration);

/// What a question is about.
pub(super) struct Asked<'a> {
    pub(super) ehr: &'a Ehr,
    pub(super) rules: &'a CheckedCallerTokens,
    pub(super) token: &'a AccessToken,
    pub(super) place: PlaceKind,
    /// The application as a client of its own there.
    pub(super) backend: BackendClient,
}

impl Asked<'_> {
    /// Asks the server, once; once more where it has refused the application's own token and there is another.
    pub(super) async fn ask(&self, runtime: &Runtime) -> Result<Introspection, Failed> {
        let key = self.ehr.key();
        // First of all: callers come faster than metadata, and than a token of the application's own.
        let place = runtime.places.take(key, self.place).await;
        let place = place.map_err(|Busy { retry_after }| (NotChecked::Busy, retry_after))?;
        let (mut endpoints, _) = endpoints_for_refresh(runtime, self.ehr).await.map_err(|error| {
            log_seldom!(runtime, warn, ehr = key, %error, "the introspection endpoint for callers' tokens is not known");
            (NotChecked::NoMetadata, SOON)
        })?;
        if let Some(own) = &self.rules.endpoint {
            endpoints.introspection = Some(own.clone());
        }
        let said = self.answer(runtime, &endpoints, &place).await?;
        if let Some(member) = said.unreadable() {
            log_seldom!(
                runtime,
                warn,
                ehr = key,
                member,
                "a member of an introspection response cannot be read"
            );
            return Err((NotChecked::UnusableAnswer, SOON));
        }
        Ok(said)
    }

    async fn answer(
        &self,
        runtime: &Runtime,
        endpoints: &PinnedEndpoints,
        place: &Place,
    ) -> Result<Introspection, Failed> {
        let failed = |error: IntrospectError| {
            let cause = NotChecked::of(&error);
            match (&error, cause.is_a_mistake()) {
                (IntrospectError::Busy { retry_after }, _) => return (cause, *retry_after),
                (IntrospectError::Endpoint(error), _) if is_told(error) => {
                    tracing::debug!(ehr = self.ehr.key(), %error, "a caller's token could not be checked");
                }
                (_, true) => {
                    log_seldom!(runtime, error, ehr = self.ehr.key(), %error, "callers' tokens cannot be checked: {cause}");
                }
                _ => log_seldom!(runtime, warn, ehr = self.ehr.key(), %error, "a caller's token could not be checked"),
            }
            (cause, SOON)
        };
        let no_token = |error| (NotChecked::NoBackendToken(error), SOON);
        match self.rules.introspect_with {
            IntrospectWith::ClientCredentials => self
                .send(runtime, endpoints, Proof::Client, place)
                .await
                .map_err(failed),
            IntrospectWith::CallersToken => {
                let proof = Proof::Bearer(self.token);
                match self.send(runtime, endpoints, proof, place).await {
                    // It has said what it thinks of the token.
                    Err(IntrospectError::Endpoint(error)) if is_unauthorized(&error) => Ok(Introspection::inactive()),
                    other => other.map_err(failed),
                }
            }
            IntrospectWith::BackendToken => {
                let own = self.backend.token().await.map_err(no_token)?;
                match self
                    .send(runtime, endpoints, Proof::Bearer(own.access_token()), place)
                    .await
                {
                    Err(IntrospectError::Endpoint(error)) if is_unauthorized(&error) => {
                        let Some(other) = self.backend.other_than(&own).await.map_err(no_token)? else {
                            return Err(failed(error.into()));
                        };
                        let proof = Proof::Bearer(other.access_token());
                        self.send(runtime, endpoints, proof, place).await.map_err(failed)
                    }
                    other => other.map_err(failed),
                }
            }
        }
    }

    async fn send(
        &self,
        runtime: &Runtime,
        endpoints: &PinnedEndpoints,
        proof: Proof<'_>,
        place: &Place,
    ) -> Result<Introspection, IntrospectError> {
        let question = Question {
            endpoints,
            token: self.token,
            proof,
            purpose: Purpose::CallerToken,
            people: People::default(),
        };
        introspect(runtime, self.ehr, question, place).await
    }
}

/// Whether the server refuses the token that the request was authorised with, and not that it was authorised in this way.
fn is_unauthorized(error: &EndpointError) -> bool {
    match error {
        EndpointError::Refused { status: 401, error, .. } => {
            !matches!(error.as_str(), "invalid_client" | "unauthorized_client")
        }
        EndpointError::UnexpectedStatus { status: 401, .. } => true,
        _ => false,
    }
}

/// Whether the log has it already: that the endpoint refuses, with its words, or that the key does not sign.
fn is_told(error: &EndpointError) -> bool {
    match error {
        // Strangers may be the cause of it, and so the words are not in the log.
        EndpointError::Refused { error, .. } => error != "invalid_token",
        EndpointError::UnexpectedStatus { status, .. } => !(200..=299).contains(status),
        EndpointError::ClientAuth(ClientAuthError::NotSigned(_)) => true,
        EndpointError::ClientAuth(_) | EndpointError::Transport(_) => false,
    }
}
