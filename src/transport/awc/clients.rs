//! The awc clients: two keep connections, two never do; of each, one is for TLS.

use std::{sync::Arc, time::Duration};

use awc::{Client, ClientBuilder, Connector, http::header::HeaderValue};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
};
use url::Url;

use super::{
    connect::Connect,
    look_up::LookUp,
    roots::ExtraRoots,
    settings::{AwcSettings, DEFAULT_USER_AGENT},
};
use crate::protocol::http::Connection;

/// Everything that requests share.
pub(super) struct Clients {
    pooled: Pair,
    fresh: Pair,
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
        // awc builds a TLS configuration of its own, which nobody uses, when another crate switched its roots features
        // on, and that panics without a default provider or with two to choose from.
        if CryptoProvider::get_default().is_none() {
            let _ = aws_lc_rs::default_provider().install_default();
        }
        Ok(Self {
            pooled: Pair::new(settings, &tls, None),
            // `force_close()` on a request would still take an idle connection from the pool; a pool whose
            // connections are too old at once does not.
            fresh: Pair::new(settings, &tls, Some(Duration::ZERO)),
            user_agent: user_agent(&settings.user_agent),
            connect_timeout: settings.connect_timeout,
            body_limit: settings.body_limit,
            look_up: Arc::clone(&settings.look_up),
        })
    }

    /// The client for a URL, and the URL as it has to be given to that.
    pub(super) fn client(&self, connection: Connection, url: &Url) -> (&Client, Url) {
        let pair = match connection {
            Connection::Any => &self.pooled,
            Connection::Fresh => &self.fresh,
        };
        let mut url = url.clone();
        if url.scheme() != "https" {
            return (&pair.plain, url);
        }
        let port = url.port_or_known_default();
        // These fail for URLs that cannot have such parts, and an https URL can.
        let _ = url.set_scheme("http");
        let _ = url.set_port(port);
        (&pair.encrypted, url)
    }
}

/// Two clients that differ in what their connections are. Both are given `http` URLs, see [`Connect`].
struct Pair {
    plain: Client,
    encrypted: Client,
}

impl Pair {
    fn new(settings: &AwcSettings, tls: &Arc<ClientConfig>, keep_alive: Option<Duration>) -> Self {
        Self {
            plain: client(settings, Connect::plain(), keep_alive),
            encrypted: client(settings, Connect::encrypted(Arc::clone(tls)), keep_alive),
        }
    }
}

fn client(settings: &AwcSettings, connect: Connect, keep_alive: Option<Duration>) -> Client {
    let mut connector = Connector::new()
        .connector(connect)
        .timeout(settings.connect_timeout)
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
