//! Talking to the token endpoint as this client: the one place where a code or a refresh token is sent.

use std::time::Instant;

use crate::{
    config::Ehr,
    protocol::{
        scope::Scopes, token_error::TokenError, token_request::TokenForm, token_response::TokenResponse,
        urls::EndpointUrl,
    },
    runtime::{
        Runtime,
        oauth_endpoint::{self, OauthRequest},
        places::{Busy, Place},
        refusal_log::About,
    },
};

/// One token request.
pub(crate) struct TokenCall<'a> {
    pub(crate) endpoint: &'a EndpointUrl,
    pub(crate) form: TokenForm,
    /// What the launch asked for.
    pub(crate) requested: &'a Scopes,
    /// The moment after which nothing is sent ([`HttpRequest::not_after`](crate::transport::HttpRequest::not_after)).
    pub(crate) not_after: Option<Instant>,
    /// For the log, where the EHR refuses.
    pub(crate) about: About,
}

/// Sends a token request, and reads the answer as this EHR means it.
///
/// The place is the right to send anything: so many requests to one registration, and no more, are under way at once.
pub(crate) async fn call_token_endpoint(
    runtime: &Runtime,
    ehr: &Ehr,
    call: TokenCall<'_>,
    _place: &Place,
) -> Result<TokenResponse, TokenError> {
    let request = OauthRequest {
        endpoint: call.endpoint,
        token_endpoint: call.endpoint,
        form: call.form,
        deadline: runtime.settings.tokens.deadline,
        not_after: call.not_after,
        about: call.about,
    };
    let (response, slot) = oauth_endpoint::call(runtime, ehr, request, |response, sent| {
        TokenResponse::parse(response, runtime.wall_clock()).map_err(|error: TokenError| error.without(sent, response))
    })
    .await?;
    ehr.credential_worked(slot, runtime.steady());
    Ok(ehr.quirks().normalize(response, call.requested))
}

impl From<Busy> for TokenError {
    fn from(Busy { retry_after }: Busy) -> Self {
        Self::Busy { retry_after }
    }
}

#[cfg(test)]
mod tests;
