//! Why stored bytes are not a record: [`FormatError`].

use crate::store::StoreError;

/// Why stored bytes are not a record. Nothing of the bytes is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// Written in a version of the format that this version of the crate does not read.
    #[error(
        "the stored record has format version {0}, which this version of actix-smart-auth does not read; update it"
    )]
    Version(u64),
    /// Truncated, damaged, or a record of another type.
    #[error("the stored record is damaged or of another type; keep it, and look at who else writes to this store")]
    Malformed,
}

impl From<FormatError> for StoreError {
    fn from(_: FormatError) -> Self {
        Self::Unreadable
    }
}
