//! Talking to the token endpoint as this client: the one place where a code or a refresh token is sent.

use std::time::Instant;

use crate::{
    config::{Ehr, TokenExtra},
    meter::{self, Stopwatch},
    protocol::{
        client_auth::credentials::{ClientAuthError, CredentialSlot},
        echoed_secrets::SentSecrets,
        findings::TokenResponseReport,
        http::HttpResponse,
        reach::Reach,
        scope::Scopes,
        token_error::TokenError,
        token_request::TokenForm,
        token_response::{Grant, Reading, TokenResponse},
    },
    runtime::{
        Runtime,
        oauth_endpoint::{self, OauthRequest, Sending},
        places::{Busy, Place},
        refusal_log::{About, Purpose},
        signing::SignedAhead,
    },
    store::PinnedEndpoints,
};

/// One token request.
pub(crate) struct TokenCall<'a> {
    pub(crate) endpoints: &'a PinnedEndpoints,
    pub(crate) form: TokenForm,
    /// What the launch asked for.
    pub(crate) requested: &'a Scopes,
    pub(crate) grant: Grant,
    /// What is signed already.
    pub(crate) signed: SignedAhead,
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
    place: &Place,
) -> Result<TokenResponse, TokenError> {
    let (took, grant) = (Stopwatch::start(), grant_name(call.grant));
    let purpose = call.about.purpose;
    let answer = ask(runtime, ehr, call, place).await;
    // A refused code that was made up is no trouble, and would look like one.
    if purpose == Purpose::Preflight {
        return answer;
    }
    meter::TOKEN_REQUEST_SECONDS.record(took, [("ehr", ehr.key()), ("grant", grant)]);
    let outcome = outcome_name(&answer);
    meter::TOKEN_REQUESTS.count([("ehr", ehr.key()), ("grant", grant), ("outcome", outcome)]);
    answer
}

/// Reads an answer that is at hand as one of this EHR's to such a request, and says what is missing in it or unusual about it.
pub(crate) fn check_response(
    runtime: &Runtime,
    ehr: &Ehr,
    grant: Grant,
    requested: &Scopes,
    body: &[u8],
) -> Result<TokenResponseReport, TokenError> {
    let response = HttpResponse::new(200, Vec::new(), body.to_vec());
    let mut response = TokenResponse::parse(&response, &reading(runtime, ehr, grant))?;
    response.note_missing(grant, requested);
    Ok(response.report)
}

/// How this EHR's answers are read.
fn reading<'a>(runtime: &Runtime, ehr: &'a Ehr, grant: Grant) -> Reading<'a> {
    Reading {
        answer_to: grant,
        base: ehr.fhir_base_url(),
        token_type: ehr.quirks().token_type,
        now: runtime.wall_clock(),
    }
}

/// What metrics and spans call the outcome of a token request.
pub(crate) fn outcome_name(answer: &Result<TokenResponse, TokenError>) -> &'static str {
    answer.as_ref().map_or_else(failure_name, |_| "ok")
}

const fn grant_name(grant: Grant) -> &'static str {
    match grant {
        Grant::Code => "authorization_code",
        Grant::RefreshToken => "refresh_token",
        Grant::JwtBearer => "jwt_bearer",
        Grant::ClientCredentials => "client_credentials",
    }
}

fn failure_name(error: &TokenError) -> &'static str {
    if error.was_not_sent() || matches!(error, TokenError::ClientAuth(_) | TokenError::Busy { .. }) {
        return "not_sent";
    }
    if error.definite_code().is_some() {
        return "refused";
    }
    match error.reach() {
        Reach::Silent => "no_answer",
        Reach::Troubled => "trouble",
        Reach::Unusable => "unusable",
    }
}

async fn ask(runtime: &Runtime, ehr: &Ehr, call: TokenCall<'_>, _place: &Place) -> Result<TokenResponse, TokenError> {
    let quirks = ehr.quirks();
    let of_extra = |extra: &TokenExtra| (extra.name, extra.value.expose_secret().to_owned());
    let mut form = call.form;
    for (name, value) in quirks.token_parameters.iter().map(of_extra) {
        form.push(name, value);
    }
    let headers = quirks.token_headers.iter().map(of_extra).collect();
    let judge = |response: &HttpResponse, sent: &SentSecrets| {
        let reading = reading(runtime, ehr, call.grant);
        TokenResponse::parse(response, &reading).map_err(|error: TokenError| error.without(sent, response))
    };
    let mut response = if call.grant == Grant::JwtBearer {
        // The client of one launch has no other credentials than what it has signed.
        let mut signed = call.signed;
        let auth = signed.take(CredentialSlot::Current).ok_or(ClientAuthError::KeyGone)?;
        for (name, value) in auth.form {
            form.push(name, value);
        }
        let sending = Sending {
            endpoint: &call.endpoints.token,
            form,
            headers,
            timeout: runtime.settings.tokens.deadline,
            not_after: call.not_after,
            about: &call.about,
            credential: None,
        };
        sending.send(runtime, ehr, judge).await?
    } else {
        let request = OauthRequest {
            endpoint: &call.endpoints.token,
            server: call.endpoints.auth_server(),
            form,
            headers,
            signed: call.signed,
            deadline: runtime.settings.tokens.deadline,
            not_after: call.not_after,
            about: call.about,
        };
        let (response, slot) = oauth_endpoint::call(runtime, ehr, request, judge).await?;
        ehr.credential_worked(slot, runtime.steady());
        response
    };
    response.note_missing(call.grant, call.requested);
    ehr.tell_findings(response.report);
    Ok(quirks.normalize(response, call.requested))
}

impl From<Busy> for TokenError {
    fn from(Busy { retry_after }: Busy) -> Self {
        Self::Busy { retry_after }
    }
}

#[cfg(test)]
mod tests;
