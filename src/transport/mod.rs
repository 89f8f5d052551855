//! How requests leave the process: [`HttpTransport`], and awc as the default one.

#[cfg(feature = "actix")]
pub(crate) mod awc;
pub(crate) mod bounded;
#[cfg(test)]
pub(crate) mod captured_logs;
pub(crate) mod decoded;
pub(crate) mod guarded;
mod http_transport;
#[cfg(test)]
pub(crate) mod loopback;
#[cfg(not(feature = "actix"))]
mod no_transport;

pub use crate::protocol::{
    http::{Connection, HttpRequest, HttpResponse, Method},
    network_guard::{AddressGuard, Addresses},
};
pub use http_transport::{AddressEnforcement, HttpTransport, TransportFuture};
#[cfg(not(feature = "actix"))]
pub(crate) use no_transport::NoTransport;
