//! What people are told about signing out.

use super::later::SOON;
use crate::pages::{page::Page, window::Window};

/// What was signed out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignedOutOf {
    /// One launch: others may be open.
    One,
    /// All of this browser.
    All,
}

/// After signing out.
pub(crate) fn signed_out(of: SignedOutOf, window: Window) -> Page {
    let message = match (of, window) {
        (SignedOutOf::One, _) => {
            "This chart is closed. If you have opened others, they are still open: please sign out there too."
        }
        (SignedOutOf::All, Window::Own) => {
            "If a patient is still shown in another tab or window, close it. You can close this page too."
        }
        // A browser may keep what is in a frame apart from the rest, and nobody can say from here.
        (SignedOutOf::All, Window::Frame) => {
            "If the application is also open in a window of its own, please sign out there too."
        }
    };
    Page::new(200, "signed-out", "You have signed out", message)
}

/// On the page that one comes to after signing out, when there is something to sign out of.
///
/// `sign_out` is the address to which its button posts.
pub(crate) fn still_signed_in(of: SignedOutOf, sign_out: String) -> Page {
    let (title, message, label) = match of {
        SignedOutOf::One => (
            "This chart is still open",
            "Sign out when you do not need it any more.",
            "Sign out",
        ),
        SignedOutOf::All => (
            "A chart is still open in this browser",
            "If nobody needs it any more, sign out.",
            "Sign out of all charts",
        ),
    };
    Page::new(200, "signed-in", title, message).with_form(label, sign_out)
}

/// Whether somebody is signed in is not known, because it is not known what this browser has.
pub(crate) fn nothing_to_sign_out() -> Page {
    Page::new(
        401,
        "sign-out-not-found",
        "You may still be signed in",
        "This browser did not show us which pages are yours, so nothing was closed. If a page of this application is open, \
         reload it and sign out there. On a shared computer, also sign out of your health record system and close the \
         browser.",
    )
}

/// Signing out failed. Who leaves a shared workstation has to know.
pub(crate) fn not_signed_out() -> Page {
    Page::new(
        503,
        "store-unavailable",
        "You are not signed out yet",
        "This application cannot reach its own data at the moment. Wait a little and sign out again.",
    )
    .with_retry_after(SOON)
    // The page stands at the address that signs out.
    .with_form("Sign out again", String::new())
}
