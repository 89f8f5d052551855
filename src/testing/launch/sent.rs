//! What a handler sent to the FHIR server: [`SentRequest`].

use std::fmt;

use serde::de::DeserializeOwned;

use super::requested::Requested;
use crate::protocol::http::{HttpRequest, Method};

/// A request that reached the made-up FHIR server, without its token.
#[derive(Clone)]
pub struct SentRequest {
    requested: Requested,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
}

impl SentRequest {
    pub(super) fn new(requested: Requested, request: HttpRequest) -> Self {
        let mut headers = request.headers;
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        Self {
            requested,
            headers,
            body: request.body,
        }
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.requested.method
    }

    /// The path, seen from the FHIR base URL: `Observation`, `Patient/p1`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.requested.path
    }

    /// The parameters, decoded, in the order in which they were sent; those of a search by `POST` too.
    #[must_use]
    pub fn query(&self) -> &[(String, String)] {
        &self.requested.query
    }

    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `None` where there is none, or of another form than `T`.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(self.body.as_deref()?).ok()
    }
}

/// `GET Observation?patient=p1`
impl fmt::Display for SentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.requested.fmt(f)
    }
}

impl fmt::Debug for SentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SentRequest({self})")
    }
}
