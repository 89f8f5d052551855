//! How an engine is made: [`EngineOptions`].

use std::sync::Arc;

#[cfg(feature = "actix")]
use crate::transport::awc::AwcSettings;
use crate::transport::{HttpTransport, guarded::GuardedTransport};

/// How an engine is made.
#[derive(Debug, Clone)]
pub(crate) struct EngineOptions {
    /// What sends requests.
    pub(crate) transport: TransportChoice,
    /// The longest decoded body, in bytes.
    pub(crate) body_limit: usize,
}

/// What sends requests.
#[derive(Debug, Clone)]
pub(crate) enum TransportChoice {
    /// awc, on the engine's thread.
    #[cfg(feature = "actix")]
    Awc(AwcSettings),
    /// The application's own.
    Custom(Arc<dyn HttpTransport>),
}

impl TransportChoice {
    /// The same, where a custom transport cannot be reached without the guard.
    pub(super) fn guarded(self) -> Self {
        match self {
            #[cfg(feature = "actix")]
            Self::Awc(settings) => Self::Awc(settings),
            Self::Custom(transport) => Self::Custom(Arc::new(GuardedTransport::new(transport))),
        }
    }

    /// The application's own, which needs no engine.
    pub(super) fn custom(&self) -> Option<Arc<dyn HttpTransport>> {
        match self {
            #[cfg(feature = "actix")]
            Self::Awc(_) => None,
            Self::Custom(transport) => Some(Arc::clone(transport)),
        }
    }
}
