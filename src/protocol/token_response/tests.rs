mod missing;
mod unusual;

use serde_json::json;

use super::*;
use crate::protocol::token::TokenSet;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const DEFAULT: Duration = Duration::from_secs(300);

fn raw(status: u16, body: &str) -> Result<TokenResponse, TokenError> {
    let response = HttpResponse::new(status, Vec::new(), body.as_bytes().to_vec());
    read_as(Grant::Code, TokenType::Required, &response)
}

fn read_as(answer_to: Grant, token_type: TokenType, response: &HttpResponse) -> Result<TokenResponse, TokenError> {
    let reading = Reading {
        answer_to,
        base: &FhirBaseUrl::parse("https://ehr.example/fhir").unwrap(),
        token_type,
        now: NOW,
    };
    TokenResponse::parse(response, &reading)
}

/// A good response with these members added or replaced.
fn with(members: Value) -> Result<TokenResponse, TokenError> {
    answer(Grant::Code, TokenType::Required, members)
}

/// The same, to that request and read by that policy.
fn answer(answer_to: Grant, token_type: TokenType, members: Value) -> Result<TokenResponse, TokenError> {
    let mut body = json!({"access_token": "AT", "token_type": "Bearer"});
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    let response = HttpResponse::new(200, Vec::new(), body.to_string().into_bytes());
    read_as(answer_to, token_type, &response)
}

fn noted(response: &TokenResponse) -> Vec<TokenResponseFinding> {
    response.report.beyond(TokenResponseReport::default()).collect()
}

