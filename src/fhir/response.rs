//! A good answer of a FHIR server: [`FhirResponse`].

use std::fmt;

use serde::de::DeserializeOwned;

use super::error::FhirError;
use crate::{
    protocol::{
        body_kind::BodyKind,
        fhir::{batch, outcome::OperationOutcome},
        http::HttpResponse,
        json_object::without_byte_order_mark,
        token_response::retry_after,
    },
    time::Timestamp,
};

/// A good answer of a FHIR server.
///
/// `Debug` shows the status and the size of the body.
#[derive(Clone)]
pub struct FhirResponse(HttpResponse);

impl FhirResponse {
    /// The answer, if it is a good one.
    pub(crate) fn of(response: HttpResponse, now: Timestamp) -> Result<Self, FhirError> {
        let status = response.status;
        if (200..=299).contains(&status) {
            return Ok(Self(response));
        }
        let retry_after = retry_after(&response, now);
        Err(match OperationOutcome::read(&response.body) {
            Some(outcome) => FhirError::Outcome {
                status,
                outcome,
                retry_after,
            },
            None => FhirError::Status {
                status,
                body: BodyKind::of(&response),
                retry_after,
            },
        })
    }

    /// The status code.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.0.status
    }

    /// The body as it came.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// The body, read as JSON.
    ///
    /// # Errors
    ///
    /// [`FhirError::Unreadable`] when it is not what `T` is. What the body says is not repeated.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, FhirError> {
        serde_json::from_slice(without_byte_order_mark(&self.0.body)).map_err(|error| FhirError::Unreadable {
            body: BodyKind::of(&self.0),
            line: error.line(),
            column: error.column(),
        })
    }

    /// The version of the resource, for [`if_match`](super::FhirRequest::if_match): `ETag` without what is around it.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        batch::version(self.0.header("etag")?)
    }

    /// Where the resource is that was created (`Location`), as the server wrote it. [`Fhir::follow`](super::Fhir::follow) reads it, if
    /// it is on this server.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.0.header("location")
    }

    /// A header of the answer.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }
}

impl fmt::Debug for FhirResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
