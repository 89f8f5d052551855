//! Metadata documents that are none: each has its exact error, and a launch is answered 503.

use actix_smart_auth::{
    Ehr, SmartClient, StartOptions,
    error::{
        AuthorizationRequestError, DiscoveryError, DocumentKind,
        MetadataError::{self, Empty, Html, NotAnObject, NotJson, Truncated},
        RedirectProblem, StartError, TransportError, UrlError,
    },
};

use super::assert_unharmed;
use crate::support::{App, Browser, RawServer, http, redirect};

pub(super) struct Row {
    name: &'static str,
    answer: Vec<u8>,
    error: StartError,
    status: u16,
    /// How many requests go out.
    requests: usize,
}

const AUTHORIZE: &str = "\"authorization_endpoint\":\"/authorize\"";
const TOKEN: &str = "\"token_endpoint\":\"/token\"";

fn json(body: impl AsRef<[u8]>) -> Vec<u8> {
    http(200, "application/json", body)
}

/// Where the document is, below its FHIR base URL.
fn url(base: &str) -> String {
    format!("{base}/.well-known/smart-configuration")
}

/// Of the document itself.
fn broken(base: &str, source: MetadataError) -> StartError {
    let endpoint = url(base);
    DiscoveryError::Document { endpoint, source }.into()
}

/// `base` is the FHIR base URL, `canary` an origin that nothing may be asked of.
#[rustfmt::skip]
pub(super) fn rows(base: &str, canary: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |name, answer: Vec<u8>, error: StartError, (status, requests)| {
        rows.push(Row { name, answer, error, status, requests });
    };
    let document = |source| broken(base, source);
    let html = "<!doctype html><title>Sign in</title>";
    row("a web page", http(200, "text/html", html), document(Html), (502, 1));
    row("a web page that calls itself JSON", json(html), document(Html), (502, 1));
    row("an array", json("[{}]"), document(NotAnObject), (502, 1));
    row("null", json("null"), document(NotAnObject), (502, 1));
    row("nothing", json(""), document(Empty), (502, 1));
    row("white space", json(" \r\n\t"), document(Empty), (502, 1));
    row("no content", http(204, "application/json", ""), document(Empty), (502, 1));
    row("half a document", json(format!("{{{AUTHORIZE},\"token_endp")), document(Truncated), (503, 1));
    row("less than was announced", {
        let body = format!("{{{AUTHORIZE}");
        format!("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{body}").into_bytes()
    }, document(Truncated), (503, 1));
    row("prose", json("metadata"), document(NotJson { line: 1, column: 1 }), (502, 1));
    row("two documents", json("{}{}"), document(NotJson { line: 1, column: 3 }), (502, 1));
    row("200 levels deep", json(format!("{{\"x\":{}", "[".repeat(200))), document(NotJson { line: 1, column: 132 }), (502, 1));
    let transport = |source| StartError::from(DiscoveryError::Transport { endpoint: url(base), source });
    row("compressed, though nobody asked, and broken", {
        let mut answer = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 12\r\n\r\n".to_vec();
        answer.extend_from_slice(b"\x1f\x8b\x08\0\0\0\0\0\0\x03\0\0");
        answer
    }, transport(TransportError::DamagedBody), (503, 1));
    let big = format!("{{\"x\":\"{}\"}}", "x".repeat(1_100_000));
    row("more than 1 MiB", json(&big), transport(TransportError::BodyTooLarge), (502, 1));
    row("more than 1 MiB in chunks", {
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{big}\r\n0\r\n\r\n", big.len()).into_bytes()
    }, transport(TransportError::BodyTooLarge), (502, 1));
    row("chunks that are none", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzzz\r\n".to_vec(), transport(TransportError::Disconnected), (503, 2));
    row("no HTTP", b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(), transport(TransportError::Disconnected), (503, 2));
    row("no answer", Vec::new(), transport(TransportError::Disconnected), (503, 2));

    for status in [304, 400, 401, 404, 410, 429, 500, 503] {
        let error = DiscoveryError::Status { document: DocumentKind::ServerMetadata, endpoint: url(base), status };
        row("a status that is no success", http(status, "application/json", format!("{{{AUTHORIZE},{TOKEN}}}")), error.into(), (if matches!(status, 429 | 500 | 503) { 503 } else { 502 }, 1));
    }
    let missing = |field| StartError::from(DiscoveryError::MissingEndpoint { field });
    row("an empty object", json("{}"), missing("authorization_endpoint"), (502, 1));
    row("no token endpoint", json(format!("{{{AUTHORIZE}}}")), missing("token_endpoint"), (502, 0));
    row("no authorization endpoint", json(format!("{{{TOKEN}}}")), missing("authorization_endpoint"), (502, 0));
    row("an endpoint that is a number", json(format!("{{{AUTHORIZE},\"token_endpoint\":7}}")), missing("token_endpoint"), (502, 0));
    row("an empty endpoint", json(format!("{{{AUTHORIZE},\"token_endpoint\":\"\"}}")), missing("token_endpoint"), (502, 0));
    rows.extend(endpoints(base));
    rows.extend(redirects(base, canary));
    rows
}

#[rustfmt::skip]
fn endpoints(base: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, endpoint, source) in [
        ("a token endpoint over plain http", "http://ehr.example/token", UrlError::NotHttps),
        ("a token endpoint that is a script", "javascript:alert(1)", UrlError::NotAbsolute),
        ("a token endpoint that is a file", "file:///etc/passwd", UrlError::NotAbsolute),
        ("a token endpoint that is data", "data:application/json,{}", UrlError::NotAbsolute),
        ("a token endpoint with credentials", "https://a:b@ehr.example/token", UrlError::Credentials),
        ("a token endpoint with a fragment", "https://ehr.example/token#x", UrlError::Fragment),
        ("a token endpoint with a line break", "https://ehr.example/token\\r\\nX: y", UrlError::Characters),
        ("a token endpoint with a backslash", "https:\\\\\\\\ehr.example\\\\token", UrlError::Characters),
    ] {
        for (field, other) in [("token_endpoint", AUTHORIZE), ("authorization_endpoint", TOKEN)] {
            rows.push(Row {
                name,
                answer: json(format!("{{{other},\"{field}\":\"{endpoint}\"}}")),
                error: broken(base, MetadataError::Endpoint { field, source }),
                status: 502,
                requests: 1,
            });
        }
    }
    for parameter in ["state", "redirect_uri", "launch", "nonce"] {
        rows.push(Row {
            name: "an authorization endpoint that defines what is ours",
            answer: json(format!("{{{TOKEN},\"authorization_endpoint\":\"/authorize?{parameter}=x\"}}")),
            error: AuthorizationRequestError::EndpointDefines { parameter }.into(),
            // Nothing that waiting would mend, and the cause is in the log.
            status: 500,
            requests: 0,
        });
    }
    rows
}

