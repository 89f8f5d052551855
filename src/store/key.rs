//! Ids as the browser has them, and the hashes under which a store keeps things.

use std::fmt;

use rand::CryptoRng;

use super::{LaunchKind, digest::digest};
use crate::protocol::{
    launch_id::LaunchId,
    secret::{BrowserId, State},
};

impl LaunchId {
    /// The id of a launch that began so.
    pub(crate) fn random(browser: BrowserKey, began: LaunchKind, rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = [0_u8; 16];
        rng.fill_bytes(&mut bytes);
        let [first, second, ..] = &mut bytes;
        SlotTag([*first, *second]) = browser.slot_tag();
        Self::from_bytes(bytes, began == LaunchKind::Ehr)
    }

    /// How its launch began, as the id says it: for where no record does. One that a version without this mark has drawn says
    /// `Standalone`.
    pub(crate) fn says_it_began(&self) -> LaunchKind {
        if self.is_from_ehr() {
            LaunchKind::Ehr
        } else {
            LaunchKind::Standalone
        }
    }

    /// The key under which the store keeps the launch.
    #[must_use]
    pub fn key(&self) -> LaunchKey {
        let mut key = digest("launch", self.as_str());
        let [first, second, ..] = &mut key;
        [*first, *second] = self.first_bytes();
        LaunchKey(key)
    }
}

macro_rules! key {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) [u8; 32]);

        impl $name {
            /// The 32 bytes of the hash.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// The key with these bytes, as a backend read them back.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let [a, b, c, d, ..] = self.0;
                write!(f, concat!(stringify!($name), "({:02x}{:02x}{:02x}{:02x}…)"), a, b, c, d)
            }
        }
    )+};
}

key! {
    /// The key of a launch: the [`SlotTag`] of its browser, and the SHA-256 of its id but for the first two bytes.
    LaunchKey;
    /// The key of a pending authorization: the SHA-256 of its `state`.
    PendingKey;
    /// What a callback brought, its code or its error: the SHA-256 of it.
    CallbackKey;
    /// The key of a browser: the SHA-256 of the random id in its session, or of the one in its browser cookie.
    BrowserKey;
    /// The key of a value that belongs to no browser: the SHA-256 of what it is about.
    ValueKey;
}

/// Two bytes that the keys of a browser and of its launches begin with. A pending authorization has a tag of its own.
///
/// A store that keeps everything with the same tag in one place (a Redis Cluster: as the hash tag) can do each operation of
/// a [`TokenStoreBackend`](crate::store::TokenStoreBackend) in one step there. The tag says nothing about the browser: all
/// browsers share 65,536 tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotTag(pub [u8; 2]);

impl BrowserKey {
    /// The tag of this browser and its launches.
    #[must_use]
    pub const fn slot_tag(&self) -> SlotTag {
        let [first, second, ..] = self.0;
        SlotTag([first, second])
    }
}

impl LaunchKey {
    /// What lines of the log call the launch: the same in all of them, and good for nothing else.
    pub(crate) fn reference(&self) -> String {
        // The first two bytes are the browser's.
        let [_, _, a, b, c, d, ..] = self.0;
        format!("{a:02x}{b:02x}{c:02x}{d:02x}")
    }

    /// The tag of the browser that the launch was opened in.
    #[must_use]
    pub const fn slot_tag(&self) -> SlotTag {
        let [first, second, ..] = self.0;
        SlotTag([first, second])
    }
}

impl PendingKey {
    /// The key for a `state`.
    pub(crate) fn of(state: &State) -> Self {
        Self(digest("pending", state.expose_secret()))
    }

    /// The tag of this authorization alone: nothing else is kept with it.
    #[must_use]
    pub const fn slot_tag(&self) -> SlotTag {
        let [first, second, ..] = self.0;
        SlotTag([first, second])
    }
}

impl ValueKey {
    /// The key for what is told apart from others by `what`, a word of ours, and by these texts.
    pub(crate) fn of(what: &str, about: &[&str]) -> Self {
        let mut text = what.to_owned();
        for part in about {
            // With its length, as a part may have any character.
            text.push_str(&format!("\0{}\0{part}", part.len()));
        }
        Self(digest("value", &text))
    }

    /// The tag of this value alone: nothing else is kept with it.
    #[must_use]
    pub const fn slot_tag(&self) -> SlotTag {
        let [first, second, ..] = self.0;
        SlotTag([first, second])
    }
}

impl CallbackKey {
    /// The key for an answer, told apart from others by what it is.
    pub(crate) fn of(what: &str, answer: &str) -> Self {
        // `what` is a word of ours and has no NUL.
        Self(digest("callback", &format!("{what}\0{answer}")))
    }
}

impl BrowserKey {
    /// The key for a name of a browser, for tests of a store backend.
    #[must_use]
    pub fn of(browser_id: &str) -> Self {
        Self(digest("browser", browser_id))
    }

    /// The key under which the browser is found that has the cookie of a sign-in, by the random text in that.
    pub(crate) fn of_sign_in(link: &str) -> Self {
        Self(digest("browser of sign-in", link))
    }

    /// The key for the id in a browser cookie. Another one than for the same text in a session.
    pub(crate) fn of_cookie(id: &BrowserId) -> Self {
        Self(digest("browser cookie", id.expose_secret()))
    }
}

#[cfg(test)]
mod tests;
