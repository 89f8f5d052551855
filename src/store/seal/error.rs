//! Why something does not open, or cannot be sealed: [`SealError`].

use crate::store::StoreError;

/// Why a sealed value does not open, or a value cannot be sealed. Nothing of the value is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// None of the keys has the id that the value was sealed with.
    #[error(
        "the record was sealed with a key that is not in the list; put the removed key back, as the last one, until \
         everything that was sealed with it has run out"
    )]
    UnknownKey,
    /// Truncated, changed, moved from another record, or never sealed.
    #[error(
        "the sealed record is damaged, belongs to another place, or was never sealed; keep it, and look at who else \
         writes to this store"
    )]
    Corrupt,
    /// The system gave no random bytes for a nonce.
    #[error("the system's random generator failed; nothing was sealed")]
    NoRandomness,
}

impl From<SealError> for StoreError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::UnknownKey => Self::UnknownKey,
            SealError::Corrupt => Self::Unreadable,
            SealError::NoRandomness => Self::Unavailable,
        }
    }
}
