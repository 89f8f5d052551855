//! What a store keeps with a browser: its launches ([`ListedLaunch`]) and short lists ([`Memo`]).

use crate::{store::LaunchKey, time::Timestamp};

/// An open launch, as it stands in the list of its browser. See
/// [`TokenStoreBackend::launches_of`](crate::store::TokenStoreBackend::launches_of).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedLaunch {
    /// Its key.
    pub key: LaunchKey,
    /// When it was used last.
    pub last_used: Timestamp,
    /// Whose it is.
    pub user: ListedUser,
}

impl ListedLaunch {
    /// A launch in a list.
    #[must_use]
    pub const fn new(key: LaunchKey, last_used: Timestamp, user: ListedUser) -> Self {
        Self { key, last_used, user }
    }
}

/// Whose a launch is, compared with the user that was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListedUser {
    /// The same user's.
    Same,
    /// Another user's.
    Other,
    /// One of the two users is not known.
    Unknown,
}

/// A short list that a store keeps with a browser. See
/// [`TokenStoreBackend::remember`](crate::store::TokenStoreBackend::remember).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Memo {
    /// Keys under which the same browser is known as well.
    SameBrowser,
    /// Launches whose cookies this browser got, sealed.
    LaunchCookies,
    /// When somebody signed out of all launches of this browser.
    SignedOut,
}
