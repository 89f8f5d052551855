//! Revoking tokens that nobody is to use any more (RFC 7009), where the EHR has an endpoint for it.
//!
//! Courtesy, not safety: the store has forgotten the tokens, and a launch has ended, whatever the EHR answers. So it is
//! done on the engine while nobody waits, once, and a failure is only logged.

mod limits;

use std::sync::Arc;

use limits::RevocationLimits;

use crate::{
    config::{Ehr, Revocation},
    protocol::{
        echoed_secrets::SentSecrets,
        endpoint_error::EndpointError,
        http::HttpResponse,
        id_token::IdTokenClaims,
        people::People,
        secret::{AccessToken, RefreshToken},
        token::TokenSet,
        token_request::TokenForm,
        token_response::TokenResponse,
        urls::EndpointUrl,
    },
    runtime::{
        Runtime,
        oauth_endpoint::{self, OauthRequest},
        refusal_log::{About, Purpose},
        registrations::ClientNow,
        signing::SignedAhead,
    },
    store::{EndedLaunches, LaunchRecord, PinnedClient, PinnedEndpoints},
};

/// Why [`SmartClient::revoke`](crate::SmartClient::revoke) did not revoke.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevokeError {
    /// The EHR announced no revocation endpoint when the authorization began. Nothing was sent.
    #[error("the EHR has no revocation endpoint; drop the tokens, they work until they expire")]
    NoEndpoint,
    /// The tokens were given to another client id than that of this registration, and are good for no other. Nothing was
    /// sent.
    #[error("the tokens were given to another client; drop the tokens, they work until they expire")]
    RegistrationChanged,
    /// The value belongs to another EHR than the one of this client. Nothing was sent.
    #[error("the tokens are of another EHR than the one of this client; use `SmartClient::for_ehr` with that EHR")]
    OtherEhr,
    /// A token could not be revoked; the other one may have been.
    #[error("a token could not be revoked: {0}")]
    Endpoint(#[from] EndpointError),
}

/// Tokens that nobody is to use any more.
#[derive(Debug, Clone)]
pub(crate) struct RevocableTokens {
    refresh_token: Option<RefreshToken>,
    access_token: AccessToken,
    /// The client that they were given to. `None` in launches of which an earlier version did not note it.
    client: Option<PinnedClient>,
    /// Those whom the log does not name.
    people: People,
}

impl RevocableTokens {
    /// Tokens that were given to this client.
    pub(crate) fn of(tokens: &TokenSet, client: PinnedClient) -> Self {
        Self::given_to(Some(client), tokens, None)
    }

    /// The tokens of a launch that has ended. Its EHR may be registered as another client by now.
    fn of_launch(record: &LaunchRecord) -> Self {
        Self::given_to(record.origin.client.clone(), &record.tokens, record.identity.as_ref())
    }

    fn given_to(client: Option<PinnedClient>, tokens: &TokenSet, identity: Option<&IdTokenClaims>) -> Self {
        Self {
            refresh_token: tokens.refresh_token().cloned(),
            access_token: tokens.access_token().clone(),
            // What was renewed in the name of another client cannot be revoked in that of this one (RFC 7009, section 2.1).
            client: match &tokens.installation {
                Some(own) => client.map(|client| PinnedClient {
                    client_id: own.client_id.clone(),
                    ..client
                }),
                None => client,
            },
            people: People::of_launch(tokens, identity),
        }
    }

    /// What a token response brought for this client, and nothing that was there before.
    pub(crate) fn of_response(response: &TokenResponse, client: PinnedClient) -> Self {
        Self {
            refresh_token: response.refresh_token.clone(),
            access_token: response.access_token.clone(),
            client: Some(client),
            people: People::of_context(&response.context),
        }
    }

    /// Whether a registration is that of another client than the tokens are good for.
    fn are_foreign_to(&self, ehr: &Ehr) -> bool {
        ClientNow::of(ehr, self.client.as_ref()) == ClientNow::Other
    }

    /// The requests: the refresh token first, as it is worth more, and as it often takes the access token with it.
    fn requests(&self) -> impl Iterator<Item = (&'static str, TokenForm)> {
        let refresh = self.refresh_token.as_ref().map(TokenForm::about_refresh_token);
        let access = TokenForm::about_access_token(&self.access_token);
        refresh
            .map(|form| ("refresh token", form))
            .into_iter()
            .chain([("access token", access)])
    }
}

/// Revokes on the engine, without anybody waiting. Cheap to clone; clones share the limits.
#[derive(Clone)]
pub(crate) struct Revoker {
    runtime: Arc<Runtime>,
    limits: Arc<RevocationLimits>,
}

impl Revoker {
    pub(crate) fn new(runtime: Arc<Runtime>) -> Self {
        Self {
            runtime,
            limits: Arc::default(),
        }
    }

