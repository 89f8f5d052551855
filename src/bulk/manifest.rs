//! What an export has given: [`Manifest`].

use std::{collections::HashMap, sync::Arc};

use super::{client::BulkClient, facts::Facts, file::BulkFile};
use crate::{
    protocol::bulk::{
        instant::FhirInstant,
        manifest::{FileKind, ManifestFile, ManifestPage},
    },
    time::Timestamp,
};

/// What an export has given: which files there are. Their addresses stay in here.
#[derive(Debug, Clone)]
pub struct Manifest {
    bulk: BulkClient,
    facts: Arc<Facts>,
}

impl Manifest {
    pub(super) fn new(bulk: BulkClient, page: ManifestPage, expires: Option<Timestamp>) -> Self {
        let facts = Facts {
            transaction_time: page.transaction_time,
            request: page.request,
            requires_access_token: page.requires_access_token,
            files: page.files,
            expires,
        };
        Self::of_facts(bulk, Arc::new(facts))
    }

    pub(super) const fn of_facts(bulk: BulkClient, facts: Arc<Facts>) -> Self {
        Self { bulk, facts }
    }

    pub(super) fn facts(&self) -> Arc<Facts> {
        Arc::clone(&self.facts)
    }

    /// The moment that the export shows. [`BulkExport::since`](super::BulkExport::since) of the next one.
    #[must_use]
    pub fn transaction_time(&self) -> &FhirInstant {
        &self.facts.transaction_time
    }

    /// The request that began it, as the server has it.
    #[must_use]
    pub fn request(&self) -> Option<&str> {
        self.facts.request.as_deref()
    }

    /// Whether the files want the token.
    #[must_use]
    pub fn requires_access_token(&self) -> bool {
        self.facts.requires_access_token
    }

    /// Until when the server keeps the files, where it says that (`Expires`).
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        self.facts.expires
    }

    /// All files: resources first, then what was deleted, then what went wrong.
    #[must_use]
    pub fn files(&self) -> Vec<BulkFile> {
        let mut numbers = HashMap::new();
        let files = self.facts.files.iter().enumerate();
        let files = files.map(|(index, file)| {
            // Where large and small letters are the same, two names that differ in them alone are one file.
            let letters = file.resource_type.to_ascii_lowercase();
            let number = numbers.entry((file.kind, letters)).or_insert(0_u32);
            *number = number.saturating_add(1);
            BulkFile::new(self.bulk.clone(), Arc::clone(&self.facts), index, name(file, *number))
        });
        files.collect()
    }

    /// The files with resources of one type, or of all where `resource_type` is `None`.
    #[must_use]
    pub fn output(&self, resource_type: Option<&str>) -> Vec<BulkFile> {
        let files = self.files().into_iter();
        let is_wanted =
            |file: &BulkFile| resource_type.is_none_or(|resource_type| file.resource_type() == resource_type);
        files
            .filter(|file| file.kind() == FileKind::Output && is_wanted(file))
            .collect()
    }
}

/// Nothing of the server's address is in it, and of its words the type alone: a capital letter, then letters and digits, at most 64.
fn name(file: &ManifestFile, number: u32) -> String {
    let kind = match file.kind {
        FileKind::Output if is_device(&file.resource_type) => "type.",
        FileKind::Output => "",
        FileKind::Deleted => "deleted.",
        FileKind::Error => "error.",
    };
    format!("{kind}{}.{number}.ndjson", file.resource_type)
}

/// Windows takes `CON.1.ndjson` for the console, and so on.
fn is_device(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_numbered = |stem: &str| {
        let number = name.strip_prefix(stem);
        number.is_some_and(|number| number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    matches!(name.as_str(), "con" | "prn" | "aux" | "nul") || is_numbered("com") || is_numbered("lpt")
}
