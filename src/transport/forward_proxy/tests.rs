use secrecy::ExposeSecret as _;
use url::Url;

use super::*;

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn checked(proxy: &ForwardProxy) -> CheckedProxy {
    proxy.check_with(&|_| None).unwrap().unwrap()
}

fn refused(proxy: &ForwardProxy) -> ProxyError {
    proxy.check_with(&|_| None).unwrap_err()
}

/// Whether each of these is asked directly.
fn directly(proxy: &ForwardProxy, urls: &[&str]) -> Vec<bool> {
    let proxy = checked(proxy);
    urls.iter()
        .map(|text| proxy.on_the_way_to(&url(text)).is_none())
        .collect()
}

fn at(address: &str) -> ForwardProxy {
    ForwardProxy::new(address)
}

const PROXY: &str = "http://proxy.example:3128";

#[test]
fn an_address_is_a_scheme_a_host_and_a_port() {
    for address in [
        PROXY,
        "https://proxy.example",
        "http://10.0.0.1:8080/",
        " http://[fd00::1]:80 ",
    ] {
        assert!(at(address).check_with(&|_| None).is_ok(), "{address}");
    }
    for address in [
        "",
        "proxy.example",
        "proxy.example:3128",
        "socks5://proxy.example:1080",
        "http://proxy.example/path",
        "http://proxy.example/?a",
        "http://proxy.example/#a",
        "http://",
    ] {
        assert_eq!(refused(&at(address)), ProxyError::Address, "{address}");
    }
}

#[test]
fn credentials_have_a_place_of_their_own() {
    for address in [
        "http://me@proxy.example",
        "http://me:secret@proxy.example",
        "http://:secret@proxy.example",
    ] {
        let error = refused(&at(address));
        assert_eq!(error, ProxyError::CredentialsInAddress);
        assert!(!error.to_string().contains("secret"));
    }
    for (user, password) in [("a:b", "c"), ("a", "b\r\nX: y"), ("a\n", "b")] {
        assert_eq!(
            refused(&at(PROXY).credentials(user, password)),
            ProxyError::Credentials,
            "{user}"
        );
    }
    let proxy = at(PROXY).credentials("me", "a:b c");
    let server = checked(&proxy)
        .on_the_way_to(&url("https://ehr.example"))
        .cloned()
        .unwrap();
    let credentials = server.credentials.clone().unwrap();
    assert_eq!(
        (credentials.user.as_str(), credentials.password.expose_secret()),
        ("me", "a:b c")
    );
    let shown = format!("{proxy:?} {server:?} {:?}", checked(&proxy));
    assert!(!shown.contains("a:b c"), "{shown}");
}

#[test]
fn a_domain_is_excepted_with_everything_below_it_and_nothing_beside_it() {
    for spelling in [
        "hospital.example",
        ".hospital.example",
        "*.hospital.example",
        " HOSPITAL.example. ",
    ] {
        let proxy = at(PROXY).except([spelling]);
        let urls = [
            "https://hospital.example/fhir",
            "https://fhir.hospital.example:8443/",
            "https://a.b.Hospital.Example./",
            "https://nothospital.example/",
            "https://hospital.example.evil.example/",
            "https://example/",
            "https://10.0.0.1/",
        ];
        assert_eq!(
            directly(&proxy, &urls),
            [true, true, true, false, false, false, false],
            "{spelling}"
        );
    }
}

#[test]
fn addresses_and_networks_are_excepted_to_the_bit() {
    let urls = [
        "https://10.1.2.3/",
        "https://10.1.2.4/",
        "https://10.1.3.3/",
        "https://11.1.2.3/",
        "https://[fd00::7]/",
    ];
    for (exception, direct) in [
        ("10.1.2.3", [true, false, false, false, false]),
        ("10.1.2.0/24", [true, true, false, false, false]),
        ("10.1.2.99/24", [true, true, false, false, false]),
        ("10.0.0.0/8", [true, true, true, false, false]),
        ("0.0.0.0/0", [true, true, true, true, false]),
        ("fd00::/8", [false, false, false, false, true]),
        ("fd00::7", [false, false, false, false, true]),
        ("[fd00::7]", [false, false, false, false, true]),
        ("fd00::8/128", [false, false, false, false, false]),
        ("*", [true, true, true, true, true]),
    ] {
        assert_eq!(directly(&at(PROXY).except([exception]), &urls), direct, "{exception}");
    }
}

