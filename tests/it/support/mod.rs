//! An application, a browser, and the sandbox between them.

mod app;
mod browser;
mod flaky_store;
mod form;
mod gate;
mod logs;
mod opened;
mod raw_server;
mod time;

pub use app::{App, AppBuilder, CLIENT_ID, PRIVATE_KEY, Profile, RSA_KEY, SCOPES, SECRET, pages};
pub use browser::{Answer, Browser};
pub use flaky_store::{FlakyStore, Op, Trouble};
pub use form::Form;
pub use gate::Gate;
pub use logs::Logs;
pub use opened::{DUE, DUE_TO_UNUSABLE, Opened, UNUSABLE, all_are, eventually, open};
pub use raw_server::{RawServer, http, redirect, send_raw};
pub use time::{clock, memory_store};
