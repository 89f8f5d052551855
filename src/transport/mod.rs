//! How requests leave the process: [`HttpTransport`], and the HTTP clients that come with the crate.

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod acceptance;
#[cfg(feature = "actix")]
pub(crate) mod awc;
pub(crate) mod bounded;
#[cfg(test)]
pub(crate) mod captured_logs;
#[cfg(any(feature = "actix", feature = "reqwest"))]
mod client_certificate;
#[cfg(feature = "reqwest")]
mod forward_proxy;
pub(crate) mod guarded;
#[cfg(any(feature = "actix", feature = "reqwest"))]
mod http_client;
mod http_transport;
#[cfg(any(test, feature = "test-util"))]
pub(crate) mod loopback;
#[cfg(not(any(feature = "actix", feature = "reqwest")))]
mod no_transport;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest;
mod roots;
pub(crate) mod settings;
#[cfg(any(feature = "actix", feature = "reqwest"))]
pub(crate) mod shipped;

pub use crate::protocol::{
    http::{Connection, HttpRequest, HttpResponse, Method},
    network_guard::{AddressGuard, Addresses},
};
#[cfg(any(feature = "actix", feature = "reqwest"))]
pub use client_certificate::{ClientCertificate, ClientCertificateError};
#[cfg(feature = "reqwest")]
pub(crate) use forward_proxy::ProxyGuard;
#[cfg(feature = "reqwest")]
pub use forward_proxy::{ForwardProxy, ProxyError};
#[cfg(any(feature = "actix", feature = "reqwest"))]
pub use http_client::HttpClient;
pub use http_transport::{AddressEnforcement, HttpTransport, TransportFuture};
#[cfg(not(any(feature = "actix", feature = "reqwest")))]
pub(crate) use no_transport::NoTransport;
pub(crate) use roots::Certificates;
#[cfg(any(feature = "actix", feature = "reqwest"))]
pub use roots::Roots;
