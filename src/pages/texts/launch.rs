//! What people are told when a launch does not begin.

use std::time::Duration;

use super::{
    later::{SOON, try_again, unusable_answer},
    phrases::{said, sentences},
};
use crate::pages::{audience::Audience, page::Page, words::Words};

/// A launch request that cannot be followed.
pub(crate) fn bad_launch(words: &Words, detail: String) -> Page {
    let of = &words.launch.bad;
    let message = said(of, words.next.open_from_chart);
    Page::new(400, "bad-launch", of.title, message).with_english_detail(detail)
}

/// In a frame where our cookies do not come back. The launch has not been used.
pub(crate) fn cookies_blocked(words: &Words, href: String) -> Page {
    let of = &words.launch.cookies_blocked;
    Page::new(401, "cookies-blocked", of.title, of.what).with_new_window(words.labels.new_window, href)
}

/// An `iss` that is no registration.
pub(crate) fn unknown_ehr(words: &Words) -> Page {
    let of = &words.launch.unknown_ehr;
    Page::new(400, "unknown-ehr", of.title, of.what)
}

/// A standalone launch where the application offers none.
pub(crate) fn not_standalone(words: &Words) -> Page {
    let of = &words.launch.not_standalone;
    Page::new(400, "launch-from-ehr", of.title, of.what)
}

/// The EHR registrations cannot be looked up.
pub(crate) fn ehrs_unavailable(words: &Words) -> Page {
    let what = words.later.own_data_away;
    try_again(words, "ehrs-unavailable", what, Audience::Document, SOON)
}

/// The application could not register itself at the EHR.
pub(crate) fn registration_failed(words: &Words, wait: Duration) -> Page {
    let what = words.later.not_set_up;
    try_again(words, "registration-failed", what, Audience::Document, wait)
}

/// Nothing is registered at all: the last EHR was removed.
pub(crate) fn no_ehr(words: &Words) -> Page {
    let of = &words.launch.no_ehr;
    Page::new(503, "no-ehr", of.title, of.what).with_reload(words.labels.try_again)
}

/// Several EHRs, and the request names none.
pub(crate) fn which_ehr(words: &Words) -> Page {
    let of = &words.launch.which_ehr;
    Page::new(400, "which-ehr", of.title, of.what)
}

/// What stands below the question which EHR is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listed {
    /// All that there are.
    All,
    /// Some of all.
    Some,
    /// Some of what a search has found.
    SomeFound,
    /// A search has found none.
    NoneFound,
}

/// The question which EHR is meant, above the links to them.
pub(crate) fn choose_ehr(words: &Words, listed: Listed) -> Page {
    let message = match listed {
        Listed::All => words.launch.choose,
        Listed::Some => words.launch.choose_or_search,
        Listed::SomeFound => words.launch.choose_or_add_place,
        Listed::NoneFound => words.launch.none_found,
    };
    Page::new(200, "which-ehr", words.launch.which_ehr_title, message)
}

/// The EHR opened the application without saying for which patient.
pub(crate) fn iss_alone(words: &Words, href: String) -> Page {
    let of = &words.launch.choose_patient;
    Page::new(200, "choose-patient", of.title, of.what).with_action(words.labels.sign_in, href)
}

/// The same for a script, which cannot sign in.
pub(crate) fn iss_alone_in_a_script(words: &Words) -> Page {
    let of = &words.launch.no_patient_named;
    Page::new(400, "choose-patient", of.title, said(of, words.next.open_from_chart))
}

/// An EHR claims the sign-in of another one.
pub(crate) fn ehr_conflict(words: &Words) -> Page {
    let of = &words.launch.ehr_conflict;
    Page::new(502, "ehr-conflict", of.title, of.what)
}

/// The EHR's metadata is unavailable.
pub(crate) fn metadata_unavailable(words: &Words) -> Page {
    let what = words.launch.metadata_silent;
    try_again(words, "metadata-unavailable", what, Audience::Document, SOON)
}

/// The network guard lets nothing go to the EHR. Somebody has to allow its host.
pub(crate) fn ehr_not_allowed(words: &Words) -> Page {
    let of = &words.launch.not_allowed;
    Page::new(503, "ehr-not-allowed", of.title, of.what)
}

/// The EHR answered the question for its metadata that it is in trouble.
pub(crate) fn metadata_troubled(words: &Words) -> Page {
    let what = words.later.ehr_troubled;
    try_again(words, "metadata-unavailable", what, Audience::Document, SOON)
}

/// What the EHR answered is no metadata that can be used. Somebody has to mend that.
pub(crate) fn metadata_unusable(words: &Words) -> Page {
    let what = words.launch.metadata_unusable;
    let mut page = unusable_answer(words, "metadata-unusable", what, Audience::Document, SOON);
    page.message = sentences([&page.message, words.next.tell_support]);
    page
}

/// The EHR does not say that it knows PKCE, and the application insists.
pub(crate) fn pkce_not_listed(words: &Words) -> Page {
    let of = &words.launch.pkce_not_listed;
    Page::new(502, "pkce-not-listed", of.title, of.what)
}
