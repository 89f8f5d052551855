//! To test an application that uses this crate: a browser, and launches that are there at once.
//!
//! [`TestBrowser`] (feature `sandbox`) goes the whole way over real sockets: launch, sign-in at the
//! [sandbox](crate::sandbox), callback, the application's pages, forms, sign-out. [`guide::testing`](crate::guide::testing)
//! shows complete tests.

#[cfg(feature = "sandbox")]
mod browser;

#[cfg(feature = "sandbox")]
#[cfg_attr(docsrs, doc(cfg(feature = "sandbox")))]
pub use browser::{PageSeen, TestBrowser, TestBrowserError, TestForm, TestPage};
