//! An application, a browser, and the sandbox between them.

mod app;
mod browser;
mod failing_store;
mod logs;

pub use app::{App, AppBuilder, CLIENT_ID, PRIVATE_KEY, Profile, SCOPES, pages};
pub use browser::{Answer, Browser};
pub use failing_store::FailingStore;
pub use logs::Logs;