#[rustfmt::skip]
fn redirects(base: &str, canary: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |name, answer: Vec<u8>, problem, configure: &str, requests| {
        let error = DiscoveryError::Redirect {
            document: DocumentKind::ServerMetadata,
            endpoint: url(base),
            problem,
            configure: configure.to_owned(),
        };
        rows.push(Row { name, answer, error: error.into(), status: 502, requests });
    };
    let elsewhere = format!("{canary}/r4/.well-known/smart-configuration");
    for status in [301, 302, 303, 307, 308] {
        row("a redirect to another server", redirect(status, &elsewhere), RedirectProblem::Elsewhere, &format!("{canary}/r4"), 1);
    }
    row("a redirect to plain http", redirect(302, "http://ehr.example/fhir/.well-known/smart-configuration"),
        RedirectProblem::Insecure, "https://ehr.example/fhir", 1);
    row("a redirect to another server without a scheme", redirect(302, "//ehr.example/fhir/.well-known/smart-configuration"),
        RedirectProblem::Insecure, "https://ehr.example/fhir", 1);
    row("a redirect to a script", redirect(302, "javascript:alert(1)"), RedirectProblem::Unusable, base, 1);
    row("a redirect to a file", redirect(302, "file:///etc/passwd"), RedirectProblem::Unusable, base, 1);
    row("a redirect to nowhere", redirect(302, ""), RedirectProblem::TooMany, base, 4);
    row("a redirect without a Location", http(302, "text/plain", ""), RedirectProblem::Unusable, base, 1);
    row("a redirect with credentials", redirect(302, "http://a:b@{host}/fhir/.well-known/smart-configuration"), RedirectProblem::Unusable, base, 1);
    row("a redirect in a circle", redirect(302, "smart-configuration"), RedirectProblem::TooMany, base, 4);
    rows
}

