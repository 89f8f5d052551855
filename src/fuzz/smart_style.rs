//! The EHR's look, as CSS.

use serde_json::{Value, json};

use crate::protocol::smart_style::SmartStyle;

/// The document.
pub fn smart_style(data: &[u8]) {
    let Some(style) = SmartStyle::read(data) else { return };
    let css = style.css_variables();
    // What ends a declaration, a block, an attribute or an element, or begins a comment, an escape or an address.
    assert!(
        !css.contains(['<', '>', '{', '}', '"', '\\', '&', '/', '@', '!']),
        "{css}"
    );
    assert!(css.is_ascii() && !css.contains(|c: char| c.is_control()), "{css}");
    let declarations: Vec<_> = css.split_terminator(';').collect();
    assert!(declarations.len() <= 11 && (css.is_empty() || css.ends_with(';')));
    for declaration in declarations {
        let (name, value) = declaration.split_once(':').expect("a declaration has a value");
        let property = name
            .strip_prefix("--smart-")
            .expect("the name is ours")
            .replace('-', "_");
        assert!(
            !value.contains(':') && value.matches('\'').count().is_multiple_of(2),
            "{css}"
        );
        assert_eq!(value.matches('(').count(), value.matches(')').count(), "{css}");
        is_of_its_kind(&property, value);
        // The quotation marks can make it longer than what is read.
        if value.len() <= 300 {
            let again = SmartStyle::read(json!({ property: value }).to_string().as_bytes());
            let again = again.map(|again| again.css_variables());
            assert_eq!(again.as_deref(), Some(&*format!("{declaration};")));
        }
    }
    let members: Value = serde_json::from_slice(data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data)).expect("JSON");
    assert!(members.is_object());
}

/// A value that CSS does not take is worse than none: what stands beside it for that case would not be used.
fn is_of_its_kind(property: &str, value: &str) {
    let is_number = |text: &str| {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        !text.is_empty() && are_digits(whole) && are_digits(part) && !part.is_empty()
    };
    if property.starts_with("dim_") {
        let number = value.trim_end_matches(|c: char| c.is_ascii_lowercase() || c == '%');
        assert!(is_number(number) && !number.is_empty(), "{value}");
    }
    if let Some((_, arguments)) = value.trim_end_matches(')').split_once('(') {
        let arguments: Vec<_> = arguments.split([',', ' ']).filter(|it| !it.is_empty()).collect();
        assert!((3..=4).contains(&arguments.len()), "{value}");
        assert!(
            arguments.iter().all(|it| is_number(it.trim_end_matches('%'))),
            "{value}"
        );
    }
}
