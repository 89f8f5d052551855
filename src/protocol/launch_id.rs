//! The handle of a launch, as it stands in the paths of its pages: [`LaunchId`].

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// What the id of a launch that began in the EHR ends with, and no other. One that is drawn without looking ends so once in 16,384
/// times: versions that know no such end draw so.
const FROM_EHR: &str = "EHA";
/// What takes its place where it was drawn by chance.
const NOT_FROM_EHR: &str = "EHQ";

/// The public handle of a launch, in the path of its pages: 16 bytes as 22 characters.
///
/// Not a secret, though it cannot be guessed: it is useless without the launch's cookie. The first two bytes are the
/// [`SlotTag`](crate::store::SlotTag) of the browser, so that a store that is spread over machines can keep all launches of
/// one browser together. The last three characters say whether the launch began in the EHR (`EHA`). 96 bits or more are random.
///
/// A tab has its address still when the store has forgotten the launch, and the browser its cookie. Who comes from a chart must not
/// go on then with a patient who is chosen in the application.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LaunchId {
    text: String,
    first_bytes: [u8; 2],
}

impl LaunchId {
    /// The id with these bytes, but for what says how the launch began.
    pub(crate) fn from_bytes(bytes: [u8; 16], is_from_ehr: bool) -> Self {
        let [first, second, ..] = bytes;
        let mut text = URL_SAFE_NO_PAD.encode(bytes);
        if is_from_ehr || text.ends_with(FROM_EHR) {
            text.truncate(text.len() - FROM_EHR.len());
            text.push_str(if is_from_ehr { FROM_EHR } else { NOT_FROM_EHR });
        }
        Self {
            text,
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

    /// Whether it says that its launch began in the EHR. Anybody can write an address that says so.
    pub(crate) fn is_from_ehr(&self) -> bool {
        self.text.ends_with(FROM_EHR)
    }
}

impl fmt::Debug for LaunchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LaunchId({})", self.text)
    }
}

#[cfg(test)]
mod tests;
