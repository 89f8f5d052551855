//! What people are told when a handler does not get its launch.

use std::time::Duration;

use super::{
    later::{EHR_BUSY, EHR_SILENT, EHR_TROUBLED, EHR_UNUSABLE, OWN_DATA_AWAY, not_offered, try_again, unusable_answer},
    phrases::{FROM_THE_EHR, START_AGAIN, anew, how_to_start, how_to_start_from_anywhere, not_saved, with_start},
};
use crate::{
    pages::{audience::Audience, page::Page},
    store::{EndReason, LaunchKind, RefreshFailure},
};

/// Whether starting again may help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NewStart {
    /// Not yet: waiting is better.
    NotYet,
    /// It may: where a launch in the application would begin, if one fits; else the EHR is where to begin.
    Offered(Option<String>),
}

/// The request has no launch.
pub(crate) fn no_launch(audience: Audience, relaunch: Option<String>) -> Page {
    let message = not_saved(audience, how_to_start_from_anywhere(&relaunch));
    let page = Page::new(401, "no-launch", "You are not signed in here", message);
    with_start(page, relaunch)
}

/// The launch has ended.
pub(crate) fn ended(
    reason: EndReason,
    audience: Audience,
    began: Option<LaunchKind>,
    relaunch: Option<String>,
) -> Page {
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

/// A request that changes something came from another site.
pub(crate) fn cross_site() -> Page {
    Page::new(
        403,
        "cross-site",
        "This request was stopped",
        "It came from another website, so nothing was changed. Please use the buttons and links of this application.",
    )
}

/// There is no usable access token for now. The launch is open.
pub(crate) fn unavailable(
    cause: RefreshFailure,
    audience: Audience,
    retry_after: Duration,
    new_start: NewStart,
) -> Page {
    let mut page = no_token(cause, audience, retry_after);
    let NewStart::Offered(relaunch) = new_start else {
        return page;
    };
    let more = format!(" If that does not help, please {}.", anew(&relaunch));
    page.message.push_str(&more);
    match (relaunch, &page.action) {
        (Some(href), Some(_)) => page.with_other_action(START_AGAIN, href),
        (relaunch, _) => with_start(page, relaunch),
    }
}

fn no_token(cause: RefreshFailure, audience: Audience, retry_after: Duration) -> Page {
    let (code, what) = match cause {
        RefreshFailure::StoreUnavailable => ("store-unavailable", OWN_DATA_AWAY),
        RefreshFailure::Busy => ("busy", EHR_BUSY),
        RefreshFailure::Unanswered => ("renewing", "Your session is being renewed."),
        RefreshFailure::RegistrationUnavailable => ("ehrs-unavailable", OWN_DATA_AWAY),
        RefreshFailure::EhrUnavailable => ("ehr-unavailable", EHR_SILENT),
        RefreshFailure::EhrTroubled => ("ehr-unavailable", EHR_TROUBLED),
        RefreshFailure::Refused => (
            "not-renewed",
            "Your health record system did not renew your access to the record just now.",
        ),
        RefreshFailure::ClientRefused => return client_refused(audience),
        RefreshFailure::UnusableAnswer => {
            let what = format!("{EHR_UNUSABLE} You are still signed in.");
            return unusable_answer("ehr-error", &what, audience, retry_after);
        }
        RefreshFailure::NotOffered => {
            return not_offered("You are still signed in. Try again later.", audience, retry_after);
        }
    };
    try_again(code, &format!("{what} You are still signed in."), audience, retry_after)
}

/// The EHR refuses the application's credentials.
pub(crate) fn client_refused(audience: Audience) -> Page {
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

/// A page needs a patient, and none is in context.
pub(crate) fn no_patient(audience: Audience, relaunch: Option<String>) -> Page {
    nothing_selected(
        "no-patient",
        "No patient is selected",
        "This page needs a patient, and your health record system named none.",
        audience,
        relaunch,
    )
}

/// A page needs an encounter, and none is in context.
pub(crate) fn no_encounter(audience: Audience, relaunch: Option<String>) -> Page {
    nothing_selected(
        "no-encounter",
        "No visit is selected",
        "This page needs a visit (encounter), and your health record system named none.",
        audience,
        relaunch,
    )
}

/// A page needs the user's FHIR resource, and the EHR named none.
pub(crate) fn no_fhir_user(audience: Audience) -> Page {
    nobody_known(
        "no-fhir-user",
        "This page needs to know who is using it, and your health record system did not say.",
        audience,
    )
}

/// A page needs the id token, and there is none.
pub(crate) fn no_identity(audience: Audience) -> Page {
    nobody_known(
        "no-identity",
        "This page needs to know who has signed in, and your health record system did not say.",
        audience,
    )
}

/// `relaunch`: where a launch would begin at which the person can choose, if they had begun in the application.
fn nothing_selected(code: &'static str, title: &str, what: &str, audience: Audience, relaunch: Option<String>) -> Page {
    let next = match relaunch {
        Some(_) => "Please start again and choose, or open the application from the chart that you need.",
        None => "Please open the application again from the chart that you need.",
    };
    with_start(
        Page::new(403, code, title, not_saved(audience, format!("{what} {next}"))),
        relaunch,
    )
}

fn nobody_known(code: &'static str, what: &str, audience: Audience) -> Page {
    let next = "Please sign in with an account that is known there, or tell the application's support team.";
    let message = not_saved(audience, format!("{what} {next}"));
    Page::new(403, code, "It is not known who you are", message)
}
