use super::*;

#[test]
fn known_parameters_are_found_and_unknown_ones_ignored() {
    assert_eq!(
        pick("b=2&x=9&a=1%20&&=&c", ["a", "b", "c", "d"]),
        Ok([Some("1%20"), Some("2"), None, None])
    );
    assert_eq!(pick("", ["a"]), Ok([None]));
}

#[test]
fn a_repeated_parameter_is_named_even_when_spelled_with_escapes_or_empty() {
    for query in ["a=1&a=2", "a=1&%61=2", "a=&a=1", "a&a", "a=1&b=2&a=1"] {
        assert_eq!(pick(query, ["a", "b"]), Err("a"), "{query}");
    }
    assert_eq!(pick("x=1&x=2&A=1&A=2", ["a"]), Ok([None]));
}

#[test]
fn a_value_is_decoded_once() {
    assert_eq!(decode_text("a+b%2Bc", Plus::Space).as_deref(), Some("a b+c"));
    assert_eq!(decode_text("a+b%2Bc", Plus::Itself).as_deref(), Some("a+b+c"));
    assert_eq!(decode_text("%2541%c3%A9", Plus::Space).as_deref(), Some("%41é"));
    for literal in ["%", "%4", "%zz", "100%", "%+1"] {
        assert_eq!(decode_text(literal, Plus::Itself).as_deref(), Some(literal));
    }
    assert_eq!(decode_text("%ff", Plus::Space), None);
}
