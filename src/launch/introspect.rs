//! Asking the EHR what an access token is good for (RFC 7662).

use std::time::Duration;

use crate::{
    config::Ehr,
    protocol::{
        echoed_secrets::SentSecrets,
        endpoint_error::EndpointError,
        http::HttpResponse,
        introspection::{Introspection, MalformedIntrospection},
        people::People,
        secret::AccessToken,
        token_request::TokenForm,
    },
    runtime::{
        Runtime,
        oauth_endpoint::{self, OauthRequest, Sending},
        places::{Busy, Place, PlaceKind},
        refusal_log::{About, Purpose},
        registrations::EhrLookupError,
        signing::SignedAhead,
    },
    store::PinnedEndpoints,
};

/// How an introspection request is authorised.
///
/// SMART App Launch 2.2 (Token Introspection, Authorization) wants servers to accept a SMART bearer token; RFC 7662 leaves
/// it open. The EHR's documentation says which of them it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IntrospectionAuth {
    /// As token requests: with the client's credentials, or the client id of a public client. The default.
    #[default]
    ClientCredentials,
    /// With the access token itself as a bearer token.
    AccessToken,
}

/// Why the EHR did not say what a token is good for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntrospectError {
    /// The EHR announced no introspection endpoint when the authorization began. Nothing was sent.
    #[error("the EHR has no introspection endpoint; try the token at the FHIR server instead")]
    NoEndpoint,
    /// There is no registration of the EHR that the launch belongs to. Nothing was sent.
    #[error(transparent)]
    Ehr(#[from] EhrLookupError),
    /// The value belongs to another EHR than the one of this client. Nothing was sent.
    #[error("the token is of another EHR than the one of this client; use `SmartClient::for_ehr` with that EHR")]
    OtherEhr,
    /// The EHR refused, could not be reached, or did not answer with success.
    #[error("the token could not be introspected: {0}")]
    Endpoint(#[from] EndpointError),
    /// The answer cannot be used.
    #[error(transparent)]
    Malformed(#[from] MalformedIntrospection),
    /// Too many introspections at this EHR registration are under way. Nothing was sent.
    #[error("too many introspections at this EHR are under way; try again in {} s", retry_after.as_secs())]
    #[non_exhaustive]
    Busy {
        /// When it is worth trying again.
        retry_after: Duration,
    },
}

impl From<Busy> for IntrospectError {
    fn from(Busy { retry_after }: Busy) -> Self {
        Self::Busy { retry_after }
    }
}

/// What is asked of the EHR about a token.
pub(crate) struct Question<'a> {
    pub(crate) endpoints: &'a PinnedEndpoints,
    pub(crate) token: &'a AccessToken,
    pub(crate) proof: Proof<'a>,
    /// The time for the answer, from sending.
    pub(crate) timeout: Duration,
    pub(crate) purpose: Purpose,
    /// Those whom no line of the log names.
    pub(crate) people: People,
}

/// What shows the EHR that this application may ask.
pub(crate) enum Proof<'a> {
    /// The client's credentials.
    Client,
    /// An access token.
    Bearer(&'a AccessToken),
}

/// Asks about the application's own access token.
pub(crate) async fn introspect(
    runtime: &Runtime,
    ehr: &Ehr,
    endpoints: &PinnedEndpoints,
    token: &AccessToken,
    auth: IntrospectionAuth,
    people: People,
) -> Result<Introspection, IntrospectError> {
    let question = Question {
        endpoints,
        token,
        proof: match auth {
            IntrospectionAuth::ClientCredentials => Proof::Client,
            IntrospectionAuth::AccessToken => Proof::Bearer(token),
        },
        timeout: runtime.settings.http.request_timeout,
        purpose: Purpose::Introspection,
        people,
    };
    let place = runtime.places.take(ehr.desk(), PlaceKind::Introspection).await?;
    ask(runtime, ehr, question, &place).await
}

/// Asks about an access token. The place is the right to do so.
pub(crate) async fn ask(
    runtime: &Runtime,
    ehr: &Ehr,
    question: Question<'_>,
    _place: &Place,
) -> Result<Introspection, IntrospectError> {
    let Question {
        endpoints,
        token,
        proof,
        timeout,
        purpose,
        people,
    } = question;
    let endpoint = endpoints.introspection.as_ref().ok_or(IntrospectError::NoEndpoint)?;
    let form = TokenForm::about_access_token(token);
    let judge = |response: &HttpResponse, sent: &SentSecrets| {
        EndpointError::judge(response, sent, runtime.wall_clock())?;
        Ok::<_, EndpointError>(Introspection::parse(response, ehr.fhir_base_url()))
    };
    let about = About { purpose, people };
    let answer = match proof {
        Proof::Client => {
            let request = OauthRequest {
                endpoint,
                server: endpoints.auth_server(),
                signed: SignedAhead::default(),
                form,
                headers: Vec::new(),
                deadline: timeout,
                not_after: None,
                about,
            };
            oauth_endpoint::call(runtime, ehr, request, judge).await?.0
        }
        Proof::Bearer(token) => {
            let sending = Sending {
                endpoint,
                form,
                headers: vec![("Authorization", format!("Bearer {}", token.expose_secret()))],
                timeout,
                not_after: None,
                about: &about,
                credential: None,
            };
            sending.send(runtime, ehr, judge).await?
        }
    };
    Ok(answer?)
}
