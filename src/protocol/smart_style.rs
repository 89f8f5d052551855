//! How the EHR looks: [`SmartStyle`]. Every value is checked before it may become CSS.

use serde_json::{Map, Value};

use crate::protocol::json_object::without_byte_order_mark;

/// Longer than any value that is meant.
const LONGEST: usize = 300;
const MOST_FAMILIES: usize = 10;

/// The look that an EHR proposes (SMART App Launch 2.2, "Styling", experimental): the eleven properties that it names, as far as the EHR
/// sent them and they are what they are to be. All else is left out.
///
/// # Examples
///
/// ```
/// # use actix_smart_auth::context::SmartStyle;
/// fn head(style: &SmartStyle) -> String {
///     format!("<style>:root{{{}}} body{{color:var(--smart-color-text,#222)}}</style>", style.css_variables())
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SmartStyle {
    /// Names and checked values.
    properties: Vec<(StyleProperty, String)>,
}

/// A property of a [`SmartStyle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StyleProperty {
    /// `color_background`: behind everything.
    ColorBackground,
    /// `color_error`: of errors.
    ColorError,
    /// `color_highlight`: of what is chosen or active.
    ColorHighlight,
    /// `color_modal_backdrop`: behind a dialogue.
    ColorModalBackdrop,
    /// `color_success`: of what went well.
    ColorSuccess,
    /// `color_text`: of text.
    ColorText,
    /// `dim_border_radius`: how round corners are.
    DimBorderRadius,
    /// `dim_font_size`: of text.
    DimFontSize,
    /// `dim_spacing_size`: what distances are multiples of.
    DimSpacingSize,
    /// `font_family_body`: of text.
    FontFamilyBody,
    /// `font_family_heading`: of headings.
    FontFamilyHeading,
}

impl StyleProperty {
    const ALL: [Self; 11] = [
        Self::ColorBackground,
        Self::ColorError,
        Self::ColorHighlight,
        Self::ColorModalBackdrop,
        Self::ColorSuccess,
        Self::ColorText,
        Self::DimBorderRadius,
        Self::DimFontSize,
        Self::DimSpacingSize,
        Self::FontFamilyBody,
        Self::FontFamilyHeading,
    ];

    /// As the specification writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ColorBackground => "color_background",
            Self::ColorError => "color_error",
            Self::ColorHighlight => "color_highlight",
            Self::ColorModalBackdrop => "color_modal_backdrop",
            Self::ColorSuccess => "color_success",
            Self::ColorText => "color_text",
            Self::DimBorderRadius => "dim_border_radius",
            Self::DimFontSize => "dim_font_size",
            Self::DimSpacingSize => "dim_spacing_size",
            Self::FontFamilyBody => "font_family_body",
            Self::FontFamilyHeading => "font_family_heading",
        }
    }

    /// The value as CSS that means nothing else wherever it stands; `None` when it is not one.
    fn checked(self, value: &str) -> Option<String> {
        // The specification's own example has a semicolon at the end of a list of fonts.
        let value = value.trim().trim_end_matches(';').trim_end();
        if value.is_empty() || value.len() > LONGEST {
            return None;
        }
        match self {
            Self::ColorBackground
            | Self::ColorError
            | Self::ColorHighlight
            | Self::ColorModalBackdrop
            | Self::ColorSuccess
            | Self::ColorText => color(value),
            Self::DimBorderRadius | Self::DimFontSize | Self::DimSpacingSize => length(value),
            Self::FontFamilyBody | Self::FontFamilyHeading => font_families(value),
        }
    }
}

impl SmartStyle {
    /// Reads the document. `None`: it is no JSON object.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let members: Map<String, Value> = serde_json::from_slice(without_byte_order_mark(body)).ok()?;
        let properties = StyleProperty::ALL.into_iter().filter_map(|property| {
            let value = members.get(property.name())?.as_str()?;
            Some((property, property.checked(value)?))
        });
        Some(Self {
            properties: properties.collect(),
        })
    }

    /// The value of a property, as CSS.
    #[must_use]
    pub fn get(&self, property: StyleProperty) -> Option<&str> {
        let found = self.properties.iter().find(|(name, _)| *name == property);
        found.map(|(_, value)| value.as_str())
    }

    /// All of it as declarations of CSS variables: `--smart-color-text:#303030;…`. Safe within `<style>` and within `style="…"`.
    #[must_use]
    pub fn css_variables(&self) -> String {
        let declarations = self.properties.iter().map(|(property, value)| {
            let name = property.name().replace('_', "-");
            format!("--smart-{name}:{value};")
        });
        declarations.collect()
    }
}

/// `#rgb` to `#rrggbbaa`, a name, or `rgb(…)`, `rgba(…)`, `hsl(…)`, `hsla(…)` with numbers.
fn color(value: &str) -> Option<String> {
    let value = value.to_ascii_lowercase();
    if let Some(digits) = value.strip_prefix('#') {
        let is_hex = matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        return is_hex.then_some(value);
    }
    if value.len() <= 30 && value.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Some(value);
    }
    let (function, arguments) = value.strip_suffix(')')?.split_once('(')?;
    let is_color = matches!(function, "rgb" | "rgba" | "hsl" | "hsla");
    let by_commas = arguments.contains(',');
    let arguments: Vec<_> = arguments
        .split(if by_commas { ',' } else { ' ' })
        .map(|argument| argument.trim_matches(' '))
        // Several spaces are as good as one.
        .filter(|argument| by_commas || !argument.is_empty())
        .collect();
    let are_numbers = arguments
        .iter()
        .all(|argument| is_number(argument.strip_suffix('%').unwrap_or(argument)));
    (is_color && are_numbers && matches!(arguments.len(), 3 | 4) && value.len() <= 60).then_some(value)
}

/// Digits, which may have a part behind a point. What CSS does not take is worse than nothing: it also turns off what a page has for
/// the case that there is no value.
fn is_number(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !text.is_empty() && !part.is_empty() && are_digits(whole) && are_digits(part)
}

/// A number of `px`, `pt`, `em`, `rem` or `%` that leaves a page readable.
fn length(value: &str) -> Option<String> {
    let value = value.to_ascii_lowercase();
    if value == "0" {
        return Some(value);
    }
    let digits = value.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = value.split_at_checked(digits)?;
    let most = match unit {
        "px" | "pt" => 200.0,
        "em" | "rem" => 20.0,
        "%" => 500.0,
        _ => return None,
    };
    let size: f64 = number.parse().ok()?;
    (number.len() <= 8 && is_number(number) && (0.0..=most).contains(&size)).then_some(value)
}

/// Names between commas; each is written in quotation marks, but for the general ones of CSS.
fn font_families(value: &str) -> Option<String> {
    let families: Vec<_> = value.split(',').map(family).collect::<Option<_>>()?;
    (families.len() <= MOST_FAMILIES).then(|| families.join(","))
}

fn family(text: &str) -> Option<String> {
    let text = text.trim();
    let unquoted = ['"', '\'']
        .into_iter()
        .find_map(|mark| text.strip_prefix(mark)?.strip_suffix(mark));
    let name = unquoted.unwrap_or(text).trim();
    let is_name = !name.is_empty()
        && name.len() <= 64
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.'));
    if !is_name {
        return None;
    }
    let is_general = matches!(
        name,
        "serif" | "sans-serif" | "monospace" | "cursive" | "fantasy" | "system-ui" | "ui-serif" | "ui-sans-serif"
    );
    Some(match (is_general, unquoted) {
        (true, None) => name.to_owned(),
        // In a `style` attribute the other mark would end it.
        _ => format!("'{name}'"),
    })
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
