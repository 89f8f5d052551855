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

/// After signing out. `at_ehr` is where to sign out at the EHR too, where that has begun and may not have come to its end.
pub(crate) fn signed_out(of: SignedOutOf, window: Window, at_ehr: Option<String>) -> Page {
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
    match at_ehr {
        None => Page::new(200, "signed-out", SIGNED_OUT, message),
        Some(href) => {
            let message =
                format!("{message} If your health record system still has you signed in, sign out there too.");
            Page::new(200, "signed-out", SIGNED_OUT, message).with_action("Sign out of the health record system", href)
        }
    }
}

const SIGNED_OUT: &str = "You have signed out";

/// Before the browser goes on to the EHR.
pub(crate) fn on_to_ehr(href: String) -> Page {
    let message = "You have signed out of this application. Your health record system is opened next, to sign you out there too. \
                   If nothing happens, use the button.";
    Page::new(200, "signed-out", SIGNED_OUT, message).with_action("Sign out of the health record system", href)
}

/// On the page that one comes to after signing out, when there is something to sign out of.
///
/// `sign_out` is the address to which its button posts. `after_one`: the person comes from signing out of something else.
pub(crate) fn still_signed_in(of: SignedOutOf, sign_out: String, after_one: bool) -> Page {
    let (title, message, label) = match of {
        SignedOutOf::One => (
            "This chart is still open",
            "Sign out when you do not need it any more.",
            "Sign out",
        ),
        SignedOutOf::All => (
            "A chart is still open in this browser",
            if after_one {
                "What you signed out of is closed. If nobody needs the other chart any more, sign out of that too."
            } else {
                "If nobody needs it any more, sign out."
            },
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
