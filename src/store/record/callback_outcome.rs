//! How a callback ended: [`CallbackOutcome`].

use super::FailedCallback;
use crate::protocol::{
    launch_id::LaunchId,
    secret::{BrowserId, LaunchSecret},
};

/// How a callback ended; what a repeated callback of the same browser is answered with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CallbackOutcome {
    /// A launch was opened.
    Landed {
        /// Its id.
        launch: LaunchId,
        /// The proof for its cookie.
        secret: LaunchSecret,
        /// The path to go to, complete.
        location: String,
        /// The id for the browser's cookie, when it got a new one.
        new_browser: Option<BrowserId>,
    },
    /// No launch was opened.
    Failed(FailedCallback),
}