#[test]
fn what_is_no_exception_is_named() {
    for exception in [
        "",
        "10.0.0.0/33",
        "10.0.0.0/",
        "hospital.example/8",
        "a b",
        "https://a.example",
        "*.*.example",
        "fd00::/129",
    ] {
        assert_eq!(
            refused(&at(PROXY).except(["good.example", exception])),
            ProxyError::Exception {
                exception: exception.to_owned()
            }
        );
    }
}

/// This machine, seen from the proxy, is another one.
#[test]
fn hosts_of_this_machine_are_never_asked_through_a_proxy() {
    let urls = [
        "http://127.0.0.1:8080/",
        "https://127.0.0.2/",
        "https://localhost/",
        "https://[::1]/",
        "https://ehr.example/",
    ];
    assert_eq!(directly(&at(PROXY), &urls), [true, true, true, true, false]);
}

/// The proxy for an EHR that this environment gives.
fn from_environment(variables: &'static [(&str, &str)]) -> Result<Option<CheckedProxy>, ProxyError> {
    let variable = |name: &str| {
        let found = variables.iter().find(|(it, _)| *it == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    ForwardProxy::from_env().check_with(&variable)
}

fn host_from(variables: &'static [(&str, &str)]) -> Option<String> {
    let proxy = from_environment(variables).unwrap()?;
    let server = proxy.on_the_way_to(&url("https://ehr.example/"))?;
    server.url.host_str().map(str::to_owned)
}

#[test]
fn the_environment_is_read_in_the_order_that_is_documented() {
    for (variables, host) in [
        (&[] as &[_], None),
        (&[("HTTP_PROXY", "http://one.example")], None),
        (&[("HTTPS_PROXY", "http://one.example")], Some("one.example")),
        (
            &[
                ("https_proxy", "http://two.example"),
                ("HTTPS_PROXY", "http://one.example"),
            ],
            Some("two.example"),
        ),
        (
            &[
                ("ALL_PROXY", "http://three.example"),
                ("HTTPS_PROXY", "http://one.example"),
            ],
            Some("one.example"),
        ),
        (&[("all_proxy", "three.example:3128")], Some("three.example")),
        (
            &[("https_proxy", " "), ("HTTPS_PROXY", "http://one.example")],
            Some("one.example"),
        ),
        (
            &[
                ("HTTPS_PROXY", "http://one.example"),
                ("NO_PROXY", "a.example,.ehr.example"),
            ],
            None,
        ),
        (
            &[
                ("HTTPS_PROXY", "http://one.example"),
                ("NO_PROXY", "fd00::7,ehr.example:8443"),
            ],
            None,
        ),
        (
            &[
                ("HTTPS_PROXY", "http://one.example"),
                ("no_proxy", "a.example, 10.0.0.0/8"),
            ],
            Some("one.example"),
        ),
    ] {
        assert_eq!(host_from(variables).as_deref(), host, "{variables:?}");
    }
}

#[test]
fn credentials_in_a_variable_are_decoded_and_those_of_the_option_win() {
    let variables = |name: &str| (name == "HTTPS_PROXY").then(|| "http://m%40e:a+b%26%3Ac@proxy.example".to_owned());
    for (proxy, expected) in [
        (ForwardProxy::from_env(), ("m@e", "a+b&:c")),
        (ForwardProxy::from_env().credentials("you", "other"), ("you", "other")),
    ] {
        let proxy = proxy.check_with(&variables).unwrap().unwrap();
        let server = proxy.on_the_way_to(&url("https://ehr.example")).unwrap();
        let credentials = server.credentials.as_ref().unwrap();
        assert_eq!(
            (credentials.user.as_str(), credentials.password.expose_secret()),
            expected
        );
        assert_eq!(server.url.as_str(), "http://proxy.example/");
    }
}

#[test]
fn a_wrong_variable_is_refused_and_its_text_stays_out_of_the_message() {
    let error = from_environment(&[("HTTPS_PROXY", "socks5://me:marker@proxy.example")]).unwrap_err();
    assert_eq!(error, ProxyError::Address);
    assert!(!error.to_string().contains("marker"));
}
