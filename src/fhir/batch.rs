//! The answer to a batch or a transaction, entry by entry: [`BatchEntry`].

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    FhirError, FhirResponse,
    pages::{read, unreadable},
};
use crate::protocol::fhir::{
    batch::{self, AnsweredEntry},
    outcome::OperationOutcome,
};

/// What became of one entry of a batch or a transaction.
///
/// `Debug` shows the status.
#[derive(Clone)]
pub struct BatchEntry(AnsweredEntry);

impl FhirResponse {
    /// The answer to a batch or a transaction: what became of each entry, in the order of the request. In a batch some may have
    /// failed; look at each.
    ///
    /// # Errors
    ///
    /// [`FhirError::Unreadable`] when the answer is no `Bundle` of the type `batch-response` or `transaction-response`, or when an
    /// entry has no status.
    pub fn entries(&self) -> Result<Vec<BatchEntry>, FhirError> {
        let entries = batch::read(self.body()).ok_or_else(|| unreadable(self.body()))?;
        Ok(entries.into_iter().map(BatchEntry).collect())
    }
}

impl BatchEntry {
    /// The status code.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.0.status
    }

    /// Whether it was done: the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.0.status, 200..=299)
    }

    /// What the server says about it.
    #[must_use]
    pub const fn outcome(&self) -> Option<&OperationOutcome> {
        self.0.outcome.as_ref()
    }

    /// Where the resource is that was created or changed, as the server wrote it.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.0.location.as_deref()
    }

    /// The version of the resource, for [`if_match`](super::FhirRequest::if_match).
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// The resource, where the server sent one.
    ///
    /// # Errors
    ///
    /// [`FhirError::Outcome`] or [`FhirError::Status`] when the entry failed, [`FhirError::Unreadable`] when the resource is not what
    /// `T` is.
    pub fn resource<T: DeserializeOwned>(&self) -> Result<Option<T>, FhirError> {
        if !self.is_success() {
            return Err(FhirError::of_entry(self.0.status, self.0.outcome.clone()));
        }
        self.0.resource.clone().map(read).transpose()
    }

    /// The resource as it came.
    #[must_use]
    pub const fn raw_resource(&self) -> Option<&Value> {
        self.0.resource.as_ref()
    }
}

impl fmt::Debug for BatchEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchEntry")
            .field("status", &self.0.status)
            .finish_non_exhaustive()
    }
}
