//! Bodies, and what comes before an answer.

use super::*;

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
async fn a_compressed_body_that_nobody_asked_for_is_decoded_or_refused() {
    let gzip = [
        0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0, 0x43, 0xbf, 0xa6, 0xa3, 2, 0, 0, 0,
    ];
    let server = Loopback::always(answer("200 OK", &["Content-Encoding: gzip"], gzip));
    assert_eq!(client().get(server.url("/")).await.unwrap().body, b"{}");
    for (coding, body) in [
        ("Content-Encoding: br", &gzip[..]),
        ("Content-Encoding: gzip", &gzip[..12]),
    ] {
        let server = Loopback::always(answer("200 OK", &[coding], body));
        let error = client().get(server.url("/")).await.unwrap_err();
        assert_eq!(error, TransportError::ContentCoding, "{coding}");
    }
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
async fn an_answer_that_is_not_http_leaves_it_unclear() {
    let server = Loopback::always("SSH-2.0-OpenSSH_9.6\r\n\r\n");
    assert_eq!(
        client().get(server.url("/")).await.unwrap_err(),
        TransportError::Disconnected
    );
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
