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
mod tests {
    use super::*;

    #[test]
    fn text_is_bounded_and_its_debug_output_is_its_length() {
        let long = EhrText::new(&"é".repeat(1_001)).unwrap();
        assert_eq!(long.as_str().chars().count(), 1_000);
        assert_eq!(format!("{long:?}"), "EhrText(1000 characters)");
        let lines = EhrText::new(" a\r\nb\0 ").unwrap();
        assert_eq!(lines.as_str(), "a  b");
        assert_eq!(EhrText::new(" \n "), None);
        let turned = EhrText::new("\u{FEFF} call \u{202E}4321\u{202C} n\u{200B}ow").unwrap();
        assert_eq!(turned.as_str(), "call 4321 now");
        assert_eq!(EhrText::new(" \u{202E}\u{200B} "), None);
    }

    #[test]
    fn an_error_code_is_a_name_or_unknown() {
        for code in ["access_denied", "invalid_grant", "x.y-1", &"a".repeat(64)] {
            assert_eq!(error_code(code), code);
        }
        for not_a_code in ["", "Call 555-0100 now", "<b>", "a\nb", "é", "a\"b", &"a".repeat(65)] {
            assert_eq!(error_code(not_a_code), "unknown", "{not_a_code}");
        }
    }

    #[test]
    fn field_names_are_bounded_and_only_names() {
        let names = ["patient".to_owned(), "a b".to_owned(), "x".repeat(41), "y".repeat(40)];
        assert_eq!(
            field_names(names.iter()),
            ["patient", "(other)", "(other)", &"y".repeat(40)]
        );
        let many = vec!["a".to_owned(); 33];
        assert_eq!(field_names(many.iter()).len(), 32);
    }
}
