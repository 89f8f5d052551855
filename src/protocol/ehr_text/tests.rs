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
