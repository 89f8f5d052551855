//! Which documents have which Binaries: [`Attached`].

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::{Hand, text};
use crate::sandbox::{places, reference::local};

/// The Binaries of documents, as far as a document says whose one is. What the application of one patient writes into a document says nothing: it
/// would get at any Binary by naming it.
#[derive(Debug, Clone, Default)]
pub(super) struct Attached {
    of_document: HashMap<String, BTreeSet<String>>,
    /// The same, the other way round.
    of_binary: HashMap<String, BTreeSet<String>>,
}

impl Attached {
    /// Takes what a DocumentReference says now in the place of what it said before.
    pub(super) fn put(&mut self, document: &Value, hand: Hand, fhir_base: &str) {
        let id = text(document, "id");
        let mut named: BTreeSet<String> = binaries_in(document, fhir_base).map(str::to_owned).collect();
        if hand == Hand::OfOnePatient {
            let before = self.of_document.get(id);
            named.retain(|binary| before.is_some_and(|before| before.contains(binary)));
        }
        self.remove(id);
        for binary in &named {
            let documents = self.of_binary.entry(binary.clone()).or_default();
            documents.insert(id.to_owned());
        }
        if !named.is_empty() {
            self.of_document.insert(id.to_owned(), named);
        }
    }

    pub(super) fn remove(&mut self, document: &str) {
        for binary in self.of_document.remove(document).into_iter().flatten() {
            if let Some(documents) = self.of_binary.get_mut(&binary) {
                documents.remove(document);
            }
        }
    }

    /// The ids of the documents that have a Binary.
    pub(super) fn documents_with(&self, binary: &str) -> impl Iterator<Item = &str> {
        let documents = self.of_binary.get(binary).into_iter().flatten();
        documents.map(String::as_str)
    }
}

fn binaries_in<'a>(document: &'a Value, fhir_base: &str) -> impl Iterator<Item = &'a str> {
    let attachments = places::values(document, &["content.attachment.url"]);
    let addresses = attachments.into_iter().filter_map(Value::as_str);
    addresses.filter_map(move |address| local(address, fhir_base)?.strip_prefix("Binary/"))
}
