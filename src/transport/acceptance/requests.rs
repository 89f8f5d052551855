//! What is sent.

use super::{LONG, Subject, WANTED, get};
use crate::{
    protocol::{http::HttpRequest, transport_error::TransportError},
    transport::loopback::{Loopback, answer},
};

fn ok() -> Loopback {
    Loopback::always(answer("200 OK", &["X-One: 1"], "{}"))
}

/// Method, path, query and headers arrive as they are, and so does the answer.
pub async fn a_get_carries_its_query_and_its_headers(subject: Subject) {
    let server = ok();
    let mut request = get(server.url("/a?b=c%20d"));
    request.headers.push(("X-Api-Key", "k e y".to_owned()));
    let response = subject.send(request).await.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (200, &b"{}"[..]));
    assert_eq!(response.header("x-one"), Some("1"));
    let request = &server.requests()[0];
    assert!(request.starts_with("GET /a?b=c%20d HTTP/1.1\r\n"), "{request}");
    let lower = request.to_ascii_lowercase();
    assert_eq!(lower.matches("\r\nhost: ").count(), 1, "{request}");
    for header in [
        "accept: application/json, application/fhir+json;q=0.9, */*;q=0.1\r\n",
        "x-api-key: k e y\r\n",
        &format!(":{}\r\n", server.port),
    ] {
        assert!(lower.contains(header), "{request}");
    }
    assert!(
        !lower.contains("referer:") && !lower.contains("authorization:"),
        "{request}"
    );
}

/// A form is neither encoded again nor cut.
pub async fn a_post_carries_its_form_byte_for_byte(subject: Subject) {
    let server = ok();
    let mut request = HttpRequest::post_form(server.url("/token"), "a=b%2Bc&d=+".to_owned(), LONG);
    request.headers.push(("Authorization", "Basic eDp5".to_owned()));
    subject.send(request).await.unwrap();
    let request = &server.requests()[0];
    assert!(request.starts_with("POST /token HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\na=b%2Bc&d=+"), "{request}");
    assert!(request.contains("Basic eDp5\r\n"), "{request}");
    let lower = request.to_ascii_lowercase();
    for header in [
        "content-type: application/x-www-form-urlencoded\r\n",
        "content-length: 11\r\n",
    ] {
        assert_eq!(lower.matches(header).count(), 1, "{request}");
    }
}

/// With a length of zero, so that the server does not wait for a body.
pub async fn an_empty_form_is_still_a_post(subject: Subject) {
    let server = ok();
    let request = HttpRequest::post_form(server.url("/"), String::new(), LONG);
    assert_eq!(subject.send(request).await.unwrap().status, 200);
    let request = server.requests()[0].to_ascii_lowercase();
    assert!(request.contains("content-length: 0\r\n"), "{request}");
}

/// RFC 9110, section 7.1.
pub async fn a_fragment_is_not_sent(subject: Subject) {
    let server = ok();
    subject.get(server.url("/a?b#secret")).await.unwrap();
    assert!(server.requests()[0].starts_with("GET /a?b HTTP/1.1\r\n"));
}

/// Or somebody could write a request of theirs into ours.
pub async fn what_cannot_be_a_header_is_an_error_and_nothing_is_sent(subject: Subject) {
    let server = ok();
    for (name, value) in [
        ("Authorization", "a\r\nX-Injected: 1"),
        ("Authorization", "a\0b"),
        ("Authorization", "a\nb"),
        ("X Y", "a"),
        ("X\r\nY", "a"),
    ] {
        let mut request = get(server.url("/"));
        request.headers.push((name, value.to_owned()));
        assert_eq!(
            subject.send(request).await.unwrap_err(),
            TransportError::Unsendable,
            "{name}: {value}"
        );
    }
    assert_eq!(server.connections(), 0);
}

/// Once, with both methods.
pub async fn the_user_agent_is_the_one_that_was_set(subject: Subject) {
    let server = ok();
    subject.get(server.url("/")).await.unwrap();
    subject.post(server.url("/")).await.unwrap();
    for request in server.requests() {
        let lower = request.to_ascii_lowercase();
        assert_eq!(lower.matches("user-agent:").count(), 1, "{request}");
        assert!(
            lower.contains(&format!("user-agent: {}\r\n", WANTED.user_agent)),
            "{request}"
        );
    }
}

/// A coding that was not asked for is not expected, and a limit on bytes means little for a body that is decoded.
pub async fn no_coding_of_the_body_is_asked_for(subject: Subject) {
    let server = ok();
    subject.get(server.url("/")).await.unwrap();
    subject.post(server.url("/")).await.unwrap();
    for request in server.requests() {
        let lower = request.to_ascii_lowercase();
        let codings = lower.lines().find_map(|line| line.strip_prefix("accept-encoding:"));
        assert!(codings.is_none_or(|codings| codings.trim() == "identity"), "{request}");
        assert!(!lower.contains("\r\nte:"), "{request}");
    }
}

/// One EHR's cookies would otherwise go along with every launch of everybody.
pub async fn cookies_are_not_kept(subject: Subject) {
    let server = Loopback::always(answer("200 OK", &["Set-Cookie: a=b; Path=/"], "{}"));
    for _ in 0..2 {
        subject.get(server.url("/")).await.unwrap();
        subject.post(server.url("/")).await.unwrap();
    }
    assert!(
        server
            .requests()
            .iter()
            .all(|request| !request.to_ascii_lowercase().contains("cookie"))
    );
}
