//! Callers that go away, and settings that cannot be meant.

use super::*;

for_each_client! {
    a_user_agent_that_cannot_be_a_header_is_replaced
    a_request_whose_caller_is_gone_is_sent_all_the_same
    a_caller_without_a_runtime_gets_its_answer
    bodies_are_asked_for_as_they_are
}

async fn a_user_agent_that_cannot_be_a_header_is_replaced(http: HttpClient) {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let settings = TransportSettings {
        user_agent: "a\r\nb".to_owned(),
        ..TransportSettings::default()
    };
    client_with(http, settings).get(server.url("/")).await.unwrap();
    let usual = TransportSettings::default().user_agent;
    assert!(server.requests()[0].contains(&usual));
}

async fn a_request_whose_caller_is_gone_is_sent_all_the_same(http: HttpClient) {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let client = client_with(http, TransportSettings::default());
    let request = HttpRequest::post_form(server.url("/"), "a=b".to_owned(), Duration::from_secs(5));
    let mut sending = client.0.send(request);
    std::future::poll_fn(|cx| {
        assert!(sending.as_mut().poll(cx).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
    drop(sending);
    server.wait_for_requests(1);
}

async fn a_caller_without_a_runtime_gets_its_answer(http: HttpClient) {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let client = client_with(http, TransportSettings::default());
    let request = HttpRequest::get(server.url("/"), Duration::from_secs(5));
    let answered = std::thread::spawn(move || crate::transport::loopback::block_on(client.send(request)));
    assert_eq!(answered.join().unwrap().unwrap().status, 200);
}

/// A server that is asked for nothing may send what it likes (RFC 9110, section 12.5.3).
async fn bodies_are_asked_for_as_they_are(http: HttpClient) {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let client = client_with(http, TransportSettings::default());
    client.get(server.url("/")).await.unwrap();
    client.post(server.url("/")).await.unwrap();
    for request in server.requests() {
        let lower = request.to_ascii_lowercase();
        assert_eq!(lower.matches("accept-encoding:").count(), 1, "{request}");
        assert!(lower.contains("\r\naccept-encoding: identity\r\n"), "{request}");
    }
}

#[cfg(feature = "actix")]
#[tokio::test]
async fn a_handle_of_awc_without_an_actor_says_that_nothing_was_sent() {
    let (transport, actor) = crate::transport::awc::AwcTransport::new(TransportSettings::default());
    drop(actor);
    let request = HttpRequest::get("http://127.0.0.1:1/".parse().unwrap(), Duration::from_secs(1));
    assert_eq!(transport.send(request).await.unwrap_err(), TransportError::ShutDown);
}

#[cfg(feature = "reqwest")]
#[tokio::test]
async fn reqwest_without_its_runtime_says_that_nothing_was_sent() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let transport =
        crate::transport::reqwest::ReqwestTransport::new(TransportSettings::default(), runtime.handle().clone());
    runtime.shutdown_background();
    let request = HttpRequest::get("http://127.0.0.1:1/".parse().unwrap(), Duration::from_secs(1));
    assert_eq!(transport.send(request).await.unwrap_err(), TransportError::ShutDown);
}

/// Known of awc: it reads no body that ends with the connection. If this fails, the warning can go.
#[cfg(feature = "actix")]
#[test]
fn a_body_without_an_announced_length_reads_as_empty_with_awc_and_is_pointed_out() {
    let server = Loopback::start(|conn| {
        conn.request();
        conn.send(b"HTTP/1.1 200 OK\r\n\r\n{}");
    });
    let request = HttpRequest::get(server.url("/"), Duration::from_secs(5));
    let logged = capture_logs(tracing::Level::WARN, || {
        block_locally(async {
            let transport = on_this_thread(HttpClient::Awc, TransportSettings::default());
            assert_eq!(transport.send(request).await.unwrap().body, b"");
        });
    });
    assert!(logged.contains("announced no length"), "{logged}");
}

#[cfg(feature = "reqwest")]
#[tokio::test]
async fn a_body_without_an_announced_length_is_read_by_reqwest() {
    let server = Loopback::start(|conn| {
        conn.request();
        conn.send(b"HTTP/1.1 200 OK\r\n\r\n{}");
    });
    let client = client_with(HttpClient::Reqwest, TransportSettings::default());
    assert_eq!(client.get(server.url("/")).await.unwrap().body, b"{}");
}

/// A keep-alive pool is what awc has beside the promises; many documents of one server cost one handshake.
#[cfg(feature = "actix")]
#[tokio::test]
async fn requests_of_awc_that_need_no_fresh_connection_share_one() {
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let client = client_with(HttpClient::Awc, TransportSettings::default());
    for _ in 0..3 {
        client.get(server.url("/")).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}
