//! What came in, for tests to look at.

use std::collections::VecDeque;

use crate::time::Timestamp;

use super::http::{Incoming, Pairs, find, parse_pairs};

/// Which part of the sandbox a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `.well-known/smart-configuration`.
    Metadata,
    /// `.well-known/openid-configuration`.
    OpenIdConfiguration,
    /// The keys that sign id tokens.
    Jwks,
    /// The authorization endpoint.
    Authorize,
    /// The token endpoint, whatever the grant type.
    Token,
    /// Token revocation (RFC 7009).
    Revocation,
    /// Token introspection (RFC 7662).
    Introspection,
    /// Registration (RFC 7591), and reading, changing and deleting it (RFC 7592).
    Registration,
    /// The FHIR server.
    Fhir,
    /// The status of an export.
    ExportStatus,
    /// A file of an export.
    ExportFile,
    /// A page for a person: the EHR's start page, sign-in, patient picker, consent.
    Page,
    /// Nothing is served there.
    Unknown,
}

impl Endpoint {
    pub(super) fn of(path: &str) -> Self {
        match path {
            "/fhir/.well-known/smart-configuration" => Self::Metadata,
            "/fhir/.well-known/openid-configuration" | "/idp/.well-known/openid-configuration" => {
                Self::OpenIdConfiguration
            }
            "/fhir/.well-known/jwks.json" | "/idp/.well-known/jwks.json" => Self::Jwks,
            "/authorize" => Self::Authorize,
            "/token" => Self::Token,
            "/revoke" => Self::Revocation,
            "/introspect" => Self::Introspection,
            "/register" => Self::Registration,
            other if other.starts_with("/register/") => Self::Registration,
            other if other.starts_with("/bulk/status/") => Self::ExportStatus,
            other if other.starts_with("/bulk/files/") => Self::ExportFile,
            "/" | "/ehr/launch" | "/authorize/sign-in" | "/authorize/patient" | "/authorize/decision" => Self::Page,
            other if other == "/fhir" || other.starts_with("/fhir/") => Self::Fhir,
            _ => Self::Unknown,
        }
    }
}

/// One request that the sandbox received.
///
/// Nothing is hidden, neither here nor in `Debug`: tokens, codes and secrets are those of a test. Do not send real ones
/// to a sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// When it arrived, by the sandbox's clock.
    pub at: Timestamp,
    /// What it was for.
    pub endpoint: Endpoint,
    /// The HTTP method, in upper case.
    pub method: String,
    /// The path as it came, not percent-decoded.
    pub path: String,
    /// The pairs of the query string in their order, decoded.
    pub query: Vec<(String, String)>,
    /// The headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came; bytes that are no UTF-8 are replaced.
    pub body: String,
    /// Which TCP connection brought it, counted from 0: two requests with the same number shared one connection.
    pub connection: u64,
    /// The status that was answered. `None` while the answer is on its way, and for good when the connection was cut.
    pub status: Option<u16>,
}

impl ReceivedRequest {
    /// The body read as `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn form(&self) -> Vec<(String, String)> {
        parse_pairs(&self.body)
    }

    /// The first header of that name, which is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The first parameter of that name: of the query string, else of the form in the body.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        find(&self.query, name)
            .map(str::to_owned)
            .or_else(|| find(&self.form(), name).map(str::to_owned))
    }
}

/// The latest requests, up to a limit.
#[derive(Debug)]
pub(super) struct Record {
    limit: usize,
    first: u64,
    requests: VecDeque<ReceivedRequest>,
}

impl Record {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            limit,
            first: 0,
            requests: VecDeque::new(),
        }
    }

    /// Keeps a request at its arrival, so that a test sees it while its answer is held back.
    pub(super) fn arrived(&mut self, at: Timestamp, endpoint: Endpoint, incoming: &Incoming) -> u64 {
        let number = self.first + self.requests.len() as u64;
        self.requests.push_back(ReceivedRequest {
            at,
            endpoint,
            method: incoming.method.clone(),
            path: incoming.path.clone(),
            query: incoming.query(),
            headers: incoming.headers.clone(),
            body: incoming.body.clone(),
            connection: incoming.connection,
            status: None,
        });
        while self.requests.len() > self.limit {
            self.requests.pop_front();
            self.first += 1;
        }
        number
    }

    pub(super) fn answered(&mut self, number: u64, status: u16) {
        let index = number.checked_sub(self.first).and_then(|i| usize::try_from(i).ok());
        if let Some(request) = index.and_then(|i| self.requests.get_mut(i)) {
            request.status = Some(status);
        }
    }

    pub(super) fn all(&self) -> Vec<ReceivedRequest> {
        self.requests.iter().cloned().collect()
    }

    pub(super) fn token_requests(&self, grant_type: Option<&str>) -> Vec<ReceivedRequest> {
        let wanted = |pairs: &Pairs| grant_type.is_none_or(|grant| find(pairs, "grant_type") == Some(grant));
        self.requests
            .iter()
            .filter(|request| request.endpoint == Endpoint::Token && wanted(&request.form()))
            .cloned()
            .collect()
    }

    pub(super) fn clear(&mut self) {
        self.first += self.requests.len() as u64;
        self.requests.clear();
    }
}
