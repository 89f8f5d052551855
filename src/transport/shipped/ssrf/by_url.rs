//! Addresses that the URL itself gives away.

use super::*;

for_each_client! {
    no_form_of_an_address_of_this_machine_gets_a_connection_until_its_host_is_allowed_by_name
    what_the_url_gives_away_is_refused_wherever_its_name_leads
}

/// Forms of an address of this machine, with `{port}` for a listener's.
#[rustfmt::skip]
const LOOPBACK_FORMS: [&str; 30] = [
    "https://127.0.0.1:{port}/",
    "https://127.0.0.1.:{port}/",
    "https://127.1:{port}/",
    "https://2130706433:{port}/",
    "https://0x7f000001:{port}/",
    "https://0x7f.1:{port}/",
    "https://0177.0.0.01:{port}/",
    "https://017700000001:{port}/",
    "https://１２７.0.0.1:{port}/",
    "https://①②⑦.0.0.1:{port}/",
    "https://127。0。0。1:{port}/",
    "https://%31%32%37.0.0.1:{port}/",
    "https://0.0.0.0:{port}/",
    "https://0:{port}/",
    "https://[::ffff:127.0.0.1]:{port}/",
    "https://[::ffff:7f00:1]:{port}/",
    "https://[0:0:0:0:0:FFFF:127.0.0.1]:{port}/",
    "https://[::ffff:0.0.0.0]:{port}/",
    "https://[::1]:{port}/",
    "https://[0000:0:0:0:0:0:0:0001]:{port}/",
    "https://[::]:{port}/",
    "https://localhost:{port}/",
    "https://LocalHost:{port}/",
    "https://localhost.:{port}/",
    "https://ｌocalhost:{port}/",
    "https://loc%61lhost:{port}/",
    "https:127.0.0.1:{port}/",
    "https:\\\\127.0.0.1:{port}\\",
    "https://127.0.0.1:{port}#@ehr.example/",
    "ht\ntps://127.0.\t0.1:{port}/",
];

async fn no_form_of_an_address_of_this_machine_gets_a_connection_until_its_host_is_allowed_by_name(http: HttpClient) {
    let (client, v4) = (
        Client::new(http, settings(LyingDns::new(&[&["127.0.0.1"]]))),
        server_at("127.0.0.1", 0),
    );
    let v6 = Loopback::canary_v6(v4.port);
    let connections = || v4.connections() + v6.as_ref().map_or(0, Loopback::connections);
    for form in LOOPBACK_FORMS {
        let form = form.replace("{port}", &v4.port.to_string());
        let url: url::Url = form.parse().unwrap();
        let host = url.host_str().unwrap();
        let before = connections();
        assert_eq!(
            client.get_guarded(&form).await,
            Err(TransportError::AddressRefused),
            "{form}"
        );
        assert_eq!(
            client.get(&form, named("127.0.0.9")).await,
            Err(TransportError::AddressRefused),
            "{form}"
        );
        assert_eq!(connections(), before, "{form}");

        if v6.is_none() && matches!(url.host(), Some(url::Host::Ipv6(_))) {
            continue;
        }
        // The listeners stand in the right place. None of the forms has the name in the certificate.
        for addresses in [named(host), Addresses::Any] {
            // awc asks this system's resolver, and not every one knows `localhost.`.
            if matches!(addresses, Addresses::Any) && host == "localhost." {
                continue;
            }
            let before = connections();
            let error = client.get(&form, addresses).await.unwrap_err();
            // One listener hangs up at once, which may come as a reset.
            assert!(
                matches!(
                    error,
                    TransportError::Tls | TransportError::Disconnected | TransportError::Refused
                ),
                "{form}: {error:?}"
            );
            // A client that fails at once may be done before the connection is counted.
            wait_until(|| connections() == before + 1);
        }
    }
}

fn wait_until(holds: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(10), "it did not come about");
        std::thread::sleep(Duration::from_millis(1));
    }
}

async fn what_the_url_gives_away_is_refused_wherever_its_name_leads(http: HttpClient) {
    let public = Loopback::start_tls_at(SocketAddr::new(ip("127.0.0.2"), 0), "other-name.pem", serve);
    let dns = LyingDns::new(&[&["127.0.0.2"]]);
    let client = Client::new(http, settings(Arc::clone(&dns) as Arc<dyn LookUp>));
    for (scheme, host) in [
        ("http", HOST),
        ("http", "localhost"),
        ("https", "localhost"),
        ("https", "ehr.localhost."),
        ("https", "user@other.example"),
        ("https", ":secret@other.example"),
        ("ftp", HOST),
    ] {
        let url = format!("{scheme}://{host}:{}/", public.port);
        let addresses = playing_public(&["127.0.0.2"]);
        assert_eq!(
            client.get(&url, addresses).await,
            Err(TransportError::AddressRefused),
            "{url}"
        );
    }
    assert_eq!((dns.asked(), public.connections()), (Vec::new(), 0));
}
