//! Who is believed to be the server.

use super::Subject;
use crate::{
    protocol::transport_error::TransportError,
    transport::loopback::{Loopback, answer},
};

/// For the right name, and of an authority that nobody has.
pub async fn a_certificate_that_nobody_trusts_is_refused_and_nothing_is_sent(subject: Subject) {
    let server = Loopback::start_untrusted(|conn| {
        while conn.request().is_some() {
            conn.send(&answer("200 OK", &[], "{}"));
        }
    });
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("https://{host}:{}/", server.port);
        let error = subject.post(url.parse().unwrap()).await.unwrap_err();
        assert_eq!(error, TransportError::Tls, "{host}");
        assert!(error.was_not_sent());
    }
    assert_eq!(server.requests().len(), 0);
}

/// A proxy's page, or a wrong port.
pub async fn plain_text_where_tls_is_expected_is_refused(subject: Subject) {
    let server = Loopback::start(|conn| {
        conn.first_byte();
        conn.send(&answer("400 Bad Request", &[], ""));
        conn.request();
    });
    let url = format!("https://127.0.0.1:{}/", server.port);
    assert_eq!(
        subject.post(url.parse().unwrap()).await.unwrap_err(),
        TransportError::Tls
    );
}
