//! Which of several credentials: [`CredentialSlot`].

/// Which of the credentials to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CredentialSlot {
    Current,
    /// The one in use before, for the time of a rotation.
    Previous,
}
