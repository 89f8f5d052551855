//! [`Language`]: in which language people read what this crate says, and [`LanguageChoice`]: who decides.

use super::words::{ENGLISH, GERMAN, Words};

/// A language of the crate's pages.
///
/// Further languages come with the crate: an application cannot bring one yet. It can render the pages itself
/// ([`Pages`](super::Pages)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Language {
    /// English, the language that the texts are written in.
    #[default]
    English,
    /// German. The translation has not been read by a native speaker of the trade yet.
    German,
}

/// Who decides in which [`Language`] an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LanguageChoice {
    /// The browser, by `Accept-Language` (RFC 9110, section 12.5.4). Where it accepts none of ours, this one.
    AcceptedOr(Language),
    /// Always this one.
    Always(Language),
}

impl Default for LanguageChoice {
    /// The browser, and otherwise English.
    fn default() -> Self {
        Self::AcceptedOr(Language::English)
    }
}

impl Language {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::English, Self::German];

    /// Its tag (RFC 5646), for `lang` and `Content-Language`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language that the value of an `Accept-Language` header (RFC 9110, section 12.5.4) wants most, if it accepts any of
    /// ours.
    ///
    /// A range names a language or one of its regions: `de-AT` is answered in German. Of two that are wanted equally, the
    /// first in the header. `*` accepts every language that is not named; it is answered in English.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_smart_auth::pages::Language;
    ///
    /// assert_eq!(Language::accepted_by("de-AT, en;q=0.5"), Some(Language::German));
    /// assert_eq!(Language::accepted_by("fr, de;q=0"), None);
    /// ```
    #[must_use]
    pub fn accepted_by(accept_language: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        let ranges: Vec<(&str, u16)> = accept_language.split(',').filter_map(range).take(MOST_RANGES).collect();
        for (tag, quality) in &ranges {
            let language = match *tag {
                "*" => Self::ALL
                    .iter()
                    .copied()
                    .find(|it| !ranges.iter().any(|(tag, _)| it.is(tag))),
                tag => Self::ALL.iter().copied().find(|it| it.is(tag)),
            };
            if let Some(language) = language
                && *quality > best.map_or(0, |(quality, _)| quality)
            {
                best = Some((*quality, language));
            }
        }
        best.map(|(_, language)| language)
    }

    /// Whether a language range means it, or one of its regions.
    fn is(self, range: &str) -> bool {
        let primary = range.split('-').next().unwrap_or_default();
        primary.eq_ignore_ascii_case(self.tag())
    }

    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }
}

impl LanguageChoice {
    /// The language of an answer to a request with these `Accept-Language` headers.
    pub(crate) fn of(self, accept_language: Option<&str>) -> Language {
        match self {
            Self::AcceptedOr(otherwise) => accept_language.and_then(Language::accepted_by).unwrap_or(otherwise),
            Self::Always(language) => language,
        }
    }

    /// Whether the answer depends on `Accept-Language`.
    pub(crate) const fn varies(self) -> bool {
        matches!(self, Self::AcceptedOr(_))
    }
}

/// No browser sends more, and nobody is to make us read thousands.
const MOST_RANGES: usize = 32;

/// A range and its weight in thousandths. `None` for what is none, and weights that are no weights.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty())?;
    let quality = match parts.next() {
        None => 1000,
        Some(parameter) => {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then_some(())?;
            thousandths(value.trim())?
        }
    };
    Some((tag, quality))
}

/// A weight (RFC 9110, section 12.4.2): `0` or `1`, with at most three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let decimals: u16 = format!("{decimals:0<3}").parse().ok()?;
    match (whole, decimals) {
        ("0", decimals) => Some(decimals),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_wanted_most_is_spoken() {
        use Language::{English, German};
        for (header, spoken) in [
            ("de", Some(German)),
            ("de-AT", Some(German)),
            ("DE-ch", Some(German)),
            ("de-AT,de;q=0.9,en;q=0.8", Some(German)),
            ("fr-FR, de;q=0.7, en;q=0.8", Some(English)),
            ("en;q=0.7, de;q=0.7", Some(English)),
            ("de;q=0.7, en;q=0.7", Some(German)),
            ("en;q=0.999, de;q=1", Some(German)),
            ("de;q=0.001", Some(German)),
            ("de;q=0", None),
            ("de;q=0.000, en", Some(English)),
            ("fr", None),
            ("deu", None),
            ("den", None),
            ("", None),
            (",;,", None),
            ("*", Some(English)),
            ("fr, *;q=0.1", Some(English)),
            ("en;q=0.2, *;q=0.5", Some(German)),
            ("en;q=0, de;q=0, *", None),
            ("de ; q=0.5 , en ; Q=0.6", Some(English)),
            ("de;q=2, en;q=0.1", Some(English)),
            ("de;q=1.001, en;q=0.1", Some(English)),
            ("de;q=0.1234, en;q=0.1", Some(English)),
            ("de;q=-1, en;q=0.1", Some(English)),
            ("de;level=1, en;q=0.1", Some(English)),
        ] {
            assert_eq!(Language::accepted_by(header), spoken, "{header}");
        }
    }

    #[test]
    fn a_header_without_end_is_not_read_to_its_end() {
        let long = "fr,".repeat(31);
        assert_eq!(Language::accepted_by(&format!("{long}de")), Some(Language::German));
        assert_eq!(Language::accepted_by(&format!("fr,{long}de")), None);
    }

    #[test]
    fn the_application_may_decide_for_everybody() {
        let always = LanguageChoice::Always(Language::German);
        assert_eq!(always.of(Some("en")), Language::German);
        let accepted = LanguageChoice::AcceptedOr(Language::German);
        for (header, spoken) in [
            (Some("en"), Language::English),
            (Some("fr"), Language::German),
            (None, Language::German),
        ] {
            assert_eq!(accepted.of(header), spoken, "{header:?}");
        }
        assert_eq!(LanguageChoice::default().of(None), Language::English);
        assert!(accepted.varies() && !always.varies());
    }
}
