//! How requests leave the process.

use std::time::Duration;

use super::{builder, ehr, invalid, logged, refused};
use crate::{
    EhrBuilder, SmartConfig,
    config::{ConfigProblem, ProblemKind},
    error::{ClientCertificateError, ProxyError, TransportError},
    resolver::{EhrResolver, FhirBaseUrl, ResolveFuture},
    transport::{ClientCertificate, ForwardProxy, HttpClient, HttpRequest, HttpTransport, Roots, TransportFuture},
};

#[derive(Debug)]
struct Own;

impl HttpTransport for Own {
    fn send(&self, _: HttpRequest) -> TransportFuture<'_> {
        Box::pin(std::future::ready(Err(TransportError::Refused)))
    }
}

#[derive(Debug)]
struct Nobody;

impl EhrResolver for Nobody {
    fn resolve<'a>(&'a self, _: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

fn proxy() -> ForwardProxy {
    ForwardProxy::new("http://proxy.example:3128")
}

/// A certificate and its key, made anew.
fn identity() -> ClientCertificate {
    let key = rcgen::generate_simple_self_signed(vec!["app.example".to_owned()]).unwrap();
    ClientCertificate::pem(format!("{}{}", key.cert.pem(), key.signing_key.serialize_pem()))
}

#[test]
fn a_missing_transport_is_told_what_to_do() {
    let problem = ConfigProblem {
        ehr: None,
        field: "transport",
        kind: ProblemKind::Missing,
    };
    let said = problem.to_string();
    for cure in ["`reqwest`", "`actix`", ".transport(…)"] {
        assert!(said.contains(cure), "{said}");
    }
}

/// Each option beside a transport of the application's own, and none.
#[test]
fn an_option_that_a_transport_of_the_applications_own_never_sees_is_named_in_the_log() {
    const CERTIFICATE: &str = include_str!("../../../tests/fixtures/keys/certificate.pem");
    let (own, silent) = logged(|| {
        builder()
            .transport(Own)
            .request_timeout(Duration::from_secs(3))
            .connect_timeout(Duration::from_secs(5))
            .build()
    });
    assert!(own.is_ok() && !silent.contains("no effect"), "{silent}");
    for (name, builder) in [
        ("connect_timeout", builder().connect_timeout(Duration::from_secs(6))),
        ("body_limit", builder().body_limit(7)),
        ("user_agent", builder().user_agent("my-app")),
        (
            "extra_root_certificates",
            builder().extra_root_certificates(CERTIFICATE),
        ),
        ("http_client", builder().http_client(HttpClient::Reqwest)),
        ("client_certificate", builder().client_certificate(identity())),
        ("forward_proxy", builder().forward_proxy(proxy())),
    ] {
        let (built, said) = logged(|| builder.clone().transport(Own).build());
        assert!(built.is_ok(), "{name}");
        let line = said
            .lines()
            .find(|line| line.contains("no effect"))
            .unwrap_or_else(|| panic!("{name}: {said}"));
        assert!(
            line.contains("WARN") && line.contains(&format!("options=\"{name}\"")),
            "{line}"
        );
        // Where the crate's own transport is used, it has an effect.
        let (_, said) = logged(|| builder.http_client(HttpClient::Reqwest).build());
        assert!(!said.contains("no effect"), "{name}: {said}");
    }
}

#[test]
fn a_proxy_needs_a_client_that_knows_proxies() {
    assert_eq!(
        refused(builder().forward_proxy(proxy())),
        [invalid("forward_proxy", ProxyError::NeedsReqwest)]
    );
    assert_eq!(
        refused(builder().http_client(HttpClient::Awc).forward_proxy(proxy())),
        [invalid("forward_proxy", ProxyError::NeedsReqwest)]
    );
    assert!(
        builder()
            .http_client(HttpClient::Reqwest)
            .forward_proxy(proxy())
            .build()
            .is_ok()
    );
}

#[test]
fn a_proxy_that_cannot_be_used_is_refused_with_everything_else() {
    let wrong = builder()
        .http_client(HttpClient::Reqwest)
        .forward_proxy(ForwardProxy::new("socks5://proxy.example"))
        .client_certificate(ClientCertificate::pem("nothing"));
    assert_eq!(
        refused(wrong),
        [
            invalid("client_certificate", ClientCertificateError::NoCertificate),
            invalid("forward_proxy", ProxyError::Address),
        ]
    );
}

/// A proxy that is spoken to in TLS may ask for the certificate too.
#[test]
fn a_client_certificate_is_for_ehrs_and_no_encrypted_proxy_is_to_see_it() {
    let with = |proxy: &str| {
        builder()
            .http_client(HttpClient::Reqwest)
            .client_certificate(identity())
            .forward_proxy(ForwardProxy::new(proxy))
    };
    assert_eq!(
        refused(with("https://proxy.example:3128")),
        [invalid("forward_proxy", ProxyError::CertificateForEhrs)]
    );
    assert!(with("http://proxy.example:3128").build().is_ok());
    let without = builder()
        .http_client(HttpClient::Reqwest)
        .forward_proxy(ForwardProxy::new("https://proxy.example:3128"));
    assert!(without.build().is_ok());
}

#[test]
fn registrations_of_a_resolver_behind_a_proxy_need_hosts_that_are_named_or_somebody_who_guards() {
    let behind = |proxy| {
        builder()
            .http_client(HttpClient::Reqwest)
            .ehr_resolver(Nobody)
            .forward_proxy(proxy)
    };
    assert_eq!(
        refused(behind(proxy())),
        [invalid("forward_proxy", ProxyError::NobodyGuards)]
    );
    assert!(behind(proxy()).allow_hosts(["fhir.hospital.example"]).build().is_ok());
    assert!(behind(proxy().danger_proxy_guards_addresses()).build().is_ok());
    let without_resolver = builder().http_client(HttpClient::Reqwest).forward_proxy(proxy());
    assert!(without_resolver.build().is_ok());
}

#[test]
fn awc_stays_the_default_where_both_are_there() {
    assert_eq!(HttpClient::default(), HttpClient::Awc);
    let config = SmartConfig::builder().ehr(ehr()).build().unwrap();
    assert_eq!(config.runtime().settings.http.client, HttpClient::Awc);
    assert_eq!(config.runtime().settings.http.transport.roots, Roots::BuiltIn);
    assert!(config.runtime().settings.http.transport.proxy.is_none());
}

#[test]
fn no_secret_is_in_the_debug_text_of_a_configuration() {
    let proxy = ForwardProxy::new("http://proxy.example:3128").credentials("me", "marker");
    let builder = builder().http_client(HttpClient::Reqwest).forward_proxy(proxy);
    let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
    assert!(!shown.contains("marker"), "{shown}");
}
