//! Talking to an endpoint of the authorization server as this client: the one place where credentials are sent.

use std::time::{Duration, Instant};

use crate::{
    config::Ehr,
    protocol::{
        client_auth::{
            AuthServer, SigningAlgorithm,
            credentials::{ClientAuthError, CredentialSlot},
        },
        echoed_secrets::SentSecrets,
        endpoint_error::EndpointError,
        http::{HttpRequest, HttpResponse},
        token_error::TokenError,
        token_request::TokenForm,
        transport_error::TransportError,
        urls::EndpointUrl,
    },
    runtime::{
        Runtime,
        refusal_log::{About, Refusal},
        signing::{SignedAhead, authenticate},
    },
};

/// A form that is sent to an endpoint, authenticated as the registration says.
pub(crate) struct OauthRequest<'a> {
    pub(crate) endpoint: &'a EndpointUrl,
    /// What credentials are for. Neither RFC 7009 nor RFC 7662 names another audience of assertions than that of token
    /// requests.
    pub(crate) server: AuthServer<'a>,
    pub(crate) form: TokenForm,
    /// Beside those of the authentication.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// What is signed already.
    pub(crate) signed: SignedAhead,
    /// The time for the answer, from sending. It holds for both credentials together: the caller waits for one request.
    pub(crate) deadline: Duration,
    /// The moment after which nothing is sent ([`HttpRequest::not_after`]).
    pub(crate) not_after: Option<Instant>,
    /// For the log, where the EHR refuses.
    pub(crate) about: About,
}

/// Why a request to an endpoint failed.
pub(crate) trait OauthFailure: From<ClientAuthError> + From<TransportError> {
    /// Whether the EHR definitely refused the credential, having looked at nothing else, so that another one is worth trying.
    fn is_invalid_client(&self) -> bool;

    /// Whether it says that nothing was sent.
    fn was_not_sent(&self) -> bool;
}

impl OauthFailure for TokenError {
    fn is_invalid_client(&self) -> bool {
        self.is_invalid_client()
    }

    fn was_not_sent(&self) -> bool {
        self.was_not_sent()
    }
}

impl OauthFailure for EndpointError {
    fn is_invalid_client(&self) -> bool {
        self.is_invalid_client()
    }

    fn was_not_sent(&self) -> bool {
        self.was_not_sent()
    }
}

/// Sends the request, on a fresh connection and without following redirects, and has the answer judged.
///
/// It is sent once. The one exception is a definite `invalid_client` while another credential is configured. Returns which
/// credential was accepted as well; whether that says anything, the caller knows.
pub(crate) async fn call<T, E: OauthFailure>(
    runtime: &Runtime,
    ehr: &Ehr,
    request: OauthRequest<'_>,
    judge: impl Fn(&HttpResponse, &SentSecrets) -> Result<T, E>,
) -> Result<(T, CredentialSlot), E> {
    let (deadline, mut signed) = (request.deadline, request.signed);
    let (mut left, mut not_after) = (deadline, request.not_after);
    // From when the EHR's time counts: a signer that takes long for the first request takes nothing of it.
    let mut began = None;
    let mut slots = signed.order(ehr, &request.server).peekable();
    // What the EHR said to the credential before. Where the next one cannot be sent, it is the answer: something was sent.
    let mut refused: Option<E> = None;
    while let Some(slot) = slots.next() {
        let auth = match signed.take(slot) {
            Some(auth) => Ok(auth),
            None => {
                let limit = runtime.settings.signer_timeout;
                let limit = began.map_or(limit, |_| limit.min(left));
                authenticate(runtime, ehr, slot, &request.server, limit).await
            }
        };
        let auth = match auth {
            Ok(auth) => auth,
            Err(error) => return Err(refused.unwrap_or_else(|| error.into())),
        };
        let sent_at = match began {
            None => *began.insert(Instant::now()),
            Some(sent_at) => {
                left = deadline.saturating_sub(sent_at.elapsed());
                sent_at
            }
        };
        match refused.take() {
            // A signer took what the first request had left.
            Some(error) if left.is_zero() => return Err(error),
            before => refused = before,
        }
        let mut form = request.form.clone();
        for (name, value) in auth.form {
            form.push(name, value);
        }
        let sending = Sending {
            endpoint: request.endpoint,
            form,
            headers: request.headers.iter().cloned().chain(auth.headers).collect(),
            timeout: left,
            not_after,
            about: &request.about,
            credential: Some(Credential {
                slot,
                only: request.server.assertion_algorithm,
                is_last: slots.peek().is_none(),
            }),
        };
        let error = match sending.send(runtime, ehr, &judge).await {
            Ok(answer) => return Ok((answer, slot)),
            Err(error) => error,
        };
        left = deadline.saturating_sub(sent_at.elapsed());
        if error.was_not_sent() {
            return Err(refused.unwrap_or(error));
        }
        if !error.is_invalid_client() || slots.peek().is_none() || left.is_zero() {
            return Err(error);
        }
        refused = Some(error);
        // Earlier than what was given, where that is later or nothing was.
        not_after = [request.not_after, sent_at.checked_add(deadline)]
            .into_iter()
            .flatten()
            .min();
    }
    Err(refused.unwrap_or_else(|| ClientAuthError::NoPrevious.into()))
}

/// A form on its way to an endpoint, with whatever authorises it.
pub(crate) struct Sending<'a> {
    pub(crate) endpoint: &'a EndpointUrl,
    pub(crate) form: TokenForm,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The time for the answer, from sending.
    pub(crate) timeout: Duration,
    pub(crate) not_after: Option<Instant>,
    pub(crate) about: &'a About,
    /// `None` where something else than a credential of the registration authorises it.
    pub(crate) credential: Option<Credential>,
}

/// One of the credentials of a registration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Credential {
    pub(super) slot: CredentialSlot,
    /// The only algorithm of assertions that the server takes.
    pub(super) only: Option<SigningAlgorithm>,
    /// Whether no other one is left to try.
    pub(super) is_last: bool,
}

impl Sending<'_> {
    /// Sends it once and has the answer judged.
    pub(crate) async fn send<T, E: From<TransportError>>(
        self,
        runtime: &Runtime,
        ehr: &Ehr,
        judge: impl Fn(&HttpResponse, &SentSecrets) -> Result<T, E>,
    ) -> Result<T, E> {
        let sent = SentSecrets::of_request(&self.form, &self.headers);
        let has_authorization = self.headers.iter().any(|(name, _)| *name == "Authorization");
        let url = self.endpoint.url().clone();
        let mut request = HttpRequest::post_form(url, self.form.into_body(), self.timeout);
        request.addresses = ehr.addresses().clone();
        request.headers.extend(self.headers);
        request.not_after = self.not_after;
        let response = runtime.transport().send(request).await?;
        judge(&response, &sent).inspect_err(|_| {
            let refusal = Refusal {
                runtime,
                ehr,
                endpoint: self.endpoint,
                about: self.about,
                credential: self.credential,
                has_authorization,
                response: &response,
            };
            refusal.log(&sent);
        })
    }
}
