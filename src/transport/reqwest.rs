//! reqwest, on the thread of the engine: [`ReqwestTransport`].
//!
//! A request that was handed over is sent and read to its end even if the caller goes away, and whatever runtime the caller is
//! in, if any.

mod clients;
mod exchange;
mod resolve;
mod watch;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{runtime::Handle, sync::oneshot};

use super::{
    forward_proxy::ProxyGuard,
    http_transport::{AddressEnforcement, HttpTransport, StreamFuture, TransportFuture},
    settings::TransportSettings,
};
use crate::protocol::{http::HttpRequest, transport_error::TransportError};
use clients::Clients;
use exchange::{exchange, stream};

/// Sends with reqwest, as tasks of a runtime.
pub(crate) struct ReqwestTransport {
    runtime: Handle,
    /// `None` where TLS could not be set up.
    clients: Option<Arc<Clients>>,
    addresses: AddressEnforcement,
}

impl ReqwestTransport {
    pub(crate) fn new(settings: TransportSettings, runtime: Handle) -> Self {
        let addresses = match settings.proxy.as_ref().map(|proxy| proxy.guard()) {
            None | Some(ProxyGuard::DangerProxy) => AddressEnforcement::Enforced,
            Some(ProxyGuard::Names) => AddressEnforcement::NotEnforced,
        };
        let clients = Clients::new(settings)
            .map_err(|error| tracing::error!(%error, "TLS could not be set up; every request of the crate will fail"))
            .ok()
            .map(Arc::new);
        Self {
            runtime,
            clients,
            addresses,
        }
    }
}

impl HttpTransport for ReqwestTransport {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        let Some(clients) = self.clients.clone() else {
            return Box::pin(std::future::ready(Err(TransportError::Tls)));
        };
        let begun = Arc::new(AtomicBool::new(false));
        let beginning = Arc::clone(&begun);
        Box::pin(async move {
            let sending = self.runtime.spawn(async move {
                beginning.store(true, Ordering::SeqCst);
                exchange(&clients, request).await
            });
            sending.await.unwrap_or_else(|_| {
                Err(if begun.load(Ordering::SeqCst) {
                    // The runtime went away in the middle: nobody knows how far it came.
                    TransportError::Disconnected
                } else {
                    TransportError::ShutDown
                })
            })
        })
    }

    fn stream(&self, request: HttpRequest) -> StreamFuture<'_> {
        let Some(clients) = self.clients.clone() else {
            return Box::pin(std::future::ready(Err(TransportError::Tls)));
        };
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            self.runtime
                .spawn(async move { stream(&clients, request, reply).await });
            answer.await.unwrap_or(Err(TransportError::ShutDown))
        })
    }

    fn addresses(&self) -> AddressEnforcement {
        self.addresses
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}
