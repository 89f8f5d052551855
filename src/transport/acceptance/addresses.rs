//! Where guarded requests go ([`HttpTransport::addresses`](crate::transport::HttpTransport::addresses)).

use super::{Subject, get, post};
use crate::{
    protocol::{
        http::{Connection, HttpRequest},
        network_guard::{AddressGuard, Addresses},
        transport_error::TransportError,
    },
    transport::{
        AddressEnforcement,
        loopback::{Loopback, answer},
    },
};

fn is_not_asked(subject: &Subject) -> bool {
    subject.0.addresses() == AddressEnforcement::NotEnforced
}

fn guarded(mut request: HttpRequest, guard: AddressGuard) -> HttpRequest {
    request.addresses = Addresses::Guarded(guard);
    request
}

fn named_localhost() -> AddressGuard {
    AddressGuard::new(["localhost"]).unwrap()
}

/// The crate refuses this name by itself. What a name leads to is the transport's to see, and this is the one name that leads
/// somewhere on every machine.
pub async fn a_guarded_name_of_this_machine_gets_no_connection(subject: Subject) {
    if is_not_asked(&subject) {
        return;
    }
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    for host in ["localhost", "127.0.0.1"] {
        for scheme in ["http", "https"] {
            let url: url::Url = format!("{scheme}://{host}:{}/", server.port).parse().unwrap();
            for request in [get(url.clone()), post(url)] {
                let error = subject
                    .send(guarded(request, AddressGuard::default()))
                    .await
                    .unwrap_err();
                assert_eq!(error, TransportError::AddressRefused, "{scheme} {host}");
            }
        }
    }
    assert_eq!(server.connections(), 0);
}

/// The other side of it.
pub async fn a_host_that_is_allowed_by_name_is_asked(subject: Subject) {
    if is_not_asked(&subject) {
        return;
    }
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let url: url::Url = format!("http://localhost:{}/", server.port).parse().unwrap();
    for request in [get(url.clone()), post(url)] {
        assert_eq!(
            subject.send(guarded(request, named_localhost())).await.unwrap().status,
            200
        );
    }
    assert!(
        server.requests()[0]
            .to_ascii_lowercase()
            .contains(&format!("host: localhost:{}\r\n", server.port))
    );
}

/// One from a pool was opened to an address that nobody has looked at for this request.
pub async fn a_connection_of_another_request_is_never_used_for_a_guarded_one(subject: Subject) {
    if is_not_asked(&subject) {
        return;
    }
    let server = Loopback::always(answer("200 OK", &[], "{}"));
    let url: url::Url = format!("http://localhost:{}/", server.port).parse().unwrap();
    for _ in 0..2 {
        subject.get(url.clone()).await.unwrap();
    }
    for _ in 0..2 {
        let before = server.connections();
        let mut request = guarded(get(url.clone()), named_localhost());
        request.connection = Connection::Any;
        subject.send(request).await.unwrap();
        assert_eq!(server.connections(), before + 1);
    }
}
