//! Why a document is no server metadata: [`MetadataError`].

use crate::protocol::{json_object::JsonObjectError, urls::UrlError};

/// Why a document is no server metadata at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// There is nothing in it.
    #[error("the answer is empty; is this the FHIR base URL, and does the server send a Content-Length?")]
    Empty,
    /// It is a web page.
    #[error(
        "the answer is a web page (HTML), not JSON; is this the FHIR base URL, or is a sign-in page in front of it?"
    )]
    Html,
    /// It is JSON that ends too early.
    #[error("the JSON ends too early; the answer was cut off on its way")]
    Truncated,
    /// It is not JSON.
    #[error("the answer is not JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the first mistake, from 1.
        line: usize,
        /// Column of the first mistake, from 1.
        column: usize,
    },
    /// It is JSON, but not an object.
    #[error("the answer is JSON, but not a JSON object")]
    NotAnObject,
    /// An endpoint that secrets would be sent to breaks the rules for URLs.
    #[error("`{field}` {source}")]
    Endpoint {
        /// `authorization_endpoint` or `token_endpoint`.
        field: &'static str,
        /// Which rule.
        source: UrlError,
    },
}

impl From<JsonObjectError> for MetadataError {
    fn from(error: JsonObjectError) -> Self {
        match error {
            JsonObjectError::Empty => Self::Empty,
            JsonObjectError::Html => Self::Html,
            JsonObjectError::Truncated => Self::Truncated,
            JsonObjectError::NotJson { line, column } => Self::NotJson { line, column },
            JsonObjectError::NotAnObject => Self::NotAnObject,
        }
    }
}
