//! What people are told when the application, or this crate, made a mistake.

use crate::pages::page::Page;

/// The application does not serve this crate's routes, or not in the right order.
pub(crate) fn not_installed() -> Page {
    Page::new(
        500,
        "not-installed",
        "This page is not available",
        "The application is not set up completely. Please tell its support team.",
    )
}

/// A mistake of ours, before anything was sent.
pub(crate) fn internal() -> Page {
    went_wrong("Please try again.").with_reload("Try again")
}

/// A mistake of ours, or of the application; `next` is what the person can do.
pub(super) fn went_wrong(next: &str) -> Page {
    Page::new(
        500,
        "internal",
        "Something went wrong",
        format!(
            "Something went wrong in this application, so nothing was opened. {next} If it happens again, tell its \
             support team."
        ),
    )
}
