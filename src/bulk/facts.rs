//! What is known of an export that is complete: [`Facts`].

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    protocol::bulk::{instant::FhirInstant, manifest::ManifestFile},
    time::Timestamp,
};

/// What a manifest says, as it is kept. It has no trust in it: who may get the token, the application says.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Facts {
    pub(super) transaction_time: FhirInstant,
    pub(super) request: Option<String>,
    pub(super) requires_access_token: bool,
    pub(super) files: Vec<ManifestFile>,
    pub(super) expires: Option<Timestamp>,
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("transaction_time", &self.transaction_time)
            .field("requires_access_token", &self.requires_access_token)
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}
