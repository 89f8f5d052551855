//! The one request about a token.

use super::{failed::Failed, not_checked::NotChecked};
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
    runtime::{Runtime, places::Place, refusal_log::Purpose},
    store::PinnedEndpoints,
};

/// What a question is about.
pub(super) struct Asked<'a> {
    pub(super) ehr: &'a Ehr,
    pub(super) rules: &'a CheckedCallerTokens,
    pub(super) token: &'a AccessToken,
    pub(super) place: &'a Place,
    /// The application as a client of its own there.
    pub(super) backend: BackendClient,
}

impl Asked<'_> {
    /// Asks the server, once; once more where it has refused the application's own token and there is another.
    pub(super) async fn ask(&self, runtime: &Runtime) -> Result<Introspection, Failed> {
        let key = self.ehr.key();
        let (mut endpoints, _) = endpoints_for_refresh(runtime, self.ehr).await.map_err(|error| {
            log_seldom!(runtime, warn, ehr = key, %error, "the introspection endpoint for callers' tokens is not known");
            Failed::unasked_for_now(NotChecked::NoMetadata)
        })?;
        if let Some(own) = &self.rules.endpoint {
            endpoints.introspection = Some(own.clone());
        }
        let said = self.answer(runtime, &endpoints).await?;
        if let Some(member) = said.unreadable() {
            log_seldom!(
                runtime,
                warn,
                ehr = key,
                member,
                "a member of an introspection response cannot be read"
            );
            return Err(Failed::unusable());
        }
        Ok(said)
    }

    async fn answer(&self, runtime: &Runtime, endpoints: &PinnedEndpoints) -> Result<Introspection, Failed> {
        let failed = |error: IntrospectError| {
            let failed = Failed::of(&error);
            let cause = failed.cause;
            match (&error, cause.is_a_mistake()) {
                (IntrospectError::Endpoint(error), _) if is_told(error) => {
                    tracing::debug!(ehr = self.ehr.key(), %error, "a caller's token could not be checked");
                }
                (_, true) => {
                    log_seldom!(runtime, error, ehr = self.ehr.key(), %error, "callers' tokens cannot be checked: {cause}");
                }
                (_, false) => {
                    log_seldom!(runtime, warn, ehr = self.ehr.key(), %error, "a caller's token could not be checked")
                }
            }
            failed
        };
        match self.rules.introspect_with {
            IntrospectWith::ClientCredentials => self.send(runtime, endpoints, Proof::Client).await.map_err(failed),
            IntrospectWith::CallersToken => {
                let proof = Proof::Bearer(self.token);
                match self.send(runtime, endpoints, proof).await {
                    // It has said what it thinks of the token.
                    Err(IntrospectError::Endpoint(error)) if error.is_unauthorized() => Ok(Introspection::inactive()),
                    other => other.map_err(failed),
                }
            }
            IntrospectWith::BackendToken => {
                let own = self.backend.token().await.map_err(Failed::without_own_token)?;
                match self.send(runtime, endpoints, Proof::Bearer(own.access_token())).await {
                    Err(IntrospectError::Endpoint(error)) if error.is_unauthorized() => {
                        let Some(other) = self.backend.other_than(&own).await.map_err(Failed::without_own_token)?
                        else {
                            return Err(failed(error.into()));
                        };
                        let proof = Proof::Bearer(other.access_token());
                        self.send(runtime, endpoints, proof).await.map_err(failed)
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
    ) -> Result<Introspection, IntrospectError> {
        let question = Question {
            endpoints,
            token: self.token,
            proof,
            timeout: self.rules.timeout,
            purpose: Purpose::CallerToken,
            people: People::default(),
        };
        introspect(runtime, self.ehr, question, self.place).await
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
