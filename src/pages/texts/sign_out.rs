//! What people are told about signing out.

use super::{
    later::{SOON, store_unavailable},
    phrases::sentences,
};
use crate::pages::{page::Page, window::Window, words::Words};

/// What was signed out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignedOutOf {
    /// One launch: others may be open.
    One,
    /// All of this browser.
    All,
}

/// After signing out. `at_ehr` is where to sign out at the EHR too, where that has begun and may not have come to its end.
pub(crate) fn signed_out(words: &Words, of: SignedOutOf, window: Window, at_ehr: Option<String>) -> Page {
    let closed = match (of, window) {
        (SignedOutOf::One, _) => words.sign_out.one_closed,
        (SignedOutOf::All, Window::Own) => words.sign_out.all_closed,
        // A browser may keep what is in a frame apart from the rest, and nobody can say from here.
        (SignedOutOf::All, Window::Frame) => words.sign_out.frame_closed,
    };
    let title = match of {
        SignedOutOf::One => words.sign_out.one_done,
        SignedOutOf::All => words.sign_out.done,
    };
    let page = |message: String| Page::new(200, "signed-out", title, message);
    match (at_ehr, of, window) {
        // Not "you can close this page": its button is still wanted.
        (Some(href), _, _) => {
            page(sentences([closed, words.sign_out.at_ehr_too])).with_action(words.labels.sign_out_at_ehr, href)
        }
        (None, SignedOutOf::All, Window::Own) => page(sentences([closed, words.sign_out.close_this_too])),
        (None, _, _) => page(closed.to_owned()),
    }
}

/// Before the browser goes on to the EHR.
pub(crate) fn on_to_ehr(words: &Words, href: String) -> Page {
    let of = &words.sign_out.on_to_ehr;
    Page::new(200, "signed-out", of.title, of.what).with_action(words.labels.sign_out_at_ehr, href)
}

/// On the page that one comes to after signing out, when there is something to sign out of.
///
/// `sign_out` is the address to which its button posts. `after_one`: the person comes from signing out of something else.
pub(crate) fn still_signed_in(words: &Words, of: SignedOutOf, sign_out: String, after_one: bool) -> Page {
    let open = &words.sign_out;
    let (said, label) = match of {
        SignedOutOf::One => (&open.one_open, words.labels.sign_out),
        SignedOutOf::All if after_one => (&open.other_open, words.labels.sign_out_of_all),
        SignedOutOf::All => (&open.some_open, words.labels.sign_out_of_all),
    };
    Page::new(200, "signed-in", said.title, said.what).with_form(label, sign_out)
}

/// Whether somebody is signed in is not known, because it is not known what this browser has.
pub(crate) fn nothing_to_sign_out(words: &Words) -> Page {
    let of = &words.sign_out.nothing_found;
    Page::new(401, "sign-out-not-found", of.title, of.what)
}

/// Whether somebody is signed in cannot be looked up now.
///
/// The person has just signed out, or wants to know whether they are: only "try again" would leave them in doubt.
pub(crate) fn perhaps_signed_out(words: &Words) -> Page {
    let mut page = store_unavailable(words);
    page.title = words.sign_out.not_certain.to_owned();
    page
}

/// Signing out failed. Who leaves a shared workstation has to know.
pub(crate) fn not_signed_out(words: &Words) -> Page {
    let of = &words.sign_out.failed;
    Page::new(503, "store-unavailable", of.title, of.what)
        .with_retry_after(SOON)
        // The page stands at the address that signs out.
        .with_form(words.labels.sign_out_again, String::new())
}
