use super::*;
use crate::protocol::ehr_text::EhrText;

fn answer(status: u16, body: &str) -> EhrWords {
    let response = HttpResponse::new(status, Vec::new(), body.as_bytes().to_vec());
    EhrWords::of_answer(&response, &SentSecrets::new(["code-1234".to_owned()]))
}

fn logged(body: &str) -> (Option<String>, Option<String>, Option<String>) {
    let words = answer(400, body);
    let LoggedWords { description, uri } = words.for_log(&People::default());
    (words.code, description, uri)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn an_oauth_error_is_logged_with_code_description_and_address() {
    let body = r#"{"error":"invalid_client","error_description":"Failed to fetch JWKS from https://app.example/jwks",
            "error_uri":"https://ehr.example/errors?code=17"}"#;
    assert_eq!(
        logged(body),
        (
            some("invalid_client"),
            some("Failed to fetch JWKS from https://app.example/jwks"),
            some("https://ehr.example/errors?code=17")
        )
    );
}

#[test]
fn an_answer_in_another_form_is_logged_with_what_it_says() {
    for (body, code, description) in [
        ("Invalid refresh token", None, some("Invalid refresh token")),
        (r#"{"message":"Unauthorized"}"#, None, some("Unauthorized")),
        (
            r#"{"error":"Refresh token has expired"}"#,
            some("unknown"),
            some("Refresh token has expired"),
        ),
        (
            r#"{"error":{"message":"dead","code":190}}"#,
            some("unknown"),
            some("dead"),
        ),
        (
            r#"{"fault":{"faultstring":"Invalid","detail":{"errorcode":"keymanagement"}}}"#,
            None,
            some("Invalid"),
        ),
        (
            r#"{"resourceType":"OperationOutcome","issue":[{"code":"login","diagnostics":"Session ended"}]}"#,
            None,
            some("Session ended"),
        ),
        (r#"{"error":"invalid_grant"}"#, some("invalid_grant"), None),
        (r#"{"error":null,"message":" "}"#, None, None),
        ("", None, None),
        ("<html><p>Sign in", None, None),
        (r#"["a"]"#, None, None),
    ] {
        assert_eq!(logged(body), (code, description, None), "{body}");
    }
}

#[test]
fn what_repeats_a_secret_is_dropped() {
    for body in [
        r#"{"error":"invalid_grant","error_description":"code code-1234 is used","error_uri":"https://e.example/"}"#,
        r#"{"error":"invalid_grant","error_description":"used","error_uri":"https://e.example/?c=code-1234"}"#,
        r#"{"error":"invalid_grant","error_description":"\u0063ode-1234"}"#,
    ] {
        assert_eq!(logged(body), (some("invalid_grant"), None, None), "{body}");
    }
    assert_eq!(logged("code-1234 is used"), (None, None, None));
    assert_eq!(logged(r#"{"error":"code-1234"}"#), (some("unknown"), None, None));
}

#[test]
fn a_description_is_clean_and_cut() {
    for (text, clean) in [
        ("a\r\n\tb\u{1B}[31m \u{202E}c", "a b [31m c"),
        ("<b onclick=x>bold</b><!-- x --> &amp; 1 < 2 > 0", "bold &amp; 1 2 0"),
        ("<unfinished", "unfinished"),
    ] {
        let body = serde_json::json!({"error": "x", "error_description": text}).to_string();
        assert_eq!(logged(&body).1.as_deref(), Some(clean), "{text}");
    }
    let long = serde_json::json!({"error": "x", "error_description": "é".repeat(5_000)}).to_string();
    assert_eq!(logged(&long).1, Some("é".repeat(300)));
    // What was not looked at may go on with a name.
    let markup = format!("the end {}pat-1", "<b>".repeat(1_330));
    let long = serde_json::json!({"error": "x", "error_description": markup}).to_string();
    assert_eq!(logged(&long).1.as_deref(), Some("the end"));
}

/// What was looked at ends within `pat-1234`, which nobody would know by its half.
#[test]
fn half_a_name_at_the_end_of_what_was_looked_at_is_not_logged() {
    let said = |seen: &str| {
        let tag = "b".repeat(LOOKED_AT - seen.chars().count() - 2);
        let description = format!("<{tag}>{seen}-1234 is locked");
        let body = serde_json::json!({"error": "x", "error_description": description}).to_string();
        logged(&body).1.unwrap_or_default()
    };
    for length in [LOG_CHARS - 1, LOG_CHARS, LOG_CHARS + 1] {
        let before = "é".repeat(length - 4);
        assert_eq!(said(&format!("{before} pat")), before, "{length}");
    }
    // One word, so long that it is no name: the log has its beginning.
    assert_eq!(said(&"é".repeat(2 * LOG_CHARS - 1)), "");
    assert_eq!(said(&"é".repeat(2 * LOG_CHARS)), "é".repeat(LOG_CHARS));
}

#[test]
fn what_an_answer_says_is_looked_for_in_its_first_values_only() {
    let body = |others: usize| {
        let mut values = vec![Value::Null; others];
        values.push(serde_json::json!({ "message": "Session ended" }));
        Value::from(values).to_string()
    };
    // The list itself is one of them, and so is what says it.
    assert_eq!(logged(&body(SEARCHED - 2)).1, some("Session ended"));
    assert_eq!(logged(&body(SEARCHED - 1)).1, None);
}

#[test]
fn an_address_that_is_none_is_left_out() {
    for (uri, kept) in [
        ("https://ehr.example/e", true),
        ("urn:cerner:error:x", true),
        ("see the manual", false),
        ("https://ehr.example/<b>", false),
        ("https://ehr.example/\u{202E}", false),
        ("", false),
    ] {
        let body = serde_json::json!({"error": "x", "error_uri": uri}).to_string();
        assert_eq!(logged(&body).2.is_some(), kept, "{uri}");
    }
}

#[test]
fn a_callback_is_logged_without_what_was_sent() {
    let error = |text: &str| EhrError {
        code: "access_denied".to_owned(),
        description: EhrText::new(text),
        uri: None,
    };
    let sent = SentSecrets::new(["nonce-1234".to_owned()]);
    let said = |text: &str| {
        EhrWords::of_callback(&error(text), &sent)
            .for_log(&People::default())
            .description
    };
    assert_eq!(said("The person declined"), some("The person declined"));
    assert_eq!(said("nonce-1234 is unknown"), None);
}
