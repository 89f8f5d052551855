//! What people are told when a launch does not begin.

use super::{
    later::{EHR_TROUBLED, EHR_UNUSABLE, OWN_DATA_AWAY, SOON, try_again, unusable_answer},
    phrases::FROM_THE_EHR,
};
use crate::pages::{audience::Audience, page::Page};

/// A launch request that cannot be followed.
pub(crate) fn bad_launch(detail: String) -> Page {
    Page::new(
        400,
        "bad-launch",
        "This link cannot be opened",
        format!("The address that opened the application is not complete. {FROM_THE_EHR}"),
    )
    .with_detail(detail)
}

/// In a frame where our cookies do not come back. The launch has not been used.
pub(crate) fn cookies_blocked(href: String) -> Page {
    Page::new(
        401,
        "cookies-blocked",
        "Please open this in a window of its own",
        "The browser does not let this application remember you inside this page. In a window of its own it works.",
    )
    .with_new_window("Open in a new window", href)
}

/// An `iss` that is no registration.
pub(crate) fn unknown_ehr() -> Page {
    Page::new(
        400,
        "unknown-ehr",
        "This health record system is not known here",
        "The application is not set up for the health record system that opened it. Please tell its support team.",
    )
}

/// A standalone launch where the application offers none.
pub(crate) fn not_standalone() -> Page {
    Page::new(
        400,
        "launch-from-ehr",
        "Please start from your health record system",
        format!("This application cannot be started here. {FROM_THE_EHR}"),
    )
}

/// The EHR registrations cannot be looked up.
pub(crate) fn ehrs_unavailable() -> Page {
    try_again("ehrs-unavailable", OWN_DATA_AWAY, Audience::Document, SOON)
}

/// Nothing is registered at all: the last EHR was removed.
pub(crate) fn no_ehr() -> Page {
    Page::new(
        503,
        "no-ehr",
        "This application cannot be started for now",
        "This application is not connected to a health record system at the moment. Please tell its support team.",
    )
    .with_reload("Try again")
}

/// Several EHRs, and the request names none.
pub(crate) fn which_ehr() -> Page {
    Page::new(
        400,
        "which-ehr",
        "Which health record system?",
        format!("The application works with several of them. {FROM_THE_EHR}"),
    )
}

/// The question which EHR is meant, above the links to them.
pub(crate) fn choose_ehr(none_found: bool, more: bool) -> Page {
    let message = match (none_found, more) {
        (true, _) => "None was found by that name. Check the spelling, or search for a part of the name.",
        (false, true) => "Choose the one that you use. If it is not in the list, search for its name.",
        (false, false) => "Choose the one that you use.",
    };
    Page::new(200, "which-ehr", "Which health record system?", message)
}

/// The EHR opened the application without saying for which patient.
pub(crate) fn iss_alone(href: String) -> Page {
    Page::new(
        200,
        "choose-patient",
        "Sign in and choose a patient",
        "Your health record system opened this application without naming a patient. You can sign in there now and \
         choose one.",
    )
    .with_action("Sign in", href)
}

/// The same for a script, which cannot sign in.
pub(crate) fn iss_alone_in_a_script() -> Page {
    Page::new(
        400,
        "choose-patient",
        "Sign in and choose a patient",
        format!("The address that opened the application names no patient. {FROM_THE_EHR}"),
    )
}

/// An EHR claims the sign-in of another one.
pub(crate) fn ehr_conflict() -> Page {
    Page::new(
        502,
        "ehr-conflict",
        "This sign-in was stopped for safety",
        "The settings of this health record system contradict those of another one. Please tell the application's \
         support team.",
    )
}

/// The EHR's metadata is unavailable.
pub(crate) fn metadata_unavailable() -> Page {
    let what = "Your health record system does not answer: it could not be asked how to sign in.";
    try_again("metadata-unavailable", what, Audience::Document, SOON)
}

/// The EHR answered the question for its metadata that it is in trouble.
pub(crate) fn metadata_troubled() -> Page {
    try_again("metadata-unavailable", EHR_TROUBLED, Audience::Document, SOON)
}

/// What the EHR answered is no metadata that can be used. Somebody has to mend that.
pub(crate) fn metadata_unusable() -> Page {
    let what = format!(
        "{EHR_UNUSABLE} It could not be found out how to sign in. If it happens again, please tell the support team of this \
         application."
    );
    unusable_answer("metadata-unusable", &what, Audience::Document, SOON)
}

/// The EHR does not say that it knows PKCE, and the application insists.
pub(crate) fn pkce_not_listed() -> Page {
    Page::new(
        502,
        "pkce-not-listed",
        "Your health record system is not set up for this application",
        "The sign-in was not begun, because it would not be protected as agreed. Please tell the people who run this \
         application.",
    )
}
