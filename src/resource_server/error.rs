//! Why a caller is turned away: [`CallerTokenError`].

use std::{fmt, sync::Arc, time::Duration};

use super::not_checked::NotChecked;
use crate::{
    launch::insufficient_scope::InsufficientScope, protocol::bearer::NoBearer, runtime::registrations::EhrLookupError,
};

/// Why a caller is turned away, with what it is told by status and header (RFC 6750, section 3).
#[derive(Clone, PartialEq, Eq)]
pub struct CallerTokenError {
    kind: CallerTokenErrorKind,
    realm: Option<Arc<str>>,
}

/// The reasons.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallerTokenErrorKind {
    /// The request has no `Authorization` header, or one of another scheme.
    #[error("the request has no bearer token")]
    NoToken,
    /// The request has several `Authorization` headers.
    #[error("the request has several `Authorization` headers")]
    Repeated,
    /// What is in the header has not the form of a token (RFC 6750, section 2.1), or more than 8 kB.
    #[error("what the request has has not the form of a token")]
    Malformed,
    /// The authorization server says that the token is not active: it has expired, was revoked, or is none of its own.
    #[error("the EHR says that the token is not active")]
    Inactive,
    /// The token is bound to a key (`cnf`: RFC 8705, RFC 9449). The caller has not proved that the key is its own, and the crate does not look
    /// at such proofs.
    #[error("the token is bound to a key, and the caller has not proved to have it")]
    BoundToKey,
    /// The token is of another type than `Bearer` (`token_type`).
    #[error("the token is no bearer token")]
    NotBearer,
    /// The token has expired (`exp`).
    #[error("the token has expired")]
    Expired,
    /// The token is not good yet (`nbf`).
    #[error("the token is not good yet")]
    NotYet,
    /// The token is by another issuer than the configured one, or the server did not say by whom.
    #[error("the token is by another issuer than `CallerTokens::issuer`")]
    OtherIssuer,
    /// The token is for somebody else than the configured audience, or the server did not say for whom.
    #[error("the token is for another audience than `CallerTokens::audience`")]
    OtherAudience,
    /// The token's scopes are not enough.
    #[error("the token of the caller has not the scope {}", .0.missing())]
    InsufficientScope(InsufficientScope),
    /// The handler asks for no scope at all: an empty list, perhaps of a variable that is not set, would let everybody in.
    #[error("no scope is asked for; name one in `CallerToken::require_scopes`, such as `system/Patient.r`")]
    NoScopes,
    /// The server did not say whether the token is good. It may well be.
    #[error("a caller's token could not be checked: {cause}")]
    #[non_exhaustive]
    NotChecked {
        /// Why.
        cause: NotChecked,
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// There is no such EHR, or it cannot be looked up.
    #[error(transparent)]
    Ehr(#[from] EhrLookupError),
    /// The registration does not say that others call with tokens of this EHR.
    #[error("this EHR is not registered for callers' tokens; add `EhrBuilder::caller_tokens`")]
    NotAResourceServer,
    /// Several EHRs are registered for callers' tokens, and an extractor cannot tell which is meant.
    #[error(
        "several EHRs have `caller_tokens`; say which one a route is for: `.app_data(config.resource_server(\"https://…\"))`"
    )]
    Several,
    /// The middleware is not there, so that an extractor finds no configuration.
    #[error("no `SmartAuth` is around this handler; add `.wrap(SmartAuth::new(config))` to the `App`")]
    NotInstalled,
}

/// When an EHR that cannot be looked up is asked for again.
const SOON: Duration = Duration::from_secs(5);

impl CallerTokenError {
    pub(crate) const fn new(kind: CallerTokenErrorKind) -> Self {
        Self { kind, realm: None }
    }

    /// `realm`: the FHIR base URL of the EHR whose tokens are taken.
    pub(super) fn at(kind: CallerTokenErrorKind, realm: &Arc<str>) -> Self {
        Self {
            kind,
            realm: Some(Arc::clone(realm)),
        }
    }

    /// The reason.
    #[must_use]
    pub const fn kind(&self) -> &CallerTokenErrorKind {
        &self.kind
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        use CallerTokenErrorKind as Kind;
        match &self.kind {
            Kind::Repeated => 400,
            Kind::NoToken
            | Kind::Malformed
            | Kind::Inactive
            | Kind::BoundToKey
            | Kind::NotBearer
            | Kind::Expired
            | Kind::NotYet
            | Kind::OtherIssuer
            | Kind::OtherAudience => 401,
            Kind::InsufficientScope(_) => 403,
            Kind::NotChecked { .. }
            | Kind::Ehr(EhrLookupError::Unavailable | EhrLookupError::RegistrationFailed { .. }) => 503,
            Kind::Ehr(_) | Kind::NoScopes | Kind::NotAResourceServer | Kind::Several | Kind::NotInstalled => 500,
        }
    }

    /// The value of `WWW-Authenticate`, with 400, 401 and 403. Its realm is the FHIR base URL of the EHR whose tokens are taken. A
    /// request without a token gets no error code (RFC 6750, section 3.1).
    #[must_use]
    pub fn challenge(&self) -> Option<String> {
        use CallerTokenErrorKind as Kind;
        let (error, scope) = match &self.kind {
            Kind::InsufficientScope(lack) => (Some("insufficient_scope"), Some(lack.needed().as_str())),
            Kind::Repeated => (Some("invalid_request"), None),
            Kind::NoToken => (None, None),
            _ if self.status() == 401 => (Some("invalid_token"), None),
            _ => return None,
        };
        let realm = self.realm.as_deref().map_or("SMART", |realm| realm);
        let parameters = [("realm", Some(realm)), ("error", error), ("scope", scope)];
        let written: Vec<String> = parameters
            .into_iter()
            .filter_map(|(name, value)| Some(format!(r#"{name}="{}""#, value.filter(|value| fits(value))?)))
            .collect();
        Some(format!("Bearer {}", written.join(", ")))
    }

    /// The value of `Retry-After`, with 503.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match &self.kind {
            CallerTokenErrorKind::NotChecked { retry_after, .. }
            | CallerTokenErrorKind::Ehr(EhrLookupError::RegistrationFailed { retry_after }) => Some(*retry_after),
            CallerTokenErrorKind::Ehr(EhrLookupError::Unavailable) => Some(SOON),
            _ => None,
        }
    }
}

/// Whether nothing in it would end the quoted text.
fn fits(value: &str) -> bool {
    value
        .chars()
        .all(|c| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\'))
}

impl From<NoBearer> for CallerTokenErrorKind {
    fn from(problem: NoBearer) -> Self {
        match problem {
            NoBearer::Absent => Self::NoToken,
            NoBearer::Several => Self::Repeated,
            NoBearer::Malformed => Self::Malformed,
        }
    }
}

impl fmt::Debug for CallerTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CallerTokenError").field(&self.kind).finish()
    }
}

impl fmt::Display for CallerTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for CallerTokenError {}
