//! SMART App Launch 2.2 for Actix Web.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod protocol;
pub mod store;
mod time;
mod transport;

#[cfg(feature = "sandbox")]
#[cfg_attr(docsrs, doc(cfg(feature = "sandbox")))]
pub mod sandbox;

pub use protocol::{
    http::{Connection, HttpRequest, HttpResponse, Method},
    launch_context::{FhirContextItem, LaunchContext},
    scope::Scopes,
    secret::{AccessToken, AuthorizationCode, ClientSecret, LaunchToken, RawIdToken, RefreshToken, State},
    token::TokenSet,
    urls::{EndpointUrl, FhirBaseUrl, UrlError},
};
pub use store::{BrowserLimits, Lifetimes, MemoryStore, TokenStore};
pub use time::{Clock, SystemClock, Timestamp};
pub use transport::{HttpTransport, TransportError, TransportFuture};

#[cfg(any(test, feature = "test-util"))]
pub use time::ManualClock;
