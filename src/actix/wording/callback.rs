//! What people are told when they come back from the EHR and no launch opens.

use std::time::Duration;

use super::{
    FROM_THE_EHR, START_AGAIN, client_refused, how_to_start, how_to_start_from_anywhere,
    later::{APPLICATION_BUSY, EHR_BUSY, EHR_SILENT, OWN_DATA_AWAY, SOON, not_offered, try_again},
    scopes, went_wrong, with_start,
};
use crate::{
    actix::negotiate::{Audience, Window},
    launch::finish::NotYet,
    pages::Page,
    protocol::scope::Scopes,
    store::{FailedCallback, FailedCallbackKind, LaunchKind},
};

/// There is no answer yet, and the same callback may be loaded again.
pub(in crate::actix) fn try_callback_again(why: NotYet, wait: Duration, relaunch: Option<String>) -> Page {
    match why {
        NotYet::EhrUnavailable => again_or_anew("ehr-unavailable", &almost(EHR_SILENT), wait, relaunch),
        NotYet::Busy => again_or_anew("busy", &almost(EHR_BUSY), wait, relaunch),
        NotYet::ApplicationBusy => again_or_anew("busy", &almost(APPLICATION_BUSY), wait, relaunch),
        // What is at it may have stopped, and nobody knows that before its time is over.
        NotYet::StillExchanging => {
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
    }
}

/// The EHR was taken out of the application during the sign-in. The code was not sent.
pub(in crate::actix) fn callback_not_offered(relaunch: Option<String>) -> Page {
    let next = format!("Later, {}.", anew(&relaunch));
    with_other_start(not_offered(&next, Audience::Document, SOON), relaunch)
}

/// The registration of the EHR is unavailable. The code was not sent.
pub(in crate::actix) fn callback_without_registration(relaunch: Option<String>) -> Page {
    again_or_anew("ehrs-unavailable", &almost(OWN_DATA_AWAY), SOON, relaunch)
}

/// The token store failed before anything was sent. How the sign-in stands is not known.
pub(in crate::actix) fn callback_without_store(relaunch: Option<String>) -> Page {
    again_or_anew("store-unavailable", OWN_DATA_AWAY, SOON, relaunch)
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

/// How to sign in from the beginning, within a sentence.
const fn anew(relaunch: &Option<String>) -> &'static str {
    match relaunch {
        Some(_) => "start again",
        None => "open the application again from the patient's chart",
    }
}

fn with_other_start(page: Page, relaunch: Option<String>) -> Page {
    match relaunch {
        Some(href) => page.with_other_action(START_AGAIN, href),
        None => page,
    }
}

/// A callback with missing, repeated or odd parameters.
pub(in crate::actix) fn bad_callback(detail: String, relaunch: Option<String>) -> Page {
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

/// The browser sent none of our cookies back.
pub(in crate::actix) fn cookies_missing(relaunch: Option<String>, window: Window) -> Page {
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
pub(in crate::actix) fn sign_in_used(began: LaunchKind, relaunch: Option<String>, back: Option<String>) -> Page {
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
pub(in crate::actix) fn nothing_pending(relaunch: Option<String>) -> Page {
    let page = Page::new(
        401,
        "sign-in-expired",
        "This sign-in is not valid any more",
        format!(
            "It took too long, it was begun in another browser, many others were begun after it, or somebody signed out in \
             this one. {}",
            how_to_start_from_anywhere(&relaunch)
        ),
    );
    with_start(page, relaunch)
}

/// A callback that opened no launch. That is how it stays: loading it again gives the same, and no page says when to do so
/// (`Retry-After`).
pub(in crate::actix) fn failed_callback(failed: &FailedCallback, relaunch: Option<String>) -> Page {
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
        FailedCallbackKind::SignInNotFresh => Page::new(
            401,
            "sign-in-not-fresh",
            "Please sign in again",
            format!(
                "This application opens only after you have just signed in at your health record system, and it did not \
                 say that you have. If you were not asked to sign in, sign out there first. {next}"
            ),
        ),
        FailedCallbackKind::EhrUnavailable => Page::new(
            503,
            "ehr-unavailable",
            "Your health record system does not answer",
            format!("The sign-in could not be finished. {next}"),
        ),
        FailedCallbackKind::AnswerLost => Page::new(
            401,
            "sign-in-interrupted",
            "Your sign-in was interrupted",
            format!("It could not be completed. {next}"),
        ),
        FailedCallbackKind::StoreUnavailable => Page::new(
            503,
            "store-unavailable",
            "The sign-in did not finish",
            format!("This application could not save it. {next}"),
        ),
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
        FailedCallbackKind::HookTimedOut => Page::new(
            503,
            "application-slow",
            "This application took too long",
            format!("The sign-in went well, but the application was not ready in time, so nothing was opened. {next}"),
        ),
        FailedCallbackKind::RegistrationChanged => Page::new(
            401,
            "registration-changed",
            "This sign-in is not valid any more",
            format!(
                "While you signed in, the settings of this application for your health record system were changed. {next}"
            ),
        ),
        FailedCallbackKind::Internal => went_wrong(&next),
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

#[cfg(test)]
mod tests;
