//! What people are told: one page for each situation, in plain words.
//!
//! What happened, what to do now. The technical cause is in the log and in the `code`.

mod scopes;

use std::time::Duration;

pub(super) use scopes::insufficient_scope;

use crate::{
    actix::{
        error::{ContextMember, SmartSessionErrorKind as Kind},
        negotiate::Audience,
    },
    pages::Page,
    protocol::scope::Scopes,
    session::LaunchError,
    store::{EndReason, FailedCallback, FailedCallbackKind, LaunchKind, RefreshFailure},
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
        EndReason::LoggedOut => ("signed-out", "You have signed out", "You can close this page."),
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
        RefreshFailure::StoreUnavailable => (
            "store-unavailable",
            "This application cannot reach its own data at the moment.",
        ),
        _ => (
            "ehr-unavailable",
            "Your health record system does not answer at the moment.",
        ),
    };
    Page::new(
        503,
        code,
        "Please try again shortly",
        not_saved(
            audience,
            format!("{what} You are still signed in. Wait a little and try again."),
        ),
    )
    .with_retry_after(retry_after)
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

/// A launch request that cannot be followed.
pub(super) fn bad_launch(detail: String) -> Page {
    Page::new(
        400,
        "bad-launch",
        "This link cannot be opened",
        format!("The address that opened the application is not complete. {FROM_THE_EHR}"),
    )
    .with_detail(detail)
}

/// An `iss` that is no registration.
pub(super) fn unknown_ehr() -> Page {
    Page::new(
        400,
        "unknown-ehr",
        "This health record system is not known here",
        "The application is not set up for the health record system that opened it. Please tell its support team.",
    )
}

/// A standalone launch where the application offers none.
pub(super) fn not_standalone() -> Page {
    Page::new(
        400,
        "launch-from-ehr",
        "Please start from your health record system",
        format!("This application cannot be started here. {FROM_THE_EHR}"),
    )
}

/// The EHR registrations cannot be looked up.
pub(super) fn ehrs_unavailable() -> Page {
    Page::new(
        503,
        "ehrs-unavailable",
        "Please try again shortly",
        "This application cannot reach its own data at the moment. Wait a little and try again.",
    )
    .with_retry_after(Duration::from_secs(5))
}

/// Several EHRs, and the request names none.
pub(super) fn which_ehr() -> Page {
    Page::new(
        400,
        "which-ehr",
        "Which health record system?",
        format!("The application works with several of them. {FROM_THE_EHR}"),
    )
}

/// The question which EHR is meant, above the links to them.
pub(super) fn choose_ehr(none_found: bool, more: bool) -> Page {
    let message = match (none_found, more) {
        (true, _) => "None was found by that name. Check the spelling, or search for a part of the name.",
        (false, true) => "Choose the one that you use. If it is not in the list, search for its name.",
        (false, false) => "Choose the one that you use.",
    };
    Page::new(200, "which-ehr", "Which health record system?", message)
}

/// An EHR claims the sign-in of another one.
pub(super) fn ehr_conflict() -> Page {
    Page::new(
        502,
        "ehr-conflict",
        "This sign-in was stopped for safety",
        "The settings of this health record system contradict those of another one. Please tell the application's \
         support team.",
    )
}

/// The EHR's metadata is not to be had.
pub(super) fn metadata_unavailable() -> Page {
    Page::new(
        503,
        "metadata-unavailable",
        "Your health record system does not answer",
        "It could not be asked how to sign in. Wait a little and try again.",
    )
    .with_retry_after(Duration::from_secs(5))
}

/// The token store failed before anything was sent.
pub(super) fn store_unavailable() -> Page {
    Page::new(
        503,
        "store-unavailable",
        "Please try again shortly",
        "This application cannot reach its own data at the moment. Wait a little and load the page again.",
    )
    .with_retry_after(Duration::from_secs(5))
}

/// Signing out failed. Who leaves a shared workstation has to know.
pub(super) fn not_signed_out() -> Page {
    Page::new(
        503,
        "store-unavailable",
        "You are not signed out yet",
        "This application cannot reach its own data at the moment. Wait a little and sign out again.",
    )
    .with_retry_after(Duration::from_secs(5))
}

/// The EHR could not be reached and the code was not sent.
pub(super) fn try_callback_again(retry_after: Duration) -> Page {
    Page::new(
        503,
        "ehr-unavailable",
        "Your health record system does not answer",
        "You are almost signed in. Wait a little and load this page again.",
    )
    .with_retry_after(retry_after)
}

/// A mistake of ours.
pub(super) fn internal() -> Page {
    Page::new(
        500,
        "internal",
        "Something went wrong",
        "This is not your fault. Please try again, and tell the support team if it happens again.",
    )
}

