//! What every transport of the crate keeps to: [`TransportSettings`].

use std::time::Duration;
#[cfg(any(feature = "actix", feature = "reqwest"))]
use std::{str::FromStr, sync::Arc};

use super::certificates::Certificates;
#[cfg(feature = "reqwest")]
use super::forward_proxy::CheckedProxy;
#[cfg(any(feature = "actix", feature = "reqwest"))]
use super::{
    client_certificate::CheckedCertificate,
    roots::Roots,
    shipped::look_up::{LookUp, SystemLookUp},
};

/// What every transport of the crate keeps to, whichever HTTP client is behind it.
#[derive(Debug, Clone)]
pub(crate) struct TransportSettings {
    /// How long name resolution, TCP and TLS may take together.
    pub(crate) connect_timeout: Duration,
    /// The largest body that is read, in bytes.
    pub(crate) body_limit: usize,
    /// The `User-Agent` header.
    pub(crate) user_agent: String,
    /// Trusted beside what `roots` says.
    pub(crate) extra_roots: Certificates,
    #[cfg(any(feature = "actix", feature = "reqwest"))]
    pub(crate) roots: Roots,
    /// What was found in the store of the operating system, where that is to be trusted.
    #[cfg(any(feature = "actix", feature = "reqwest"))]
    pub(crate) system_roots: Certificates,
    /// For servers that ask for one.
    #[cfg(any(feature = "actix", feature = "reqwest"))]
    pub(crate) client_certificate: Option<CheckedCertificate>,
    #[cfg(feature = "reqwest")]
    pub(crate) proxy: Option<CheckedProxy>,
    /// What resolves names that the transport resolves itself. What a library resolves is asked of the same system.
    #[cfg(any(feature = "actix", feature = "reqwest"))]
    pub(crate) look_up: Arc<dyn LookUp>,
}

impl Default for TransportSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            body_limit: 1024 * 1024,
            user_agent: DEFAULT_USER_AGENT.to_owned(),
            extra_roots: Certificates::default(),
            #[cfg(any(feature = "actix", feature = "reqwest"))]
            roots: Roots::default(),
            #[cfg(any(feature = "actix", feature = "reqwest"))]
            system_roots: Certificates::default(),
            #[cfg(any(feature = "actix", feature = "reqwest"))]
            client_certificate: None,
            #[cfg(feature = "reqwest")]
            proxy: None,
            #[cfg(any(feature = "actix", feature = "reqwest"))]
            look_up: Arc::new(SystemLookUp),
        }
    }
}

#[cfg(any(feature = "actix", feature = "reqwest"))]
impl TransportSettings {
    /// The `User-Agent` header, or the usual one where the configured one cannot be a header.
    pub(crate) fn user_agent<V: FromStr>(&self) -> Option<V> {
        self.user_agent.parse().ok().or_else(|| {
            tracing::warn!("the configured user agent cannot be a header value; using {DEFAULT_USER_AGENT}");
            DEFAULT_USER_AGENT.parse().ok()
        })
    }
}

/// The `User-Agent` header when none is configured.
const DEFAULT_USER_AGENT: &str = concat!("actix-smart-auth/", env!("CARGO_PKG_VERSION"));
