//! An application, a browser, and the sandbox between them.

#[path = "../support/app.rs"]
mod app;
#[path = "../support/browser.rs"]
mod browser;
#[path = "../support/closed_port.rs"]
mod closed_port;
#[path = "../support/customer.rs"]
mod customer;
#[path = "../support/flaky_store.rs"]
mod flaky_store;
#[path = "../support/form.rs"]
mod form;
#[path = "../support/gate.rs"]
mod gate;
#[path = "../support/jar.rs"]
mod jar;
#[path = "../support/logs.rs"]
mod logs;
#[cfg(feature = "redis")]
#[path = "../support/one_of_several.rs"]
#[expect(clippy::print_stdout, reason = "says the results of a process")]
pub mod one_of_several;
#[path = "../support/opened.rs"]
mod opened;
#[path = "../support/ports.rs"]
mod ports;
#[path = "../support/raw_server.rs"]
mod raw_server;
#[path = "../support/redis_server.rs"]
#[expect(
    dead_code,
    clippy::print_stdout,
    reason = "nothing here stops a server for a while; it says what is skipped"
)]
pub(crate) mod redis_server;
#[cfg(feature = "redis")]
#[path = "../support/redis_url.rs"]
#[expect(clippy::print_stdout, reason = "says what is skipped")]
mod redis_url;
#[path = "../support/serving.rs"]
pub(crate) mod serving;
#[path = "../support/sessions.rs"]
mod sessions;
#[path = "../support/strict_ehr.rs"]
mod strict_ehr;
#[path = "../support/time.rs"]
mod time;
#[path = "../support/wrong_clock.rs"]
mod wrong_clock;

use std::{
    future::Future,
    thread::{self, JoinHandle},
};

pub use app::{App, AppBuilder, CLIENT_ID, PRIVATE_KEY, Profile, RSA_KEY, SCOPES, SECRET, pages};
pub use browser::{Answer, Browser};
pub(crate) use closed_port::ClosedPort;
pub use customer::Customer;
pub use flaky_store::{FlakyStore, Op, Trouble};
pub use form::Form;
pub use gate::Gate;
pub(crate) use logs::{Logs, Span};
pub use opened::{DUE, DUE_TO_UNUSABLE, Opened, UNUSABLE, all_are, eventually, open};
pub use raw_server::{RawServer, http, redirect, send_raw};
#[cfg(feature = "redis")]
pub(crate) use redis_url::redis_url;
pub(crate) use strict_ehr::strict_ehr;
pub use time::{clock, memory_store};
pub use wrong_clock::WrongClock;

/// Runs one of several parts of a test on a thread of its own, where it has a clock of its own.
pub fn on_a_thread<F: Future<Output = ()>>(part: impl FnOnce() -> F + Send + 'static) -> JoinHandle<()> {
    thread::spawn(|| actix_web::rt::System::new().block_on(part()))
}

/// A page or a problem without its reference, which is another one each time.
pub fn without_reference(body: &str) -> String {
    for before in ["Reference: ", "\"reference\":\""] {
        if let Some((start, rest)) = body.split_once(before) {
            return format!("{start}{before}{}", &rest["7K3M-9QXT".len()..]);
        }
    }
    body.to_owned()
}
