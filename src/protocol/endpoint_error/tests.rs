use serde_json::json;

use super::*;

fn answer(status: u16, body: impl ToString) -> HttpResponse {
    HttpResponse::new(status, Vec::new(), body.to_string().into_bytes())
}

fn judge(status: u16, body: impl ToString) -> Result<(), EndpointError> {
    let sent = SentSecrets::new(["MARKER-token".to_owned()]);
    EndpointError::judge(&answer(status, body), &sent, Timestamp::from_millis(0))
}

#[test]
fn success_is_a_status_of_success_whatever_the_body_but_a_page_or_an_error() {
    for (status, body) in [
        (200, ""),
        (204, ""),
        (200, "OK"),
        (200, "{}"),
        (200, "[1]"),
        (299, "{\"error\":null}"),
    ] {
        assert_eq!(judge(status, body), Ok(()), "{status} {body}");
    }
    for (status, kind, body) in [
        (199, BodyKind::Empty, ""),
        (300, BodyKind::Empty, ""),
        (307, BodyKind::Empty, ""),
        (404, BodyKind::Text, "no such page"),
        (500, BodyKind::Json, "{}"),
        (200, BodyKind::Html, "<!doctype html><title>Sign in</title>"),
    ] {
        let error = judge(status, body).unwrap_err();
        let expected = EndpointError::UnexpectedStatus {
            status,
            body: kind,
            retry_after: None,
        };
        assert_eq!(error, expected, "{body}");
    }
}

#[test]
fn an_oauth_error_is_a_refusal_with_any_status() {
    for status in [200, 400, 401, 503] {
        let error = judge(status, json!({"error": "invalid_client", "error_description": "who?"})).unwrap_err();
        assert_eq!(error.error_code(), Some("invalid_client"));
        assert_eq!(error.is_invalid_client(), status != 503, "{status}");
        assert!(
            matches!(
                error,
                EndpointError::Refused {
                    description: Some(_),
                    ..
                }
            ),
            "{error:?}"
        );
    }
    let error = judge(400, json!({"error": 7})).unwrap_err();
    assert_eq!(error.error_code(), Some("unknown"));
    let error = judge(400, json!({"error": "unsupported_token_type"})).unwrap_err();
    assert!(error.is_unsupported_token_type() && !error.is_invalid_client());
    let error = judge(400, json!({"error": "invalid_client"})).unwrap_err();
    assert!(!error.is_unsupported_token_type());
}

#[test]
fn what_the_ehr_repeats_of_the_request_is_left_out() {
    for body in [
        json!({"error": "MARKER-token"}),
        json!({"error": "invalid_request", "error_description": "no token MARKER-token"}),
        json!({"error": "invalid_request", "error_description": format!("{}MARKER-token", " ".repeat(995))}),
        json!({"error": "invalid_request", "error_description": "x", "echo": "MARKER-token"}),
        json!({"error": "invalid_request", "error_description": "no M\u{200B}ARKER\u{202E}-token"}),
    ] {
        let error = judge(400, &body).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("MARKER"), "{error:?}");
        assert!(
            matches!(error, EndpointError::Refused { description: None, .. }),
            "{error:?}"
        );
    }
}

#[test]
fn a_token_is_refused_by_status_401_unless_it_is_the_client_that_is() {
    let judged = |status, body: &str| judge(status, body).unwrap_err();
    for (error, is_unauthorized) in [
        (judged(401, ""), true),
        (judged(401, r#"{"error":"invalid_token"}"#), true),
        (judged(401, r#"{"error":"invalid_client"}"#), false),
        (judged(401, r#"{"error":"unauthorized_client"}"#), false),
        (judged(400, r#"{"error":"invalid_token"}"#), false),
        (judged(403, ""), false),
    ] {
        assert_eq!(error.is_unauthorized(), is_unauthorized, "{error:?}");
    }
}

#[test]
fn each_message_says_what_to_do_next() {
    let refused = |error: &str| judge(400, json!({ "error": error })).unwrap_err().to_string();
    assert!(refused("invalid_client").contains("the log says how"));
    assert!(refused("unauthorized_client").contains("ask the EHR's administrator to allow"));
    assert!(refused("unsupported_token_type").contains("until they expire"));
    assert!(refused("server_error").contains("try again later"));
    assert!(refused("x").contains("ask the EHR's administrator what"));
    for (status, advice) in [
        (302, "never follow a redirect"),
        (401, "check the client id"),
        (404, "check that the EHR announces"),
        (503, "try again later"),
    ] {
        assert!(judge(status, "").unwrap_err().to_string().contains(advice), "{status}");
    }
}

#[test]
fn for_how_long_a_server_asks_to_be_left_alone_is_read_from_both_kinds_of_answer() {
    let judged = |value: &str, body: &str| {
        let headers = vec![("retry-after".to_owned(), value.to_owned())];
        let response = HttpResponse::new(503, headers, body.as_bytes().to_vec());
        let error = EndpointError::judge(
            &response,
            &SentSecrets::new([]),
            Timestamp::from_millis(784_111_770_000),
        );
        error.unwrap_err().retry_after()
    };
    for body in ["", r#"{"error":"temporarily_unavailable"}"#] {
        assert_eq!(judged("7", body), Some(Duration::from_secs(7)), "{body}");
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(judged(date, body), Some(Duration::from_secs(7)), "{body}");
        assert_eq!(judged("301", body), Some(Duration::from_secs(300)), "{body}");
        assert_eq!(judged("soon", body), None, "{body}");
    }
    assert_eq!(judge(503, "").unwrap_err().retry_after(), None);
}
