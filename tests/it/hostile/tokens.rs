//! Answers of the token endpoint that cannot be used: each has its exact error, and the code is sent once.

use actix_smart_auth::{
    AuthorizationRedirect, Authorized, SmartClient, StartOptions,
    error::{FinishError, RefreshError},
};
use url::Url;

use super::assert_unharmed;
use crate::support::{App, Browser, RawServer, http, redirect};

pub(super) struct Row {
    name: &'static str,
    answer: Vec<u8>,
    /// `Debug` of the [`actix_smart_auth::error::TokenError`], which nobody else can make.
    error: String,
    status: u16,
    code: &'static str,
}

const GOOD: &str = r#"{"access_token":"t0ken","token_type":"Bearer","expires_in":3600,"refresh_token":"r","scope":"patient/*.rs","patient":"p-1"}"#;
const MEMBERS: &str =
    r#"received_fields: ["access_token", "expires_in", "patient", "refresh_token", "scope", "token_type"]"#;

/// The good answer with one thing changed.
fn but(old: &str, new: &str) -> Vec<u8> {
    assert!(GOOD.contains(old), "{old}");
    http(200, "application/json", GOOD.replacen(old, new, 1))
}

/// `canary` is an origin that nothing may be asked of.
pub(super) fn rows(canary: &str) -> Vec<Row> {
    [refusals(), statuses(canary), members(), no_objects()]
        .into_iter()
        .flatten()
        .collect()
}

