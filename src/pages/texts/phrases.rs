//! Phrases that several texts share: how to start again, and that what was entered is gone.

use crate::pages::{audience::Audience, page::Page};

pub(super) const ACCESS_DECLINED: &str = "Access was declined";
pub(super) const EHR_REPORTED: &str = "Your health record system reported a problem";
pub(super) const UNUSABLE_ANSWER: &str = "Your health record system gave an answer that cannot be used";
pub(super) const NOT_VALID: &str = "This sign-in is not valid any more";
pub(super) const NOT_COMPLETE: &str = "The answer of your health record system is not complete.";
pub(super) const DID_NOT_FINISH: &str = "The sign-in did not finish";
pub(super) const START_AGAIN: &str = "Start again";
pub(super) const FROM_THE_EHR: &str = "Please open the application again from the patient's chart.";

pub(super) fn how_to_start(relaunch: &Option<String>) -> String {
    match relaunch {
        Some(_) => "Please start again.".to_owned(),
        None => "Please open the application from your health record system.".to_owned(),
    }
}

/// For a person who may have come from the EHR or not: nobody knows.
pub(super) fn how_to_start_from_anywhere(relaunch: &Option<String>) -> String {
    match relaunch {
        Some(_) => "Please start again, or open the application again from the patient's chart if you came from there."
            .to_owned(),
        None => how_to_start(relaunch),
    }
}

/// How to sign in from the beginning, within a sentence.
pub(super) const fn anew(relaunch: &Option<String>) -> &'static str {
    match relaunch {
        Some(_) => "start again",
        None => "open the application again from the patient's chart",
    }
}

/// What was typed into a form has reached nobody, and the person has to know. Most browsers still have it.
pub(super) fn not_saved(audience: Audience, message: String) -> String {
    match audience {
        Audience::Form => format!("What you entered was not saved. {message}"),
        _ => message,
    }
}

pub(super) fn with_start(page: Page, relaunch: Option<String>) -> Page {
    match relaunch {
        Some(href) => page.with_action(START_AGAIN, href),
        None => page,
    }
}
