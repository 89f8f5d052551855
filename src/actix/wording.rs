//! What people are told: one page for each situation, in plain words.
//!
//! What happened, what to do now. The technical cause is in the log and in the `code`.

mod callback;
mod later;
mod launch;
mod scopes;

use std::time::Duration;

use self::later::{EHR_BUSY, EHR_SILENT, OWN_DATA_AWAY, SOON, not_offered, try_again};
pub(super) use callback::{
    bad_callback, callback_not_offered, callback_without_registration, callback_without_store, cookies_missing,
    failed_callback, nothing_pending, sign_in_used, try_callback_again,
};
pub(super) use launch::{
    bad_launch, choose_ehr, cookies_blocked, ehr_conflict, ehrs_unavailable, metadata_unavailable, no_ehr,
    not_standalone, pkce_not_listed, unknown_ehr, which_ehr,
};
pub(super) use scopes::insufficient_scope;

use crate::{
    actix::{
        error::{ContextMember, SmartSessionErrorKind as Kind},
        negotiate::{Audience, Window},
    },
    launch::error::LaunchError,
    pages::Page,
    protocol::scope::Scopes,
    store::{EndReason, LaunchKind, RefreshFailure},
};

const START_AGAIN: &str = "Start again";
const FROM_THE_EHR: &str = "Please open the application again from the patient's chart.";

/// `SmartAuth` is missing.
pub(super) fn not_installed() -> Page {
    Page::new(
        500,
        "not-installed",
        "This page is not available",
        "The application is not set up completely. Please tell its support team.",
    )
}

/// Why a handler did not get its launch.
pub(super) fn session_error(
    kind: Kind,
    audience: Audience,
    began: Option<LaunchKind>,
    relaunch: Option<String>,
) -> Page {
    match kind {
        Kind::NotInstalled | Kind::WrappedOnScope => not_installed(),
        Kind::NoLaunch(_) => {
            let page = Page::new(
                401,
                "no-launch",
                "You are not signed in here",
                not_saved(audience, how_to_start_from_anywhere(&relaunch)),
            );
            with_start(page, relaunch)
        }
        Kind::Ended(reason) => ended(reason, audience, began, relaunch),
        Kind::CrossSite => Page::new(
            403,
            "cross-site",
            "This request was stopped",
            "It came from another website, so nothing was changed. Please use the buttons and links of this application.",
        ),
        Kind::Unavailable { cause, retry_after } => unavailable(cause, audience, retry_after),
        Kind::ClientRefused => client_refused(audience),
        Kind::MissingContext(member) => missing_context(member, audience),
        Kind::InsufficientScope => insufficient_scope(&Scopes::default(), audience),
    }
}

/// The answer to a failed `current_token()` and the like.
pub(super) fn launch_error(error: &LaunchError) -> Page {
    match *error {
        LaunchError::Ended(reason) => ended(reason, Audience::Api, None, None),
        LaunchError::NotFound => Page::new(401, "no-launch", "You are not signed in here", how_to_start(&None)),
        LaunchError::Unavailable { cause, retry_after } => unavailable(cause, Audience::Api, retry_after),
        LaunchError::ClientRefused => client_refused(Audience::Api),
    }
}

fn ended(reason: EndReason, audience: Audience, began: Option<LaunchKind>, relaunch: Option<String>) -> Page {
    let (code, title, what) = match reason {
        EndReason::LoggedOut => ("signed-out", "You have signed out", "This chart is closed."),
        EndReason::RefreshRefused | EndReason::TokenExpired => (
            "ehr-session-ended",
            "Your session has ended",
            "Your health record system does not let this application read the record any longer.",
        ),
        EndReason::RefreshAnswerLost => (
            "refresh-answer-lost",
            "Your session has ended",
            "The connection to your health record system broke at a bad moment, and it does not let this application \
             read the record any longer.",
        ),
        EndReason::PatientChanged => (
            "patient-changed",
            "This page was closed for safety",
            "Your health record system answered for another patient than the one that this page was opened for.",
        ),
        EndReason::UserChanged => (
            "user-changed",
            "This page was closed for safety",
            "Your health record system answered for another user than the one who opened this page.",
        ),
        EndReason::Idle => ("idle", "This page was closed", "It was not used for a while."),
        EndReason::TooOld => ("too-old", "This page was closed", "It had been open for very long."),
        EndReason::OtherUser => (
            "other-user",
            "This page was closed",
            "Somebody else has signed in in this browser.",
        ),
        EndReason::Replaced => (
            "replaced",
            "This page was closed",
            "The application was opened anew in this browser.",
        ),
        EndReason::Evicted => (
            "too-many",
            "This page was closed",
            "Many pages were open, and this one was unused the longest.",
        ),
        EndReason::RegistrationChanged => (
            "registration-changed",
            "Your session has ended",
            "The settings of this application for your health record system were changed meanwhile.",
        ),
    };
    let next = match (reason, &relaunch) {
        (EndReason::LoggedOut, Some(_)) => "If you need it again, start again.".to_owned(),
        (_, None) if began == Some(LaunchKind::Ehr) => FROM_THE_EHR.to_owned(),
        _ => how_to_start(&relaunch),
    };
    with_start(
        Page::new(401, code, title, not_saved(audience, format!("{what} {next}"))),
        relaunch,
    )
}

