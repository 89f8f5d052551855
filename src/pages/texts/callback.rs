//! What people are told when they come back from the EHR and the sign-in cannot go on: something is away or busy, or this
//! browser has no such sign-in.

use std::time::Duration;

use super::{
    later::{APPLICATION_BUSY, EHR_BUSY, EHR_SILENT, OWN_DATA_AWAY, SOON, not_offered, try_again},
    phrases::{
        ACCESS_DECLINED, DID_NOT_FINISH, EHR_REPORTED, FROM_THE_EHR, NOT_COMPLETE, NOT_VALID, START_AGAIN, anew,
        how_to_start, how_to_start_from_anywhere, with_start,
    },
};
use crate::{
    pages::{audience::Audience, page::Page, window::Window},
    store::LaunchKind,
};

/// The EHR could not be reached. The code was not sent, and the same callback may be loaded again.
pub(crate) fn callback_without_ehr(wait: Duration, relaunch: Option<String>) -> Page {
    again_or_anew("ehr-unavailable", &almost(EHR_SILENT), wait, relaunch)
}

/// Too many requests to the EHR are under way. The code was not sent.
pub(crate) fn callback_at_busy_ehr(wait: Duration, relaunch: Option<String>) -> Page {
    again_or_anew("busy", &almost(EHR_BUSY), wait, relaunch)
}

/// The application has too much to do. The code was not sent.
pub(crate) fn callback_at_busy_application(wait: Duration, relaunch: Option<String>) -> Page {
    again_or_anew("busy", &almost(APPLICATION_BUSY), wait, relaunch)
}

/// The code is being exchanged. The process that does it may have stopped, and nobody knows that before its time is over.
pub(crate) fn callback_running(wait: Duration, relaunch: Option<String>) -> Page {
    let page = Page::new(
        503,
        "sign-in-running",
        "Your sign-in is still being completed",
        format!(
            "This can take about a minute. You need not do anything at your health record system. Wait a little, then \
             try again. If that does not help, please {}.",
            anew(&relaunch)
        ),
    );
    with_other_start(page.with_retry_after(wait).with_reload("Try again"), relaunch)
}

/// The EHR was taken out of the application during the sign-in. The code was not sent.
pub(crate) fn callback_not_offered(relaunch: Option<String>) -> Page {
    let next = format!("Later, {}.", anew(&relaunch));
    with_other_start(not_offered(&next, Audience::Document, SOON), relaunch)
}

/// The registration of the EHR is unavailable. The code was not sent.
pub(crate) fn callback_without_registration(relaunch: Option<String>) -> Page {
    again_or_anew("ehrs-unavailable", &almost(OWN_DATA_AWAY), SOON, relaunch)
}

/// The token store failed before anything was sent. How the sign-in stands is not known.
pub(crate) fn callback_without_store(relaunch: Option<String>) -> Page {
    again_or_anew("store-unavailable", OWN_DATA_AWAY, SOON, relaunch)
}

/// A callback with missing, repeated or odd parameters.
pub(crate) fn bad_callback(detail: String, relaunch: Option<String>) -> Page {
    let page = Page::new(
        400,
        "bad-callback",
        DID_NOT_FINISH,
        format!("{NOT_COMPLETE} {}", how_to_start_from_anywhere(&relaunch)),
    )
    .with_detail(detail);
    with_start(page, relaunch)
}

/// An error of the EHR that does not say to which sign-in it belongs. It may be anybody's invention, so its description is not
/// shown.
pub(crate) fn error_without_state(code: &str, relaunch: Option<String>) -> Page {
    let (title, what) = match code {
        "access_denied" => (
            ACCESS_DECLINED,
            "Access for this application was declined at your health record system, so nothing was opened.",
        ),
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => (
            DID_NOT_FINISH,
            "Your health record system wants you to sign in there and to agree.",
        ),
        "server_error" | "temporarily_unavailable" => (
            EHR_REPORTED,
            "The sign-in could not be finished. It may work a little later.",
        ),
        _ => (
            EHR_REPORTED,
            "The sign-in could not be finished. If it happens again, please tell the support team of this application.",
        ),
    };
    let message = format!("{what} {}", how_to_start_from_anywhere(&relaunch));
    let page =
        Page::new(400, "bad-callback", title, message).with_detail(format!("Your health record system wrote: {code}"));
    with_start(page, relaunch)
}

/// The browser sent none of our cookies back.
pub(crate) fn cookies_missing(relaunch: Option<String>, window: Window) -> Page {
    let what = "The sign-in could not be finished, because the browser blocks cookies for this application, or because it \
                was begun in another browser.";
    let page = |next: String| {
        let title = "Your browser did not send our cookie back";
        Page::new(401, "cookies-missing", title, format!("{what} {next}"))
    };
    match window {
        // Inside the frame it would end here again.
        Window::Frame => page(
            "Please open the application again from the patient's chart, in a window of its own if you can choose that."
                .to_owned(),
        ),
        Window::Own => {
            let next = how_to_start_from_anywhere(&relaunch);
            with_start(page(format!("Allow cookies for this address. {next}")), relaunch)
        }
    }
}

/// Another callback has used this sign-in: the person went back and chose again.
pub(crate) fn sign_in_used(began: LaunchKind, relaunch: Option<String>, back: Option<String>) -> Page {
    let again = match (&relaunch, began) {
        (Some(_), _) => "To choose again, please start again.".to_owned(),
        (None, LaunchKind::Ehr) => FROM_THE_EHR.to_owned(),
        (None, LaunchKind::Standalone) => how_to_start(&relaunch),
    };
    let message = match back {
        Some(_) => format!("A sign-in can be used once, and this one has opened a chart. {again}"),
        None => format!("A sign-in can be used once. {again}"),
    };
    let page = Page::new(409, "sign-in-used", "This sign-in was used already", message);
    let page = with_start(page, relaunch);
    match back {
        Some(href) => page.with_other_action("Return to the chart opened earlier", href),
        None => page,
    }
}

/// `state` is unknown, too old, or of another browser.
pub(crate) fn nothing_pending(relaunch: Option<String>) -> Page {
    let page = Page::new(
        401,
        "sign-in-expired",
        NOT_VALID,
        format!(
            "It took too long, it was begun in another browser, many others were begun after it, or somebody signed out in \
             this one. {}",
            how_to_start_from_anywhere(&relaunch)
        ),
    );
    with_start(page, relaunch)
}

/// All that is missing is the exchange of the code.
fn almost(what: &str) -> String {
    format!("{what} You are almost signed in.")
}

/// The EHR does not accept a code for long, often only for a minute; then there is another way.
fn again_or_anew(code: &'static str, what: &str, wait: Duration, relaunch: Option<String>) -> Page {
    let mut page = try_again(code, what, Audience::Document, wait);
    let more = format!(" If that does not help, please {}.", anew(&relaunch));
    page.message.push_str(&more);
    with_other_start(page, relaunch)
}

fn with_other_start(page: Page, relaunch: Option<String>) -> Page {
    match relaunch {
        Some(href) => page.with_other_action(START_AGAIN, href),
        None => page,
    }
}
