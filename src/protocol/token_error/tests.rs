use std::time::Duration;

use serde_json::json;

use super::*;
use crate::{
    protocol::{
        token_response::{Grant, Reading, TokenResponse},
        token_type::TokenType,
        urls::FhirBaseUrl,
    },
    time::Timestamp,
};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn raw(status: u16, body: &str) -> Result<TokenResponse, TokenError> {
    parse(&HttpResponse::new(status, Vec::new(), body.as_bytes().to_vec()))
}

fn parse(response: &HttpResponse) -> Result<TokenResponse, TokenError> {
    let reading = Reading {
        answer_to: Grant::Code,
        base: &FhirBaseUrl::parse("https://ehr.example/fhir").unwrap(),
        token_type: TokenType::Required,
        now: NOW,
    };
    TokenResponse::parse(response, &reading)
}

#[test]
fn a_description_that_repeats_a_secret_is_dropped_also_with_what_nobody_sees_in_between_and_behind_the_cut() {
    let sent = SentSecrets::new(["code-1234".to_owned()]);
    let long = format!("{}code-1234", "x".repeat(995));
    for (description, is_kept) in [
        ("the code is unknown", true),
        ("code-1234 is unknown", false),
        ("co\u{200B}de\u{202E}-12\u{AD}34 is unknown", false),
        ("co\tde-12 34 is unknown", false),
        (&long, false),
    ] {
        let body = json!({"error": "invalid_grant", "error_description": description}).to_string();
        // Some servers write what is not ASCII in escapes.
        let escaped = body.replace('\u{200B}', "\\u200b").replace('\u{202E}', "\\u202E");
        for body in [body, escaped] {
            let response = HttpResponse::new(400, Vec::new(), body.into_bytes());
            let error = parse(&response).unwrap_err().without(&sent, &response);
            assert_eq!(error.description().is_some(), is_kept, "{description:?}");
        }
    }
}

