//! How the client proves who it is to the token endpoint.
//!
//! [`ClientAuth`] is what a program writes down, not checked yet. Building a configuration turns it into
//! [`credentials::ClientCredentials`], which is checked.

mod applied;
mod assertion;
mod authenticate;
mod basic;
mod check;
pub(crate) mod credentials;
mod der;
mod jwks;
mod key;
mod key_error;
mod key_jwt;
mod kind;
mod method;
pub(crate) mod pem_text;
mod private_key_jwt;
mod public_key;
mod published;
mod signer;
mod signer_key;
mod signing_algorithm;
mod slot;
mod source;
mod style;
mod unlisted;

#[cfg(test)]
mod tests;

pub use basic::{BasicEncoding, ClientSecretBasic};
pub(crate) use jwks::Jwks;
pub use key_error::KeyError;
pub use kind::CredentialKind;
pub use method::ClientAuth;
pub use private_key_jwt::PrivateKeyJwt;
pub(crate) use public_key::PublicJwk;
pub(crate) use published::{Published, PublishedKeys};
pub use signer::{SignFuture, Signature, Signer, SignerError};
pub use signer_key::NotSigned;
pub(crate) use signer_key::ToSign;
pub use signing_algorithm::SigningAlgorithm;
pub(crate) use source::ReadFile;
pub use source::{PrivateKey, PublicKey, PublishedKey};
pub use style::{AssertionAudience, ClientIdInBody, ClientSecretIn, SecretPlacement};
pub(crate) use style::{AuthServer, AuthStyle};
