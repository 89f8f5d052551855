//! Requests and responses as plain values, so that the protocol core needs no HTTP library.

use std::{
    fmt,
    time::{Duration, Instant},
};

use url::Url;

use super::network_guard::Addresses;

/// FHIR servers that put `.well-known` behind the same rules as their resources answer 406 to `application/json` alone.
const ACCEPTED_DOCUMENTS: &str = "application/json, application/fhir+json;q=0.9, */*;q=0.1";

/// An HTTP request that the crate wants sent.
///
/// `Debug` shows method, origin and path and the names of the headers, never a query, a header value or a body.
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpRequest {
    /// What is to be done there.
    pub method: Method,
    /// Where to. https, or http on a loopback host.
    pub url: Url,
    /// Header names and values. May hold credentials.
    pub headers: Vec<(&'static str, String)>,
    /// The body: a form of an OAuth request, or what is written to a FHIR server. May hold credentials, and patients.
    pub body: Option<String>,
    /// Which connection may be used.
    pub connection: Connection,
    /// How long all of it may take, from the first byte out to the last byte in.
    pub timeout: Duration,
    /// The moment after which it must not be sent, because what is in it is somebody else's by then. Default: none.
    ///
    /// For authors of transports: never write the request after this moment; answer
    /// [`TransportError::ConnectTimeout`](crate::error::TransportError::ConnectTimeout) instead. Look when the connection stands: a
    /// process that was stopped meanwhile would send late otherwise. The crate has looked before it calls the transport.
    pub not_after: Option<Instant>,
    /// Which addresses the host may resolve to. Default: any.
    pub addresses: Addresses,
    /// The largest body of an answer, in bytes, where it is not the one of the configuration.
    pub body_limit: Option<usize>,
    /// What a line of the log may say instead of the path, where that names a person. Default: the path may be told.
    pub logged_path: Option<String>,
}

/// The methods that are used: the first two by OAuth, all of them by FHIR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Reads.
    Get,
    /// Sends a form, creates, searches or runs an operation.
    Post,
    /// Replaces, or creates under an id of ours.
    Put,
    /// Changes a part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// As HTTP writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Which connection a request may travel on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Connection {
    /// Any, a kept-alive one included.
    Any,
    /// One that was opened for this request. A POST that meets a closing connection cannot be told from one that
    /// the server has processed, and a token request must not be sent twice.
    Fresh,
}

impl HttpRequest {
    /// A `GET` that prefers JSON.
    #[must_use]
    pub fn get(url: Url, timeout: Duration) -> Self {
        Self {
            method: Method::Get,
            url,
            headers: vec![("Accept", ACCEPTED_DOCUMENTS.to_owned())],
            body: None,
            connection: Connection::Any,
            timeout,
            not_after: None,
            addresses: Addresses::Any,
            body_limit: None,
            logged_path: None,
        }
    }

    /// A form `POST` on a fresh connection that accepts JSON.
    #[must_use]
    pub fn post_form(url: Url, form: String, timeout: Duration) -> Self {
        Self {
            method: Method::Post,
            url,
            headers: vec![
                ("Accept", "application/json".to_owned()),
                ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
            ],
            body: Some(form),
            connection: Connection::Fresh,
            timeout,
            not_after: None,
            addresses: Addresses::Any,
            body_limit: None,
            logged_path: None,
        }
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("origin", &self.url.origin().ascii_serialization())
            .field("path", &self.logged_path.as_deref().unwrap_or_else(|| self.url.path()))
            .field("headers", &names)
            .field("connection", &self.connection)
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}

/// The answer to an [`HttpRequest`]: any status, redirects included.
///
/// `Debug` shows the status, the names of the headers and the size of the body.
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// Header names and values, in the order received. Names compare case-insensitively.
    pub headers: Vec<(String, String)>,
    /// The body as it came. May be shorter than announced: judge it by parsing.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// A response with these parts.
    #[must_use]
    pub const fn new(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self { status, headers, body }
    }

    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}
