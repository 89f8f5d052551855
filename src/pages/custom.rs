//! [`Pages`]: an application renders the pages in its own look.

use std::fmt;

use super::page::Page;

/// The policy of a page that the application rendered ([`Pages`]): its own files, inline styles, still no script.
pub(crate) const REPLACED_PAGE_CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
     style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'self'";

/// Renders the pages in the look of your application.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::pages::{Page, Pages};
///
/// #[derive(Debug)]
/// struct OurPages;
///
/// impl Pages for OurPages {
///     fn render(&self, page: &Page) -> Option<String> {
///         // Only the sign-in page is ours; the crate renders the others.
///         (page.code == "no-launch").then(|| "<!doctype html><title>Please sign in</title>…".to_owned())
///     }
/// }
/// ```
pub trait Pages: Send + Sync + fmt::Debug + 'static {
    /// The HTML document for this page; `None` for the crate's own.
    ///
    /// Escape every text of the page. The document may use inline styles and the style sheets, images and fonts of
    /// its own origin, but no scripts; it is answered with the page's status and is never cached.
    fn render(&self, page: &Page) -> Option<String>;
}
