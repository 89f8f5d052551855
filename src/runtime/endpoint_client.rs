//! Talking to the revocation and introspection endpoints as this client.

use crate::{
    config::Ehr,
    protocol::{
        client_auth::credentials::{ClientAuthError, CredentialSlot},
        echo::SentSecrets,
        endpoint_error::EndpointError,
        http::{HttpRequest, HttpResponse},
        token_request::TokenForm,
        urls::EndpointUrl,
    },
    runtime::{Shared, token_client::authenticated_request},
    transport::HttpTransport,
};

/// Where a request goes.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) endpoint: &'a EndpointUrl,
    /// What client assertions are addressed to. Neither RFC 7009 nor RFC 7662 names another audience than that of token
    /// requests.
    pub(crate) token_endpoint: &'a EndpointUrl,
}

/// Sends a form, authenticated as token requests are: once, but with the other credential after a definite
/// `invalid_client`. On a fresh connection, and without following redirects.
///
/// That a credential was accepted here is not noted: an endpoint that does not look at credentials accepts all of them.
pub(crate) async fn call_endpoint(
    shared: &Shared,
    transport: &dyn HttpTransport,
    ehr: &Ehr,
    target: Target<'_>,
    form: &TokenForm,
) -> Result<HttpResponse, EndpointError> {
    let mut slots = ehr.credential_order().iter().copied().peekable();
    while let Some(slot) = slots.next() {
        match authenticated(shared, transport, ehr, target, form.clone(), slot).await {
            Err(error) if error.is_invalid_client() && slots.peek().is_some() => {}
            answer => return answer,
        }
    }
    Err(ClientAuthError::NoPrevious.into())
}

async fn authenticated(
    shared: &Shared,
    transport: &dyn HttpTransport,
    ehr: &Ehr,
    target: Target<'_>,
    form: TokenForm,
    slot: CredentialSlot,
) -> Result<HttpResponse, EndpointError> {
    let auth = ehr.authenticate(slot, target.token_endpoint, shared.wall_clock(), &mut rand::rng())?;
    let timeout = shared.settings.http.request_timeout;
    send(
        transport,
        authenticated_request(ehr, target.endpoint, form, auth, timeout),
    )
    .await
}

/// Sends a request and judges the answer.
pub(crate) async fn send(transport: &dyn HttpTransport, request: HttpRequest) -> Result<HttpResponse, EndpointError> {
    let sent = SentSecrets::of_request(&request);
    let response = transport.send(request).await?;
    EndpointError::judge(&response, &sent)?;
    Ok(response)
}
