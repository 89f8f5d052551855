//! Connecting in time, answers in time, and what the time-outs say of what was sent.

use super::*;

#[tokio::test]
async fn the_time_limit_covers_head_and_body() {
    let whole = answer("200 OK", &[], "{\"a\":1}");
    let before_head = slow(Vec::new(), whole.clone());
    let within_body = slow(whole[..whole.len() - 3].to_vec(), whole[whole.len() - 3..].to_vec());
    for server in [before_head, within_body] {
        let start = Instant::now();
        let mut request = HttpRequest::post_form(server.url("/"), "a=b".to_owned(), Duration::from_millis(300));
        assert_eq!(
            client().send(request.clone()).await.unwrap_err(),
            TransportError::Timeout
        );
        request.method = Method::Get;
        request.form = None;
        assert_eq!(client().send(request).await.unwrap_err(), TransportError::Timeout);
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }
}

/// TCP is accepted by the kernel, and the handshake never comes: a connection that does not come to stand.
#[tokio::test]
async fn a_connection_that_does_not_come_to_stand_is_told_from_a_slow_answer() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url: url::Url = format!("https://127.0.0.1:{}/", silent.local_addr().unwrap().port())
        .parse()
        .unwrap();
    let settings = AwcSettings {
        connect_timeout: Duration::from_millis(200),
        ..AwcSettings::default()
    };
    let client = client_with(settings);
    let start = Instant::now();
    let error = client.post(url.clone()).await.unwrap_err();
    assert_eq!(error, TransportError::ConnectTimeout);
    assert!(error.was_not_sent());
    assert!(start.elapsed() < Duration::from_secs(2));

    // The limit of the whole request is the shorter one.
    let request = HttpRequest::post_form(url, "a=b".to_owned(), Duration::from_millis(50));
    assert_eq!(client.send(request).await.unwrap_err(), TransportError::ConnectTimeout);
}

/// As a process finds it that was stopped for a while: the connection stands, and the time to connect has passed.
#[test]
fn nothing_is_sent_when_the_time_to_connect_has_passed_though_the_connection_stands() {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for (number, request) in [
        HttpRequest::post_form(server.url("/token"), "code=abc".to_owned(), Duration::from_secs(60)),
        HttpRequest::get(server.url("/"), Duration::from_secs(60)),
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = tokio::task::LocalSet::new().block_on(&runtime, async {
            let (transport, actor) = AwcTransport::new(AwcSettings {
                connect_timeout: Duration::from_millis(100),
                ..AwcSettings::default()
            });
            tokio::task::spawn_local(actor.run());
            // Takes its turns between the others', before anybody looks at sockets and clocks again.
            let mut turns = 0;
            tokio::task::spawn_local(std::future::poll_fn(move |cx| {
                std::thread::sleep(Duration::from_millis(150));
                turns += 1;
                if turns == 4 {
                    return std::task::Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                std::task::Poll::Pending
            }));
            transport.send(request).await
        });
        let error = outcome.unwrap_err();
        assert!(error.was_not_sent(), "{error}");
        assert_eq!(server.connections(), number + 1, "the connection did not stand");
        assert!(server.requests().is_empty());
    }
}

#[tokio::test]
async fn a_request_that_must_not_be_sent_any_more_is_given_up_while_it_connects() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://127.0.0.1:{}/", silent.local_addr().unwrap().port());
    let mut request = HttpRequest::post_form(url.parse().unwrap(), "a=b".to_owned(), Duration::from_secs(5));
    request.not_after = Instant::now().checked_add(Duration::from_millis(100));
    let began = Instant::now();
    assert_eq!(
        client().send(request).await.unwrap_err(),
        TransportError::ConnectTimeout
    );
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_connection_that_stands_too_late_carries_no_request() {
    // The handshake ends after the moment, and long before the time to connect is over.
    let server = Loopback::start_tls("server.pem", |conn| {
        std::thread::sleep(Duration::from_millis(400));
        conn.request();
        conn.send(&answer("200 OK", &[], "{}"));
    });
    let client = trusting_test_root();
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
fn the_time_that_a_request_waits_for_the_actor_counts() {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for connection in [Connection::Any, Connection::Fresh] {
        let outcome = tokio::task::LocalSet::new().block_on(&runtime, async {
            let (transport, actor) = AwcTransport::new(AwcSettings::default());
            let mut request = HttpRequest::get(server.url("/"), Duration::from_secs(5));
            request.connection = connection;
            request.not_after = Instant::now().checked_add(Duration::from_millis(20));
            let mut sending = transport.send(request);
            std::future::poll_fn(|cx| {
                assert!(sending.as_mut().poll(cx).is_pending());
                std::task::Poll::Ready(())
            })
            .await;
            std::thread::sleep(Duration::from_millis(40));
            tokio::task::spawn_local(actor.run());
            sending.await
        });
        assert_eq!(outcome.unwrap_err(), TransportError::ConnectTimeout);
    }
    assert_eq!(server.connections(), 0);
}

/// The other side: as long as the connection stands in time, connecting takes nothing from the time for the answer.
#[tokio::test]
async fn the_time_for_an_answer_begins_when_the_request_is_sent() {
    // Accepts, and answers the handshake after most of the time for the whole request.
    let server = Loopback::start_tls("server.pem", |conn| {
        std::thread::sleep(Duration::from_millis(400));
        conn.request();
        std::thread::sleep(Duration::from_millis(400));
        conn.send(&answer("200 OK", &[], "{}"));
    });
    let request = HttpRequest::post_form(https(&server), "a=b".to_owned(), Duration::from_millis(600));
    assert_eq!(trusting_test_root().send(request).await.unwrap().status, 200);
}
