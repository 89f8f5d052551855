//! The handle of a launch, as it stands in the paths of its pages: [`LaunchId`].

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The public handle of a launch, in the path of its pages: 16 bytes as 22 characters, 14 of them random.
///
/// Not a secret: it is useless without the launch's cookie. The first two bytes are the
/// [`SlotTag`](crate::store::SlotTag) of the browser, so that a store that is spread over machines can keep all launches of
/// one browser together.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LaunchId {
    text: String,
    first_bytes: [u8; 2],
}

impl LaunchId {
    /// The id with these bytes.
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        let [first, second, ..] = bytes;
        Self {
            text: URL_SAFE_NO_PAD.encode(bytes),
            first_bytes: [first, second],
        }
    }

    /// Reads a launch id as it stands in a path. `None` unless it is 22 characters of base64url.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // Longer ones do not fit.
        let mut bytes = [0_u8; 18];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let [first, second, ..] = bytes;
        (length == 16).then(|| Self {
            text: text.to_owned(),
            first_bytes: [first, second],
        })
    }

    /// The text that stands in the path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) const fn first_bytes(&self) -> [u8; 2] {
        self.first_bytes
    }
}

impl fmt::Debug for LaunchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LaunchId({})", self.text)
    }
}

#[cfg(test)]
mod tests;
