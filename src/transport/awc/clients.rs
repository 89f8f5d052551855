//! The awc clients: of those that keep connections and of those that never do, one is for TLS.

use std::{sync::Arc, time::Duration};

use awc::{Client, ClientBuilder, Connector, http::header::HeaderValue};
use rustls::{
    ClientConfig,
    crypto::{CryptoProvider, aws_lc_rs},
};
use url::Url;

use super::{connect::Connect, final_answers::Ends};
use crate::{
    protocol::{
        http::{Connection, HttpRequest},
        network_guard::{AddressGuard, Addresses},
    },
    transport::{
        settings::TransportSettings,
        shipped::{look_up::LookUp, tls::Tls},
    },
};

/// Everything that requests share.
pub(super) struct Clients {
    pooled: Pair,
    fresh: Pair,
    /// For registrations of a resolver: fresh, and without a client certificate.
    guarded: Pair,
    /// Of both kinds, for bodies that are handed on while they come.
    streaming: Pair,
    streaming_guarded: Pair,
    pub(super) user_agent: Option<HeaderValue>,
    pub(super) connect_timeout: Duration,
    pub(super) body_limit: usize,
    pub(super) look_up: Arc<dyn LookUp>,
}

impl Clients {
    /// # Errors
    ///
    /// When rustls cannot offer TLS 1.2 and 1.3 with aws-lc-rs.
    pub(super) fn new(settings: &TransportSettings) -> Result<Self, rustls::Error> {
        let tls = Tls::new(settings)?;
        let (known, anonymous) = (
            tls.to(&Addresses::Any),
            tls.to(&Addresses::Guarded(AddressGuard::default())),
        );
        // awc builds a TLS configuration of its own, which nobody uses, when another crate switched its roots features
        // on, and that panics without a default provider or with two to choose from.
        if CryptoProvider::get_default().is_none() {
            let _ = aws_lc_rs::default_provider().install_default();
        }
        Ok(Self {
            pooled: Pair::new(settings, known, None, Ends::AsTheyCome),
            // `force_close()` on a request would still take an idle connection from the pool; a pool whose
            // connections are too old at once does not.
            fresh: Pair::new(settings, known, Some(Duration::ZERO), Ends::AsTheyCome),
            guarded: Pair::new(settings, anonymous, Some(Duration::ZERO), Ends::AsTheyCome),
            streaming: Pair::new(settings, known, Some(Duration::ZERO), Ends::AreErrors),
            streaming_guarded: Pair::new(settings, anonymous, Some(Duration::ZERO), Ends::AreErrors),
            user_agent: settings.user_agent(),
            connect_timeout: settings.connect_timeout,
            body_limit: settings.body_limit,
            look_up: Arc::clone(&settings.look_up),
        })
    }

    /// The client for a request, and the URL as it has to be given to that.
    pub(super) fn client(&self, request: &HttpRequest, ends: Ends) -> (&Client, Url) {
        let pair = match (&request.addresses, request.connection) {
            (Addresses::Guarded(_), _) if ends == Ends::AreErrors => &self.streaming_guarded,
            (Addresses::Any, _) if ends == Ends::AreErrors => &self.streaming,
            // A connection from the pool goes to an address that nobody has looked at for this request.
            (Addresses::Guarded(_), _) => &self.guarded,
            (Addresses::Any, Connection::Any) => &self.pooled,
            (Addresses::Any, Connection::Fresh) => &self.fresh,
        };
        let mut url = request.url.clone();
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
    fn new(settings: &TransportSettings, tls: &Arc<ClientConfig>, keep_alive: Option<Duration>, ends: Ends) -> Self {
        Self {
            plain: client(settings, Connect::plain(ends), keep_alive),
            encrypted: client(settings, Connect::encrypted(Arc::clone(tls), ends), keep_alive),
        }
    }
}

fn client(settings: &TransportSettings, connect: Connect, keep_alive: Option<Duration>) -> Client {
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