fn invalid_field(result: Result<TokenResponse, TokenError>) -> &'static str {
    match result {
        Err(TokenError::InvalidField { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

fn fields(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_full_response_becomes_a_token_set() {
    let response = with(json!({
        "expires_in": 3600, "scope": "launch patient/*.rs ", "refresh_token": "RT", "id_token": "a.b.c",
        "state": "echo", "patient": "p-1", "encounter": "e.1", "intent": "reconcile", "tenant": "t",
        "need_patient_banner": false, "smart_style_url": "https://ehr.example/style.json",
        "fhirContext": [{"reference": "ImagingStudy/1", "role": "https://r"}],
        "https://vendor.example/x": {"a": 1}, "session_state": "kept",
    }))
    .unwrap();
    let tokens = TokenSet::of_launch(response, &Scopes::parse("ignored"), NOW, DEFAULT);
    assert_eq!(tokens.access_token().expose_secret(), "AT");
    assert_eq!(tokens.refresh_token().unwrap().expose_secret(), "RT");
    assert_eq!(tokens.raw_id_token().unwrap().expose_secret(), "a.b.c");
    assert_eq!(tokens.granted_scopes().to_string(), "launch patient/*.rs");
    assert_eq!(tokens.requested_at(), NOW);
    assert_eq!(tokens.lifetime(), Duration::from_secs(3600));
    let context = tokens.context();
    assert_eq!((context.patient(), context.encounter()), (Some("p-1"), Some("e.1")));
    assert_eq!((context.intent(), context.tenant()), (Some("reconcile"), Some("t")));
    assert_eq!(context.need_patient_banner(), Some(false));
    assert_eq!(context.smart_style_url(), Some("https://ehr.example/style.json"));
    assert_eq!(context.fhir_context()[0].reference(), Some("ImagingStudy/1"));
    let mut others: Vec<_> = context.other().keys().collect();
    others.sort();
    assert_eq!(others, ["https://vendor.example/x", "session_state"]);
}

#[test]
fn a_minimal_response_takes_what_is_missing_from_the_request_and_the_default() {
    let tokens = TokenSet::of_launch(with(json!({})).unwrap(), &Scopes::parse("launch a"), NOW, DEFAULT);
    assert_eq!(tokens.granted_scopes().to_string(), "launch a");
    assert_eq!(tokens.lifetime(), DEFAULT);
    assert!(tokens.refresh_token().is_none() && tokens.raw_id_token().is_none());
    assert_eq!(tokens.context(), &LaunchContext::default());
}

#[test]
fn the_content_type_a_byte_order_mark_and_any_2xx_are_tolerated() {
    let good = r#" {"access_token":"AT","token_type":"bearer"} "#;
    let html = HttpResponse::new(200, vec![("Content-Type".into(), "text/html".into())], good.into());
    assert!(read_as(Grant::Code, TokenType::Required, &html).is_ok());
    assert!(raw(200, &format!("\u{feff}{good}")).is_ok());
    assert!(raw(201, good).is_ok() && raw(299, good).is_ok());
    for status in [199, 300, 302, 400, 500] {
        assert_eq!(
            raw(status, good).unwrap_err(),
            TokenError::UnexpectedStatus {
                status,
                body: BodyKind::Json,
                retry_after: None
            }
        );
    }
}

#[test]
fn the_token_type_is_bearer_in_any_case_and_nothing_else() {
    for kind in ["Bearer", "bearer", "BEARER", "Bearer "] {
        assert_eq!(noted(&with(json!({ "token_type": kind })).unwrap()), []);
    }
    for kind in [
        json!("DPoP"),
        json!("mac"),
        json!(""),
        json!("BearerToken"),
        json!("Bear er"),
        json!(null),
        json!(1),
    ] {
        assert_eq!(
            with(json!({ "token_type": kind })).unwrap_err(),
            TokenError::TokenType {
                status: 200,
                received_fields: fields(&["access_token", "token_type"])
            }
        );
    }
    let missing = raw(200, r#"{"access_token":"AT"}"#).unwrap_err();
    assert!(matches!(missing, TokenError::TokenType { .. }));
}

#[test]
fn an_access_token_must_be_there_and_fit_into_a_header() {
    for absent in [json!(null), json!(""), json!("  ")] {
        assert_eq!(
            with(json!({ "access_token": absent, "patient": "p" })).unwrap_err(),
            TokenError::MissingAccessToken {
                status: 200,
                received_fields: fields(&["access_token", "patient", "token_type"])
            }
        );
    }
    assert_eq!(
        raw(200, "{}").unwrap_err(),
        TokenError::MissingAccessToken {
            status: 200,
            received_fields: Vec::new()
        }
    );
    for unusable in [
        json!(1),
        json!(["AT"]),
        json!("a b"),
        json!("a\r\nX: y"),
        json!("é"),
        json!(" A T"),
    ] {
        assert_eq!(invalid_field(with(json!({ "access_token": unusable }))), "access_token");
    }
    assert!(with(json!({ "access_token": "a".repeat(64 * 1024) })).is_ok());
    assert_eq!(
        invalid_field(with(json!({ "access_token": "a".repeat(64 * 1024 + 1) }))),
        "access_token"
    );
}

#[test]
fn expires_in_is_read_in_all_the_forms_that_servers_send() {
    let ten_years = 315_360_000.0;
    for (value, expected) in [
        (json!(3600), Some(3600.0)),
        (json!(3600.0), Some(3600.0)),
        (json!(0.5), Some(0.5)),
        (json!("3600"), Some(3600.0)),
        (json!(" 3599.9 "), Some(3599.9)),
        (json!(0.001), Some(0.001)),
        (json!(0.000_999), None),
        (json!("1e-300"), None),
        (json!(0), None),
        (json!(-1), None),
        (json!("-5"), None),
        (json!(315_360_000_u64), Some(ten_years)),
        (json!(315_360_001_u64), Some(ten_years)),
        (json!(u64::MAX), Some(ten_years)),
        (json!(1e300), Some(ten_years)),
        (json!(null), None),
        (json!(""), None),
        (json!("soon"), None),
        (json!("NaN"), None),
        (json!("inf"), None),
        (json!(true), None),
        (json!([3600]), None),
    ] {
        let response = with(json!({ "expires_in": value })).unwrap();
        let read = response.expires_in.map(|life| life.as_secs_f64());
        assert_eq!(read, expected, "{value}");
        // What is null is not there.
        let is_noted = response.report.has(TokenResponseFinding::UnusableExpiresIn);
        assert_eq!(is_noted, expected.is_none() && !value.is_null(), "{value}");
    }
    for (expires_in, life) in [
        (json!(0), DEFAULT),
        (json!(0.000_999), DEFAULT),
        (json!(0.001), Duration::from_millis(1)),
    ] {
        let tokens = with(json!({ "expires_in": expires_in })).unwrap();
        let tokens = TokenSet::of_launch(tokens, &Scopes::default(), NOW, DEFAULT);
        assert_eq!(tokens.lifetime(), life, "{expires_in}");
    }
}

#[test]
fn scope_is_a_text_or_an_array_and_an_empty_text_means_none() {
    for (value, expected) in [
        (json!("a b"), Some("a b")),
        (json!(""), Some("")),
        (json!(["a", "b c"]), Some("a b c")),
        (json!([]), Some("")),
        (json!(null), None),
    ] {
        let read = with(json!({ "scope": value })).unwrap().scope;
        assert_eq!(read.map(|scopes| scopes.to_string()).as_deref(), expected, "{value}");
    }
    for wrong in [json!(1), json!({}), json!(["a", 1])] {
        assert_eq!(invalid_field(with(json!({ "scope": wrong }))), "scope");
    }
}

#[test]
fn a_blank_refresh_or_id_token_is_no_token_and_one_of_another_type_is_an_error() {
    for field in ["refresh_token", "id_token"] {
        for blank in [json!(""), json!(" "), json!(null)] {
            let response = with(json!({ field: blank })).unwrap();
            assert!(response.refresh_token.is_none() && response.id_token.is_none());
        }
        for wrong in [json!(1), json!({}), json!(true)] {
            assert_eq!(invalid_field(with(json!({ field: wrong }))), field);
        }
    }
}

#[test]
fn a_member_that_safety_depends_on_may_come_once_only() {
    for field in ONCE {
        let body = format!(r#"{{"access_token":"A","token_type":"Bearer","{field}":"a","{field}":"a"}}"#);
        assert_eq!(invalid_field(raw(200, &body)), field);
    }
    assert!(raw(200, r#"{"access_token":"A","token_type":"Bearer","x":1,"x":2}"#).is_ok());
}

#[test]
fn deeply_nested_json_is_an_error_and_not_a_crash() {
    let deep = format!(
        r#"{{"access_token":"A","token_type":"bearer","x":{}"#,
        "[".repeat(100_000)
    );
    assert!(matches!(raw(200, &deep), Err(TokenError::NotAnObject { .. })));
}

#[test]
fn debug_output_of_a_response_shows_no_token_and_no_person() {
    let response = with(
        json!({"access_token": "MARKER", "refresh_token": "MARKER", "id_token": "MARKER",
        "patient": "MARKER", "x": "MARKER"}),
    );
    let shown = format!("{response:?}");
    assert!(!shown.contains("MARKER"), "{shown}");
}
