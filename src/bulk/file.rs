//! One file of an export: [`BulkFile`].

use std::{fmt, sync::Arc};

use super::{client::BulkClient, facts::Facts};
use crate::protocol::bulk::manifest::FileKind;

/// One file of an export.
///
/// # Examples
///
/// ```no_run
/// use actix_smart_auth::bulk::{BulkFileError, Manifest};
/// use serde_json::Value;
///
/// async fn count_women(manifest: &Manifest) -> Result<u64, BulkFileError> {
///     let mut women = 0;
///     for file in manifest.output(Some("Patient")) {
///         let mut patients = file.resources::<Value>();
///         while let Some(patient) = patients.next().await? {
///             women += u64::from(patient["gender"] == "female");
///         }
///     }
///     Ok(women)
/// }
/// ```
#[derive(Clone)]
pub struct BulkFile {
    pub(super) bulk: BulkClient,
    facts: Arc<Facts>,
    index: usize,
    name: String,
}

impl BulkFile {
    pub(super) const fn new(bulk: BulkClient, facts: Arc<Facts>, index: usize, name: String) -> Self {
        Self {
            bulk,
            facts,
            index,
            name,
        }
    }

    /// What is in it.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        self.facts
            .files
            .get(self.index)
            .map_or(FileKind::Output, |file| file.kind)
    }

    /// The type of the resources in it; `Resource` where the server does not say.
    #[must_use]
    pub fn resource_type(&self) -> &str {
        self.facts
            .files
            .get(self.index)
            .map_or("Resource", |file| &file.resource_type)
    }

    /// How many resources the manifest says are in it.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        self.facts.files.get(self.index)?.count
    }

    /// Its name in a folder, such as `Observation.1.ndjson`. The server has no part in it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn url(&self) -> &str {
        self.facts.files.get(self.index).map_or("", |file| &file.url)
    }

    pub(super) fn requires_access_token(&self) -> bool {
        self.facts.requires_access_token
    }
}

impl fmt::Debug for BulkFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkFile")
            .field("name", &self.name)
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}
