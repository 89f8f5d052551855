//! How far an export is: [`ExportProgress`].

use crate::protocol::visible::visible;

/// As the specification bounds it.
const LONGEST: usize = 100;

/// How far an export is, as the server says it (`X-Progress`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ExportProgress {
    /// In percent, where the server says that: `50%`, `50 % done`, or a number alone.
    pub percent: Option<u8>,
    /// The server's own words; what can be seen of the first 100 characters. Data, not to be trusted.
    pub text: Option<String>,
}

impl ExportProgress {
    pub(crate) fn read(header: Option<&str>) -> Self {
        let text: String = visible(header.unwrap_or_default()).take(LONGEST).collect();
        let text = text.trim();
        Self {
            percent: percent(text),
            text: Some(text.to_owned()).filter(|text| !text.is_empty()),
        }
    }
}

fn percent(text: &str) -> Option<u8> {
    let number = match text.split_once('%') {
        Some((before, _)) => {
            let before = before.trim_end();
            before.rsplit(|c: char| !c.is_ascii_digit() && c != '.').next()?
        }
        None => text,
    };
    let whole = number.split_once('.').map_or(number, |(whole, _)| whole);
    whole.parse().ok().filter(|percent| *percent <= 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_where_it_is_one() {
        for (text, percent) in [
            ("50%", Some(50)),
            ("0", Some(0)),
            (" 100 ", Some(100)),
            ("12.9% complete", Some(12)),
            ("exported 40 % of 3 files", Some(40)),
            ("101%", None),
            ("3 of 10 files", None),
            ("in progress", None),
            ("%", None),
            ("-5%", Some(5)),
            ("", None),
        ] {
            assert_eq!(ExportProgress::read(Some(text)).percent, percent, "{text:?}");
        }
    }

    #[test]
    fn words_are_bounded_and_what_controls_a_terminal_is_gone() {
        let progress = ExportProgress::read(Some(&format!("a\u{1b}[2Jb\u{202e}{}", "x".repeat(500))));
        let text = progress.text.unwrap();
        assert_eq!(text.chars().count(), 100);
        assert!(text.starts_with("a [2Jb"), "{text}");
        assert_eq!(ExportProgress::read(None), ExportProgress::default());
    }
}
