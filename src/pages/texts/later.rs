//! "Please try again shortly": something is away or busy, and the same request is worth repeating after a while.

use std::time::Duration;

use super::phrases::{UNUSABLE_ANSWER, not_saved};
use crate::pages::{audience::Audience, page::Page};

/// When something of our own is asked for again.
pub(super) const SOON: Duration = Duration::from_secs(5);
/// When an EHR that was removed is asked for again: somebody has to put it back.
const MUCH_LATER: Duration = Duration::from_secs(60);

pub(super) const OWN_DATA_AWAY: &str = "This application cannot reach its own data at the moment.";
pub(super) const EHR_SILENT: &str = "Your health record system does not answer at the moment.";
pub(super) const EHR_TROUBLED: &str = "Your health record system reports a problem of its own at the moment.";
pub(super) const EHR_UNUSABLE: &str =
    "Your health record system answered, but not in a way that this application can use.";
pub(super) const APPLICATION_BUSY: &str = "This application has more to do than it can just now.";
pub(super) const EHR_BUSY: &str = "Your health record system has more requests waiting than it can answer just now.";

/// A page about something that is soon over.
///
/// The person who opened it gets a link to it: on a phone, or in an EHR's frame, there may be no other way to load it
/// again.
pub(super) fn try_again(code: &'static str, what: &str, audience: Audience, wait: Duration) -> Page {
    let message = not_saved(audience, format!("{what} {}", in_words(wait)));
    let page = Page::new(503, code, "Please try again shortly", message);
    reloadable(page, audience, wait)
}

/// A page about an answer of the EHR that cannot be used. Loading it again may help, once somebody has mended the EHR.
pub(super) fn unusable_answer(code: &'static str, what: &str, audience: Audience, wait: Duration) -> Page {
    let message = not_saved(audience, format!("{what} {}", in_words(wait)));
    reloadable(Page::new(502, code, UNUSABLE_ANSWER, message), audience, wait)
}

/// A page about an EHR that was taken out of the application. `next` is what the person can do.
pub(super) fn not_offered(next: &str, audience: Audience, wait: Duration) -> Page {
    let message = format!(
        "This application does not work with your health record system for now. Its support team can say why. {next}"
    );
    let title = "Your health record system cannot be used here for now";
    let page = Page::new(503, "not-offered", title, not_saved(audience, message));
    reloadable(page, audience, wait.max(MUCH_LATER))
}

/// The token store failed before anything was changed.
pub(crate) fn store_unavailable() -> Page {
    try_again("store-unavailable", OWN_DATA_AWAY, Audience::Document, SOON)
}

fn reloadable(page: Page, audience: Audience, wait: Duration) -> Page {
    let mut page = page.with_retry_after(wait);
    match audience {
        Audience::Document => page.with_reload("Try again"),
        // Its address may answer to nothing but the form.
        Audience::Form => {
            page.message
                .push_str(" To try again, go back: what you entered may still be there, and can be sent again.");
            page
        }
        Audience::Api => page,
    }
}

fn in_words(wait: Duration) -> String {
    // Rounded up: nobody is to come too early.
    match wait.as_secs().div_ceil(60) {
        _ if wait < Duration::from_secs(60) => "Wait a little, then try again.".to_owned(),
        1 => "Try again in about a minute.".to_owned(),
        minutes => format!("Try again in about {minutes} minutes."),
    }
}

#[cfg(test)]
mod tests;
