//! What a registration says of the tokens with which others call the application: [`CallerTokens`].

use std::time::Duration;

use super::{error::InvalidReason, problems::Problems};
use crate::protocol::urls::EndpointUrl;

/// How long the server has for its answer, where nothing else is said: a caller waits for it, and perhaps a person behind.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How long it may have at most.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an answer about a good token is used, where nothing else is said.
const KEPT: Duration = Duration::from_secs(30);
/// How long it may be used at most: a token that was revoked opens the application for as long.
const LONGEST: Duration = Duration::from_secs(300);

/// How the tokens are checked with which others call the application
/// ([`ResourceServer`](crate::resource_server::ResourceServer)). The authorization server of this registration is asked about them
/// (RFC 7662; SMART App Launch 2.2, Token Introspection).
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{ClientAuth, Ehr, resource_server::CallerTokens};
///
/// // Nobody launches there, so it needs no redirect URI and no scopes.
/// let ehr = Ehr::builder("https://ehr.example/fhir/r4")
///     .client_id("our-api")
///     .client_auth(ClientAuth::client_secret("from a safe place"))
///     .caller_tokens(CallerTokens::new().audience("https://app.example/api"));
/// # let _ = ehr;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerTokens {
    introspect_with: IntrospectWith,
    timeout: Duration,
    kept_for: Duration,
    audience: Option<String>,
    issuer: Option<String>,
    endpoint: Option<String>,
}

/// What shows the authorization server that the application may ask about a caller's token. Its documentation says what it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IntrospectWith {
    /// The client's credentials, as at the token endpoint. The default.
    #[default]
    ClientCredentials,
    /// The application's own access token in the header `Authorization`, as SMART wants servers to accept it
    /// ([`EhrBuilder::backend_scopes`](crate::EhrBuilder::backend_scopes) are needed for it).
    BackendToken,
    /// The caller's token itself in that header.
    CallersToken,
}

impl CallerTokens {
    /// With the default of each option.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            introspect_with: IntrospectWith::ClientCredentials,
            timeout: TIMEOUT,
            kept_for: KEPT,
            audience: None,
            issuer: None,
            endpoint: None,
        }
    }

    /// What shows that the application may ask. Default: [`IntrospectWith::ClientCredentials`].
    #[must_use]
    pub const fn introspect_with(mut self, with: IntrospectWith) -> Self {
        self.introspect_with = with;
        self
    }

    /// The time for the server's answer, from sending the question to the last byte. Default: 3 s; at most 30 s, and not zero. A server
    /// that takes longer is left alone for a second, and longer after each further time, ten seconds at most: callers are turned away
    /// at once meanwhile, but for those whose token was good a short time ago ([`kept_for`](Self::kept_for)).
    #[must_use]
    pub const fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// How long the answer about a good token is used before the server is asked again; never beyond the token's `exp`. Default:
    /// 30 s; at most 5 min. A token that is revoked goes on working here for as long. Zero: every request asks.
    #[must_use]
    pub const fn kept_for(mut self, time: Duration) -> Self {
        self.kept_for = time;
        self
    }

    /// For whom a token has to be: `aud` of the answer has to be this text, or a list with it. Default: not looked at, as SMART does
    /// not ask servers to say it. Where yours does, set it: a token that was given for another application is then refused here. The
    /// last call wins.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Who has to have issued a token: `iss` of the answer has to be this text. Default: not looked at. SMART asks servers for `iss`
    /// only where an id token was issued, so that tokens without a user may have none.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Where the server is asked. Default: `introspection_endpoint` of its metadata.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    pub(super) fn check(&self, has_backend_scopes: bool, problems: &mut Problems) -> Option<CheckedCallerTokens> {
        const FIELD: &str = "caller_tokens";
        if self.kept_for > LONGEST {
            problems.invalid(FIELD, InvalidReason::KeptTooLong);
        }
        if self.timeout.is_zero() {
            problems.invalid(FIELD, InvalidReason::Zero);
        }
        if self.timeout > LONGEST_TIMEOUT {
            problems.invalid(FIELD, InvalidReason::AnsweredTooLate);
        }
        let texts = [&self.audience, &self.issuer];
        if texts.into_iter().flatten().any(String::is_empty) {
            problems.invalid(FIELD, InvalidReason::Empty);
        }
        if self.introspect_with == IntrospectWith::BackendToken && !has_backend_scopes {
            problems.invalid(FIELD, InvalidReason::NoBackendToken);
        }
        let endpoint = self.endpoint.as_deref();
        let endpoint = endpoint.map(|endpoint| problems.url(FIELD, endpoint, EndpointUrl::parse));
        Some(CheckedCallerTokens {
            introspect_with: self.introspect_with,
            timeout: self.timeout,
            kept_for: self.kept_for,
            audience: self.audience.clone(),
            issuer: self.issuer.clone(),
            endpoint: match endpoint {
                None => None,
                Some(checked) => Some(checked?),
            },
        })
    }
}

impl Default for CallerTokens {
    fn default() -> Self {
        Self::new()
    }
}

/// What was checked of it.
#[derive(Debug, Clone)]
pub(crate) struct CheckedCallerTokens {
    pub(crate) introspect_with: IntrospectWith,
    pub(crate) timeout: Duration,
    pub(crate) kept_for: Duration,
    pub(crate) audience: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) endpoint: Option<EndpointUrl>,
}
