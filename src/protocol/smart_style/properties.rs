//! What holds for every style.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::StyleProperty;
use crate::fuzz::{
    generate::{any_json, config},
    smart_style,
};

/// Pieces of CSS in any order.
fn any_css() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "#", "abc", "0", "12.5", ".", "px", "%", "em", "rgb(", "hsla(", ")", ",", " ", "'", "\"", "serif", "url(", ";",
        "}", "/*", "\\", "</style>", "-", "é", "\n", "Segoe UI",
    ]);
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_are_a_panic(bytes in vec(any::<u8>(), 0..64)) {
        smart_style(&bytes);
    }

    #[test]
    fn no_style_breaks_a_promise(
        values in vec(prop_oneof![any_css().prop_map(Value::from), any_json()], StyleProperty::ALL.len()),
    ) {
        let names = StyleProperty::ALL.into_iter().map(StyleProperty::name);
        let style: serde_json::Map<_, _> = names.map(str::to_owned).zip(values).collect();
        smart_style(json!(style).to_string().as_bytes());
    }
}
