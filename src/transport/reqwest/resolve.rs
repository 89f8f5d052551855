//! What reqwest is told when it asks for the addresses of a name.

use std::{io, net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve};

use crate::transport::shipped::look_up::LookUp;

/// The addresses that were found, and looked at, before. Whatever is asked for.
pub(super) struct Pinned(pub(super) Vec<SocketAddr>);

impl Resolve for Pinned {
    fn resolve(&self, _: Name) -> reqwest::dns::Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// The addresses of the forward proxy.
pub(super) struct Resolving(pub(super) Arc<dyn LookUp>);

/// The proxy has no address.
#[derive(Debug, thiserror::Error)]
#[error("the name of the forward proxy does not resolve")]
pub(super) struct ProxyNotFound(#[source] io::Error);

impl Resolve for Resolving {
    fn resolve(&self, name: Name) -> reqwest::dns::Resolving {
        let look_up = Arc::clone(&self.0);
        Box::pin(async move {
            let found = look_up.look_up(name.as_str()).await.map_err(ProxyNotFound)?;
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
