//! The connection that a guarded request gets.

use super::*;

#[tokio::test]
async fn a_request_that_may_have_arrived_is_not_tried_at_the_next_address() {
    let hangs_up = |conn: &mut Conn| {
        conn.request();
    };
    let first = Loopback::start_tls_at(SocketAddr::new(ip("127.0.0.2"), 0), "other-name.pem", hangs_up);
    let second = server_at("127.0.0.3", first.port);
    let client = Client::new(settings(LyingDns::new(&[&["127.0.0.2", "127.0.0.3"]])));
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

#[tokio::test]
async fn the_certificate_is_checked_against_the_name_and_not_the_address() {
    let for_another_name = Loopback::start_tls_at(SocketAddr::new(ip("127.0.0.2"), 0), "server.pem", serve);
    let client = Client::new(settings(LyingDns::new(&[&["127.0.0.2"]])));
    let url = format!("https://{HOST}:{}/", for_another_name.port);
    assert_eq!(
        client.get(&url, playing_public(&["127.0.0.2"])).await,
        Err(TransportError::Tls)
    );
    assert_eq!(for_another_name.requests().len(), 0);
}

/// A registration of the configuration may go anywhere, and leaves a connection in the pool.
#[tokio::test]
async fn a_connection_of_an_unguarded_request_is_never_used() {
    let inside = Loopback::start_tls("server.pem", serve);
    // Of the names in this certificate, the one that a guarded request may have when it is allowed by name.
    let url = format!("https://localhost:{}/", inside.port);
    let client = Client::new(settings(LyingDns::new(&[&["127.0.0.1"]])));
    for _ in 0..2 {
        assert_eq!(client.get(&url, Addresses::Any).await, Ok(200));
    }
    assert_eq!(inside.connections(), 1, "there is a pool");
    let mut request = get(&url, named("localhost"));
    request.connection = Connection::Any;
    for expected in [2, 3] {
        assert_eq!(client.send(request.clone()).await, Ok(200));
        assert_eq!(inside.connections(), expected);
    }
    // And without the engine's wrapper, which asks for a fresh one too.
    let (transport, actor) = AwcTransport::new(settings(LyingDns::new(&[&["127.0.0.1"]])));
    let unwrapped = async {
        for addresses in [Addresses::Any, named("localhost"), Addresses::Any] {
            transport.send(get(&url, addresses)).await.unwrap();
        }
    };
    let local = tokio::task::LocalSet::new();
    local.spawn_local(actor.run());
    local.run_until(unwrapped).await;
    assert_eq!(inside.connections(), 5, "one from the pool twice, one of its own");
}

#[tokio::test]
async fn names_of_unguarded_requests_are_not_our_business() {
    let dns = LyingDns::new(&[&["127.0.0.2"]]);
    let client = Client::new(settings(Arc::clone(&dns) as Arc<dyn LookUp>));
    let server = Loopback::start_tls("server.pem", serve);
    let url = format!("https://localhost:{}/", server.port);
    assert_eq!(client.get(&url, Addresses::Any).await, Ok(200));
    assert_eq!(dns.asked(), [] as [&str; 0]);
}
