//! How an engine is made: [`EngineOptions`].

use std::sync::Arc;

#[cfg(any(feature = "actix", feature = "reqwest"))]
use crate::transport::{HttpClient, settings::TransportSettings};
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
    /// A client that comes with the crate, on the engine's thread.
    #[cfg(any(feature = "actix", feature = "reqwest"))]
    Shipped(HttpClient, Box<TransportSettings>),
    /// The application's own.
    Custom(Arc<dyn HttpTransport>),
}

impl TransportChoice {
    #[cfg(any(feature = "actix", feature = "reqwest"))]
    pub(crate) fn shipped(client: HttpClient, settings: TransportSettings) -> Self {
        Self::Shipped(client, Box::new(settings))
    }

    /// What a client that comes with the crate is set to.
    #[cfg(any(feature = "actix", feature = "reqwest"))]
    pub(super) const fn settings(&self) -> Option<&TransportSettings> {
        match self {
            Self::Shipped(_, settings) => Some(settings),
            Self::Custom(_) => None,
        }
    }

    /// The same, where a custom transport cannot be reached without the guard.
    pub(super) fn guarded(self) -> Self {
        match self {
            #[cfg(any(feature = "actix", feature = "reqwest"))]
            shipped @ Self::Shipped(..) => shipped,
            Self::Custom(transport) => Self::Custom(Arc::new(GuardedTransport::new(transport))),
        }
    }

    /// The application's own, which needs no engine.
    pub(super) fn custom(&self) -> Option<Arc<dyn HttpTransport>> {
        match self {
            #[cfg(any(feature = "actix", feature = "reqwest"))]
            Self::Shipped(..) => None,
            Self::Custom(transport) => Some(Arc::clone(transport)),
        }
    }
}