/// An application whose EHR's FHIR base URL is on a raw server.
fn app(base: &str) -> App {
    let base = base.to_owned();
    App::builder()
        .ehr(move |_| {
            Ehr::builder(base)
                .client_id("app")
                .redirect_uri("http://127.0.0.1:1/auth/callback")
                .scopes("launch/patient openid")
        })
        .start()
}

/// The variants that come up here.
fn is_same(one: &StartError, other: &StartError) -> bool {
    match (one, other) {
        (StartError::Discovery(one), StartError::Discovery(other)) => one == other,
        (StartError::Request(one), StartError::Request(other)) => one == other,
        _ => false,
    }
}

#[actix_web::test]
async fn a_broken_metadata_document_gets_its_exact_error_and_nobody_else_is_asked() {
    let (ehr, canary) = (RawServer::start(), RawServer::canary());
    let base = format!("{}/fhir", ehr.origin);
    for Row {
        name,
        answer,
        error,
        status,
        requests,
    } in rows(&base, &canary.origin)
    {
        let host = ehr.origin.trim_start_matches("http://");
        ehr.answer(String::from_utf8(answer.clone()).map_or(answer, |text| text.replace("{host}", host).into_bytes()));
        let before = ehr.connections();
        let app = app(&base);
        let refused = SmartClient::new(&app.config)
            .unwrap()
            .start(StartOptions::standalone())
            .await
            .unwrap_err();
        assert!(is_same(&refused, &error), "{name}: {refused:?} is not {error:?}");
        // A row without a count: the document itself is fine, and is not fetched twice either.
        assert_eq!(ehr.connections() - before, requests.max(1), "{name}");

        let problem = Browser::new().api(&app.url("/auth/launch")).await;
        assert_eq!(problem.status, status, "{name}: {}", problem.body);
        let code = match status {
            503 => "metadata-unavailable",
            502 => "metadata-unusable",
            _ => "internal",
        };
        assert_eq!(problem.json()["code"], code, "{name}");
        assert_eq!(problem.header("retry-after").is_empty(), status == 500, "{name}");
        assert_eq!(
            ehr.connections() - before,
            requests.max(1),
            "{name}: an error is remembered for seconds"
        );
        assert_eq!(app.sandbox.received_requests(), [], "{name}");
        assert_unharmed(&app, &canary, name).await;
    }
}

#[actix_web::test]
#[rustfmt::skip]
async fn a_document_that_is_odd_but_safe_begins_a_launch() {
    let (ehr, canary) = (RawServer::start(), RawServer::canary());
    let good = format!("{{{AUTHORIZE},{TOKEN}}}");
    let wrong_types = format!("{{{AUTHORIZE},{TOKEN},\"capabilities\":\"launch-ehr\",\"issuer\":[],\"jwks_uri\":\"http://x.example/\",\"scopes_supported\":[1]}}");
    let here = |hops: usize| {
        let mut answers = vec![redirect(302, "smart-configuration"); hops];
        answers.push(json(&good));
        answers
    };
    for (name, answers, requests) in [
        ("a byte order mark", vec![json(format!("\u{feff}{good}"))], 1),
        ("called a web page", vec![http(200, "text/html", &good)], 1),
        ("without a content type", vec![format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{good}", good.len()).into_bytes()], 1),
        ("in chunks", vec![format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{good}\r\n0\r\n\r\n", good.len()).into_bytes()], 1),
        ("a member twice", vec![json(good.replacen('{', "{\"token_endpoint\":\"https://ehr.example/old\",", 1))], 1),
        ("wrong types where nothing depends on them", vec![json(wrong_types)], 1),
        ("almost 1 MiB", vec![json(format!("{good}{}", " ".repeat(1_048_576 - good.len())))], 1),
        ("one redirect on the same server", here(1), 2),
        ("three redirects on the same server", here(3), 4),
    ] {
        ehr.answers(answers);
        let before = ehr.connections();
        let app = app(&format!("{}/fhir", ehr.origin));
        let answer = Browser::new().get(&app.url("/auth/launch")).await;
        assert_eq!(answer.status, 303, "{name}: {}", answer.body);
        assert!(answer.location().starts_with(&format!("{}/authorize?response_type=code&", ehr.origin)), "{name}");
        assert_eq!(ehr.connections() - before, requests, "{name}");
        assert_unharmed(&app, &canary, name).await;
    }
}
