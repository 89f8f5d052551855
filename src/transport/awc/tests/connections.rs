//! Which requests share a connection, and connections that fail.

use super::*;

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
