//! What people are told when the application, or this crate, made a mistake.

use super::phrases::sentences;
use crate::pages::{page::Page, words::Words};

/// The application does not serve this crate's routes, or not in the right order. `change` says to its developer, who is the one who
/// sees this page, what to change.
pub(crate) fn not_installed(words: &Words, change: impl Into<String>) -> Page {
    let said = &words.session.not_installed;
    Page::new(500, "not-installed", said.title, said.what).with_english_detail(change)
}

/// A mistake of ours, before anything was sent.
pub(crate) fn internal(words: &Words) -> Page {
    went_wrong(words, words.session.internal_again).with_reload(words.labels.try_again)
}

/// A mistake of ours, or of the application; `next` is what the person can do.
pub(super) fn went_wrong(words: &Words, next: &str) -> Page {
    let said = &words.session.internal;
    let message = sentences([said.what, next, words.next.tell_support]);
    Page::new(500, "internal", said.title, message)
}
