//! The part of the address guard that no transport can forget.

use std::{fmt, sync::Arc};

use super::http_transport::{AddressEnforcement, HttpTransport, StreamFuture, TransportFuture};
use crate::protocol::{
    http::{Connection, HttpRequest},
    network_guard::{AddressGuard, Addresses},
    transport_error::TransportError,
};

/// A transport behind the guard: everything that the crate sends goes through one of these. The engine sees to it.
///
/// It refuses what can be refused without resolving a name. What a name resolves to is up to the transport behind; if
/// that does not look, only hosts that are allowed by name pass.
pub(crate) struct GuardedTransport {
    inner: Arc<dyn HttpTransport>,
}

impl GuardedTransport {
    pub(crate) fn new(inner: Arc<dyn HttpTransport>) -> Self {
        Self { inner }
    }

    /// The request as it may be sent.
    fn admitted(&self, mut request: HttpRequest) -> Result<HttpRequest, TransportError> {
        if let Addresses::Guarded(guard) = &request.addresses {
            check(guard, &request, self.inner.addresses())?;
            // One from the pool may have been opened for another registration, to another address.
            request.connection = Connection::Fresh;
        }
        Ok(request)
    }
}

impl HttpTransport for GuardedTransport {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        match self.admitted(request) {
            Ok(request) => self.inner.send(request),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn stream(&self, request: HttpRequest) -> StreamFuture<'_> {
        match self.admitted(request) {
            Ok(request) => self.inner.stream(request),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn addresses(&self) -> AddressEnforcement {
        self.inner.addresses()
    }
}

impl fmt::Debug for GuardedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

fn check(guard: &AddressGuard, request: &HttpRequest, enforcement: AddressEnforcement) -> Result<(), TransportError> {
    let host = request.url.host_str().unwrap_or_default();
    if let Err(error) = guard.allows_host(&request.url) {
        tracing::warn!(
            host,
            %error,
            "a registration of a resolver or a brand bundle leads to where none may lead; nothing was sent"
        );
        return Err(TransportError::AddressRefused);
    }
    match enforcement {
        AddressEnforcement::NotEnforced if !guard.is_named(host) => {
            tracing::warn!(
                host,
                "a registration of a resolver or a brand bundle leads to a host that is not allowed by name, and the configured transport \
                 does not check addresses (`HttpTransport::addresses`); nothing was sent"
            );
            Err(TransportError::AddressRefused)
        }
        AddressEnforcement::Enforced | AddressEnforcement::NotEnforced => Ok(()),
    }
}

#[cfg(test)]
mod ssrf;
