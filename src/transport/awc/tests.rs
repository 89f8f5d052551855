use std::{
    net::TcpListener,
    sync::Arc,
    time::{Duration, Instant},
};

use super::*;
use crate::{
    protocol::http::{Connection, Method},
    runtime::engine::{Engine, EngineOptions, TransportChoice},
    transport::{
        captured_logs::capture_logs,
        loopback::{Conn, Loopback, answer, fixture_certificate},
    },
};

struct Client {
    _engine: Engine,
    transport: Arc<dyn HttpTransport>,
}

fn client_with(settings: AwcSettings) -> Client {
    let engine = Engine::new(EngineOptions {
        transport: TransportChoice::Awc(settings),
    });
    Client {
        transport: engine.transport(),
        _engine: engine,
    }
}

fn client() -> Client {
    client_with(AwcSettings::default())
}

impl Client {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        self.transport.send(request).await
    }

    async fn get(&self, url: url::Url) -> Result<HttpResponse, TransportError> {
        self.send(HttpRequest::get(url, Duration::from_secs(5))).await
    }

    async fn post(&self, url: url::Url) -> Result<HttpResponse, TransportError> {
        let form = "grant_type=refresh_token".to_owned();
        self.send(HttpRequest::post_form(url, form, Duration::from_secs(5)))
            .await
    }
}

/// Answers twice with a stop in between, long enough for any time-out of these tests.
fn slow(first: Vec<u8>, rest: Vec<u8>) -> Loopback {
    Loopback::start(move |conn| {
        while conn.request().is_some() {
            conn.send(&first);
            std::thread::sleep(Duration::from_secs(3));
            conn.send(&rest);
        }
    })
}

