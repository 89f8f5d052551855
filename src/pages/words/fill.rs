//! [`fill`]: a text with its places filled in.

/// The text with `{name}` replaced by a value, for each of `values`. What a value contains is not looked at again.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => filled.push_str(value),
            None => filled.extend(["{", name, "}"]),
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_filled_once_and_what_comes_into_it_is_no_place() {
        let values = [("a", "{b}"), ("b", "x")];
        assert_eq!(fill("{a} and {b}, {a}", &values), "{b} and x, {b}");
        for unchanged in ["", "no place", "{unknown}", "an open {", "}"] {
            assert_eq!(fill(unchanged, &values), unchanged);
        }
    }
}
