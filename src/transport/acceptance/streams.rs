//! Answers whose body is read while it comes ([`HttpTransport::stream`](crate::transport::HttpTransport::stream)). They hold for
//! the method as the trait has it, too.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{Subject, WANTED, assert_soon, get};
use crate::{
    protocol::{
        http::HttpRequest,
        network_guard::{AddressGuard, Addresses},
        transport_error::TransportError,
    },
    transport::{
        AddressEnforcement, StreamedResponse,
        loopback::{Loopback, answer},
    },
};

/// The whole body, however it was cut.
async fn body_of(mut response: StreamedResponse) -> Result<Vec<u8>, TransportError> {
    let mut body = Vec::new();
    while let Some(piece) = response.body.next().await {
        let piece = piece?;
        assert!(!piece.is_empty(), "a piece has something in it");
        body.extend(piece);
    }
    assert!(response.body.next().await.is_none(), "after the end comes nothing");
    Ok(body)
}

/// With a length that is announced, without one, and with nothing in it.
pub async fn a_streamed_body_comes_whole_whatever_the_status(subject: Subject) {
    let text: String = ('a'..='z').cycle().take(WANTED.body_limit).collect();
    for status in ["200 OK", "206 P", "404 X", "503 X"] {
        for body in [text.as_str(), ""] {
            let with_length = answer(status, &["X-One: 1"], body);
            let chunk = format!("{:x}\r\n{body}\r\n", body.len());
            let chunk = if body.is_empty() { "" } else { chunk.as_str() };
            let chunked =
                format!("HTTP/1.1 {status}\r\nX-One: 1\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n");
            for bytes in [with_length, chunked.into_bytes()] {
                let server = Loopback::always(bytes);
                let response = subject.0.stream(get(server.url("/"))).await.unwrap();
                assert!(status.starts_with(&response.status.to_string()), "{status}");
                assert_eq!(response.header("x-one"), Some("1"));
                assert_eq!(body_of(response).await.unwrap(), body.as_bytes(), "{status}");
                assert_eq!(server.requests().len(), 1);
            }
        }
    }
}

/// Where a request may go is not for its answer to say.
pub async fn a_streamed_redirect_is_handed_back(subject: Subject) {
    let elsewhere = Loopback::always(answer("200 OK", &[], "{}"));
    let location = format!("Location: {}", elsewhere.url("/"));
    let server = Loopback::always(answer("302 F", &[&location], ""));
    let response = subject.0.stream(get(server.url("/"))).await.unwrap();
    assert_eq!(response.status, 302);
    assert_eq!(elsewhere.connections(), 0);
}

/// A file that ends too early looks like one that is complete.
pub async fn a_streamed_body_that_is_shorter_than_announced_is_an_error(subject: Subject) {
    let server = Loopback::start(|conn| {
        conn.request();
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":1}\n");
    });
    let outcome = match subject.0.stream(get(server.url("/"))).await {
        Ok(response) => body_of(response).await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert_eq!(outcome.unwrap_err(), TransportError::Disconnected);
}

/// Before the head, and in the middle of the body.
pub async fn a_stream_that_stops_is_given_up_at_the_time_limit(subject: Subject) {
    for first in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"] {
        let server = Loopback::start(move |conn| {
            conn.request();
            conn.send(first.as_bytes());
            thread::sleep(Duration::from_secs(10));
        });
        let began = Instant::now();
        let request = HttpRequest::get(server.url("/"), Duration::from_secs(1));
        let outcome = match subject.0.stream(request).await {
            Ok(response) => body_of(response).await.map(|_| ()),
            Err(error) => Err(error),
        };
        assert_eq!(outcome.unwrap_err(), TransportError::Timeout);
        assert_soon(began);
    }
}

/// As [`addresses`](super::addresses) has it.
pub async fn a_guarded_stream_to_a_name_of_this_machine_gets_no_connection(subject: Subject) {
    if subject.0.addresses() == AddressEnforcement::NotEnforced {
        return;
    }
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    for host in ["localhost", "127.0.0.1"] {
        let mut request = get(format!("http://{host}:{}/", server.port).parse().unwrap());
        request.addresses = Addresses::Guarded(AddressGuard::default());
        let outcome = subject.0.stream(request).await.map(|_| ());
        assert_eq!(outcome.unwrap_err(), TransportError::AddressRefused, "{host}");
    }
    assert_eq!(server.connections(), 0);
}
