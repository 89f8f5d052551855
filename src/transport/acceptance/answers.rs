//! What comes back, and what comes before it.

use std::time::Instant;

use super::{Subject, WANTED, assert_soon};
use crate::{
    protocol::transport_error::TransportError,
    transport::loopback::{Conn, Loopback, answer},
};

/// Also those that say that something went wrong: their body says what.
pub async fn every_status_is_an_answer(subject: Subject) {
    for status in [
        "200 OK",
        "204 No Content",
        "400 Bad Request",
        "401 X",
        "404 X",
        "429 X",
        "500 X",
        "503 X",
    ] {
        let body = if status.starts_with("204") { "" } else { "{\"error\":1}" };
        let server = Loopback::always(answer(status, &["Retry-After: 7", "X-Two: a", "X-Two: b"], body));
        for response in [subject.get(server.url("/")).await, subject.post(server.url("/")).await] {
            let response = response.unwrap();
            assert!(status.starts_with(&response.status.to_string()), "{status}");
            assert_eq!(response.body, body.as_bytes(), "{status}");
            assert_eq!(response.header("RETRY-AFTER"), Some("7"), "{status}");
            let twice: Vec<_> = response
                .headers
                .iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case("x-two"))
                .collect();
            assert_eq!(twice.len(), 2, "{status}");
        }
        assert_eq!(server.requests().len(), 2, "{status}");
    }
}

/// Where a request may go is not for its answer to say.
pub async fn redirects_are_handed_back(subject: Subject) {
    let elsewhere = Loopback::always(answer("200 OK", &[], "{}"));
    for status in ["301 M", "302 F", "303 S", "307 T", "308 P"] {
        for location in ["/elsewhere".to_owned(), elsewhere.url("/").to_string()] {
            let server = Loopback::always(answer(status, &[&format!("Location: {location}")], ""));
            for response in [subject.get(server.url("/")).await, subject.post(server.url("/")).await] {
                let response = response.unwrap();
                assert!(status.starts_with(&response.status.to_string()), "{status}");
                assert_eq!(response.header("location"), Some(location.as_str()));
            }
            assert_eq!(server.requests().len(), 2);
        }
    }
    assert_eq!(elsewhere.connections(), 0);
}

/// A server that sends something before its answer: hints, or a word that it is still there.
fn with_interim(interim: &'static str, apart: bool) -> impl Fn(&mut Conn) + Send + Sync + 'static {
    move |conn| {
        while conn.request().is_some() {
            if apart {
                for byte in interim.bytes() {
                    conn.send(&[byte]);
                }
                std::thread::sleep(std::time::Duration::from_millis(30));
                conn.send(&answer("200 OK", &["X-One: 1"], "{}"));
            } else {
                let mut all = interim.as_bytes().to_vec();
                all.extend(answer("200 OK", &["X-One: 1"], "{}"));
                conn.send(&all);
            }
        }
    }
}

/// RFC 9110, section 15.2.
pub async fn the_final_answer_is_handed_out_whatever_interim_answers_come_before_it(subject: Subject) {
    for interim in [
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\nX-One: 0\r\n\r\n",
    ] {
        for apart in [false, true] {
            let server = Loopback::start(with_interim(interim, apart));
            for response in [
                subject.get(server.url("/")).await,
                subject.post(server.url("/")).await,
                // On the connection of the first, where connections are kept.
                subject.get(server.url("/")).await,
            ] {
                let response = response.unwrap();
                let context = format!("{interim} {apart}");
                assert_eq!(
                    (response.status, response.body.as_slice()),
                    (200, &b"{}"[..]),
                    "{context}"
                );
                assert_eq!(response.header("x-one"), Some("1"), "{context}");
            }
        }
    }
}

/// Nobody asked for it. Decoding is done above; where a transport does it, the header is gone.
pub async fn a_compressed_body_is_handed_over_as_it_came_or_decoded_and_said_to_be(subject: Subject) {
    let gzip = [
        0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0, 0x43, 0xbf, 0xa6, 0xa3, 2, 0, 0, 0,
    ];
    let server = Loopback::always(answer("200 OK", &["Content-Encoding: gzip"], gzip));
    let response = subject.get(server.url("/")).await.unwrap();
    match response.header("content-encoding") {
        Some(coding) => assert_eq!((coding, &response.body[..]), ("gzip", &gzip[..])),
        None => assert_eq!(response.body, b"{}"),
    }
}

/// With a length that is announced, and without one.
pub async fn a_body_at_the_limit_is_read_and_one_byte_more_is_not(subject: Subject) {
    let limit = WANTED.body_limit;
    for (length, fits) in [(limit - 1, true), (limit, true), (limit + 1, false)] {
        let body = "x".repeat(length);
        let with_length = Loopback::always(answer("200 OK", &[], &body));
        let chunked = Loopback::always(format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
        ));
        for server in [with_length, chunked] {
            for result in [subject.get(server.url("/")).await, subject.post(server.url("/")).await] {
                if fits {
                    assert_eq!(result.unwrap().body.len(), length);
                } else {
                    assert_eq!(result.unwrap_err(), TransportError::BodyTooLarge);
                }
            }
        }
    }
}

/// Long before the time limit.
pub async fn an_endless_body_is_given_up_at_the_limit(subject: Subject) {
    let server = Loopback::start(|conn| {
        conn.request();
        conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        while conn.try_send(chunk.as_bytes()).is_ok() {}
    });
    let began = Instant::now();
    assert_eq!(
        subject.get(server.url("/")).await.unwrap_err(),
        TransportError::BodyTooLarge
    );
    assert_soon(began);
}

/// A connection that ends in the middle of a body.
pub async fn a_truncated_body_is_handed_over_short_or_is_an_error_but_never_whole(subject: Subject) {
    for head in [
        "Content-Length: 100\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n64\r\n",
    ] {
        let server = Loopback::start(move |conn| {
            conn.request();
            conn.send(format!("HTTP/1.1 200 OK\r\n{head}{{\"a\":").as_bytes());
        });
        match subject.get(server.url("/")).await {
            Ok(response) => assert_eq!(response.body, b"{\"a\":", "{head}"),
            Err(error) => assert_eq!(error, TransportError::Disconnected, "{head}"),
        }
    }
}

/// The request has arrived at something.
pub async fn an_answer_that_is_not_http_leaves_it_unclear(subject: Subject) {
    let server = Loopback::always("SSH-2.0-OpenSSH_9.6\r\n\r\n");
    let error = subject.post(server.url("/")).await.unwrap_err();
    assert_eq!(error, TransportError::Disconnected);
    assert!(!error.was_not_sent());
}
