//! [`Brand`]: whose pages these are.

use std::{fmt, str::FromStr, sync::Arc};

use super::{language::Language, logo::Logo};

/// Whose pages these are: the name of the application, and how to reach its support team.
///
/// The name stands at the top of every page of the crate and in its title, so that of several tabs each says whose it is.
/// Give it to [`SmartConfigBuilder::brand`](crate::SmartConfigBuilder::brand). Cheap to clone.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{SmartConfig, pages::Brand};
///
/// let brand = Brand::new("Growth charts")
///     .support("Call 555-0100, day and night.")
///     .color("#005eb8".parse()?);
/// let builder = SmartConfig::builder().brand(brand);
/// # let _ = builder;
/// # Ok::<(), actix_smart_auth::error::InvalidColor>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    name: Arc<str>,
    support: Option<Arc<str>>,
    support_in: Vec<(Language, Arc<str>)>,
    color: Option<BrandColor>,
    logo: Option<Logo>,
}

impl Brand {
    /// An application by its name, as people know it.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            support: None,
            support_in: Vec::new(),
            color: None,
            logo: None,
        }
    }

    /// How to reach the support team: a sentence, shown on every page that says what went wrong. Default: none.
    #[must_use]
    pub fn support(mut self, sentence: impl Into<Arc<str>>) -> Self {
        self.support = Some(sentence.into());
        self
    }

    /// The same sentence in one language, for pages in that language. Pages in others show that of [`support`](Self::support). Default:
    /// none.
    #[must_use]
    pub fn support_in(mut self, language: Language, sentence: impl Into<Arc<str>>) -> Self {
        self.support_in.retain(|(of, _)| *of != language);
        self.support_in.push((language, sentence.into()));
        self
    }

    /// The colour of the bar at the top and of the first button. Text on it is black or white, whichever can be read better.
    /// Default: a dark blue.
    #[must_use]
    pub const fn color(mut self, color: BrandColor) -> Self {
        self.color = Some(color);
        self
    }

    /// A picture beside the name. Default: none.
    #[must_use]
    pub fn logo(mut self, logo: Logo) -> Self {
        self.logo = Some(logo);
        self
    }

    /// The name of the application.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How to reach the support team.
    #[must_use]
    pub fn support_contact(&self) -> Option<&str> {
        self.support.as_deref()
    }

    /// How to reach the support team, for a page in a language: the sentence in it, else the one for all.
    #[must_use]
    pub fn support_contact_in(&self, language: Language) -> Option<&str> {
        let of_language = self.support_in.iter().find(|(of, _)| *of == language);
        of_language.map(|(_, sentence)| &**sentence).or(self.support_contact())
    }

    pub(super) const fn own_color(&self) -> Option<BrandColor> {
        self.color
    }

    pub(super) const fn own_logo(&self) -> Option<&Logo> {
        self.logo.as_ref()
    }
}

/// A colour, written `#rrggbb`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BrandColor([u8; 3]);

impl BrandColor {
    /// The colour of text on it: black or white. One of the two always has a contrast of 4.5 or more (WCAG 2.2, 1.4.3).
    pub(super) fn of_text(self) -> &'static str {
        if self.contrast_with_white() >= self.contrast_with_black() {
            "#fff"
        } else {
            "#000"
        }
    }

    fn contrast_with_white(self) -> f64 {
        1.05 / (self.luminance() + 0.05)
    }

    fn contrast_with_black(self) -> f64 {
        (self.luminance() + 0.05) / 0.05
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.04045 {
                channel / 12.92
            } else {
                ((channel + 0.055) / 1.055).powf(2.4)
            }
        });
        0.0722_f64.mul_add(blue, 0.2126_f64.mul_add(red, 0.7152 * green))
    }
}

impl FromStr for BrandColor {
    type Err = InvalidColor;

    /// # Errors
    ///
    /// [`InvalidColor`], if it is not `#` and six hexadecimal digits: no names, no three digits, no transparency.
    fn from_str(text: &str) -> Result<Self, InvalidColor> {
        let digits = text.strip_prefix('#').ok_or(InvalidColor)?;
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(InvalidColor);
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| InvalidColor)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl fmt::Display for BrandColor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl fmt::Debug for BrandColor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BrandColor({self})")
    }
}

/// The text is no [`BrandColor`].
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("write the colour as # and six hexadecimal digits, for example #005eb8")]
pub struct InvalidColor;

debug_is_its_text!(InvalidColor);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_color_is_a_hash_and_six_digits_and_nothing_else() {
        assert_eq!("#005EB8".parse::<BrandColor>().unwrap().to_string(), "#005eb8");
        for wrong in [
            "",
            "#",
            "005eb8",
            "#05b",
            "#005eb8ff",
            "#005eb",
            "blue",
            "#00 eb8",
            "#+05eb8",
            "#005eé",
            "#005eb8;",
        ] {
            assert_eq!(wrong.parse::<BrandColor>(), Err(InvalidColor), "{wrong}");
        }
    }

    #[test]
    fn text_on_any_color_can_be_read() {
        for (color, text) in [
            ("#000000", "#fff"),
            ("#ffffff", "#000"),
            ("#005eb8", "#fff"),
            ("#ffcc00", "#000"),
        ] {
            assert_eq!(color.parse::<BrandColor>().unwrap().of_text(), text, "{color}");
        }
        for red in (0..=255).step_by(5) {
            for green in (0..=255).step_by(5) {
                for blue in (0..=255).step_by(15) {
                    let color = BrandColor([red, green, blue]);
                    let contrast = match color.of_text() {
                        "#fff" => color.contrast_with_white(),
                        _ => color.contrast_with_black(),
                    };
                    assert!(contrast >= 4.5, "{color}: {contrast}");
                }
            }
        }
    }
}
