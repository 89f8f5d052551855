//! What people are told when they come back from the EHR and the sign-in cannot go on: something is away or busy, or this
//! browser has no such sign-in.

use std::time::Duration;

use super::{
    later::{SOON, not_offered, try_again},
    phrases::{how_to_start, how_to_start_from_anywhere, if_no_help, said, sentences, with_start},
};
use crate::{
    pages::{
        audience::Audience,
        page::Page,
        window::Window,
        words::{Words, fill},
    },
    store::LaunchKind,
};

/// The EHR could not be reached. The code was not sent, and the same callback may be loaded again.
pub(crate) fn callback_without_ehr(words: &Words, wait: Duration, relaunch: Option<String>) -> Page {
    again_or_anew(
        words,
        "ehr-unavailable",
        &almost(words, words.later.ehr_silent),
        wait,
        relaunch,
    )
}

/// Too many requests to the EHR are under way. The code was not sent.
pub(crate) fn callback_at_busy_ehr(words: &Words, wait: Duration, relaunch: Option<String>) -> Page {
    again_or_anew(words, "busy", &almost(words, words.later.ehr_busy), wait, relaunch)
}

/// The application has too much to do. The code was not sent.
pub(crate) fn callback_at_busy_application(words: &Words, wait: Duration, relaunch: Option<String>) -> Page {
    again_or_anew(
        words,
        "busy",
        &almost(words, words.later.application_busy),
        wait,
        relaunch,
    )
}

/// The application's own key does not sign. The code was not sent.
pub(crate) fn callback_not_signed(words: &Words, wait: Duration, relaunch: Option<String>) -> Page {
    again_or_anew(
        words,
        "not-signed",
        &almost(words, words.later.not_signed),
        wait,
        relaunch,
    )
}

/// The code is being exchanged. The process that does it may have stopped, and nobody knows that before its time is over.
pub(crate) fn callback_running(words: &Words, wait: Duration, relaunch: Option<String>) -> Page {
    let of = &words.callback.running;
    let message = sentences([of.what, words.later.soon, if_no_help(words, &relaunch)]);
    let page = Page::new(503, "sign-in-running", of.title, message)
        .with_retry_after(wait)
        .with_reload(words.labels.try_again);
    with_other_start(words, page, relaunch)
}

/// The EHR was taken out of the application during the sign-in. The code was not sent.
pub(crate) fn callback_not_offered(words: &Words, relaunch: Option<String>) -> Page {
    let next = sentences([words.later.later_on, if_no_help(words, &relaunch)]);
    with_other_start(words, not_offered(words, &next, Audience::Document, SOON), relaunch)
}

/// The registration of the EHR is unavailable. The code was not sent.
pub(crate) fn callback_without_registration(words: &Words, relaunch: Option<String>) -> Page {
    let what = almost(words, words.later.own_data_away);
    again_or_anew(words, "ehrs-unavailable", &what, SOON, relaunch)
}

/// The application could not register itself at the EHR. The code was not sent.
pub(crate) fn callback_not_set_up(words: &Words, wait: Duration, relaunch: Option<String>) -> Page {
    let what = almost(words, words.later.not_set_up);
    again_or_anew(words, "registration-failed", &what, wait, relaunch)
}

/// The token store failed before anything was sent. How the sign-in stands is not known.
pub(crate) fn callback_without_store(words: &Words, relaunch: Option<String>) -> Page {
    again_or_anew(words, "store-unavailable", words.later.own_data_away, SOON, relaunch)
}

/// A callback with missing, repeated or odd parameters.
pub(crate) fn bad_callback(words: &Words, detail: String, relaunch: Option<String>) -> Page {
    let of = &words.failed.not_complete;
    let message = said(of, how_to_start_from_anywhere(words, &relaunch));
    let page = Page::new(400, "bad-callback", of.title, message).with_english_detail(detail);
    with_start(words, page, relaunch)
}

/// An error of the EHR that does not say to which sign-in it belongs. It may be anybody's invention, so its description is not
/// shown.
pub(crate) fn error_without_state(words: &Words, code: &str, relaunch: Option<String>) -> Page {
    let (of, next) = (&words.callback, how_to_start_from_anywhere(words, &relaunch));
    let (title, message) = match code {
        "access_denied" => {
            // The person may have meant it.
            let wanted = match relaunch {
                Some(_) => words.next.wanted_start_or_open,
                None => words.next.wanted_open,
            };
            (of.declined.title, said(&of.declined, wanted))
        }
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
            (words.failed.not_complete.title, sentences([of.wants_sign_in, next]))
        }
        "server_error" | "temporarily_unavailable" => {
            (words.failed.ehr_error.title, sentences([of.may_work_later, next]))
        }
        _ => {
            let message = sentences([of.not_finished, next, words.next.tell_support]);
            (words.failed.ehr_error.title, message)
        }
    };
    let wrote = fill(words.frame.ehr_wrote, &[("code", code)]);
    let page = Page::new(400, "bad-callback", title, message).with_detail(wrote);
    with_start(words, page, relaunch)
}

/// The browser sent none of our cookies back.
pub(crate) fn cookies_missing(words: &Words, relaunch: Option<String>, window: Window) -> Page {
    let of = &words.callback.cookies_missing;
    let page = |message: String| Page::new(401, "cookies-missing", of.title, message);
    match window {
        // Inside the frame it would end here again.
        Window::Frame => page(said(of, words.callback.own_window)),
        Window::Own => {
            let next = how_to_start_from_anywhere(words, &relaunch);
            let message = sentences([of.what, words.callback.allow_cookies, next]);
            with_start(words, page(message), relaunch)
        }
    }
}

/// Another callback has used this sign-in: the person went back and chose again.
pub(crate) fn sign_in_used(words: &Words, began: LaunchKind, relaunch: Option<String>, back: Option<String>) -> Page {
    let again = match (&relaunch, began) {
        (Some(_), _) => words.next.choose_start,
        (None, LaunchKind::Ehr) => words.next.open_from_chart,
        (None, LaunchKind::Standalone) => how_to_start(words, &relaunch),
    };
    let of = &words.callback.used;
    let message = match back {
        Some(_) => sentences([words.callback.used_opened, again]),
        None => said(of, again),
    };
    let page = with_start(words, Page::new(409, "sign-in-used", of.title, message), relaunch);
    match back {
        Some(href) => page.with_other_action(words.labels.back_to_chart, href),
        None => page,
    }
}

/// `state` is unknown, too old, or of another browser.
pub(crate) fn nothing_pending(words: &Words, relaunch: Option<String>) -> Page {
    let of = &words.callback.expired;
    let message = said(of, how_to_start_from_anywhere(words, &relaunch));
    with_start(words, Page::new(401, "sign-in-expired", of.title, message), relaunch)
}

/// All that is missing is the exchange of the code.
fn almost(words: &Words, what: &str) -> String {
    sentences([what, words.callback.almost])
}

/// The EHR does not accept a code for long, often only for a minute; then there is another way.
fn again_or_anew(words: &Words, code: &'static str, what: &str, wait: Duration, relaunch: Option<String>) -> Page {
    let mut page = try_again(words, code, what, Audience::Document, wait);
    page.message = sentences([&page.message, if_no_help(words, &relaunch)]);
    with_other_start(words, page, relaunch)
}

fn with_other_start(words: &Words, page: Page, relaunch: Option<String>) -> Page {
    match relaunch {
        Some(href) => page.with_other_action(words.labels.start_again, href),
        None => page,
    }
}
