//! A server that lets nobody in without a certificate.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::*;
use crate::{
    PrivateKey,
    protocol::{
        client_auth::KeyError,
        network_guard::{AddressGuard, Addresses},
    },
    transport::{ClientCertificate, client_certificate::ClientCertificateError},
};

for_each_client! {
    a_server_that_demands_a_certificate_gets_it
    without_the_right_certificate_nothing_is_answered
    a_registration_of_a_resolver_is_not_told_who_we_are
}

/// An authority, made for this test.
struct Authority(CertifiedIssuer<'static, KeyPair>);

struct Identity {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn server(&self) -> Loopback {
        Loopback::start_tls_for(self.0.der().clone(), serve)
    }

    fn identity(&self) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["my-app.example".to_owned()]).unwrap();
        Identity {
            certificate: params.signed_by(&key, &self.0).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }
}

fn nothing(_: &std::path::Path) -> std::io::Result<secrecy::zeroize::Zeroizing<Vec<u8>>> {
    Err(std::io::ErrorKind::NotFound.into())
}

fn client_of(http: HttpClient, certificate: &ClientCertificate) -> Client {
    let settings = TransportSettings {
        client_certificate: Some(certificate.check(&nothing).unwrap()),
        ..trusting()
    };
    client_with(http, settings)
}

async fn a_server_that_demands_a_certificate_gets_it(http: HttpClient) {
    let authority = Authority::new();
    let (server, Identity { certificate, key }) = (authority.server(), authority.identity());
    for identity in [
        ClientCertificate::pem(format!("{certificate}{key}")),
        ClientCertificate::pem(format!("{key}\n{certificate}")),
        ClientCertificate::pem(certificate).key(PrivateKey::pem(key)),
    ] {
        let client = client_of(http, &identity);
        assert_eq!(client.post(https(&server)).await.unwrap().status, 200);
        assert_eq!(client.get(https(&server)).await.unwrap().status, 200);
    }
    assert_eq!(server.requests().len(), 6);
}

async fn without_the_right_certificate_nothing_is_answered(http: HttpClient) {
    let (authority, other) = (Authority::new(), Authority::new().identity());
    let server = authority.server();
    let stranger = ClientCertificate::pem(format!("{}{}", other.certificate, other.key));
    for client in [trusting_test_root(http), client_of(http, &stranger)] {
        let error = client.post(https(&server)).await.unwrap_err();
        // In TLS 1.3 the server says so when the client has begun to send.
        assert!(
            matches!(error, TransportError::Tls | TransportError::Disconnected),
            "{error:?}"
        );
    }
    assert_eq!(server.requests().len(), 0);
}

async fn a_registration_of_a_resolver_is_not_told_who_we_are(http: HttpClient) {
    let authority = Authority::new();
    let (server, identity) = (authority.server(), authority.identity());
    let client = client_of(
        http,
        &ClientCertificate::pem(format!("{}{}", identity.certificate, identity.key)),
    );
    // One that is known leaves a session behind, which must not be taken up.
    assert_eq!(client.get(https(&server)).await.unwrap().status, 200);
    let mut request = HttpRequest::get(https(&server), Duration::from_secs(5));
    request.addresses = Addresses::Guarded(AddressGuard::new(["localhost"]).unwrap());
    let error = client.send(request).await.unwrap_err();
    assert!(
        matches!(error, TransportError::Tls | TransportError::Disconnected),
        "{error:?}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn what_is_wrong_with_a_certificate_or_its_key_is_said() {
    let authority = Authority::new();
    let (own, other) = (authority.identity(), authority.identity());
    let refused = |certificate: ClientCertificate| certificate.check(&nothing).unwrap_err();
    let pem = |text: String| ClientCertificate::pem(text);
    use ClientCertificateError as E;
    assert_eq!(refused(pem(own.key.clone())), E::NoCertificate);
    assert_eq!(refused(pem(own.certificate.clone())), E::Key(KeyError::Certificate));
    assert_eq!(refused(pem(format!("{}{}", own.certificate, other.key))), E::OtherKey);
    let cut = own.certificate.split("-----END").next().unwrap().to_owned();
    assert_eq!(refused(pem(format!("{cut}\n{}", own.key))), E::Malformed);
    let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(refused(pem(format!("{junk}{}", own.key))), E::Malformed);
    let unreadable = refused(ClientCertificate::file("/nowhere/identity.pem"));
    assert!(
        matches!(unreadable, E::Key(KeyError::Unreadable { .. })),
        "{unreadable:?}"
    );
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let encrypted = ClientCertificate::pem(own.certificate.clone()).key(PrivateKey::pem(encrypted));
    assert_eq!(refused(encrypted), E::Key(KeyError::Encrypted));
    let no_key = "-----BEGIN PRIVATE KEY-----\nMAMCAQA=\n-----END PRIVATE KEY-----\n";
    assert_eq!(
        refused(pem(own.certificate.clone()).key(PrivateKey::pem(no_key))),
        E::UnusableKey
    );
    let shown = format!("{:?}", pem(format!("{}{}", own.certificate, own.key)));
    assert_eq!(shown, "ClientCertificate([redacted])");
}

#[test]
fn line_ends_may_be_written_as_an_environment_variable_has_them() {
    let identity = Authority::new().identity();
    let text = format!("{}{}", identity.certificate, identity.key).replace('\n', "\\n");
    assert!(ClientCertificate::pem(text).check(&nothing).is_ok());
}
