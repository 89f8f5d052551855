//! Resolving the name of a request, and what of the answer may be connected to.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
};

use url::{Host, Url};

use crate::protocol::{network_guard::AddressGuard, transport_error::TransportError};

/// Resolves names. Tests have one that lies.
pub(crate) trait LookUp: Send + Sync + fmt::Debug {
    /// The addresses of a host, in the order in which they are to be tried.
    fn look_up<'a>(&'a self, host: &'a str) -> LookUpFuture<'a>;
}

/// The future that [`LookUp::look_up`] returns.
pub(crate) type LookUpFuture<'a> = std::pin::Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// The resolver of the operating system, `/etc/hosts` included.
#[derive(Debug)]
pub(crate) struct SystemLookUp;

impl LookUp for SystemLookUp {
    fn look_up<'a>(&'a self, host: &'a str) -> LookUpFuture<'a> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Resolves the host of `url`, once.
///
/// # Errors
///
/// [`TransportError::Dns`] when there is no answer, and [`TransportError::Unsendable`] for a URL without a host or a port.
pub(crate) async fn addresses(resolver: &dyn LookUp, url: &Url) -> Result<Vec<SocketAddr>, TransportError> {
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Err(TransportError::Unsendable);
    };
    let found = match host {
        Host::Domain(name) => resolver.look_up(name).await.unwrap_or_default(),
        Host::Ipv4(address) => vec![address.into()],
        Host::Ipv6(address) => vec![address.into()],
    };
    if found.is_empty() {
        return Err(TransportError::Dns);
    }
    Ok(found
        .into_iter()
        .map(|address| SocketAddr::new(address, port))
        .collect())
}

/// Resolves the host of `url`, once, and keeps the addresses that the guard allows.
///
/// An answer that mixes allowed addresses with others is not refused as a whole: nothing is connected to but what is
/// returned here, and hospitals do publish both.
///
/// # Errors
///
/// As [`addresses`], and [`TransportError::AddressRefused`] when no address is allowed.
pub(crate) async fn allowed_addresses(
    resolver: &dyn LookUp,
    guard: &AddressGuard,
    url: &Url,
) -> Result<Vec<SocketAddr>, TransportError> {
    let host = url.host_str().unwrap_or_default();
    let found = addresses(resolver, url).await?.into_iter();
    let (allowed, refused): (Vec<_>, Vec<_>) = found.partition(|address| guard.allows(host, address.ip()));
    if allowed.is_empty() {
        let refused: Vec<_> = refused.iter().map(SocketAddr::ip).collect();
        tracing::warn!(
            host,
            addresses = ?refused,
            "a registration of a resolver or a brand bundle leads to a host that has no public address; nothing was sent. Allow \
             the host by name (`allow_hosts`) if it is to be reached"
        );
        return Err(TransportError::AddressRefused);
    }
    Ok(allowed)
}
