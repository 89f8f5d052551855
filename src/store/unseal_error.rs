//! Why sealed bytes do not become a value again: [`UnsealError`].

use super::{FormatError, SealError};

/// Why sealed bytes do not become a value again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnsealError {
    /// They were not sealed with these keys, or were changed, or are another kind of value.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// They were written by a version of the crate that this one does not know.
    #[error(transparent)]
    Format(#[from] FormatError),
}
