use super::*;
use crate::web::test_head::Head;

#[test]
fn a_request_is_cross_site_when_the_browser_says_so_or_its_origin_is_another() {
    let own = "https://app.example";
    for (pairs, expected) in [
        (&[("sec-fetch-site", "same-origin")][..], false),
        (&[("sec-fetch-site", "none")], false),
        (&[("sec-fetch-site", "same-site")], true),
        (&[("sec-fetch-site", "cross-site")], true),
        (
            &[("sec-fetch-site", "cross-site"), ("origin", "https://app.example")],
            true,
        ),
        (&[("origin", "https://app.example")], false),
        (&[("origin", "https://APP.example")], false),
        (&[("origin", "https://app.example:8443")], true),
        (&[("origin", "https://evil.example")], true),
        (&[("origin", "null")], true),
        (&[], false),
    ] {
        assert_eq!(is_cross_site(&Head::get(pairs), own), expected, "{pairs:?}");
    }
}

#[test]
fn a_request_that_changes_something_is_unsafe() {
    for (method, expected) in [
        ("GET", false),
        ("HEAD", false),
        ("OPTIONS", false),
        ("TRACE", false),
        ("POST", true),
        ("PUT", true),
        ("PATCH", true),
        ("DELETE", true),
        // The handshake of a WebSocket over HTTP/2 (RFC 8441).
        ("CONNECT", true),
    ] {
        assert_eq!(is_unsafe(&Head::of(method, &[])), expected, "{method}");
    }
}

#[test]
fn the_handshake_of_a_websocket_is_unsafe_however_it_is_written() {
    for (pairs, expected) in [
        (&[("upgrade", "websocket")][..], true),
        (&[("upgrade", "WebSocket")], true),
        (&[("upgrade", "foo, WEBSOCKET")], true),
        (&[("upgrade", "foo,websocket;x=1, bar")], true),
        (&[("upgrade", "websocket/13")], true),
        (&[("upgrade", "foo"), ("upgrade", "websocket")], true),
        (&[("upgrade", "h2c")], false),
        (&[("upgrade", "websocke")], false),
        (&[("upgrade", "web socket")], false),
        (&[("upgrade", "")], false),
        (&[("connection", "websocket")], false),
        // Answers of an EventSource are behind CORS.
        (&[("accept", "text/event-stream")], false),
    ] {
        assert_eq!(is_unsafe(&Head::get(pairs)), expected, "{pairs:?}");
    }
    assert!(is_unsafe(&Head::get(&[]).with("upgrade", b"\xff, websocket")));
}

#[test]
fn an_errand_of_another_site_takes_nobody_anywhere() {
    let own = "https://app.example";
    let (elsewhere, here) = (("sec-fetch-site", "same-site"), ("sec-fetch-site", "same-origin"));
    for (pairs, expected) in [
        (&[elsewhere, ("sec-fetch-mode", "no-cors")][..], true),
        (&[elsewhere, ("sec-fetch-mode", "cors")], true),
        (&[elsewhere, ("sec-fetch-mode", "websocket")], true),
        (&[elsewhere, ("upgrade", "websocket")], true),
        (&[("origin", "https://evil.example"), ("upgrade", "websocket")], true),
        (&[elsewhere, ("sec-fetch-mode", "navigate")], false),
        (&[elsewhere], false),
        (&[here, ("sec-fetch-mode", "cors")], false),
        (&[here, ("upgrade", "websocket")], false),
        (&[("origin", own), ("upgrade", "websocket")], false),
        (&[("upgrade", "websocket")], false),
        (&[], false),
    ] {
        assert_eq!(is_foreign_errand(&Head::get(pairs), own), expected, "{pairs:?}");
    }
}