#[test]
fn an_oauth_error_is_a_refusal_whatever_the_status() {
    for status in [200, 400, 401, 403, 500, 503] {
        let error = raw(
            status,
            r#"{"error":"invalid_grant","error_description":"code used","access_token":"AT"}"#,
        );
        assert_eq!(
            error.unwrap_err(),
            TokenError::Refused {
                status,
                error: "invalid_grant".to_owned(),
                description: EhrText::new("code used"),
                retry_after: None
            }
        );
    }
    for (error, code) in [
        (json!("a b"), "unknown"),
        (json!({"code": 1}), "unknown"),
        (json!(7), "unknown"),
        (json!("https://ehr.example/e"), "unknown"),
    ] {
        let refused = raw(400, &json!({ "error": error }).to_string()).unwrap_err();
        assert_eq!(refused.error_code(), Some(code));
        assert!(refused.may_have_been_processed());
    }
    for no_error in ["null", "\"\""] {
        let body = format!(r#"{{"access_token":"A","token_type":"Bearer","error":{no_error}}}"#);
        assert!(raw(200, &body).is_ok());
    }
}

#[test]
fn an_answer_that_is_not_oauth_is_described_by_its_kind() {
    let outcome = r#"{"resourceType":"OperationOutcome","issue":[]}"#;
    for (body, kind) in [
        ("", BodyKind::Empty),
        (" \r\n", BodyKind::Empty),
        (outcome, BodyKind::OperationOutcome),
        (
            r#"<?xml version="1.0"?><OperationOutcome xmlns="http://hl7.org/fhir"/>"#,
            BodyKind::OperationOutcome,
        ),
        ("<!DOCTYPE html><p>Sign in", BodyKind::Html),
        ("  <HTML>", BodyKind::Html),
        (r#"[{"access_token":"AT"}]"#, BodyKind::Json),
        ("null", BodyKind::Json),
        ("access_token=AT&token_type=Bearer", BodyKind::Text),
        ("<x/>", BodyKind::Text),
        (r#"{"access_token":"AT","token_ty"#, BodyKind::BrokenOff),
        ("Bad Gateway", BodyKind::Text),
    ] {
        assert_eq!(
            raw(502, body).unwrap_err(),
            TokenError::UnexpectedStatus {
                status: 502,
                body: kind,
                retry_after: None
            },
            "{body}"
        );
        // An object gets further: what is wrong with it is that it has no access token.
        if kind != BodyKind::OperationOutcome || body.starts_with('<') {
            assert_eq!(
                raw(200, body).unwrap_err(),
                TokenError::NotAnObject {
                    status: 200,
                    body: kind
                }
            );
        }
    }
    assert!(matches!(raw(200, outcome), Err(TokenError::MissingAccessToken { .. })));
    let page = HttpResponse::new(503, vec![("content-type".into(), "TEXT/HTML".into())], b"<p>x".to_vec());
    assert!(matches!(
        parse(&page),
        Err(TokenError::UnexpectedStatus {
            body: BodyKind::Html,
            ..
        })
    ));
}

#[test]
fn retry_after_is_seconds_or_a_date_and_at_most_five_minutes() {
    let wait = |value: &str| {
        let response = HttpResponse::new(503, vec![("retry-AFTER".into(), value.into())], Vec::new());
        parse(&response).unwrap_err().retry_after().map(|wait| wait.as_secs())
    };
    for (value, seconds) in [
        ("0", Some(0)),
        (" 120 ", Some(120)),
        ("300", Some(300)),
        ("301", Some(300)),
        ("3600", Some(300)),
        ("99999999999999999999999999", Some(300)),
        ("Tue, 14 Nov 2023 22:14:20 GMT", Some(60)),
        ("Tue, 14 Nov 2023 22:13:00 GMT", Some(0)),
        ("Wed, 15 Nov 2023 22:13:20 GMT", Some(300)),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
    ] {
        assert_eq!(wait(value), seconds, "{value}");
    }
    let slow_down = HttpResponse::new(
        429,
        vec![("Retry-After".into(), "7".into())],
        br#"{"error":"slow_down"}"#.to_vec(),
    );
    let error = parse(&slow_down).unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert!(error.may_have_been_processed());
}

#[test]
fn only_a_definite_refusal_or_an_unsent_request_leaves_the_code_unused() {
    let refused = |status, code: &str| raw(status, &json!({ "error": code }).to_string()).unwrap_err();
    for (status, code) in [
        (400, "invalid_grant"),
        (401, "invalid_client"),
        (403, "invalid_grant"),
        (200, "invalid_scope"),
        (499, "x"),
    ] {
        assert!(!refused(status, code).may_have_been_processed(), "{status} {code}");
    }
    for (status, code) in [
        (500, "invalid_grant"),
        (503, "invalid_client"),
        (429, "invalid_grant"),
        (408, "invalid_grant"),
        (302, "invalid_grant"),
        (400, "temporarily_unavailable"),
        (400, "server_error"),
    ] {
        let error = refused(status, code);
        assert!(error.may_have_been_processed(), "{status} {code}");
        assert!(
            !error.is_invalid_grant() && !error.is_invalid_client(),
            "{status} {code}"
        );
    }
    for error in [
        raw(500, "").unwrap_err(),
        raw(429, "").unwrap_err(),
        raw(404, "").unwrap_err(),
        raw(302, "").unwrap_err(),
        raw(200, "").unwrap_err(),
        raw(200, "{}").unwrap_err(),
        raw(200, r#"{"access_token":"A"}"#).unwrap_err(),
        raw(200, r#"{"access_token":"A","token_type":"Bearer","patient":"Group/1"}"#).unwrap_err(),
    ] {
        assert!(error.may_have_been_processed(), "{error:?}");
    }
    for (transport, processed) in [
        (TransportError::Dns, false),
        (TransportError::Refused, false),
        (TransportError::ConnectTimeout, false),
        (TransportError::Tls, false),
        (TransportError::AddressRefused, false),
        (TransportError::ShutDown, false),
        (TransportError::Timeout, true),
        (TransportError::Disconnected, true),
        (TransportError::BodyTooLarge, true),
    ] {
        let error = TokenError::from(transport);
        assert_eq!(error.may_have_been_processed(), processed, "{transport:?}");
        assert_eq!((error.status(), error.error_code()), (None, None));
    }
}

#[test]
fn invalid_grant_and_invalid_client_are_told_apart() {
    let refused = |status, code: &str| raw(status, &json!({ "error": code }).to_string()).unwrap_err();
    let grant = refused(403, "invalid_grant");
    assert!(grant.is_invalid_grant() && !grant.is_invalid_client());
    let client = refused(401, "invalid_client");
    assert!(client.is_invalid_client() && !client.is_invalid_grant());
    let plain = raw(401, "invalid_client").unwrap_err();
    assert!(!plain.is_invalid_client() && !plain.is_invalid_grant());
}

#[test]
fn messages_say_what_to_do_and_hold_no_value_that_the_ehr_sent() {
    let marked = json!({
        "access_token": "MARKER", "refresh_token": "MARKER", "patient": "MARKER/1", "token_type": "MARKER",
        "MARKER with a space": 1, "error_description": "MARKER",
    });
    let unset = |name: &str| {
        let mut body = marked.clone();
        body.as_object_mut().unwrap().remove(name);
        raw(200, &body.to_string()).unwrap_err()
    };
    let mut bearer = marked.clone();
    bearer["token_type"] = json!("Bearer");
    let mut sentence = marked.clone();
    sentence["error"] = json!("MARKER, call");
    let mut errors = vec![
        unset("access_token"),
        unset("patient"),
        raw(200, &bearer.to_string()).unwrap_err(),
        raw(400, &sentence.to_string()).unwrap_err(),
        raw(200, "MARKER").unwrap_err(),
    ];
    errors.extend([302, 401, 404, 429, 418, 500].map(|status| raw(status, "<html>MARKER").unwrap_err()));
    for code in [
        "invalid_grant",
        "invalid_client",
        "invalid_scope",
        "invalid_request",
        "unauthorized_client",
    ] {
        let body = json!({"error": code, "error_description": "MARKER"}).to_string();
        errors.push(raw(400, &body).unwrap_err());
    }
    for error in errors {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("MARKER"), "{shown}");
    }
    assert_eq!(
        unset("access_token").to_string(),
        "the token endpoint answered with status 200 but without an `access_token` that can be used; it sent the members (other), \
         error_description, patient, refresh_token, token_type; ask the EHR's administrator what this answer means"
    );
    assert_eq!(
        raw(400, r#"{"error":"invalid_grant"}"#).unwrap_err().to_string(),
        "the EHR refused the token request (invalid_grant, status 400); the code or refresh token is used up, \
         expired or revoked: start a new launch"
    );
    assert_eq!(
        raw(503, "<html>").unwrap_err().to_string(),
        "the token endpoint answered with status 503 and an HTML page; try again later"
    );
}

fn refused_with(status: u16, code: &str) -> TokenError {
    TokenError::Refused {
        status,
        error: code.to_owned(),
        description: None,
        retry_after: None,
    }
}

#[test]
fn what_was_not_sent_was_not_processed_and_what_was_answered_was_sent() {
    let busy = TokenError::Busy {
        retry_after: Duration::from_secs(1),
    };
    for error in [
        busy,
        TokenError::RegistrationChanged,
        TokenError::ClientAuth(ClientAuthError::NoPrevious),
        TokenError::Transport(TransportError::Refused),
        TokenError::Transport(TransportError::ShutDown),
    ] {
        assert!(error.was_not_sent() && !error.may_have_been_processed(), "{error:?}");
    }
    for error in [
        refused_with(400, "invalid_grant"),
        refused_with(401, "invalid_client"),
        TokenError::Transport(TransportError::Timeout),
        TokenError::Transport(TransportError::Disconnected),
    ] {
        assert!(!error.was_not_sent(), "{error:?}");
    }
}

#[test]
fn a_server_that_is_in_trouble_says_so_by_its_status_or_its_code() {
    for (error, reach) in [
        (refused_with(400, "invalid_grant"), Reach::Unusable),
        (refused_with(400, "temporarily_unavailable"), Reach::Troubled),
        (refused_with(400, "server_error"), Reach::Troubled),
        (refused_with(400, "slow_down"), Reach::Troubled),
        (refused_with(503, "invalid_grant"), Reach::Troubled),
        (raw(503, "<html>").unwrap_err(), Reach::Troubled),
        (raw(503, "{\"a\":").unwrap_err(), Reach::Troubled),
        (raw(404, "<html>").unwrap_err(), Reach::Unusable),
        (raw(200, "[]").unwrap_err(), Reach::Unusable),
        (raw(200, "{}").unwrap_err(), Reach::Unusable),
        // What was cut off was never said.
        (raw(404, "{\"a\":").unwrap_err(), Reach::Silent),
        (raw(200, "{\"a\":").unwrap_err(), Reach::Silent),
        (TokenError::RegistrationChanged, Reach::Silent),
        (TokenError::Transport(TransportError::Timeout), Reach::Silent),
        (TokenError::Transport(TransportError::DamagedBody), Reach::Troubled),
    ] {
        assert_eq!(error.reach(), reach, "{error:?}");
    }
}

#[test]
fn a_refusal_in_words_of_its_own_has_status_400_or_401_and_a_code_that_nobody_agreed_on() {
    for (error, is_own) in [
        (refused_with(400, "refresh token not found"), true),
        (refused_with(401, "Unauthorized"), true),
        (refused_with(403, "Forbidden"), false),
        (refused_with(500, "refresh token not found"), false),
        (refused_with(400, "temporarily_unavailable"), false),
        (TokenError::RegistrationChanged, false),
        (raw(400, "no").unwrap_err(), false),
    ] {
        assert_eq!(error.is_refused_in_words_of_its_own(), is_own, "{error:?}");
    }
    for code in [
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "invalid_target",
    ] {
        assert!(!refused_with(400, code).is_refused_in_words_of_its_own(), "{code}");
    }
}

#[test]
fn an_ehr_that_has_too_much_to_do_says_how_long_to_wait() {
    let wait = Duration::from_secs(7);
    assert_eq!(TokenError::Busy { retry_after: wait }.retry_after(), Some(wait));
    assert_eq!(TokenError::RegistrationChanged.retry_after(), None);
}

#[test]
fn the_members_of_an_answer_that_cannot_be_used_are_known_by_name() {
    for (status, body, names) in [
        (
            200,
            json!({"token_type": "bearer", "scope": "x"}),
            &["scope", "token_type"][..],
        ),
        (
            200,
            json!({"access_token": "AT", "token_type": "mac"}),
            &["access_token", "token_type"],
        ),
        (
            200,
            json!({"access_token": "AT", "token_type": "bearer", "patient": true}),
            &["access_token", "patient", "token_type"],
        ),
        (200, json!([]), &[]),
        (400, json!({"error": "invalid_grant"}), &[]),
    ] {
        let error = raw(status, &body.to_string()).unwrap_err();
        let mut received = error.received_fields().to_vec();
        received.sort();
        assert_eq!(received, names, "{error:?}");
    }
}
