//! [`SmartSessionError`]: why a handler did not get its launch, and the answer that fits the one who asked.

use std::{fmt, sync::Arc, time::Duration};

use actix_web::{HttpResponse, ResponseError, http::StatusCode};

use crate::{
    actix::{
        negotiate::Audience,
        reply::{Reply, wording},
    },
    launch::{error::LaunchError, insufficient_scope::InsufficientScope},
    protocol::scope::Scopes,
    store::{EndReason, RefreshFailure},
};

/// Why an extractor of this crate, or [`SmartGuard`](crate::SmartGuard), refused a request.
///
/// As an error of a handler it answers for itself: a redirect to the launch or a page for a person, problem+json for a
/// script ([the whole table](crate::guide::answers)).
///
/// Without a launch, a person who opened a page is sent on to a new launch where one in the application fits, and finds
/// the page again afterwards. Nobody is sent on by itself:
///
/// - after sending a form: what was entered is lost, and that has to be said first;
/// - by a request that does not count as a use ([`LaunchUse`](crate::LaunchUse)): nobody need be there;
/// - after [`EndReason::LoggedOut`]: whoever signed out would be signed in again, with a patient on the screen;
/// - after [`EndReason::PatientChanged`]: the page showed one patient, the next launch may bring another;
/// - after [`EndReason::UserChanged`]: the EHR answers for somebody else than who opened the page;
/// - after [`EndReason::OtherUser`] and [`EndReason::Replaced`]: somebody else is at work in this browser, or another
///   patient is open in it, and a silent launch would go on in their place;
/// - more often than three times a minute without the launch's cookie, or once a minute after a launch that has ended:
///   that is a loop.
///
/// Ask [`kind`](Self::kind) or [`is_absent`](Self::is_absent) to decide yourself.
#[derive(Clone)]
pub struct SmartSessionError {
    kind: SmartSessionErrorKind,
    answer: Arc<Answer>,
}

/// What an error holds beside its kind, which is to stay `Copy`.
struct Answer {
    reply: Reply,
    missing_scopes: Option<Scopes>,
}

/// The reasons of a [`SmartSessionError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmartSessionErrorKind {
    /// `SmartAuth` is not wrapped around the App.
    #[error("SmartAuth is not wrapped around the App; add `.wrap(SmartAuth::new(config))`")]
    NotInstalled,
    /// `SmartAuth` is wrapped around a Scope, where its routes are out of reach.
    #[error("SmartAuth is wrapped around a Scope; wrap the App instead")]
    WrappedOnScope,
    /// The request has no launch.
    #[error("the request has no launch: {0}")]
    NoLaunch(NoLaunch),
    /// The launch has ended.
    #[error("the launch has ended ({0:?})")]
    Ended(EndReason),
    /// A request that changes something, or that opens a WebSocket, came from another site.
    #[error("a request that changes something, or that opens a WebSocket, came from another site")]
    CrossSite,
    /// The access token has run out and cannot be refreshed now, because the EHR or its registration is unavailable, or the
    /// token store is away. The launch is kept.
    #[error("no usable access token at the moment; try again in {} s", retry_after.as_secs())]
    Unavailable {
        /// What is away.
        cause: RefreshFailure,
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// The access token has run out and the EHR refuses this application's credentials. The launch is kept.
    #[error("the EHR refuses this application's credentials; check client id and keys")]
    ClientRefused,
    /// The launch has no such context.
    #[error("the launch has no {0} in context")]
    MissingContext(ContextMember),
    /// The EHR did not grant what [`RequireScope`](crate::RequireScope) asks for;
    /// [`missing_scopes`](SmartSessionError::missing_scopes) says what is missing.
    #[error("the EHR did not grant the scopes that this route needs")]
    InsufficientScope,
}

/// Why a request has no launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoLaunch {
    /// The route is not below the launch scope.
    #[error("the route is not below `launch_scope()`")]
    OutsideLaunchScope,
    /// The path names no launch id.
    #[error("the path does not name a launch")]
    NotALaunchId,
    /// The browser sent no cookie for the launch that the path names.
    #[error("the browser has no cookie for this launch")]
    NoCookie,
    /// The store does not know the launch, or the cookie does not prove it.
    #[error("there is no such launch for this browser")]
    Unknown,
}

/// A member of the launch context that a handler can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContextMember {
    /// `patient`.
    Patient,
    /// `encounter`.
    Encounter,
    /// The user as a FHIR resource (`fhirUser`).
    FhirUser,
    /// A verified id token.
    IdToken,
}

impl fmt::Display for ContextMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patient => "patient",
            Self::Encounter => "encounter",
            Self::FhirUser => "fhirUser",
            Self::IdToken => "id token",
        })
    }
}

impl SmartSessionError {
    pub(super) fn new(kind: SmartSessionErrorKind, reply: Reply) -> Self {
        let missing_scopes = None;
        Self {
            kind,
            answer: Arc::new(Answer { reply, missing_scopes }),
        }
    }

    pub(super) fn insufficient_scope(missing: Scopes, reply: Reply) -> Self {
        let missing_scopes = Some(missing);
        Self {
            kind: SmartSessionErrorKind::InsufficientScope,
            answer: Arc::new(Answer { reply, missing_scopes }),
        }
    }

    /// The reason.
    #[must_use]
    pub const fn kind(&self) -> SmartSessionErrorKind {
        self.kind
    }

    /// The scopes that are needed and not granted, with [`SmartSessionErrorKind::InsufficientScope`].
    #[must_use]
    pub fn missing_scopes(&self) -> Option<&Scopes> {
        self.answer.missing_scopes.as_ref()
    }

    /// Whether there simply is no launch: never was, not this browser's, or ended. False for outages, mistakes in the
    /// set-up, and refused requests: do not show those as "not signed in".
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(
            self.kind,
            SmartSessionErrorKind::NoLaunch(_) | SmartSessionErrorKind::Ended(_)
        )
    }
}

impl fmt::Debug for SmartSessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SmartSessionError").field(&self.kind).finish()
    }
}

impl fmt::Display for SmartSessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for SmartSessionError {}

impl ResponseError for SmartSessionError {
    fn status_code(&self) -> StatusCode {
        self.answer.reply.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.answer.reply.to_response()
    }
}

/// So that a handler may use `?` on `session.current_token().await`. It does not know who asks, and answers as to a
/// script: problem+json.
impl ResponseError for LaunchError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(wording::launch_error(self).status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        Reply::problem(&wording::launch_error(self)).to_response()
    }
}

/// So that a handler may use `?` on `session.require_scopes("…")`. It does not know who asks, and answers as to a script:
/// problem+json, and the challenge of RFC 6750 (section 3.1).
impl ResponseError for InsufficientScope {
    fn status_code(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }

    fn error_response(&self) -> HttpResponse {
        Reply::problem(&wording::insufficient_scope(self.missing(), Audience::Api))
            .with_challenge(self.needed())
            .to_response()
    }
}
