//! What an error of a socket or of TLS says: [`classify_connect`].

use std::io;

use crate::protocol::transport_error::TransportError;

/// What went wrong before the connection stood.
pub(crate) fn classify_connect(error: &io::Error) -> TransportError {
    let error = innermost(error);
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        return TransportError::Tls;
    }
    match error.kind() {
        io::ErrorKind::TimedOut => TransportError::ConnectTimeout,
        // A host that cannot be in a certificate, junk where TLS was expected, and a server that hangs up on the
        // handshake.
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => TransportError::Tls,
        _ => TransportError::Refused,
    }
}

/// Libraries put one such error into another, of the kind *other*.
fn innermost(mut error: &io::Error) -> &io::Error {
    while let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        error = inner;
    }
    error
}
