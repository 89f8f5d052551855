//! [`SmartSessionError`]: why a handler did not get its launch, and the answer that fits the one who asked.

use std::{fmt, sync::Arc};

use actix_web::{HttpResponse, ResponseError, http::StatusCode};

use crate::{actix::reply::Reply, pages::Reference, protocol::scope::Scopes, web::SmartSessionErrorKind};

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
/// - after [`EndReason::LoggedOut`](crate::EndReason::LoggedOut): the person who signed out would be signed in again,
///   with a patient on the screen;
/// - after [`EndReason::PatientChanged`](crate::EndReason::PatientChanged): the page showed one patient, the next launch
///   may bring another;
/// - after [`EndReason::UserChanged`](crate::EndReason::UserChanged): the EHR answers for somebody else than who opened
///   the page;
/// - after [`EndReason::OtherUser`](crate::EndReason::OtherUser) and
///   [`EndReason::Replaced`](crate::EndReason::Replaced): somebody else is at work in this browser, or another patient is
///   open in it, and a silent launch would go on in their place;
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

    pub(super) fn reply(&self) -> &Reply {
        &self.answer.reply
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

    /// What the answer is called on its page and in the log, for a page of your own. `None` if the answer is a redirect.
    #[must_use]
    pub fn reference(&self) -> Option<Reference> {
        self.answer.reply.reference()
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
