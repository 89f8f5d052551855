//! Connecting in time, answers in time, and what the time-outs say of what was sent.

use std::{
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use url::Url;

use super::{LONG, Subject, WANTED, assert_soon, post};
use crate::{
    protocol::{
        http::{HttpRequest, Method},
        transport_error::TransportError,
    },
    transport::loopback::{Loopback, answer},
};

/// Answers twice with a stop in between that is longer than any limit here.
fn slow(first: Vec<u8>, rest: Vec<u8>) -> Loopback {
    Loopback::start(move |conn| {
        while conn.request().is_some() {
            conn.send(&first);
            thread::sleep(Duration::from_secs(10));
            conn.send(&rest);
        }
    })
}

/// TCP is accepted by the kernel, and the handshake never comes.
fn silent() -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    (listener, url.parse().unwrap())
}

/// Of both methods.
pub async fn the_time_limit_covers_the_head_and_the_body(subject: Subject) {
    let whole = answer("200 OK", &[], "{\"a\":1}");
    let before_head = slow(Vec::new(), whole.clone());
    let within_body = slow(whole[..whole.len() - 3].to_vec(), whole[whole.len() - 3..].to_vec());
    for server in [before_head, within_body] {
        let began = Instant::now();
        let mut request = HttpRequest::post_form(server.url("/"), "a=b".to_owned(), Duration::from_secs(1));
        assert_eq!(
            subject.send(request.clone()).await.unwrap_err(),
            TransportError::Timeout
        );
        request.method = Method::Get;
        request.body = None;
        assert_eq!(subject.send(request).await.unwrap_err(), TransportError::Timeout);
        assert_soon(began);
    }
}

/// Each byte comes in time, and the whole does not.
pub async fn a_body_that_drips_is_given_up_at_the_time_limit(subject: Subject) {
    let server = Loopback::start(|conn| {
        conn.request();
        conn.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", WANTED.body_limit).as_bytes());
        while conn.try_send(b"x").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let began = Instant::now();
    let request = HttpRequest::post_form(server.url("/"), "a=b".to_owned(), Duration::from_secs(1));
    assert_eq!(subject.send(request).await.unwrap_err(), TransportError::Timeout);
    assert_soon(began);
}

/// So that it may be sent again.
pub async fn a_connection_that_does_not_come_to_stand_is_told_from_a_slow_answer(subject: Subject) {
    let (_listener, url) = silent();
    let began = Instant::now();
    let error = subject.post(url).await.unwrap_err();
    assert_eq!(error, TransportError::ConnectTimeout);
    assert!(error.was_not_sent());
    assert_soon(began);
}

/// Somebody waits for the answer that long and no longer.
pub async fn the_limit_of_the_request_holds_for_connecting_too_where_it_is_the_shorter(subject: Subject) {
    let (_listener, url) = silent();
    let began = Instant::now();
    let request = HttpRequest::post_form(url, "a=b".to_owned(), Duration::from_millis(100));
    assert_eq!(subject.send(request).await.unwrap_err(), TransportError::ConnectTimeout);
    assert!(began.elapsed() < WANTED.connect_timeout, "{:?}", began.elapsed());
}

/// [`HttpRequest::not_after`]
pub async fn a_request_that_must_not_be_sent_any_more_is_given_up_while_it_connects(subject: Subject) {
    let (_listener, url) = silent();
    let mut request = post(url);
    request.not_after = Instant::now().checked_add(Duration::from_millis(100));
    let began = Instant::now();
    assert_eq!(subject.send(request).await.unwrap_err(), TransportError::ConnectTimeout);
    assert!(began.elapsed() < WANTED.connect_timeout, "{:?}", began.elapsed());
}

/// [`HttpRequest::not_after`], and its other side.
pub async fn what_is_too_late_from_the_start_is_not_sent(subject: Subject) {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let mut request = post(server.url("/"));
    request.not_after = Instant::now().checked_sub(Duration::from_millis(1));
    assert_eq!(
        subject.send(request.clone()).await.unwrap_err(),
        TransportError::ConnectTimeout
    );
    assert_eq!(server.requests().len(), 0);
    request.not_after = Instant::now().checked_add(LONG);
    assert_eq!(subject.send(request).await.unwrap().status, 200);
}
