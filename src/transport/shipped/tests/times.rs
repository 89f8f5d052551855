//! What the time-outs say of what was sent.

use super::*;
use crate::protocol::http::Connection;

for_each_client! {
    a_connection_that_stands_too_late_carries_no_request
    the_time_for_an_answer_begins_when_the_request_is_sent
}

/// As a process finds it that was stopped for a while: the connection stands, and the time to connect has passed.
#[test]
fn nothing_is_sent_when_the_time_to_connect_has_passed_though_the_connection_stands() {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let requests = [
        HttpRequest::post_form(server.url("/token"), "code=abc".to_owned(), Duration::from_secs(60)),
        HttpRequest::get(server.url("/"), Duration::from_secs(60)),
    ];
    let mut connections = 0;
    for (http, request) in CLIENTS
        .iter()
        .flat_map(|http| requests.iter().map(move |request| (http, request.clone())))
    {
        let outcome = block_locally(async {
            let settings = TransportSettings {
                connect_timeout: Duration::from_millis(100),
                ..TransportSettings::default()
            };
            let transport = on_this_thread(*http, settings);
            // Takes its turns between the others', before anybody looks at sockets and clocks again.
            let mut turns = 0;
            let blocking = std::future::poll_fn(move |cx| {
                std::thread::sleep(Duration::from_millis(150));
                turns += 1;
                if turns == 4 {
                    return std::task::Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                std::task::Poll::Pending
            });
            // Beside the task that sends.
            match http {
                #[cfg(feature = "actix")]
                HttpClient::Awc => drop(tokio::task::spawn_local(blocking)),
                #[cfg(feature = "reqwest")]
                HttpClient::Reqwest => drop(tokio::spawn(blocking)),
            }
            transport.send(request).await
        });
        let error = outcome.unwrap_err();
        assert!(error.was_not_sent(), "{http:?}: {error}");
        connections += 1;
        assert_eq!(
            server.connections(),
            connections,
            "the connection of {http:?} did not stand"
        );
        assert!(server.requests().is_empty());
    }
}

async fn a_connection_that_stands_too_late_carries_no_request(http: HttpClient) {
    // The handshake ends after the moment, and long before the time to connect is over.
    let server = Loopback::start_tls("server.pem", |conn| {
        std::thread::sleep(Duration::from_millis(400));
        conn.request();
        conn.send(&answer("200 OK", &[], "{}"));
    });
    let client = trusting_test_root(http);
    let mut request = HttpRequest::post_form(https(&server), "a=b".to_owned(), Duration::from_secs(5));
    request.not_after = Instant::now().checked_add(Duration::from_millis(100));
    assert_eq!(
        client.send(request.clone()).await.unwrap_err(),
        TransportError::ConnectTimeout
    );
    request.not_after = Instant::now().checked_add(Duration::from_secs(60));
    assert_eq!(client.send(request).await.unwrap().status, 200);
    assert_eq!(server.requests().len(), 1);
}

/// The time for connecting counts from its end; the moment after which nothing is sent does not move.
#[test]
fn the_time_that_a_request_waits_for_its_turn_counts() {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    for (http, connection) in CLIENTS
        .iter()
        .flat_map(|http| [(http, Connection::Any), (http, Connection::Fresh)])
    {
        let outcome = block_locally(async {
            let transport = on_this_thread(*http, TransportSettings::default());
            let mut request = HttpRequest::get(server.url("/"), Duration::from_secs(5));
            request.connection = connection;
            request.not_after = Instant::now().checked_add(Duration::from_millis(20));
            let mut sending = transport.send(request);
            std::future::poll_fn(|cx| {
                assert!(sending.as_mut().poll(cx).is_pending());
                std::task::Poll::Ready(())
            })
            .await;
            // Nobody else on this thread had a turn yet.
            std::thread::sleep(Duration::from_millis(40));
            sending.await
        });
        assert_eq!(outcome.unwrap_err(), TransportError::ConnectTimeout, "{http:?}");
    }
    assert_eq!(server.connections(), 0);
}

/// The other side: as long as the connection stands in time, connecting takes nothing from the time for the answer.
async fn the_time_for_an_answer_begins_when_the_request_is_sent(http: HttpClient) {
    // Accepts, and answers the handshake after most of the time for the whole request.
    let server = Loopback::start_tls("server.pem", |conn| {
        std::thread::sleep(Duration::from_millis(1_600));
        conn.request();
        std::thread::sleep(Duration::from_millis(1_600));
        conn.send(&answer("200 OK", &[], "{}"));
    });
    let request = HttpRequest::post_form(https(&server), "a=b".to_owned(), Duration::from_millis(2_400));
    assert_eq!(trusting_test_root(http).send(request).await.unwrap().status, 200);
}
