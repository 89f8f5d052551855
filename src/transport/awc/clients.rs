//! The two awc clients: one keeps connections, one never does.

use std::{sync::Arc, time::Duration};

use awc::{Client, ClientBuilder, Connector, http::header::HeaderValue};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
};

use super::{AwcSettings, DEFAULT_USER_AGENT, ExtraRoots, look_up::LookUp};
use crate::protocol::http::Connection;

/// Everything that requests share.
pub(super) struct Clients {
    pooled: Client,
    fresh: Client,
    pub(super) user_agent: HeaderValue,
    pub(super) connect_timeout: Duration,
    pub(super) body_limit: usize,
    pub(super) look_up: Arc<dyn LookUp>,
}

impl Clients {
    /// # Errors
    ///
    /// When rustls cannot offer TLS 1.2 and 1.3 with aws-lc-rs.
    pub(super) fn new(settings: &AwcSettings) -> Result<Self, rustls::Error> {
        let tls = tls_config(&settings.extra_roots)?;
        // awc builds a TLS configuration of its own before it takes ours when another crate switched its roots
        // features on, and that panics without a default provider or with two to choose from.
        if CryptoProvider::get_default().is_none() {
            let _ = aws_lc_rs::default_provider().install_default();
        }
        Ok(Self {
            pooled: client(settings, Arc::clone(&tls), None),
            // `force_close()` on a request would still take an idle connection from the pool; a pool whose
            // connections are too old at once does not.
            fresh: client(settings, tls, Some(Duration::ZERO)),
            user_agent: user_agent(&settings.user_agent),
            connect_timeout: settings.connect_timeout,
            body_limit: settings.body_limit,
            look_up: Arc::clone(&settings.look_up),
        })
    }

    pub(super) const fn client(&self, connection: Connection) -> &Client {
        match connection {
            Connection::Any => &self.pooled,
            Connection::Fresh => &self.fresh,
        }
    }
}

fn client(settings: &AwcSettings, tls: Arc<ClientConfig>, keep_alive: Option<Duration>) -> Client {
    // Never `max_http_version`: it throws this TLS configuration away. ALPN decides instead.
    let mut connector = Connector::new()
        .rustls_0_23(tls)
        .timeout(settings.connect_timeout)
        .handshake_timeout(settings.connect_timeout)
        // How many go to each EHR at once is limited before (`places`). This one is for all together: one EHR that
        // hangs would take every place from the others.
        .limit(0);
    if let Some(keep_alive) = keep_alive {
        connector = connector.conn_keep_alive(keep_alive);
    }
    ClientBuilder::new()
        .connector(connector)
        .disable_redirects()
        // awc's own covers the head of the answer only; `exchange` has one around all of it.
        .disable_timeout()
        .finish()
}

/// The public roots and the extra ones; HTTP/1.1 only, because awc does not notice that an idle HTTP/2 connection is
/// gone before it loses the next POST on it.
fn tls_config(extra_roots: &ExtraRoots) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(extra_roots.0.iter().cloned());
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn user_agent(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| {
        tracing::warn!("the configured user agent cannot be a header value; using {DEFAULT_USER_AGENT}");
        HeaderValue::from_static(DEFAULT_USER_AGENT)
    })
}