    /// Revokes the tokens of launches that have ended.
    pub(crate) fn launches(&self, ended: &EndedLaunches) {
        for record in &ended.records {
            self.revoke(
                &record.origin.ehr,
                &record.origin.endpoints,
                RevocableTokens::of_launch(record),
            );
        }
        if ended.unreadable > 0 {
            tracing::warn!(
                launches = ended.unreadable,
                "launches were ended whose records cannot be read; their tokens are not revoked and work until they expire"
            );
        }
    }

    /// Revokes tokens of the EHR with this key, at the endpoint that their authorization began with. Does nothing when
    /// there is none.
    pub(crate) fn revoke(&self, ehr: &str, endpoints: &PinnedEndpoints, tokens: RevocableTokens) {
        if endpoints.revocation.is_none() {
            return;
        }
        let Some(place) = self.limits.place(ehr) else {
            tracing::warn!(
                ehr,
                "too many tokens are being revoked already; these work until they expire"
            );
            return;
        };
        let (runtime, key, endpoints) = (Arc::clone(&self.runtime), ehr.to_owned(), endpoints.clone());
        let work = async move {
            let _turn = place.turn().await;
            revoke_and_log(&runtime, &key, &endpoints, &tokens).await;
        };
        if self.runtime.engine.spawn("revocation", work).is_refused() {
            tracing::warn!(
                ehr,
                "tokens are not revoked, as the application stops; they work until they expire"
            );
        }
    }
}

async fn revoke_and_log(runtime: &Runtime, key: &str, endpoints: &PinnedEndpoints, tokens: &RevocableTokens) {
    let ehr = match runtime.ehr_of_record(key).await {
        Ok(ehr) => ehr,
        Err(error) => {
            tracing::warn!(%error, ehr = key, "tokens are not revoked, as the registration of their EHR is unavailable");
            return;
        }
    };
    if ehr.quirks().revocation == Revocation::Never {
        return;
    }
    if tokens.are_foreign_to(&ehr) {
        tracing::warn!(
            ehr = key,
            "tokens are not revoked, as the registration of their EHR has another client id now; they work until they expire"
        );
        return;
    }
    let Some(endpoint) = &endpoints.revocation else {
        return;
    };
    for (kind, form) in tokens.requests() {
        match revoke_one(runtime, &ehr, endpoint, endpoints, form, &tokens.people).await {
            Ok(()) => tracing::debug!(ehr = key, token = kind, "token revoked"),
            Err(error) if error.is_unsupported_token_type() => {
                tracing::debug!(ehr = key, token = kind, "the EHR does not revoke tokens of this kind");
            }
            Err(error) => tracing::warn!(%error, ehr = key, token = kind, "a token could not be revoked"),
        }
    }
}

/// Revokes both tokens and says how that went. Both are tried, whatever becomes of the first.
///
/// # Errors
///
/// [`RevokeError::NoEndpoint`] and [`RevokeError::RegistrationChanged`] before anything is sent, and
/// [`RevokeError::Endpoint`] with the first failure. That the EHR revokes tokens of one kind only
/// (`unsupported_token_type`) is none, if the other one was revoked.
pub(crate) async fn revoke_now(
    runtime: &Runtime,
    ehr: &Ehr,
    endpoints: &PinnedEndpoints,
    tokens: &RevocableTokens,
) -> Result<(), RevokeError> {
    let endpoint: &EndpointUrl = endpoints.revocation.as_ref().ok_or(RevokeError::NoEndpoint)?;
    if tokens.are_foreign_to(ehr) {
        return Err(RevokeError::RegistrationChanged);
    }
    let mut revoked = 0_u32;
    let mut unsupported = None;
    let mut failed = None;
    for (_, form) in tokens.requests() {
        match revoke_one(runtime, ehr, endpoint, endpoints, form, &tokens.people).await {
            Ok(()) => revoked += 1,
            Err(error) if error.is_unsupported_token_type() => unsupported = unsupported.or(Some(error)),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    match failed.or(unsupported.filter(|_| revoked == 0)) {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

async fn revoke_one(
    runtime: &Runtime,
    ehr: &Ehr,
    endpoint: &EndpointUrl,
    endpoints: &PinnedEndpoints,
    form: TokenForm,
    people: &People,
) -> Result<(), EndpointError> {
    let request = OauthRequest {
        endpoint,
        server: endpoints.auth_server(),
        signed: SignedAhead::default(),
        form,
        headers: Vec::new(),
        deadline: runtime.settings.http.request_timeout,
        not_after: None,
        about: About {
            purpose: Purpose::Revocation,
            people: people.clone(),
        },
    };
    // That a credential was accepted here says nothing: an endpoint that does not look at them accepts all.
    let judge =
        |response: &HttpResponse, sent: &SentSecrets| EndpointError::judge(response, sent, runtime.wall_clock());
    let answer = oauth_endpoint::call(runtime, ehr, request, judge).await;
    answer.map(drop)
}

#[cfg(test)]
mod tests;
