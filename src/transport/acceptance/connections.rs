//! Which requests share a connection, and connections that fail.

use std::time::Duration;

use super::{Subject, post};
use crate::{
    protocol::{
        http::{Connection, HttpRequest},
        transport_error::TransportError,
    },
    transport::loopback::{ClosedPort, Conn, Loopback, answer},
};

/// A token request that meets a closing connection cannot be told from one that has arrived.
pub async fn every_fresh_request_opens_a_connection(subject: Subject) {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    for _ in 0..3 {
        subject.get(server.url("/")).await.unwrap();
    }
    for _ in 0..3 {
        let before = server.connections();
        subject.post(server.url("/")).await.unwrap();
        assert_eq!(server.connections(), before + 1);
    }
}

/// Neither by a request that needs a fresh one, nor by another.
pub async fn a_connection_that_carried_a_fresh_request_is_not_used_again(subject: Subject) {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    subject.post(server.url("/")).await.unwrap();
    for connection in [Connection::Any, Connection::Fresh] {
        let before = server.connections();
        let mut request = super::get(server.url("/"));
        request.connection = connection;
        subject.send(request).await.unwrap();
        assert_eq!(server.connections(), before + 1);
        // A connection that is kept may carry further ones from here on.
    }
}

/// Servers close idle connections when they like.
pub async fn a_connection_that_the_server_closed_between_two_requests_is_replaced(subject: Subject) {
    let server = Loopback::start(|conn| {
        conn.request();
        conn.send(&answer("200 OK", &[], "{}"));
    });
    subject.get(server.url("/")).await.unwrap();
    // The close has to arrive before the second request; it is on its way already.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(subject.get(server.url("/")).await.unwrap().status, 200);
    assert_eq!(server.connections(), 2);
}

/// How many go to each EHR at once is the crate's to limit.
pub async fn no_request_waits_for_others_to_the_same_server(subject: Subject) {
    const MANY: usize = 150;
    let server = Loopback::start(|conn| {
        conn.request();
        // Until the client goes away.
        conn.request();
    });
    let sending: Vec<_> = (0..MANY)
        .map(|_| {
            let (subject, request) = (subject.clone(), post(server.url("/")));
            tokio::spawn(async move { subject.send(request).await })
        })
        .collect();
    let arrived = tokio::task::spawn_blocking(move || server.wait_for_requests(MANY)).await;
    for sent in sending {
        sent.abort();
    }
    arrived.unwrap();
}

/// So that it may be sent again.
pub async fn a_refused_connection_was_not_sent(subject: Subject) {
    let closed = ClosedPort::new();
    let error = subject
        .post(format!("http://{}/", closed.address).parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(error, TransportError::Refused);
    assert!(error.was_not_sent());
}

/// Whatever time it takes: where no name server answers, the time to connect is over first.
pub async fn a_name_that_does_not_resolve_was_not_sent(subject: Subject) {
    let url = "http://no-such-host.invalid/".parse().unwrap();
    let error = subject.send(HttpRequest::get(url, super::LONG)).await.unwrap_err();
    assert!(
        matches!(error, TransportError::Dns | TransportError::ConnectTimeout),
        "{error:?}"
    );
}

/// Once, whatever the method.
pub async fn a_server_that_hangs_up_after_the_request_leaves_it_unclear_and_gets_it_once(subject: Subject) {
    let server = Loopback::start(|conn| {
        conn.request();
    });
    for request in [post(server.url("/")), super::get(server.url("/"))] {
        let before = server.connections();
        let error = subject.send(request).await.unwrap_err();
        assert_eq!(error, TransportError::Disconnected);
        assert!(!error.was_not_sent());
        assert_eq!(server.connections(), before + 1, "nothing is sent twice");
    }
}

/// Closing with something unread resets the connection.
pub async fn a_reset_after_the_request_leaves_it_unclear_and_gets_it_once(subject: Subject) {
    let server = Loopback::start(Conn::first_byte);
    let error = subject.post(server.url("/")).await.unwrap_err();
    assert_eq!(error, TransportError::Disconnected);
    assert_eq!(server.connections(), 1, "nothing is sent twice");
}
