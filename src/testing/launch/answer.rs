//! What the made-up FHIR server says: [`TestAnswer`].

use std::fmt;

use serde_json::{Value, json};

use crate::protocol::{
    http::{HttpResponse, Method},
    transport_error::TransportError,
};

/// What a FHIR server answers to a request that a test has prepared. JSON becomes one by `into()`.
#[derive(Clone)]
pub struct TestAnswer(Kind);

#[derive(Clone)]
enum Kind {
    Answered {
        /// `None`: the usual one for the method.
        status: Option<u16>,
        headers: Vec<(String, String)>,
        body: Option<Value>,
    },
    Failed(TransportError),
}

impl TestAnswer {
    /// This JSON, with 200, or 201 to a `POST` of a resource.
    #[must_use]
    pub fn json(body: impl Into<Value>) -> Self {
        Self::with(None, Some(body.into()))
    }

    /// The page of a search with these resources.
    #[must_use]
    pub fn bundle(resources: impl IntoIterator<Item = Value>) -> Self {
        page(resources, None).into()
    }

    /// A status without a body.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self::with(Some(status), None)
    }

    /// A refusal in the way of FHIR: a status, a code of the value set `issue-type` such as `not-found`, and what it says about it.
    #[must_use]
    pub fn outcome(status: u16, code: &str, diagnostics: &str) -> Self {
        let outcome = json!({
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": code, "diagnostics": diagnostics}],
        });
        Self::with(Some(status), Some(outcome))
    }

    /// 401: the token is not valid any more (RFC 6750), though it should be.
    #[must_use]
    pub fn token_refused() -> Self {
        Self::status(401).header("www-authenticate", "Bearer error=\"invalid_token\"")
    }

    /// No answer, for this reason.
    #[must_use]
    pub const fn fails(error: TransportError) -> Self {
        Self(Kind::Failed(error))
    }

    /// With another status.
    #[must_use]
    pub fn with_status(mut self, wanted: u16) -> Self {
        if let Kind::Answered { status, .. } = &mut self.0 {
            *status = Some(wanted);
        }
        self
    }

    /// With a header more, such as `ETag` or `Retry-After`.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Kind::Answered { headers, .. } = &mut self.0 {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    const fn with(status: Option<u16>, body: Option<Value>) -> Self {
        Self(Kind::Answered {
            status,
            headers: Vec::new(),
            body,
        })
    }

    /// As it comes back for this method and path.
    pub(super) fn sent_back(self, method: Method, path: &str) -> Result<HttpResponse, TransportError> {
        match self.0 {
            Kind::Failed(error) => Err(error),
            Kind::Answered {
                status,
                mut headers,
                body,
            } => {
                // A type, and nothing behind it: a resource is created there.
                let creates = method == Method::Post && !path.is_empty() && !path.contains('/');
                let usual = if creates { 201 } else { 200 };
                if body.is_some() {
                    headers.push(("content-type".to_owned(), "application/fhir+json".to_owned()));
                }
                let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
                Ok(HttpResponse::new(status.unwrap_or(usual), headers, body))
            }
        }
    }
}

impl From<Value> for TestAnswer {
    fn from(body: Value) -> Self {
        Self::json(body)
    }
}

/// A `Bundle` as a search answers with it, and where the next one is.
pub(super) fn page(resources: impl IntoIterator<Item = Value>, next: Option<&str>) -> Value {
    let entries: Vec<_> = resources
        .into_iter()
        .map(|resource| json!({"resource": resource, "search": {"mode": "match"}}))
        .collect();
    let links: Vec<_> = next
        .map(|url| json!({"relation": "next", "url": url}))
        .into_iter()
        .collect();
    json!({"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries})
}

/// Without its body, which may be long.
impl fmt::Debug for TestAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Answered { status, .. } => f.debug_tuple("TestAnswer").field(status).finish(),
            Kind::Failed(error) => f.debug_tuple("TestAnswer").field(error).finish(),
        }
    }
}
