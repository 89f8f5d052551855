//! What is sent, and what is logged of it.

use super::*;

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
    assert!(
        lower.contains("accept: application/json, application/fhir+json;q=0.9, */*;q=0.1\r\n"),
        "{request}"
    );
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