/// A callback with missing, repeated or odd parameters.
pub(super) fn bad_callback(detail: String, relaunch: Option<String>) -> Page {
    let page = Page::new(
        400,
        "bad-callback",
        "The sign-in did not finish",
        format!(
            "The answer of your health record system is not complete. {}",
            how_to_start_from_anywhere(&relaunch)
        ),
    )
    .with_detail(detail);
    with_start(page, relaunch)
}

/// The browser did not send its session back.
pub(super) fn cookies_missing(relaunch: Option<String>) -> Page {
    let page = Page::new(
        401,
        "cookies-missing",
        "Your browser did not send our cookie back",
        format!(
            "The sign-in could not be finished, because the browser blocks cookies for this application, or because \
             it was begun in another browser. Allow cookies, or open the application in a window of its own. {}",
            how_to_start_from_anywhere(&relaunch)
        ),
    );
    with_start(page, relaunch)
}

/// `state` is unknown, too old, or of another browser.
pub(super) fn nothing_pending(relaunch: Option<String>) -> Page {
    let page = Page::new(
        401,
        "sign-in-expired",
        "This sign-in is not valid any more",
        format!(
            "It took too long, or it was begun in another browser. {}",
            how_to_start_from_anywhere(&relaunch)
        ),
    );
    with_start(page, relaunch)
}

/// The EHR does not say that it knows PKCE, and the application insists.
pub(super) fn pkce_not_listed() -> Page {
    Page::new(
        502,
        "pkce-not-listed",
        "Your health record system is not set up for this application",
        "The sign-in was not begun, because it would not be protected as agreed. Please tell the people who run this \
         application.",
    )
}

/// A callback that opened no launch.
pub(super) fn failed_callback(failed: &FailedCallback, relaunch: Option<String>) -> Page {
    let next = if relaunch.is_none() {
        FROM_THE_EHR.to_owned()
    } else {
        how_to_start(&relaunch)
    };
    let page = match failed.kind {
        FailedCallbackKind::AccessDenied => Page::new(
            403,
            "access-denied",
            "Access was not given",
            format!("Your health record system did not give this application access. {next}"),
        ),
        FailedCallbackKind::EhrError | FailedCallbackKind::BadTokenResponse => Page::new(
            502,
            "ehr-error",
            "Your health record system reported a problem",
            format!("The sign-in could not be finished. {next}"),
        ),
        FailedCallbackKind::WrongIssuer => Page::new(
            502,
            "wrong-issuer",
            "This sign-in was stopped for safety",
            format!("Another health record system answered than the one that was asked. {next}"),
        ),
        FailedCallbackKind::NoCode => Page::new(
            400,
            "bad-callback",
            "The sign-in did not finish",
            format!("The answer of your health record system is not complete. {next}"),
        ),
        FailedCallbackKind::CodeRefused => Page::new(
            401,
            "code-refused",
            "This sign-in is not valid any more",
            format!("Your health record system did not accept it. {next}"),
        ),
        // What the EHR wrote is for the log: the person cannot mend it, and starting again would not help.
        FailedCallbackKind::ClientRefused => return client_refused(Audience::Document),
        FailedCallbackKind::IdentityRefused => Page::new(
            502,
            "identity-refused",
            "It could not be checked who signed in",
            format!(
                "What your health record system says about who signed in could not be verified, so nothing was opened. \
                 {next}"
            ),
        ),
        FailedCallbackKind::EhrUnavailable => Page::new(
            503,
            "ehr-unavailable",
            "Your health record system does not answer",
            format!("The sign-in could not be finished. {next}"),
        )
        .with_retry_after(Duration::from_secs(5)),
        FailedCallbackKind::StoreUnavailable => Page::new(
            503,
            "store-unavailable",
            "Please try again shortly",
            format!("The sign-in could not be kept. {next}"),
        )
        .with_retry_after(Duration::from_secs(5)),
        FailedCallbackKind::ScopesNotGranted => scopes::not_granted(
            failed.missing_scopes.as_ref().unwrap_or(&Scopes::default()),
            failed.began,
        ),
        FailedCallbackKind::RefusedByApplication => {
            let message = failed
                .description
                .clone()
                .unwrap_or_else(|| "This application is not open to you.".to_owned());
            return Page::new(403, "refused", "You cannot use this application", message);
        }
        FailedCallbackKind::Internal => internal(),
    };
    let detail = match (&failed.error_code, &failed.description) {
        (Some(code), Some(text)) => Some(format!("Your health record system wrote: {code}: “{text}”")),
        (Some(code), None) => Some(format!("Your health record system wrote: {code}")),
        (None, _) => None,
    };
    let page = match detail {
        Some(detail) => page.with_detail(detail),
        None => page,
    };
    with_start(page, relaunch)
}

/// After signing out.
pub(super) fn signed_out() -> Page {
    Page::new(200, "signed-out", "You have signed out", "You can close this page.")
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
