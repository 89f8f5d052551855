//! Whether an error tells which field is to blame.

use std::collections::{BTreeMap, BTreeSet};

/// An error that several fields share: how its `Debug` begins, and why that is right.
pub(super) type Shared = (&'static str, &'static str);

/// The errors of one document, each with the fields that gave it.
#[derive(Default)]
pub(super) struct Errors {
    /// By the text that a person reads: its `Debug`, and the fields.
    by_text: BTreeMap<String, (String, BTreeSet<String>)>,
    rows: usize,
}

impl Errors {
    pub(super) fn note(&mut self, field: &str, error: &(impl std::fmt::Debug + std::fmt::Display)) {
        let (_, fields) = self
            .by_text
            .entry(error.to_string())
            .or_insert_with(|| (format!("{error:?}"), BTreeSet::new()));
        fields.insert(field.to_owned());
        self.rows += 1;
    }

    /// No text stands for two fields, except as listed; and what is listed is needed.
    pub(super) fn are_distinct_except(&self, document: &str, shared: &[Shared]) {
        eprintln!(
            "{document}: {} refused changes, {} different errors",
            self.rows,
            self.by_text.len()
        );
        let mut needed = BTreeSet::new();
        for (text, (debug, fields)) in &self.by_text {
            if fields.len() == 1 {
                continue;
            }
            let listed = shared.iter().find(|(error, _)| debug.starts_with(error));
            let (error, _) = listed.unwrap_or_else(|| panic!("{document}: {fields:?} all give \"{text}\" ({debug})"));
            needed.insert(*error);
        }
        for (error, because) in shared {
            assert!(
                needed.contains(error),
                "{document}: {error} is not shared any more, although {because}"
            );
        }
    }
}
