//! The client that an authorization began with: [`PinnedClient`].

pub use crate::protocol::client_auth::CredentialKind;

/// The client that an authorization began with, as the EHR knows it. Codes and refresh tokens are good for no other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PinnedClient {
    /// The client id.
    pub client_id: String,
    /// The kind of its credentials.
    pub credentials: CredentialKind,
}
