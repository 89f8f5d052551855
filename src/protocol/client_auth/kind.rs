//! [`CredentialKind`]: how a client proves who it is, without the credentials.

/// How a client proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialKind {
    /// Not at all: a public client.
    Public,
    /// With a secret.
    Secret,
    /// With assertions that it signs with a private key.
    PrivateKey,
}
