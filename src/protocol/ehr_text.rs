//! Text that an EHR, or the author of a link, chose: kept as data, bounded, never trusted.

use std::fmt;

use crate::protocol::visible::visible;

/// Text from outside, for example an `error_description`.
///
/// At most 1,000 characters, all of which can be seen: control characters became spaces, and those that change the
/// direction of a text or have no width are left out. There is no `Display`, and `Debug` tells only how long
/// it is, so that it reaches a log or a page on purpose only. Escape it before it goes into HTML.
#[derive(Clone, PartialEq, Eq)]
pub struct EhrText(String);

impl EhrText {
    const MAX_CHARS: usize = 1_000;

    /// Keeps the first 1,000 characters; `None` when nothing but white space is there.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let text: String = visible(text).collect();
        let text: String = text.trim().chars().take(Self::MAX_CHARS).collect();
        (!text.is_empty()).then_some(Self(text))
    }

    /// The text. It can say anything: show it as a quotation, escaped.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EhrText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EhrText({} characters)", self.0.chars().count())
    }
}

/// An OAuth error code that is safe to log and to show, or `unknown`.
///
/// RFC 6749 (section 4.1.2.1) also allows spaces and punctuation. No code in use has them, and a callback address
/// that anybody can write would put whole sentences on our page.
pub(crate) fn error_code(text: &str) -> String {
    if is_name(text, 64) {
        text.to_owned()
    } else {
        "unknown".to_owned()
    }
}

/// Names of JSON members for an error message: bounded in number and length, without anything that is not a name.
pub(crate) fn field_names<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    names
        .take(32)
        .map(|name| {
            if is_name(name, 40) {
                name.clone()
            } else {
                "(other)".to_owned()
            }
        })
        .collect()
}

fn is_name(text: &str, max_bytes: usize) -> bool {
    (1..=max_bytes).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

#[cfg(test)]
mod tests;
