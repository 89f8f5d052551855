//! What these tests share with others.

#[path = "../support/browser.rs"]
#[expect(dead_code, unreachable_pub, reason = "it can do more than is needed here")]
mod browser;
#[path = "../support/form.rs"]
#[expect(dead_code, unreachable_pub, reason = "it can do more than is needed here")]
mod form;
#[path = "../support/jar.rs"]
mod jar;
#[path = "../support/ports.rs"]
mod ports;
#[path = "../support/raw_server.rs"]
#[expect(dead_code, unreachable_pub, reason = "it can do more than is needed here")]
mod raw_server;
#[path = "../support/serving.rs"]
mod serving;
#[path = "../support/sessions.rs"]
mod sessions;

pub(crate) use browser::{Answer, Browser};
pub(crate) use ports::{free_port, until_listening};
pub(crate) use raw_server::{RawServer, http};
pub(crate) use serving::on_a_thread;
pub(crate) use sessions::sessions;