#[tokio::test]
async fn a_get_carries_our_user_agent_and_asks_for_no_compression() {
    let server = Loopback::always(answer("200 OK", &["X-One: 1"], "{}"));
    let response = client().get(server.url("/a?b=c")).await.unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(response.body, b"{}");
    assert_eq!(response.header("x-one"), Some("1"));
    let request = server.requests().remove(0);
    assert!(request.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{request}");
    let lower = request.to_ascii_lowercase();
    assert!(
        lower.contains(&format!("user-agent: {DEFAULT_USER_AGENT}\r\n")),
        "{request}"
    );
    assert!(lower.contains("accept: application/json\r\n"), "{request}");
    assert!(!lower.contains("accept-encoding: gzip"), "{request}");
}

#[tokio::test]
async fn a_post_carries_its_form_byte_for_byte() {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let mut request = HttpRequest::post_form(server.url("/token"), "a=b%2Bc&d=+".to_owned(), Duration::from_secs(5));
    request.headers.push(("Authorization", "Basic eDp5".to_owned()));
    client().send(request).await.unwrap();
    let seen = server.requests().remove(0);
    assert!(seen.starts_with("POST /token HTTP/1.1\r\n"), "{seen}");
    assert!(seen.ends_with("\r\n\r\na=b%2Bc&d=+"), "{seen}");
    let lower = seen.to_ascii_lowercase();
    assert!(
        lower.contains("content-type: application/x-www-form-urlencoded\r\n"),
        "{seen}"
    );
    assert!(lower.contains("content-length: 11\r\n"), "{seen}");
    assert!(seen.contains("Basic eDp5\r\n"), "{seen}");
}

#[tokio::test]
async fn an_empty_form_is_still_a_post() {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let request = HttpRequest::post_form(server.url("/"), String::new(), Duration::from_secs(5));
    assert_eq!(client().send(request).await.unwrap().status, 200);
    assert!(
        server.requests()[0]
            .to_ascii_lowercase()
            .contains("content-length: 0\r\n")
    );
}

#[tokio::test]
async fn redirects_are_handed_back() {
    for status in ["301 M", "302 F", "303 S", "307 T", "308 P"] {
        let server = Loopback::always(answer(status, &["Location: /elsewhere"], ""));
        let response = client().post(server.url("/token")).await.unwrap();
        assert!(status.starts_with(&response.status.to_string()), "{status}");
        assert_eq!(response.header("location"), Some("/elsewhere"));
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn every_fresh_request_opens_a_connection_and_others_share_one() {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let client = client();
    for _ in 0..3 {
        client.get(server.url("/")).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
    for expected in 2..5 {
        client.post(server.url("/")).await.unwrap();
        assert_eq!(server.connections(), expected);
    }
}

#[tokio::test]
async fn a_pooled_connection_that_the_server_closed_is_replaced() {
    let server = Loopback::start(|conn| {
        conn.request();
        conn.send(&answer("200 OK", &[], "{}"));
    });
    let client = client();
    client.get(server.url("/")).await.unwrap();
    // The close has to arrive before the second request; it is on its way already.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(client.get(server.url("/")).await.unwrap().status, 200);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url: url::Url = format!("http://127.0.0.1:{port}/").parse().unwrap();
    let error = client().post(url).await.unwrap_err();
    assert_eq!(error, TransportError::Refused);
    assert!(error.was_not_sent());
}

#[tokio::test]
async fn a_name_that_does_not_resolve_says_so() {
    let settings = AwcSettings {
        connect_timeout: Duration::from_secs(30),
        ..AwcSettings::default()
    };
    let url = "http://no-such-host.invalid/".parse().unwrap();
    let request = HttpRequest::get(url, Duration::from_secs(30));
    assert_eq!(
        client_with(settings).send(request).await.unwrap_err(),
        TransportError::Dns
    );
}

#[tokio::test]
async fn a_server_that_hangs_up_after_the_request_leaves_it_unclear() {
    let server = Loopback::start(|conn| {
        conn.request();
    });
    let error = client().post(server.url("/")).await.unwrap_err();
    assert_eq!(error, TransportError::Disconnected);
    assert!(!error.was_not_sent());
    assert_eq!(
        client().get(server.url("/")).await.unwrap_err(),
        TransportError::Disconnected
    );
}

#[tokio::test]
async fn a_reset_after_the_request_leaves_it_unclear() {
    let server = Loopback::start(Conn::first_byte);
    let error = client().post(server.url("/")).await.unwrap_err();
    assert_eq!(error, TransportError::Disconnected);
    assert_eq!(server.connections(), 1, "nothing is sent twice");
}

#[tokio::test]
async fn an_answer_that_is_not_http_leaves_it_unclear() {
    let server = Loopback::always("SSH-2.0-OpenSSH_9.6\r\n\r\n");
    assert_eq!(
        client().get(server.url("/")).await.unwrap_err(),
        TransportError::Disconnected
    );
}

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

#[tokio::test]
async fn no_request_waits_for_others_to_the_same_server() {
    let server = slow(Vec::new(), answer("200 OK", &[], "{}"));
    let client = client();
    let sending = (0..200).map(|_| {
        let form = "a=b".to_owned();
        let request = HttpRequest::post_form(server.url("/"), form, Duration::from_secs(20));
        let transport = Arc::clone(&client.transport);
        tokio::spawn(async move { transport.send(request).await })
    });
    let sending: Vec<_> = sending.collect();
    let arrived = tokio::task::spawn_blocking(move || server.wait_for_requests(200));
    arrived.await.unwrap();
    for sent in sending {
        sent.abort();
    }
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

#[tokio::test]
async fn a_body_at_the_limit_is_read_and_one_byte_more_is_not() {
    let settings = AwcSettings {
        body_limit: 1000,
        ..AwcSettings::default()
    };
    let client = client_with(settings);
    for (length, fits) in [(999, true), (1000, true), (1001, false)] {
        let body = "x".repeat(length);
        let with_length = Loopback::always(answer("200 OK", &[], &body));
        let chunked = Loopback::always(format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
        ));
        for server in [with_length, chunked] {
            let result = client.get(server.url("/")).await;
            if fits {
                assert_eq!(result.unwrap().body.len(), length);
            } else {
                assert_eq!(result.unwrap_err(), TransportError::BodyTooLarge);
            }
        }
    }
}

#[tokio::test]
async fn an_endless_body_is_given_up_at_the_limit() {
    let server = Loopback::start(|conn| {
        conn.request();
        conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        while conn.try_send(chunk.as_bytes()).is_ok() {}
    });
    assert_eq!(
        client().get(server.url("/")).await.unwrap_err(),
        TransportError::BodyTooLarge
    );
}

#[tokio::test]
async fn a_truncated_body_is_handed_over_short_or_is_an_error_but_never_whole() {
    let server = Loopback::start(|conn| {
        conn.request();
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":");
    });
    match client().get(server.url("/")).await {
        Ok(response) => assert_eq!(response.body, b"{\"a\":"),
        Err(error) => assert_eq!(error, TransportError::Disconnected),
    }
}

#[tokio::test]
async fn a_compressed_body_is_not_decoded() {
    let gzip = [
        0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0, 0x43, 0xbf, 0xa6, 0xa3, 2, 0, 0, 0,
    ];
    let server = Loopback::always(answer("200 OK", &["Content-Encoding: gzip"], gzip));
    assert_eq!(client().get(server.url("/")).await.unwrap().body, gzip);
}

#[tokio::test]
async fn what_cannot_be_a_header_is_an_error_and_nothing_is_sent() {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    for value in ["a\r\nX-Injected: 1", "a\0b", "a\nb"] {
        let mut request = HttpRequest::get(server.url("/"), Duration::from_secs(5));
        request.headers.push(("Authorization", value.to_owned()));
        assert_eq!(client().send(request).await.unwrap_err(), TransportError::Unsendable);
    }
    let mut request = HttpRequest::get(server.url("/"), Duration::from_secs(5));
    request.headers.push(("X Y", "a".to_owned()));
    assert_eq!(client().send(request).await.unwrap_err(), TransportError::Unsendable);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_user_agent_that_cannot_be_a_header_is_replaced() {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let settings = AwcSettings {
        user_agent: "a\r\nb".to_owned(),
        ..AwcSettings::default()
    };
    client_with(settings).get(server.url("/")).await.unwrap();
    assert!(server.requests()[0].contains(DEFAULT_USER_AGENT));
}

fn https(server: &Loopback) -> url::Url {
    format!("https://localhost:{}/", server.port).parse().unwrap()
}

fn trusting_test_root() -> Client {
    let settings = AwcSettings {
        extra_roots: ExtraRoots::new(vec![fixture_certificate("root.pem")]).unwrap(),
        ..AwcSettings::default()
    };
    client_with(settings)
}

#[tokio::test]
async fn an_extra_root_is_trusted_and_http_1_1_is_spoken() {
    let server = Loopback::start_tls("server.pem", |conn| {
        while conn.request().is_some() {
            conn.send(&answer("200 OK", &[], "{}"));
        }
    });
    let client = trusting_test_root();
    assert_eq!(client.get(https(&server)).await.unwrap().status, 200);
    let by_address = format!("https://127.0.0.1:{}/", server.port).parse().unwrap();
    assert_eq!(client.post(by_address).await.unwrap().status, 200);
    assert!(server.requests()[0].starts_with("GET / HTTP/1.1\r\n"));
}

#[tokio::test]
async fn an_unknown_root_another_name_and_plain_text_are_tls_errors() {
    let serve = |conn: &mut Conn| {
        conn.request();
    };
    let server = Loopback::start_tls("server.pem", serve);
    let error = client().post(https(&server)).await.unwrap_err();
    assert_eq!(error, TransportError::Tls);
    assert!(error.was_not_sent());

    let other_name = Loopback::start_tls("other-name.pem", serve);
    assert_eq!(
        trusting_test_root().post(https(&other_name)).await.unwrap_err(),
        TransportError::Tls
    );

    let plain = Loopback::start(|conn| {
        conn.first_byte();
        conn.send(&answer("400 Bad Request", &[], ""));
        conn.request();
    });
    assert_eq!(
        trusting_test_root().post(https(&plain)).await.unwrap_err(),
        TransportError::Tls
    );
    assert_eq!(server.requests().len() + other_name.requests().len(), 0);
}

#[test]
fn a_root_that_is_no_certificate_is_named() {
    let roots = vec![fixture_certificate("root.pem"), CertificateDer::from(vec![1, 2, 3])];
    assert_eq!(ExtraRoots::new(roots).unwrap_err(), RootCertificateError { number: 2 });
}

#[tokio::test]
async fn a_request_whose_caller_is_gone_is_sent_all_the_same() {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let client = client();
    let request = HttpRequest::post_form(server.url("/"), "a=b".to_owned(), Duration::from_secs(5));
    let mut sending = client.transport.send(request);
    std::future::poll_fn(|cx| {
        assert!(sending.as_mut().poll(cx).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
    drop(sending);
    server.wait_for_requests(1);
}

#[tokio::test]
async fn a_handle_without_an_actor_says_that_nothing_was_sent() {
    let (transport, actor) = AwcTransport::new(AwcSettings::default());
    drop(actor);
    let request = HttpRequest::get("http://127.0.0.1:1/".parse().unwrap(), Duration::from_secs(1));
    assert_eq!(transport.send(request).await.unwrap_err(), TransportError::ShutDown);
}

#[tokio::test]
async fn the_two_kinds_of_connection_do_not_mix() {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let client = client();
    client.post(server.url("/")).await.unwrap();
    let mut request = HttpRequest::get(server.url("/"), Duration::from_secs(5));
    request.connection = Connection::Any;
    client.send(request).await.unwrap();
    assert_eq!(
        server.connections(),
        2,
        "a connection that carried a token request is not used again"
    );
}

/// The actor on this thread, where what dependencies log can be seen.
#[test]
fn neither_we_nor_the_http_client_log_a_secret() {
    const SECRETS: [&str; 4] = ["marker-form", "marker-basic", "marker-body", "marker-header"];
    let exchanges = |url: url::Url| async move {
        let (transport, actor) = AwcTransport::new(AwcSettings {
            extra_roots: ExtraRoots::new(vec![fixture_certificate("root.pem")]).unwrap(),
            ..AwcSettings::default()
        });
        tokio::task::spawn_local(actor.run());
        for timeout in [Duration::from_secs(5), Duration::from_millis(1)] {
            let mut request = HttpRequest::post_form(url.clone(), "code=marker-form".to_owned(), timeout);
            request.headers.push(("Authorization", "Basic marker-basic".to_owned()));
            let _ = transport.send(request).await;
        }
    };
    let good = answer(
        "200 OK",
        &["X-Token: marker-header"],
        "{\"access_token\":\"marker-body\"}",
    );
    let encrypted = {
        let good = good.clone();
        Loopback::start_tls("server.pem", move |conn| {
            while conn.request().is_some() {
                conn.send(&good);
            }
        })
    };
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nmarker-body\r\nmarker-body";
    let malformed = "HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\nmarker-body";
    let servers = [
        Loopback::always(good),
        Loopback::always(chunked),
        Loopback::always(malformed),
    ];
    let mut urls: Vec<_> = servers.iter().map(|server| server.url("/token")).collect();
    urls.push(https(&encrypted));
    let logged = capture_logs(tracing::Level::TRACE, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        for url in urls {
            tokio::task::LocalSet::new().block_on(&runtime, exchanges(url));
        }
    });
    assert!(logged.contains("TRACE"), "dependencies' own lines are captured");
    for line in logged.lines() {
        assert!(!SECRETS.iter().any(|secret| line.contains(secret)), "{line}");
    }
}

/// Known of awc: it reads no body that ends with the connection. If this fails, the warning can go.
#[test]
fn a_body_without_an_announced_length_reads_as_empty_and_is_pointed_out() {
    let server = Loopback::start(|conn| {
        conn.request();
        conn.send(b"HTTP/1.1 200 OK\r\n\r\n{}");
    });
    let request = HttpRequest::get(server.url("/"), Duration::from_secs(5));
    let logged = capture_logs(tracing::Level::WARN, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let (transport, actor) = AwcTransport::new(AwcSettings::default());
            tokio::task::spawn_local(actor.run());
            assert_eq!(transport.send(request).await.unwrap().body, b"");
        });
    });
    assert!(logged.contains("announced no length"), "{logged}");
}

/// A server that sends something before its answer: hints, or a word that it is still there.
fn with_interim(interim: &'static str, apart: bool) -> impl Fn(&mut Conn) + Send + Sync + 'static {
    move |conn| {
        while conn.request().is_some() {
            if apart {
                for byte in interim.bytes() {
                    conn.send(&[byte]);
                }
                std::thread::sleep(Duration::from_millis(30));
                conn.send(&answer("200 OK", &["X-One: 1"], "{}"));
            } else {
                let mut all = interim.as_bytes().to_vec();
                all.extend(answer("200 OK", &["X-One: 1"], "{}"));
                conn.send(&all);
            }
        }
    }
}

#[tokio::test]
async fn the_final_answer_is_handed_out_whatever_interim_answers_come_before_it() {
    for interim in [
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\nX-One: 0\r\n\r\n",
    ] {
        for apart in [false, true] {
            let plain = Loopback::start(with_interim(interim, apart));
            let encrypted = Loopback::start_tls("server.pem", with_interim(interim, apart));
            for url in [plain.url("/"), https(&encrypted)] {
                let client = trusting_test_root();
                for response in [
                    client.get(url.clone()).await,
                    client.post(url.clone()).await,
                    // On the connection of the first.
                    client.get(url.clone()).await,
                ] {
                    let response = response.unwrap();
                    let context = format!("{url} {interim} {apart}");
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
}
