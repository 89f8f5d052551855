//! What several texts share: how to start again, and that what was entered is gone.

use crate::pages::{
    audience::Audience,
    page::Page,
    words::{Said, Words},
};

pub(super) const fn how_to_start(words: &Words, relaunch: &Option<String>) -> &'static str {
    match relaunch {
        Some(_) => words.next.start,
        None => words.next.open_from_ehr,
    }
}

/// For a person who may have come from the EHR or not: nobody knows.
pub(super) const fn how_to_start_from_anywhere(words: &Words, relaunch: &Option<String>) -> &'static str {
    match relaunch {
        Some(_) => words.next.start_or_open,
        None => words.next.open_from_ehr,
    }
}

/// How else to go on, where trying again does not help.
pub(super) const fn if_no_help(words: &Words, relaunch: &Option<String>) -> &'static str {
    match relaunch {
        Some(_) => words.next.no_help_start,
        None => words.next.no_help_open,
    }
}

/// What was typed into a form has reached nobody, and the person has to know.
pub(super) fn not_saved(words: &Words, audience: Audience, message: String) -> String {
    match audience {
        Audience::Form => sentences([words.next.not_saved, &message]),
        _ => message,
    }
}

/// Sentences, one after the other.
pub(super) fn sentences<const N: usize>(all: [&str; N]) -> String {
    all.join(" ")
}

/// What happened, and what to do now.
pub(super) fn said(of: &Said, next: &str) -> String {
    sentences([of.what, next])
}

pub(super) fn with_start(words: &Words, page: Page, relaunch: Option<String>) -> Page {
    match relaunch {
        Some(href) => page.with_action(words.labels.start_again, href),
        None => page,
    }
}
