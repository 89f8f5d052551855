use crate::protocol::secret::{AuthorizationCode, CodeVerifier};

use super::*;

#[test]
fn every_secret_of_a_token_request_is_recognised_in_both_spellings() {
    let (code, verifier) = (AuthorizationCode::new("c+de/code"), CodeVerifier::new("verifier1"));
    let mut form = TokenForm::exchange(&code, "https://app.example/auth/callback", &verifier);
    for (name, value) in [("token", "t0ken-t0ken"), ("client_assertion", "a.b.c.d.e.f")] {
        form.push(name, value);
    }
    let authorization = format!("Basic {}", STANDARD.encode("my+app:s3cret%3A%2B%C3%BC"));
    let sent = SentSecrets::of_request(&form, &[("Authorization", authorization.clone())]);
    for echo in [
        "the code c+de/code has expired",
        "code=c%2Bde%2Fcode",
        "verifier1 does not match",
        "token t0ken-t0ken is unknown",
        "bad assertion a.b.c.d.e.f",
        "secret s3cret:+ü is wrong",
        "secret s3cret%3A%2B%C3%BC is wrong",
        &authorization,
    ] {
        assert!(sent.are_in(echo), "{echo}");
    }
    for harmless in ["authorization_code is not supported", "my app is unknown", ""] {
        assert!(!sent.are_in(harmless), "{harmless}");
    }
}

#[test]
fn a_secret_is_recognised_with_anything_between_its_characters_that_is_not_seen() {
    let sent = SentSecrets::new(["code-1234".to_owned(), "pass phrase".to_owned()]);
    for between in [
        "\u{202E}",
        "\u{200B}",
        "\u{AD}",
        "\u{FEFF}",
        "\u{E0061}",
        "\u{2028}",
        "\0",
        "\n",
        " ",
    ] {
        let interleaved: String = "code-1234"
            .chars()
            .flat_map(|c| [c.to_string(), between.to_owned()])
            .collect();
        assert!(sent.are_in(&format!("the {interleaved} is bad")), "{between:?}");
        assert!(sent.are_in(&format!("pass{between}phrase")), "{between:?}");
    }
    assert!(!sent.are_in("code-123"));
    assert!(!sent.are_in("code-x1234"));
}

#[test]
fn a_secret_of_few_characters_that_are_seen_is_looked_for_as_it_is_only() {
    let sent = SentSecrets::new(["e x p i r e d".to_owned()]);
    assert!(!sent.are_in("the code has expired"));
    assert!(sent.are_in("e x p i r e d"));
}

#[test]
fn a_secret_is_recognised_in_a_body_that_escapes_it() {
    let sent = SentSecrets::new(["code-1234".to_owned()]);
    for body in [
        "code-1234",
        r#"{"error_description":"\u0063ode-1234"}"#,
        "\u{FEFF}{\"x\":[1,{\"\\u0063ode-1234\":null}]}",
        r#"{"error_description":"code\u200b-\u202e1234"}"#,
    ] {
        assert!(sent.are_partly_in_body(body.as_bytes()), "{body}");
    }
    for body in [
        "",
        "{}",
        r#"{"error_description":"\u0063ode-12"}"#,
        "[null, true, 1234]",
    ] {
        assert!(!sent.are_partly_in_body(body.as_bytes()), "{body}");
    }
}

#[test]
fn a_value_that_could_be_a_word_is_not_looked_for() {
    let sent = SentSecrets::new(["expired".to_owned(), "expired!".to_owned()]);
    assert!(!sent.are_in("the code has expired"));
    assert!(sent.are_in("the code has expired!"));
}

#[test]
fn a_secret_is_recognised_in_either_case() {
    let sent = SentSecrets::new(["aB3-Xy9-Zz".to_owned()]);
    for text in ["no ab3-xy9-zz here", "no AB3-XY9-ZZ here", "aB3-xY9-zZ"] {
        assert!(sent.are_in(text), "{text}");
    }
}

/// Servers cut at some length, or say with which characters a secret begins.
#[test]
fn eight_characters_of_a_secret_are_a_part_that_is_not_repeated_in_an_explanation() {
    let sent = SentSecrets::new(["4f9c-77ab-Q1".to_owned()]);
    for (text, is_there) in [
        ("it was 4f9c-77ab-Q", true),
        ("it begins with 4f9c-77a", true),
        ("it begins with 4f9c-77", false),
        ("it ends with 77AB-Q1", false),
        ("it ends with -77AB-Q1", true),
        ("c - 7 7 a b - q", true),
    ] {
        assert_eq!(sent.are_partly_in(text), is_there, "{text}");
    }
    assert!(
        !sent.are_in("4f9c-77ab-Q"),
        "names and values may have a part of one by chance"
    );
}

#[test]
fn of_an_address_and_of_a_header_that_is_none_of_credentials_no_part_is_looked_for() {
    let address = "https://ehr.example/register/4f9c77ab".to_owned();
    let sent = SentSecrets::default().and_whole([address.clone()]);
    assert!(sent.are_partly_in(&format!("no client at {address}")));
    assert!(!sent.are_partly_in("see https://ehr.example/help"));
    let headers = [("X-Environment", "production".to_owned())];
    let sent = SentSecrets::of_request(
        &TokenForm::exchange(
            &AuthorizationCode::new("4f9c77ab"),
            "https://app.example/callback",
            &CodeVerifier::new("verifier1"),
        ),
        &headers,
    );
    assert!(sent.are_partly_in("4f9c77ab") && sent.are_partly_in("production"));
    assert!(!sent.are_partly_in("not a product"));
    assert!(!sent.are_partly_in("the producti0n system"));
}
