//! Ids as the browser has them, and the hashes under which a store keeps things.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::CryptoRng;
use sha2::{Digest as _, Sha256};

use crate::protocol::{random::random_text, secret::State};

/// The public handle of a launch, in the path of its pages: 128 random bits as 22 characters.
///
/// Not a secret: it is useless without the launch's cookie.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LaunchId(String);

impl LaunchId {
    pub(crate) fn random(rng: &mut dyn CryptoRng) -> Self {
        Self(random_text::<16>(rng))
    }

    /// Reads a launch id as it stands in a path. `None` unless it is 22 characters of base64url.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 16).then(|| Self(text.to_owned()))
    }

    /// The text that stands in the path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key under which the store keeps the launch.
    #[must_use]
    pub fn key(&self) -> LaunchKey {
        LaunchKey(digest("launch", &self.0))
    }
}

impl fmt::Debug for LaunchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LaunchId({})", self.0)
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
    /// The key of a launch: the SHA-256 of its id.
    LaunchKey;
    /// The key of a pending authorization: the SHA-256 of its `state`.
    PendingKey;
    /// The key of a browser: the SHA-256 of the random id in its session.
    BrowserKey;
}

impl PendingKey {
    pub(crate) fn of(state: &State) -> Self {
        Self(digest("pending", state.expose_secret()))
    }
}

impl BrowserKey {
    /// The key for a browser id of your own choosing (`SmartClient` without the middleware).
    #[must_use]
    pub fn of(browser_id: &str) -> Self {
        Self(digest("browser", browser_id))
    }
}

/// SHA-256 with a label in front, so that the same text never gives the same key in two places.
pub(crate) fn digest(label: &str, text: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(label)
        .chain_update([0])
        .chain_update(text)
        .finalize()
        .into()
}
