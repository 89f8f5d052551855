//! The words: one place for everything that the crate tells a person.

use super::{Page, PageAction};
use crate::store::{EndReason, FailedCallback, FailedCallbackKind};

/// What there is to tell. [`page`](Self::page) puts it into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Situation<'a> {
    /// A page of a launch without a launch, or with somebody else's.
    NoLaunch,
    /// The launch has ended.
    LaunchEnded(EndReason),
    /// The launch began in the EHR, so only the EHR can open it again.
    OpenFromEhr,
    /// A form was sent without an open launch.
    InputNotSaved,
    /// Everything was signed out.
    SignedOut,
    /// The launch address cannot be used; the text says why.
    BadLaunchRequest(&'a str),
    /// The launch names an EHR that is not registered here.
    UnknownEhr,
    /// The callback address cannot be used; the text says why.
    BadCallback(&'a str),
    /// No pending authorization for this callback: expired, unknown, or begun in another browser.
    LaunchNotFound,
    /// The callback came without our cookie.
    CookiesMissing,
    /// The EHR, or the person there, said no.
    AccessDenied(EhrWords<'a>),
    /// The EHR reported another error.
    EhrError(EhrWords<'a>),
    /// The EHR sent neither a code nor an error.
    NoCode,
    /// The EHR did not accept the code.
    CodeRefused,
    /// The EHR's token response cannot be used.
    BadTokenResponse,
    /// The EHR did not answer, or not in time.
    EhrUnavailable,
    /// Our own store did not answer.
    StoreUnavailable,
    /// The application's `on_launch` said no.
    RefusedByApplication,
    /// A request from another site that would change something.
    CrossSite,
    /// The handler needs a context (`patient`, `encounter`, ...) that the EHR did not send.
    MissingContext(&'a str),
    /// This application is set up wrongly, or has a fault. The cause is in the log only.
    Internal,
}

/// What the EHR said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct EhrWords<'a> {
    /// The error code, in the characters of a name.
    pub(crate) code: Option<&'a str>,
    /// The explanation: text from outside.
    pub(crate) description: Option<&'a str>,
}

impl<'a> From<&'a FailedCallback> for Situation<'a> {
    fn from(failed: &'a FailedCallback) -> Self {
        let words = EhrWords {
            code: failed.error_code.as_deref(),
            description: failed.description.as_deref(),
        };
        match failed.kind {
            FailedCallbackKind::AccessDenied => Self::AccessDenied(words),
            FailedCallbackKind::EhrError => Self::EhrError(words),
            FailedCallbackKind::NoCode => Self::NoCode,
            FailedCallbackKind::CodeRefused => Self::CodeRefused,
            FailedCallbackKind::BadTokenResponse => Self::BadTokenResponse,
            FailedCallbackKind::EhrUnavailable => Self::EhrUnavailable,
            FailedCallbackKind::StoreUnavailable => Self::StoreUnavailable,
            FailedCallbackKind::RefusedByApplication => Self::RefusedByApplication,
            FailedCallbackKind::ClientRefused | FailedCallbackKind::Internal => Self::Internal,
        }
    }
}

impl Situation<'_> {
    /// The page for this situation. `launch_url` is where a new launch can be started from here, if anywhere; without
    /// it the page asks to open the application from the EHR.
    #[must_use]
    pub(crate) fn page(&self, launch_url: Option<&str>) -> Page {
        let (status, code, title, what) = self.words();
        let launch_url = launch_url.filter(|_| self.can_start_again());
        let mut message = match self {
            Self::MissingContext(context) => format!("{what} It did not say which {context} this is about."),
            _ => what.to_owned(),
        };
        message.push(' ');
        message.push_str(self.what_now(launch_url.is_some()));
        Page {
            status,
            code,
            title: title.to_owned(),
            message,
            detail: self.detail(),
            action: launch_url.map(|href| PageAction {
                label: self.label().to_owned(),
                href: href.to_owned(),
            }),
        }
    }

    /// Status, code, title, what happened.
    const fn words(&self) -> (u16, &'static str, &'static str, &'static str) {
        match self {
            Self::NoLaunch => (
                401,
                "no-launch",
                "You are not signed in here",
                "This page shows health data, so it opens only after signing in.",
            ),
            Self::LaunchEnded(reason) => ended(*reason),
            Self::OpenFromEhr => (
                401,
                "open-from-ehr",
                "This session has ended",
                "It was opened from your health record system, which has to open it again.",
            ),
            Self::InputNotSaved => (
                401,
                "input-not-saved",
                "Your input was not saved",
                "Your session had ended before the form was sent.",
            ),
            Self::SignedOut => (
                200,
                "signed-out",
                "You are signed out",
                "All sessions of this application in this browser have ended.",
            ),
            Self::BadLaunchRequest(_) => (
                400,
                "bad-launch-request",
                "This link does not work",
                "The address that opened this application is not complete or not allowed.",
            ),
            Self::UnknownEhr => (
                400,
                "unknown-ehr",
                "This health record system is not known here",
                "The application is not set up for the system that opened it.",
            ),
            Self::BadCallback(_) => (
                400,
                "bad-callback",
                "Signing in did not work",
                "The answer of your health record system is not complete.",
            ),
            Self::LaunchNotFound => (
                401,
                "launch-not-found",
                "This sign-in is no longer valid",
                "It took too long, was finished before, or began in another browser.",
            ),
            Self::CookiesMissing => (
                401,
                "cookies-missing",
                "Your browser did not send our cookies back",
                "Without cookies this application cannot know that it was you who began to sign in. Please allow cookies for this site; if it is shown inside another page, open it in a window of its own.",
            ),
            Self::AccessDenied(_) => (
                403,
                "access-denied",
                "Access was not given",
                "Your health record system reports that access was declined. Nothing was read.",
            ),
            Self::EhrError(_) => (
                502,
                "ehr-error",
                "Your health record system reports an error",
                "Signing in could not be finished there.",
            ),
            Self::NoCode => (
                502,
                "no-code",
                "Signing in did not work",
                "Your health record system sent an answer that has nothing in it.",
            ),
            Self::CodeRefused => (
                401,
                "code-refused",
                "Signing in did not work",
                "Your health record system did not accept this sign-in any more.",
            ),
            Self::BadTokenResponse => (
                502,
                "bad-token-response",
                "Signing in did not work",
                "Your health record system sent an answer that this application cannot use.",
            ),
            Self::EhrUnavailable => (
                503,
                "ehr-unavailable",
                "Your health record system cannot be reached",
                "It does not answer at the moment. You stay signed in if you were.",
            ),
            Self::StoreUnavailable => (
                503,
                "store-unavailable",
                "This application is not available right now",
                "A part of it does not answer at the moment. You stay signed in if you were.",
            ),
            Self::RefusedByApplication => (
                403,
                "launch-refused",
                "You cannot use this application",
                "You are signed in at your health record system, but this application is not open to you.",
            ),
            Self::CrossSite => (
                403,
                "cross-site",
                "This request came from another site",
                "For your safety nothing was changed.",
            ),
            Self::MissingContext(_) => (
                403,
                "missing-context",
                "Something is missing to show this page",
                "Your health record system opened this application without a context that this page needs.",
            ),
            Self::Internal => (
                500,
                "internal",
                "Something is wrong with this application",
                "This is not your fault. The details are in its log.",
            ),
        }
    }

    const fn what_now(&self, can_start: bool) -> &'static str {
        match self {
            Self::EhrUnavailable | Self::StoreUnavailable => "Please try again in a minute.",
            Self::RefusedByApplication => "Please ask those who run this application.",
            Self::Internal => "Please tell those who run this application.",
            Self::CrossSite => "If you meant to do this, go to the application and do it there.",
            Self::UnknownEhr | Self::BadLaunchRequest(_) => {
                "Please open the application again from your health record system; if that does not help, tell those who run it."
            }
            Self::InputNotSaved if can_start => "Go back and copy what you wrote, then start again and enter it there.",
            Self::InputNotSaved => {
                "Go back and copy what you wrote, then open the application again from your health record system and enter it there."
            }
            Self::SignedOut if can_start => "You can close this window or sign in again.",
            Self::SignedOut => {
                "You can close this window. To use the application again, open it from your health record system."
            }
            Self::NoLaunch if can_start => "Please sign in.",
            _ if can_start => "Please start again.",
            _ => "Please open the application again from your health record system.",
        }
    }

    const fn label(&self) -> &'static str {
        match self {
            Self::NoLaunch | Self::SignedOut => "Sign in",
            _ => "Start again",
        }
    }

    /// Whether a new launch can be the way out. Where it is not, a button would lead in circles.
    const fn can_start_again(&self) -> bool {
        !matches!(
            self,
            Self::OpenFromEhr
                | Self::UnknownEhr
                | Self::BadLaunchRequest(_)
                | Self::EhrUnavailable
                | Self::StoreUnavailable
                | Self::RefusedByApplication
                | Self::CrossSite
                | Self::Internal
        )
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::BadLaunchRequest(reason) | Self::BadCallback(reason) => Some((*reason).to_owned()),
            Self::AccessDenied(words) | Self::EhrError(words) => match (words.code, words.description) {
                (Some(code), Some(text)) => Some(format!("Your health record system wrote: {code}: “{text}”")),
                (Some(code), None) => Some(format!("Your health record system wrote: {code}")),
                (None, Some(text)) => Some(format!("Your health record system wrote: “{text}”")),
                (None, None) => None,
            },
            _ => None,
        }
    }
}

const fn ended(reason: EndReason) -> (u16, &'static str, &'static str, &'static str) {
    let (title, what) = match reason {
        EndReason::LoggedOut => ("You are signed out", "This session was ended by signing out."),
        EndReason::RefreshRefused | EndReason::RefreshAnswerLost | EndReason::TokenExpired => (
            "Your session has ended",
            "Your health record system does not give access any longer.",
        ),
        EndReason::PatientChanged => (
            "This session was ended to be safe",
            "Your health record system has switched to another patient, so nothing more is shown here.",
        ),
        EndReason::Idle => ("Your session has ended", "It was not used for a while."),
        EndReason::TooOld => (
            "Your session has ended",
            "It was open for the longest time that is allowed.",
        ),
        EndReason::OtherUser => (
            "Your session has ended",
            "Somebody else has signed in to this application in this browser.",
        ),
        EndReason::Replaced => ("This session was replaced", "A newer session has taken its place."),
        EndReason::Evicted => (
            "Your session has ended",
            "Too many sessions were open in this browser, and this one was unused the longest.",
        ),
    };
    (401, "launch-ended", title, what)
}
