//! An application, a browser, and the sandbox between them.

mod app;
mod browser;
mod logs;

pub use app::{App, AppBuilder, PRIVATE_KEY, Profile};
pub use browser::{Answer, Browser};
pub use logs::Logs;