fn unavailable(cause: RefreshFailure, audience: Audience, retry_after: Duration) -> Page {
    let (code, what) = match cause {
        RefreshFailure::StoreUnavailable => ("store-unavailable", OWN_DATA_AWAY),
        RefreshFailure::Busy => ("busy", EHR_BUSY),
        RefreshFailure::Unanswered => ("renewing", "Your session is being renewed."),
        RefreshFailure::RegistrationUnavailable => ("ehrs-unavailable", OWN_DATA_AWAY),
        RefreshFailure::EhrUnavailable | RefreshFailure::ClientRefused => ("ehr-unavailable", EHR_SILENT),
        RefreshFailure::NotOffered => {
            return not_offered("You are still signed in. Try again later.", audience, retry_after);
        }
    };
    try_again(code, &format!("{what} You are still signed in."), audience, retry_after)
}

fn client_refused(audience: Audience) -> Page {
    Page::new(
        500,
        "client-refused",
        "This application was not accepted",
        not_saved(
            audience,
            "This is a matter of its set-up, not of anything you did. Please tell its support team.".to_owned(),
        ),
    )
}

fn missing_context(member: ContextMember, audience: Audience) -> Page {
    let (code, title, what) = match member {
        ContextMember::Patient => (
            "no-patient",
            "No patient is selected",
            "This page needs a patient, and your health record system named none",
        ),
        ContextMember::Encounter => (
            "no-encounter",
            "No visit is selected",
            "This page needs a visit (encounter), and your health record system named none",
        ),
        ContextMember::FhirUser => (
            "no-fhir-user",
            "It is not known who you are",
            "This page needs to know who is using it, and your health record system did not say",
        ),
        ContextMember::IdToken => (
            "no-identity",
            "It is not known who you are",
            "This page needs to know who has signed in, and your health record system did not say",
        ),
    };
    let next = match member {
        ContextMember::Patient | ContextMember::Encounter => {
            "Please open the application again from the chart that you need."
        }
        ContextMember::FhirUser | ContextMember::IdToken => {
            "Please sign in with an account that is known there, or tell the application's support team."
        }
    };
    Page::new(403, code, title, not_saved(audience, format!("{what}. {next}")))
}

/// The token store failed before anything was changed.
pub(super) fn store_unavailable() -> Page {
    try_again("store-unavailable", OWN_DATA_AWAY, Audience::Document, SOON)
}

/// Signing out failed. Who leaves a shared workstation has to know.
pub(super) fn not_signed_out() -> Page {
    Page::new(
        503,
        "store-unavailable",
        "You are not signed out yet",
        "This application cannot reach its own data at the moment. Wait a little and sign out again.",
    )
    .with_retry_after(SOON)
}

/// A mistake of ours, before anything was sent.
pub(super) fn internal() -> Page {
    went_wrong("Please try again.").with_reload("Try again")
}

/// A mistake of ours, or of the application; `next` is what the person can do.
fn went_wrong(next: &str) -> Page {
    Page::new(
        500,
        "internal",
        "Something went wrong",
        format!(
            "Something went wrong in this application, so nothing was opened. {next} If it happens again, tell its \
             support team."
        ),
    )
}

/// What was signed out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignedOutOf {
    /// One launch: others may be open.
    One,
    /// All of this browser.
    All,
}

/// After signing out.
pub(super) fn signed_out(of: SignedOutOf, window: Window) -> Page {
    let message = match (of, window) {
        (SignedOutOf::One, _) => {
            "This chart is closed. If you have opened others, they are still open: please sign out there too."
        }
        (SignedOutOf::All, Window::Own) => {
            "If a patient is still shown in another tab or window, close it. You can close this page too."
        }
        // A browser may keep what is in a frame apart from the rest, and nobody can say from here.
        (SignedOutOf::All, Window::Frame) => {
            "If the application is also open in a window of its own, please sign out there too."
        }
    };
    Page::new(200, "signed-out", "You have signed out", message)
}

/// On the page that one comes to after signing out, when there is something to sign out of.
///
/// `sign_out` is the address to which its button posts.
pub(super) fn still_signed_in(of: SignedOutOf, sign_out: String) -> Page {
    let (title, message, label) = match of {
        SignedOutOf::One => (
            "This chart is still open",
            "Sign out when you do not need it any more.",
            "Sign out",
        ),
        SignedOutOf::All => (
            "A chart is still open in this browser",
            "If nobody needs it any more, sign out.",
            "Sign out of all charts",
        ),
    };
    Page::new(200, "signed-in", title, message).with_form(label, sign_out)
}

/// Whether somebody is signed in is not known, because it is not known what this browser has.
pub(super) fn nothing_to_sign_out() -> Page {
    Page::new(
        401,
        "sign-out-not-found",
        "You may still be signed in",
        "This browser did not show us which pages are yours, so nothing was closed. If a page of this application is open, \
         reload it and sign out there. On a runtime computer, also sign out of your health record system and close the \
         browser.",
    )
}

fn how_to_start(relaunch: &Option<String>) -> String {
    match relaunch {
        Some(_) => "Please start again.".to_owned(),
        None => "Please open the application from your health record system.".to_owned(),
    }
}

/// For somebody of whom it is not known how they came.
fn how_to_start_from_anywhere(relaunch: &Option<String>) -> String {
    match relaunch {
        Some(_) => "Please start again, or open the application again from the patient's chart if you came from there."
            .to_owned(),
        None => how_to_start(relaunch),
    }
}

/// What was typed into a form is gone, and the person has to know.
fn not_saved(audience: Audience, message: String) -> String {
    match audience {
        Audience::Form => format!("What you entered was not saved. {message}"),
        _ => message,
    }
}

fn with_start(page: Page, relaunch: Option<String>) -> Page {
    match relaunch {
        Some(href) => page.with_action(START_AGAIN, href),
        None => page,
    }
}
