//! Why metadata of a client is not sent: [`ClientMetadataError`].

use std::fmt;

use crate::protocol::urls::UrlError;

/// Why metadata of a client is not sent: everything that is missing or wrong in it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientMetadataError {
    pub(super) problems: Vec<ClientMetadataProblem>,
}

debug_is_its_text!(ClientMetadataError);

/// One thing that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientMetadataProblem {
    /// The member, as RFC 7591 calls it: `redirect_uris`.
    pub member: String,
    /// What is wrong with it.
    pub reason: ClientMetadataReason,
}

/// What is wrong with a member. Each message says how to mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientMetadataReason {
    /// It is needed and not there, or empty.
    #[error("is missing; give it, as it is needed for what else is asked for")]
    Missing,
    /// There is nothing that this client could do.
    #[error(
        "is empty: give `redirect_uri` for launches, or scopes such as `system/Patient.rs` for the application itself"
    )]
    NothingToDo,
    /// It is not a URL that can be used.
    #[error("{0}")]
    Url(UrlError),
    /// A scope has characters that scopes do not have.
    #[error("has characters that scopes do not have; separate scopes by spaces")]
    ScopeCharacters,
    /// Refresh tokens come with launches only.
    #[error("has `refresh_token` without `authorization_code`; refresh tokens come with launches only")]
    RefreshAlone,
    /// The application itself has to prove who it is.
    #[error("is `none`, and without a user an application has to prove who it is; take a key or a secret")]
    PublicBackend,
    /// It is not a JWK Set with at least one key.
    #[error("is no JWK Set with at least one public key; `SmartConfig::jwks` gives one")]
    NotAKeySet,
    /// A private or a symmetric key would have been published.
    #[error("has a private or a symmetric key in it; give the public halves only")]
    PrivateKey,
    /// Only one of `jwks` and `jwks_uri` may be there.
    #[error("is given twice, by value and by address; give one of `jwks` and `jwks_uri` (RFC 7591, section 2)")]
    TwoKeySets,
    /// A client with a key has to say where its public half is.
    #[error("is missing, and so is `jwks_uri`; with `private_key_jwt` the server needs the public key")]
    NoKeySet,
    /// It has a method of its own, or belongs to the server.
    #[error("cannot be given as an extension; it has a method of its own, or is the server's to give")]
    Reserved,
}

impl ClientMetadataError {
    /// Everything that is wrong.
    #[must_use]
    pub fn problems(&self) -> &[ClientMetadataProblem] {
        &self.problems
    }
}

impl fmt::Display for ClientMetadataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the metadata of the client cannot be sent: ")?;
        for (at, ClientMetadataProblem { member, reason }) in self.problems.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}`{member}` {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ClientMetadataError {}