#[rustfmt::skip]
fn refusals() -> Vec<Row> {
    let refused = |status: u16, error: &str, description: &str| {
        format!("Refused {{ status: {status}, error: \"{error}\", description: {description}, retry_after: None }}")
    };
    let mut rows = Vec::new();
    let mut row = |name, status: u16, body: &str, error: String, page: (u16, &'static str)| {
        rows.push(Row { name, answer: http(status, "application/json", body), error, status: page.0, code: page.1 });
    };
    row("invalid_grant", 400, r#"{"error":"invalid_grant"}"#, refused(400, "invalid_grant", "None"), (401, "code-refused"));
    row("invalid_grant with 200", 200, r#"{"error":"invalid_grant","access_token":"x"}"#, refused(200, "invalid_grant", "None"), (401, "code-refused"));
    row("invalid_grant with 500, which is not believed", 500, r#"{"error":"invalid_grant"}"#, refused(500, "invalid_grant", "None"), (502, "ehr-error"));
    row("invalid_client", 401, r#"{"error":"invalid_client"}"#, refused(401, "invalid_client", "None"), (500, "client-refused"));
    row("invalid_scope with an explanation", 400, r#"{"error":"invalid_scope","error_description":"no <b>"}"#, refused(400, "invalid_scope", "Some(EhrText(6 characters))"), (502, "ehr-error"));
    row("an error that is markup", 400, r#"{"error":"<script>","error_description":"<script>alert(1)</script>"}"#, refused(400, "unknown", "Some(EhrText(25 characters))"), (502, "ehr-error"));
    row("an error that is an object", 400, r#"{"error":{"code":7}}"#, refused(400, "unknown", "None"), (502, "ehr-error"));
    row("an error of 100 kB", 400, &format!("{{\"error\":\"{}\"}}", "e".repeat(100_000)), refused(400, "unknown", "None"), (502, "ehr-error"));
    rows
}

#[rustfmt::skip]
fn statuses(canary: &str) -> Vec<Row> {
    let unexpected = |status: u16, body: &str| format!("UnexpectedStatus {{ status: {status}, body: {body}, retry_after: None }}");
    let mut rows = Vec::new();
    let mut row = |name, answer: Vec<u8>, error: String| {
        let is_away = error == "Transport(Disconnected)"
            || ["429", "500", "502"].iter().any(|status| error.starts_with(&format!("UnexpectedStatus {{ status: {status},")));
        let (status, code) = if is_away { (503, "ehr-unavailable") } else { (502, "ehr-error") };
        rows.push(Row { name, answer, error, status, code });
    };
    let outcome = r#"{"resourceType":"OperationOutcome","issue":[]}"#;
    row("an OperationOutcome", http(401, "application/fhir+json", outcome), unexpected(401, "OperationOutcome"));
    row("a web page with 502", http(502, "text/html", "<html>bad gateway</html>"), unexpected(502, "Html"));
    row("a good answer with 500", http(500, "application/json", GOOD), unexpected(500, "Json"));
    row("a good answer with 404", http(404, "application/json", GOOD), unexpected(404, "Json"));
    row("429 without a word", http(429, "text/plain", ""), unexpected(429, "Empty"));
    for status in [301, 302, 303, 307, 308] {
        row("a redirect to another server", redirect(status, &format!("{canary}/token")), unexpected(status, "Empty"));
    }
    row("a redirect to itself", redirect(307, "/token"), unexpected(307, "Empty"));
    row("no HTTP", b"220 smtp.example ESMTP\r\n".to_vec(), "Transport(Disconnected)".to_owned());
    row("no answer", Vec::new(), "Transport(Disconnected)".to_owned());
    row("chunks that are none", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_vec(), "Transport(Disconnected)".to_owned());
    row("more than 1 MiB", http(200, "application/json", GOOD.replace("p-1", &"p".repeat(1_100_000))), "Transport(BodyTooLarge)".to_owned());
    rows
}

#[rustfmt::skip]
fn members() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |name, answer: Vec<u8>, error: String| {
        rows.push(Row { name, answer, error, status: 502, code: "ehr-error" });
    };
    let no_token = |fields: &str| format!("MissingAccessToken {{ status: 200, received_fields: {fields} }}");
    let all = MEMBERS.trim_start_matches("received_fields: ");
    row("an empty object", http(200, "application/json", "{}"), no_token("[]"));
    row("names that are no names", http(200, "application/json", r#"{"<script>":1,"a b":2}"#), no_token(r#"["(other)", "(other)"]"#));
    row("a blank access token", but("\"t0ken\"", "\" \""), no_token(all));
    row("null for an access token", but("\"t0ken\"", "null"), no_token(all));
    let kind = format!("TokenType {{ status: 200, {MEMBERS} }}");
    row("token type mac", but("Bearer", "mac"), kind.clone());
    row("token type as an array", but("\"Bearer\"", "[\"Bearer\"]"), kind);
    let bad = |field: &str| format!("InvalidField {{ status: 200, field: \"{field}\", {MEMBERS} }}");
    for (name, field, old, new) in [
        ("an access token that is a number", "access_token", "\"t0ken\"", "7"),
        ("an access token with a line break", "access_token", "t0ken", "t0ken\\r\\nX-Admin: 1"),
        ("an access token with a space", "access_token", "t0ken", "t0 ken"),
        ("an access token with a letter beyond ASCII", "access_token", "t0ken", "t0kén"),
        ("an access token with a NUL", "access_token", "t0ken", "t0ken\\u0000"),
        ("an access token twice", "access_token", "\"t0ken\"", "\"t0ken\",\"access_token\":\"other\""),
        ("a refresh token that is an object", "refresh_token", "\"r\"", "{}"),
        ("a scope that is a number", "scope", "\"patient/*.rs\"", "7"),
        ("a scope of numbers", "scope", "\"patient/*.rs\"", "[7]"),
        ("a patient that is a fraction", "patient", "\"p-1\"", "1.5"),
        ("a patient of another type", "patient", "p-1", "Person/p-1"),
        ("a patient of another server", "patient", "p-1", "https://other.example/Patient/p-1"),
        ("a patient that is a detour", "patient", "p-1", "../x"),
        ("a patient that is the parent", "patient", "p-1", ".."),
        ("a patient with an encoded slash", "patient", "p-1", "a%2Fb"),
        ("a patient with a query", "patient", "p-1", "a?b=c"),
        ("a patient with a space", "patient", "p-1", "p 1"),
        ("a patient of 1000 letters", "patient", "p-1", "ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp"),
        ("a patient in an array", "patient", "\"p-1\"", "[\"p-1\"]"),
        ("two patients", "patient", "\"p-1\"", "\"p-1\",\"patient\":\"p-2\""),
        ("the same patient twice", "patient", "\"p-1\"", "\"p-1\",\"patient\":\"p-1\""),
    ] {
        row(name, but(old, new), bad(field));
    }
    let too_long = GOOD.replace("t0ken", &"t".repeat(65_537));
    row("an access token longer than 64 kB", http(200, "application/json", too_long), bad("access_token"));
    rows
}

#[rustfmt::skip]
fn no_objects() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |name, status: u16, body: Vec<u8>, kind: &str| {
        let error = format!("NotAnObject {{ status: {status}, body: {kind} }}");
        let (page, code) = if kind == "BrokenOff" { (503, "ehr-unavailable") } else { (502, "ehr-error") };
        rows.push(Row { name, answer: http(status, "application/json", body), error, status: page, code });
    };
    row("a web page", 200, b"<!DOCTYPE html><form>".to_vec(), "Html");
    row("nothing", 200, Vec::new(), "Empty");
    row("no content", 204, Vec::new(), "Empty");
    row("an array", 200, format!("[{GOOD}]").into_bytes(), "Json");
    row("a text", 200, b"\"t0ken\"".to_vec(), "Json");
    row("half an answer", 200, GOOD.as_bytes()[..80].to_vec(), "BrokenOff");
    row("a form, as an old server sends it", 200, b"access_token=t0ken&token_type=bearer".to_vec(), "Text");
    row("compressed", 200, b"\x1f\x8b\x08\0\0\0\0\0\0\x03\0\0".to_vec(), "Text");
    row("200 levels deep", 200, format!("{{\"x\":{}", "[".repeat(200)).into_bytes(), "Text");
    rows
}

/// An application whose EHR is the sandbox, but for the token endpoint.
fn app(endpoint: &RawServer) -> App {
    let token_endpoint = format!("{}/token", endpoint.origin);
    App::builder()
        .sandbox(|it| it.metadata_field("token_endpoint", token_endpoint))
        .start()
}

async fn authorize(app: &App, client: &SmartClient) -> Result<Authorized, FinishError> {
    let (redirect, pending) = client.start(StartOptions::standalone()).await.unwrap();
    let AuthorizationRedirect::Get(url) = redirect else {
        panic!("{redirect:?}")
    };
    let callback = Browser::new()
        .navigate_until(url.as_str(), &app.url("/auth/callback"))
        .await;
    client
        .finish(pending, Url::parse(&callback).unwrap().query().unwrap())
        .await
        .map_err(FinishError::from)
}

#[actix_web::test]
async fn a_broken_token_response_gets_its_exact_error_at_exchange_and_at_refresh() {
    let (endpoint, canary) = (RawServer::start(), RawServer::canary());
    let app = app(&endpoint);
    let client = SmartClient::new(&app.config).unwrap();
    endpoint.answer(http(200, "application/json", GOOD));
    let authorized = authorize(&app, &client).await.unwrap();
    for Row {
        name, answer, error, ..
    } in rows(&canary.origin)
    {
        endpoint.answer(answer);
        let before = endpoint.connections();
        let Err(FinishError::Token(refused)) = authorize(&app, &client).await else {
            panic!("{name}: no error of the token endpoint")
        };
        assert_eq!(format!("{refused:?}"), error, "{name}");
        assert_eq!(endpoint.connections() - before, 1, "{name}: the code is sent once");
        let Err(RefreshError::Token(refused_again)) = client.refresh(&authorized).await else {
            panic!("{name}: no error of the token endpoint")
        };
        assert_eq!(refused_again, refused, "{name}");
        assert_eq!(
            endpoint.connections() - before,
            2,
            "{name}: the refresh token is sent once"
        );
        assert_eq!(canary.connections(), 0, "{name}");
    }
    assert_eq!(app.sandbox.token_requests(), []);
}

#[actix_web::test]
async fn a_broken_token_response_gets_its_exact_answer_and_opens_nothing() {
    let (endpoint, canary) = (RawServer::start(), RawServer::canary());
    let app = app(&endpoint);
    for Row {
        name,
        answer,
        status,
        code,
        ..
    } in rows(&canary.origin)
    {
        endpoint.answer(answer);
        let before = endpoint.connections();
        let browser = Browser::new();
        let callback = browser
            .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
            .await;
        let problem = browser.api(&callback).await;
        assert_eq!(
            (problem.status, problem.json()["code"].as_str()),
            (status, Some(code)),
            "{name}: {}",
            problem.body
        );
        let again = browser.get(&callback).await;
        assert_eq!(again.status, status, "{name}: a reload gets the same answer");
        assert!(
            !again.body.contains("<script") && !again.body.contains("t0ken"),
            "{name}: {}",
            again.body
        );
        assert!(
            !browser.jar().iter().any(|(path, ..)| path.starts_with("/~")),
            "{name}: no launch"
        );
        assert_eq!(endpoint.connections() - before, 1, "{name}: the code is sent once");
        assert_unharmed(&app, &canary, name).await;
    }
}

#[actix_web::test]
#[rustfmt::skip]
async fn a_token_response_that_is_odd_but_safe_opens_a_launch() {
    let (endpoint, canary) = (RawServer::start(), RawServer::canary());
    let app = app(&endpoint);
    for (name, answer, page) in [
        ("a byte order mark", http(200, "application/json", format!("\u{feff}{GOOD}")), "signed in, patient Some(\"p-1\")"),
        ("called a web page", http(200, "text/html", GOOD), "signed in, patient Some(\"p-1\")"),
        ("status 201", http(201, "application/json", GOOD), "signed in, patient Some(\"p-1\")"),
        ("token type with a space", but("Bearer", "Bearer "), "signed in, patient Some(\"p-1\")"),
        ("a patient that is a number", but("\"p-1\"", "1"), "signed in, patient Some(\"1\")"),
        ("a patient that is a reference", but("p-1", "Patient/1"), "signed in, patient Some(\"1\")"),
        ("token type in capitals", but("Bearer", "BEARER"), "signed in, patient Some(\"p-1\")"),
        ("expires_in as text", but("3600", "\"3600\""), "signed in, patient Some(\"p-1\")"),
        ("expires_in that overflows", but("3600", "1e308"), "signed in, patient Some(\"p-1\")"),
        ("expires_in below zero", but("3600", "-1"), "signed in, patient Some(\"p-1\")"),
        ("expires_in as an object", but("3600", "{}"), "signed in, patient Some(\"p-1\")"),
        ("expires_in that is a word", but("3600", "\"soon\""), "signed in, patient Some(\"p-1\")"),
        ("scope as an array", but("\"patient/*.rs\"", "[\"patient/*.rs\"]"), "signed in, patient Some(\"p-1\")"),
        ("an empty error", but("\"expires_in\"", "\"error\":\"\",\"expires_in\""), "signed in, patient Some(\"p-1\")"),
        ("fhirContext as a number", but("\"expires_in\"", "\"fhirContext\":7,\"expires_in\""), "signed in, patient Some(\"p-1\")"),
        ("fhirContext of everything", but("\"expires_in\"", "\"fhirContext\":[7,null,[],\"Patient/1\",{\"reference\":7}],\"expires_in\""), "signed in, patient Some(\"p-1\")"),
        ("need_patient_banner as a list", but("\"expires_in\"", "\"need_patient_banner\":[],\"expires_in\""), "signed in, patient Some(\"p-1\")"),
        ("an access token of 64 kB", http(200, "application/json", GOOD.replace("t0ken", &"t".repeat(65_536))), "signed in, patient Some(\"p-1\")"),
        ("no patient", but(",\"patient\":\"p-1\"", ""), "signed in, patient None"),
        ("an empty patient", but("p-1", ""), "signed in, patient None"),
        ("null for a patient", but("\"p-1\"", "null"), "signed in, patient None"),
    ] {
        endpoint.answer(answer);
        let before = endpoint.connections();
        let browser = Browser::new();
        let callback = browser.navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback")).await;
        let landing = browser.get(&callback).await;
        assert_eq!(landing.status, 303, "{name}: {}", landing.body);
        let maybe = app.url(&landing.location().replace("/patient", "/maybe"));
        assert_eq!(browser.get(&maybe).await.body, page, "{name}");
        assert_eq!(endpoint.connections() - before, 1, "{name}");
        assert_unharmed(&app, &canary, name).await;
    }
}
