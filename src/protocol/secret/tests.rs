use super::*;

#[test]
fn debug_output_of_a_secret_does_not_show_it() {
    let token = AccessToken::new("MARKER");
    assert_eq!(
        format!("{token:?} {:?}", Some(&token)),
        "AccessToken([redacted]) Some(AccessToken([redacted]))"
    );
    assert_eq!(token.expose_secret(), "MARKER");
}

#[test]
fn only_equal_texts_compare_as_the_same() {
    assert!(same_secret("abc", "abc"));
    assert!(!same_secret("abc", "abd"));
    assert!(!same_secret("abc", "ab"));
    assert!(!same_secret("", "a"));
    assert!((0..2_000).all(|other| !same_secret("abc", &other.to_string())));
}
