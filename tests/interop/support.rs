//! A browser with cookies, which another test has already.
#![expect(dead_code, unreachable_pub, reason = "it can do more than is needed here")]

#[path = "../it/support/browser.rs"]
mod browser;
#[path = "../it/support/form.rs"]
mod form;

pub(crate) use browser::{Answer, Browser};
