//! How requests leave the process: [`HttpTransport`], and the HTTP clients that come with the crate.

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod acceptance;
#[cfg(feature = "actix")]
pub(crate) mod awc;
mod body_stream;
pub(crate) mod bounded;
#[cfg(test)]
pub(crate) mod captured_logs;
#[cfg(any(feature = "actix", feature = "reqwest", test, fuzzing))]
pub(crate) mod certificate_names;
mod certificates;
#[cfg(any(feature = "actix", feature = "reqwest"))]
pub(crate) mod client_certificate;
pub(crate) mod decoded;
pub(crate) mod decoded_body;
#[cfg(feature = "reqwest")]
pub(crate) mod forward_proxy;
pub(crate) mod guarded;
#[cfg(any(feature = "actix", feature = "reqwest"))]
mod http_client;
mod http_transport;
pub(crate) mod logged;
#[cfg(any(test, feature = "test-util"))]
pub(crate) mod loopback;
#[cfg(not(any(feature = "actix", feature = "reqwest")))]
mod no_transport;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest;
#[cfg(any(feature = "actix", feature = "reqwest"))]
mod roots;
pub(crate) mod settings;
#[cfg(any(feature = "actix", feature = "reqwest"))]
pub(crate) mod shipped;
pub(crate) mod tls_look;

pub use crate::protocol::{
    http::{Connection, HttpRequest, HttpResponse, Method},
    network_guard::{AddressGuard, Addresses},
};
pub(crate) use body_stream::Bytes;
pub use body_stream::{BodySource, BodyStream, PieceFuture, StreamedResponse};
#[cfg(any(feature = "actix", feature = "reqwest"))]
pub(crate) use certificates::Certificates;
#[cfg(feature = "reqwest")]
pub use forward_proxy::ForwardProxy;
#[cfg(feature = "reqwest")]
pub(crate) use forward_proxy::ProxyGuard;
pub use http_transport::{AddressEnforcement, HttpTransport, StreamFuture, TransportFuture};
#[cfg(not(any(feature = "actix", feature = "reqwest")))]
pub(crate) use no_transport::NoTransport;
#[cfg(any(feature = "actix", feature = "reqwest"))]
pub use {client_certificate::ClientCertificate, http_client::HttpClient, roots::Roots};
