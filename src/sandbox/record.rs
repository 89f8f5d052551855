//! What came in, for tests to look at.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

use super::http::{Incoming, Pairs, find, parse_pairs};

/// Which part of the sandbox a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Endpoint {
    /// `.well-known/smart-configuration`.
    Metadata,
    /// `.well-known/openid-configuration`.
    #[serde(rename = "openid-configuration")]
    OpenIdConfiguration,
    /// The authorization server's metadata (RFC 8414).
    #[serde(rename = "oauth-metadata")]
    OAuthMetadata,
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
    /// A page for a person: the EHR's patients, an application in its frame, sign-in, patient picker, consent.
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
            "/.well-known/oauth-authorization-server/fhir" | "/fhir/.well-known/oauth-authorization-server" => {
                Self::OAuthMetadata
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
            "/"
            | "/ehr/patient"
            | "/ehr/launch"
            | "/ehr/frame"
            | "/ehr/style.json"
            | "/authorize/sign-in"
            | "/authorize/patient"
            | "/authorize/decision" => Self::Page,
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
    /// The body as it came; bytes that are no UTF-8 are replaced. Of a long one, the first 64 KiB. Of one that was not taken (too large,
    /// too slow, broken off), what had come of it.
    pub body: String,
    /// How many bytes the whole body has as UTF-8: more than `body` has where that is cut. Of one that was not taken, how many had come.
    pub body_length: usize,
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

/// So much of a body is kept.
const LONGEST_BODY: usize = 64 << 10;

/// So many bytes are kept of all requests together.
const MOST_BYTES: usize = 64 << 20;

/// The latest requests, up to a number and a size.
#[derive(Debug)]
pub(super) struct Record {
    limit: usize,
    bytes: usize,
    first: u64,
    requests: VecDeque<ReceivedRequest>,
}

impl Record {
    /// `first` is the number of the first request.
    pub(super) const fn new(limit: usize, first: u64) -> Self {
        Self {
            limit,
            bytes: 0,
            first,
            requests: VecDeque::new(),
        }
    }

    /// The number of the next request.
    pub(super) fn next(&self) -> u64 {
        self.first + self.requests.len() as u64
    }

    /// Keeps so many, the latest.
    pub(super) fn keep(&mut self, limit: usize) {
        self.limit = limit;
        while self.requests.len() > self.limit || self.bytes > MOST_BYTES {
            let Some(oldest) = self.requests.pop_front() else { break };
            self.bytes -= size(&oldest);
            self.first += 1;
        }
    }

    /// Those that are kept with this number and later ones, with their numbers, oldest first.
    pub(super) fn since(&self, number: u64) -> impl Iterator<Item = (u64, &ReceivedRequest)> {
        let skipped = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        (self.first.max(number)..).zip(self.requests.iter().skip(skipped))
    }

    /// Keeps a request at its arrival, so that a test sees it while its answer is held back.
    pub(super) fn arrived(&mut self, at: Timestamp, endpoint: Endpoint, incoming: &Incoming) -> u64 {
        let number = self.next();
        let request = ReceivedRequest {
            at,
            endpoint,
            method: incoming.method.clone(),
            path: incoming.path.clone(),
            query: without_spare(incoming.query()),
            headers: incoming.headers.clone(),
            body: beginning(&incoming.body).to_owned(),
            body_length: incoming.body.len(),
            connection: incoming.connection,
            status: None,
        };
        self.bytes += size(&request);
        self.requests.push_back(request);
        self.keep(self.limit);
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
        self.bytes = 0;
    }
}

/// What is kept of a body: whole characters.
fn beginning(body: &str) -> &str {
    let longest = body.len().min(LONGEST_BODY);
    let end = (0..=longest).rev().find(|end| body.is_char_boundary(*end));
    end.and_then(|end| body.get(..end)).unwrap_or_default()
}

/// Without room for more pairs.
fn without_spare(mut pairs: Pairs) -> Pairs {
    pairs.shrink_to_fit();
    pairs
}

/// How many bytes a request keeps: its texts, and what holds them. A pair without a name and a value is not nothing.
fn size(request: &ReceivedRequest) -> usize {
    let pairs = |pairs: &Pairs| -> usize {
        let texts: usize = pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
        texts + pairs.len() * size_of::<(String, String)>()
    };
    size_of::<ReceivedRequest>()
        + request.method.len()
        + request.path.len()
        + pairs(&request.query)
        + pairs(&request.headers)
        + request.body.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(record: &mut Record, body: String) {
        received_with(record, "", body);
    }

    fn received_with(record: &mut Record, query: &str, body: String) {
        let incoming = Incoming {
            method: "POST".to_owned(),
            path: String::new(),
            raw_query: query.to_owned(),
            headers: Vec::new(),
            body,
            is_utf8: true,
            connection: 0,
            port: None,
        };
        record.arrived(Timestamp::from_millis(0), Endpoint::Token, &incoming);
    }

    #[test]
    fn of_a_long_body_whole_characters_are_kept_and_its_length() {
        let mut record = Record::new(10, 0);
        let longest = "a".repeat(LONGEST_BODY);
        received(&mut record, longest.clone());
        received(&mut record, format!("{longest}b"));
        received(&mut record, format!("b{}", "ü".repeat(LONGEST_BODY / 2)));
        let kept: Vec<_> = record
            .all()
            .into_iter()
            .map(|it| (it.body.len(), it.body_length))
            .collect();
        assert_eq!(
            kept,
            [
                (LONGEST_BODY, LONGEST_BODY),
                (LONGEST_BODY, LONGEST_BODY + 1),
                (LONGEST_BODY - 1, LONGEST_BODY + 1)
            ]
        );
    }

    #[test]
    fn the_oldest_go_where_all_together_are_too_large_and_numbers_go_on() {
        let empty = size_of::<ReceivedRequest>() + "POST".len();
        let mut record = Record::new(usize::MAX, 0);
        let most = MOST_BYTES / (LONGEST_BODY + empty);
        for _ in 0..most {
            received(&mut record, "a".repeat(LONGEST_BODY));
        }
        let left = MOST_BYTES - most * (LONGEST_BODY + empty);
        received(&mut record, "a".repeat(left - empty));
        assert_eq!(
            (record.first, record.requests.len(), record.bytes),
            (0, most + 1, MOST_BYTES)
        );
        received(&mut record, String::new());
        assert_eq!((record.first, record.requests.len()), (1, most + 1));
        record.clear();
        assert_eq!((record.bytes, record.next()), (0, most as u64 + 2));
    }

    #[test]
    fn pairs_that_are_empty_count_too() {
        let mut record = Record::new(usize::MAX, 0);
        // Each has a name of one letter, and no value.
        let query = "a&".repeat(10_000);
        received_with(&mut record, &query, String::new());
        let (_, kept) = record.since(0).next().unwrap();
        assert_eq!((kept.query.len(), kept.query.capacity()), (10_000, 10_000));
        let pair = size_of::<(String, String)>();
        assert_eq!(record.bytes, size_of::<ReceivedRequest>() + 4 + 10_000 * (pair + 1));
        let most = MOST_BYTES / record.bytes;
        for _ in 1..=most {
            received_with(&mut record, &query, String::new());
        }
        assert_eq!((record.first, record.requests.len()), (1, most));
    }
}
