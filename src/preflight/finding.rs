//! What a check found: [`Finding`].

use std::fmt;

use serde::{Serialize, Serializer};

use super::check::Check;

/// What one check found. No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The FHIR base URL of the EHR that it is about; `None` when it is about the application as a whole.
    pub ehr: Option<String>,
    /// What was looked at.
    pub check: Check,
    /// How it is.
    pub status: Status,
    /// What was found: sentences.
    pub found: String,
    /// What to do about it: sentences. Always there for a warning and a failure.
    pub cure: Option<String>,
}

/// How it is with what was looked at. Its `Display` is how tables and JSON write it: `ok`, `warning`, `failure`, `not-checked`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// As it should be.
    Ok,
    /// A launch can work. Something may still be wrong, or will be missed.
    Warning,
    /// No launch can work before this is mended.
    Failure,
    /// Nobody could look, or nobody was to look.
    NotChecked,
}

impl Status {
    /// How tables and JSON write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failure => "failure",
            Self::NotChecked => "not-checked",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// As its `Display`.
impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Collects findings about one EHR, or about the application.
#[derive(Debug)]
pub(super) struct Findings {
    ehr: Option<String>,
    list: Vec<Finding>,
}

impl Findings {
    pub(super) const fn about_application() -> Self {
        Self {
            ehr: None,
            list: Vec::new(),
        }
    }

    pub(super) fn about(ehr: &str) -> Self {
        Self {
            ehr: Some(ehr.to_owned()),
            list: Vec::new(),
        }
    }

    pub(super) fn ok(&mut self, check: Check, found: impl Into<String>) {
        self.add(check, Status::Ok, found.into(), None);
    }

    pub(super) fn warning(&mut self, check: Check, found: impl Into<String>, cure: impl Into<String>) {
        self.add(check, Status::Warning, found.into(), Some(cure.into()));
    }

    pub(super) fn failure(&mut self, check: Check, found: impl Into<String>, cure: impl Into<String>) {
        self.add(check, Status::Failure, found.into(), Some(cure.into()));
    }

    pub(super) fn not_checked(&mut self, check: Check, found: impl Into<String>) {
        self.add(check, Status::NotChecked, found.into(), None);
    }

    pub(super) fn add(&mut self, check: Check, status: Status, found: String, cure: Option<String>) {
        self.list.push(Finding {
            ehr: self.ehr.clone(),
            check,
            status,
            found,
            cure,
        });
    }

    pub(super) fn into_list(self) -> Vec<Finding> {
        self.list
    }
}
