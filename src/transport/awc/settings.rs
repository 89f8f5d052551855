//! What can be set about the awc transport: [`AwcSettings`].

use std::{sync::Arc, time::Duration};

use super::{
    look_up::{LookUp, SystemLookUp},
    roots::ExtraRoots,
};

/// What can be set about the awc transport.
#[derive(Debug, Clone)]
pub(crate) struct AwcSettings {
    /// How long name resolution, TCP and TLS may take together. Default: 5 s.
    pub(crate) connect_timeout: Duration,
    /// The largest body that is read, in bytes. Default: 1 MiB.
    pub(crate) body_limit: usize,
    /// The `User-Agent` header. Default: `actix-smart-auth/<version>`.
    pub(crate) user_agent: String,
    /// Roots to trust beside the public ones.
    pub(crate) extra_roots: ExtraRoots,
    /// What resolves the names of guarded requests. Default: what this system does for everybody. All other names are
    /// resolved by awc, which asks the same.
    pub(crate) look_up: Arc<dyn LookUp>,
}

impl Default for AwcSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            body_limit: 1024 * 1024,
            user_agent: DEFAULT_USER_AGENT.to_owned(),
            extra_roots: ExtraRoots::default(),
            look_up: Arc::new(SystemLookUp),
        }
    }
}

/// The `User-Agent` header when none is configured.
pub(super) const DEFAULT_USER_AGENT: &str = concat!("actix-smart-auth/", env!("CARGO_PKG_VERSION"));
