//! Talking to the token endpoint as this client: the one place where a code or a refresh token is sent.

use std::time::{Duration, Instant};

use crate::{
    config::Ehr,
    protocol::{
        client_auth::credentials::{AppliedAuth, ClientAuthError, CredentialSlot},
        echo::SentSecrets,
        http::HttpRequest,
        scope::Scopes,
        token_error::TokenError,
        token_request::TokenForm,
        token_response::TokenResponse,
        urls::EndpointUrl,
    },
    runtime::{
        Shared,
        places::{Busy, Place},
        registrations::EhrLookupError,
    },
    transport::HttpTransport,
};

/// Why a token request brought no tokens.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TokenCallError {
    /// The EHR refused, could not be reached, or its answer cannot be used.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The request could not be authenticated; nothing was sent.
    #[error(transparent)]
    ClientAuth(#[from] ClientAuthError),
    /// There is no registration of the EHR that the launch belongs to; nothing was sent.
    #[error(transparent)]
    Ehr(#[from] EhrLookupError),
    /// The EHR is registered with another client id than the authorization began with, and codes and refresh tokens are good
    /// for no other client; nothing was sent.
    #[error(
        "the registration of the EHR has another client id than this authorization began with; the person has to start again"
    )]
    RegistrationChanged,
    /// Too many token requests to this EHR registration are under way; nothing was sent.
    #[error("too many requests to this EHR are under way; try again in {} s", retry_after.as_secs())]
    #[non_exhaustive]
    Busy {
        /// When it is worth trying again.
        retry_after: Duration,
    },
}

impl From<Busy> for TokenCallError {
    fn from(Busy { retry_after }: Busy) -> Self {
        Self::Busy { retry_after }
    }
}

impl TokenCallError {
    /// Whether the EHR may have processed the request, so that the code or refresh token may be spent.
    #[must_use]
    pub fn may_have_been_processed(&self) -> bool {
        match self {
            Self::Token(error) => error.may_have_been_processed(),
            Self::ClientAuth(_) | Self::Ehr(_) | Self::RegistrationChanged | Self::Busy { .. } => false,
        }
    }

    /// How long the EHR asks to wait, or how long it is sensible to wait until fewer requests to it are under way.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Token(error) => error.retry_after(),
            Self::Busy { retry_after } => Some(*retry_after),
            Self::ClientAuth(_) | Self::Ehr(_) | Self::RegistrationChanged => None,
        }
    }
}

/// One token request.
pub(crate) struct TokenCall<'a> {
    pub(crate) endpoint: &'a EndpointUrl,
    pub(crate) form: TokenForm,
    /// What the launch asked for.
    pub(crate) requested: &'a Scopes,
    /// The moment after which nothing is sent ([`HttpRequest::not_after`]).
    pub(crate) not_after: Option<Instant>,
}

/// Sends a token request, authenticated as the registration says, and reads the answer as this EHR means it.
///
/// The place is the right to send anything: so many requests to one registration, and no more, are under way at once.
///
/// It is sent once. The one exception is a definite `invalid_client` while another credential is configured: the EHR
/// has then looked at nothing but the credential. Both share one deadline, as whoever waits knows of one request.
pub(crate) async fn call_token_endpoint(
    shared: &Shared,
    transport: &dyn HttpTransport,
    ehr: &Ehr,
    call: TokenCall<'_>,
    _place: &Place,
) -> Result<TokenResponse, TokenCallError> {
    let (began, deadline) = (Instant::now(), shared.settings.tokens.deadline);
    let (mut left, mut not_after) = (deadline, call.not_after);
    let mut slots = ehr.credential_order().iter().copied().peekable();
    while let Some(slot) = slots.next() {
        let limits = Limits { left, not_after };
        let error = match send(shared, transport, ehr, &call, slot, limits).await {
            Ok(response) => {
                ehr.credential_worked(slot, shared.steady());
                return Ok(ehr.quirks().understand(response, call.requested));
            }
            Err(error) => error,
        };
        left = deadline.saturating_sub(began.elapsed());
        let is_refusal = matches!(&error, TokenCallError::Token(error) if error.is_invalid_client());
        if !is_refusal || slots.peek().is_none() || left.is_zero() {
            return Err(error);
        }
        // Earlier than what was given, where that is later or nothing was.
        not_after = [call.not_after, began.checked_add(deadline)]
            .into_iter()
            .flatten()
            .min();
    }
    Err(ClientAuthError::NoPrevious.into())
}

/// What one attempt has to keep to.
struct Limits {
    /// The time for the answer, from sending.
    left: Duration,
    not_after: Option<Instant>,
}

async fn send(
    shared: &Shared,
    transport: &dyn HttpTransport,
    ehr: &Ehr,
    call: &TokenCall<'_>,
    slot: CredentialSlot,
    limits: Limits,
) -> Result<TokenResponse, TokenCallError> {
    let auth = ehr.authenticate(slot, call.endpoint, shared.wall_clock(), &mut rand::rng())?;
    let mut request = authenticated_request(ehr, call.endpoint, call.form.clone(), auth, limits.left);
    request.not_after = limits.not_after;
    let sent = SentSecrets::of_request(&request);
    let response = transport.send(request).await.map_err(TokenError::from)?;
    Ok(TokenResponse::parse(&response, shared.wall_clock()).map_err(|error| error.without(&sent, &response))?)
}

/// The request that sends a form to an endpoint of the authorization server with what authenticates this client.
pub(crate) fn authenticated_request(
    ehr: &Ehr,
    endpoint: &EndpointUrl,
    mut form: TokenForm,
    auth: AppliedAuth,
    timeout: Duration,
) -> HttpRequest {
    for (name, value) in auth.form {
        form.push(name, value);
    }
    let mut request = HttpRequest::post_form(endpoint.url().clone(), form.into_body(), timeout);
    request.addresses = ehr.addresses().clone();
    request.headers.extend(auth.headers);
    request
}

#[cfg(test)]
mod tests;
