//! "Please try again shortly": something is away or busy, and the same request is worth repeating after a while.

use std::time::Duration;

use super::phrases::{not_saved, said, sentences};
use crate::pages::{
    audience::Audience,
    page::Page,
    words::{Words, fill},
};

/// When something of our own is asked for again.
pub(super) const SOON: Duration = Duration::from_secs(5);
/// When an EHR that was removed is asked for again: somebody has to put it back.
const MUCH_LATER: Duration = Duration::from_secs(60);

/// A page about something that is soon over.
///
/// The person who opened it gets a link to it: on a phone, or in an EHR's frame, there may be no other way to load it
/// again.
pub(super) fn try_again(words: &Words, code: &'static str, what: &str, audience: Audience, wait: Duration) -> Page {
    let page = soon_over(words, (503, code, words.later.title), what, audience, wait);
    reloadable(words, page, audience, wait)
}

/// A page about an answer of the EHR that cannot be used. Loading it again may help, once somebody has mended the EHR.
pub(super) fn unusable_answer(
    words: &Words,
    code: &'static str,
    what: &str,
    audience: Audience,
    wait: Duration,
) -> Page {
    let page = soon_over(words, (502, code, words.later.unusable_title), what, audience, wait);
    reloadable(words, page, audience, wait)
}

/// A page about an EHR that was taken out of the application. `next` is what the person can do.
pub(super) fn not_offered(words: &Words, next: &str, audience: Audience, wait: Duration) -> Page {
    let of = &words.later.not_offered;
    let message = not_saved(words, audience, said(of, next));
    let page = Page::new(503, "not-offered", of.title, message);
    reloadable(words, page, audience, wait.max(MUCH_LATER))
}

/// The token store failed before anything was changed.
pub(crate) fn store_unavailable(words: &Words) -> Page {
    let what = words.later.own_data_away;
    try_again(words, "store-unavailable", what, Audience::Document, SOON)
}

fn soon_over(
    words: &Words,
    (status, code, title): (u16, &'static str, &str),
    what: &str,
    audience: Audience,
    wait: Duration,
) -> Page {
    let when = in_words(words, wait);
    let message = not_saved(words, audience, sentences([what, &when]));
    let mut page = Page::new(status, code, title, message);
    page.when = Some(when);
    page
}

fn reloadable(words: &Words, page: Page, audience: Audience, wait: Duration) -> Page {
    let mut page = page.with_retry_after(wait);
    match audience {
        Audience::Document => page.with_reload(words.labels.try_again),
        // Its address may answer to nothing but the form.
        Audience::Form => {
            page.message = sentences([&page.message, words.next.form_again]);
            page
        }
        Audience::Api => page,
    }
}

fn in_words(words: &Words, wait: Duration) -> String {
    // Rounded up: nobody is to come too early.
    match wait.as_secs().div_ceil(60) {
        _ if wait < Duration::from_secs(60) => words.later.soon.to_owned(),
        1 => words.later.in_a_minute.to_owned(),
        minutes => fill(words.later.in_minutes, &[("minutes", &minutes.to_string())]),
    }
}

#[cfg(test)]
mod tests;
