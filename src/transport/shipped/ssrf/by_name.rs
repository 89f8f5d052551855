//! Names, and what they resolve to.

use super::*;

for_each_client! {
    a_name_that_resolves_to_an_address_that_is_not_public_gets_no_connection
    an_answer_that_changes_after_the_check_changes_nothing
    of_a_mixed_answer_only_the_public_addresses_are_tried_one_after_the_other
    a_name_that_does_not_resolve_and_a_resolver_that_hangs_are_told_apart
}

async fn a_name_that_resolves_to_an_address_that_is_not_public_gets_no_connection(http: HttpClient) {
    let server = server_at("127.0.0.1", 0);
    let v6 = Loopback::canary_v6(server.port);
    for answer in [
        &["127.0.0.1"] as &[_],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["0.0.0.0"],
        &["::"],
        &["127.0.0.1", "::1", "10.0.0.1"],
        &["169.254.169.254"],
        &["10.0.0.1"],
        &["fd00:ec2::254"],
        &["fe80::1"],
        &["64:ff9b::7f00:1"],
        &["2002:7f00:1::"],
    ] {
        let dns = LyingDns::new(&[answer]);
        let client = Client::new(http, settings(Arc::clone(&dns) as Arc<dyn LookUp>));
        for host in [HOST, "OTHER.example", "other.example.", "ｏther.example"] {
            let url = format!("https://{host}:{}/", server.port);
            assert_eq!(
                client.get_guarded(&url).await,
                Err(TransportError::AddressRefused),
                "{answer:?}"
            );
        }
        assert_eq!(dns.asked(), [HOST, HOST, "other.example.", HOST]);
    }
    assert_eq!(server.connections() + v6.as_ref().map_or(0, Loopback::connections), 0);

    let client = Client::new(http, settings(LyingDns::new(&[&["127.0.0.1"]])));
    let url = format!("https://{HOST}:{}/", server.port);
    assert_eq!(client.get(&url, named(HOST)).await, Ok(200));
    assert_eq!(server.connections(), 1);
}

async fn an_answer_that_changes_after_the_check_changes_nothing(http: HttpClient) {
    let public = server_at("127.0.0.2", 0);
    let inside = server_at("127.0.0.1", public.port);
    let dns = LyingDns::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let client = Client::new(http, settings(Arc::clone(&dns) as Arc<dyn LookUp>));
    let url = format!("https://{HOST}:{}/", public.port);
    let addresses = playing_public(&["127.0.0.2"]);
    assert_eq!(client.get(&url, addresses.clone()).await, Ok(200));
    assert_eq!((public.connections(), inside.connections()), (1, 0));
    assert_eq!(dns.asked(), [HOST], "resolved once, for the check and the connection");

    // The next request is checked again, whatever the one before found.
    assert_eq!(client.get(&url, addresses).await, Err(TransportError::AddressRefused));
    assert_eq!((public.connections(), inside.connections()), (1, 0));
}

async fn of_a_mixed_answer_only_the_public_addresses_are_tried_one_after_the_other(http: HttpClient) {
    let public = server_at("127.0.0.2", 0);
    let inside = server_at("127.0.0.1", public.port);
    // Nothing listens at 127.0.0.3, and that is no reason to go where nobody may.
    let dns = LyingDns::new(&[&["127.0.0.1", "127.0.0.3", "::ffff:127.0.0.1", "127.0.0.2"]]);
    let client = Client::new(http, settings(dns));
    let url = format!("https://{HOST}:{}/", public.port);
    let both = playing_public(&["127.0.0.2", "127.0.0.3"]);
    assert_eq!(client.get(&url, both).await, Ok(200));
    assert_eq!(
        client.get(&url, playing_public(&["127.0.0.3"])).await,
        Err(TransportError::Refused)
    );
    assert_eq!((public.connections(), inside.connections()), (1, 0));
}

async fn a_name_that_does_not_resolve_and_a_resolver_that_hangs_are_told_apart(http: HttpClient) {
    let url = format!("https://{HOST}/");
    for dns in [LyingDns::new(&[]), LyingDns::new(&[&[]])] {
        let client = Client::new(http, settings(dns));
        assert_eq!(client.get_guarded(&url).await, Err(TransportError::Dns));
    }
    let client = Client::new(
        http,
        TransportSettings {
            connect_timeout: Duration::from_millis(100),
            ..settings(Arc::new(SilentDns))
        },
    );
    assert_eq!(client.get_guarded(&url).await, Err(TransportError::ConnectTimeout));
}

/// The one test that asks the system's resolver for a name: `localhost` is in every hosts file.
#[tokio::test]
async fn the_resolver_of_the_system_finds_this_machine_and_the_guard_refuses_it() {
    let found = SystemLookUp.look_up("localhost").await.unwrap();
    assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
    let guard = AddressGuard::default();
    assert!(found.iter().all(|address| !guard.allows("localhost", *address)));
    assert!(SystemLookUp.look_up("no-such-host.invalid").await.is_err());
}

#[test]
fn the_log_names_the_host_and_the_addresses_that_were_refused() {
    for http in CLIENTS {
        let logged = capture_logs(tracing::Level::WARN, || {
            block_locally(async {
                let transport = on_this_thread(*http, settings(LyingDns::new(&[&["10.0.0.7"]])));
                let url = "https://other.example/?code=marker";
                let request = get(url, Addresses::Guarded(AddressGuard::default()));
                let error = transport.send(request).await.unwrap_err();
                assert_eq!(error, TransportError::AddressRefused);
            });
        });
        assert_eq!(logged.lines().count(), 1, "{logged}");
        assert!(logged.contains(HOST) && logged.contains("10.0.0.7"), "{logged}");
        assert!(!logged.contains("marker"), "{logged}");
    }
}
