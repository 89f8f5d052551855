//! A client of reqwest for each request: [`Clients`].

use std::{net::SocketAddr, sync::Arc, time::Duration};

use reqwest::{Client, ClientBuilder, Proxy, header::HeaderValue, redirect, retry};
use secrecy::ExposeSecret as _;

use super::{
    resolve::{Pinned, Resolving},
    watch::Watch,
};
use crate::{
    protocol::{network_guard::Addresses, transport_error::TransportError},
    transport::{
        forward_proxy::{CheckedProxy, ProxyServer},
        settings::TransportSettings,
        shipped::{look_up::LookUp, start::Start, tls::Tls},
    },
};

/// Everything that requests share.
///
/// Each gets a client of its own, and so a connection of its own: what is known of a request (where it may go, until when it
/// may be sent) is then known where its connection is opened. The crate sends few requests. Sessions of TLS are taken up
/// again.
pub(super) struct Clients {
    tls: Tls,
    user_agent: Option<HeaderValue>,
    pub(super) connect_timeout: Duration,
    pub(super) body_limit: usize,
    pub(super) look_up: Arc<dyn LookUp>,
    pub(super) proxy: Option<CheckedProxy>,
}

/// How a request gets to its server.
pub(super) enum Route<'a> {
    /// To one of these addresses, and nowhere else.
    Direct(Vec<SocketAddr>),
    Through(&'a ProxyServer),
}

impl Clients {
    /// # Errors
    ///
    /// When rustls cannot offer TLS 1.2 and 1.3 with aws-lc-rs.
    pub(super) fn new(settings: TransportSettings) -> Result<Self, rustls::Error> {
        Ok(Self {
            tls: Tls::new(&settings)?,
            user_agent: settings.user_agent(),
            connect_timeout: settings.connect_timeout,
            body_limit: settings.body_limit,
            look_up: settings.look_up,
            proxy: settings.proxy,
        })
    }

    /// The client for one request.
    ///
    /// # Errors
    ///
    /// [`TransportError::Unsendable`] when reqwest does not take the settings.
    pub(super) fn client(
        &self,
        route: Route<'_>,
        addresses: &Addresses,
        start: Arc<Start>,
    ) -> Result<Client, TransportError> {
        let builder = base()
            .tls_backend_preconfigured(rustls::ClientConfig::clone(self.tls.to(addresses)))
            .connector_layer(Watch(start));
        let builder = match &self.user_agent {
            Some(value) => builder.user_agent(value.clone()),
            None => builder,
        };
        let builder = match route {
            Route::Direct(addresses) => builder.dns_resolver(Pinned(addresses)),
            Route::Through(server) => builder
                .dns_resolver(Resolving(Arc::clone(&self.look_up)))
                .proxy(proxy(server)?),
        };
        builder.build().map_err(|_| TransportError::Unsendable)
    }
}

/// What holds for every request. Other crates can switch features of reqwest on for us, so that what we do not want is said,
/// also where it is off already.
fn base() -> ClientBuilder {
    Client::builder()
        .http1_only()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        // A small body may grow to any size.
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .pool_max_idle_per_host(0)
}

fn proxy(server: &ProxyServer) -> Result<Proxy, TransportError> {
    let proxy = Proxy::all(server.url.as_str()).map_err(|_| TransportError::Unsendable)?;
    Ok(match &server.credentials {
        None => proxy,
        Some(credentials) => proxy.basic_auth(&credentials.user, credentials.password.expose_secret()),
    })
}
