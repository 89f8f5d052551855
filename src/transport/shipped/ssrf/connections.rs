//! The connection that a guarded request gets.

use super::*;

for_each_client! {
    a_request_that_may_have_arrived_is_not_tried_at_the_next_address
    the_certificate_is_checked_against_the_name_and_not_the_address
    a_connection_of_an_unguarded_request_is_never_used
}

async fn a_request_that_may_have_arrived_is_not_tried_at_the_next_address(http: HttpClient) {
    let hangs_up = |conn: &mut Conn| {
        conn.request();
    };
    let first = Loopback::start_tls_at(SocketAddr::new(ip("127.0.0.2"), 0), "other-name.pem", hangs_up);
    let second = server_at("127.0.0.3", first.port);
    let client = Client::new(http, settings(LyingDns::new(&[&["127.0.0.2", "127.0.0.3"]])));
    let url = format!("https://{HOST}:{}/token", first.port).parse().unwrap();
    let mut request = HttpRequest::post_form(url, "code=x".to_owned(), Duration::from_secs(5));
    request.addresses = playing_public(&["127.0.0.2", "127.0.0.3"]);
    assert_eq!(client.send(request.clone()).await, Err(TransportError::Disconnected));
    assert_eq!((first.requests().len(), second.connections()), (1, 0));

    // And what did not arrive at the first goes to the second whole.
    drop(first);
    assert_eq!(client.send(request).await, Ok(200));
    assert!(second.requests()[0].ends_with("\r\n\r\ncode=x"));
}

async fn the_certificate_is_checked_against_the_name_and_not_the_address(http: HttpClient) {
    let for_another_name = Loopback::start_tls_at(SocketAddr::new(ip("127.0.0.2"), 0), "server.pem", serve);
    let client = Client::new(http, settings(LyingDns::new(&[&["127.0.0.2"]])));
    let url = format!("https://{HOST}:{}/", for_another_name.port);
    assert_eq!(
        client.get(&url, playing_public(&["127.0.0.2"])).await,
        Err(TransportError::Tls)
    );
    assert_eq!(for_another_name.requests().len(), 0);
}

/// A registration of the configuration may go anywhere, and leaves a connection in the pool.
async fn a_connection_of_an_unguarded_request_is_never_used(http: HttpClient) {
    let inside = Loopback::start_tls("server.pem", serve);
    // Of the names in this certificate, the one that a guarded request may have when it is allowed by name.
    let url = format!("https://localhost:{}/", inside.port);
    let client = Client::new(http, settings(LyingDns::new(&[&["127.0.0.1"]])));
    for _ in 0..2 {
        assert_eq!(client.get(&url, Addresses::Any).await, Ok(200));
    }
    let mut request = get(&url, named("localhost"));
    request.connection = Connection::Any;
    for _ in 0..2 {
        let before = inside.connections();
        assert_eq!(client.send(request.clone()).await, Ok(200));
        assert_eq!(inside.connections(), before + 1);
    }
    // And without the engine's wrapper, which asks for a fresh one too.
    tokio::task::LocalSet::new()
        .run_until(async {
            let transport = on_this_thread(http, settings(LyingDns::new(&[&["127.0.0.1"]])));
            transport.send(get(&url, Addresses::Any)).await.unwrap();
            let before = inside.connections();
            transport.send(get(&url, named("localhost"))).await.unwrap();
            assert_eq!(inside.connections(), before + 1);
        })
        .await;
}

/// awc resolves them itself; whichever way, the system's resolver is asked.
#[cfg(feature = "actix")]
#[tokio::test]
async fn names_of_unguarded_requests_are_not_our_business_with_awc() {
    let http = HttpClient::Awc;
    let dns = LyingDns::new(&[&["127.0.0.2"]]);
    let client = Client::new(http, settings(Arc::clone(&dns) as Arc<dyn LookUp>));
    let server = Loopback::start_tls("server.pem", serve);
    let url = format!("https://localhost:{}/", server.port);
    assert_eq!(client.get(&url, Addresses::Any).await, Ok(200));
    assert_eq!(dns.asked(), [] as [&str; 0]);
}
