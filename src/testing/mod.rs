//! To test an application that uses this crate: a browser, and launches that are there at once.
//!
//! [`TestBrowser`] (feature `sandbox`) goes the whole way over real sockets: launch, sign-in at the
//! [sandbox](crate::sandbox), callback, the application's pages, forms, sign-out. [`TestLaunch`] (feature `test-util`) is an open
//! launch without an EHR and without sockets, for one handler at a time. [`guide::testing`](crate::guide::testing) shows
//! complete tests.

#[cfg(feature = "sandbox")]
mod browser;
#[cfg(feature = "test-util")]
mod launch;

#[cfg(feature = "sandbox")]
#[cfg_attr(docsrs, doc(cfg(feature = "sandbox")))]
pub use browser::{PageSeen, TestBrowser, TestBrowserError, TestForm, TestPage};
#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub use launch::{SentRequest, TestAnswer, TestLaunch, TestLaunchBuilder, TestLaunchError};
