//! How the client proves who it is to the token endpoint: [`ClientAuth`] as a program writes it down.
//!
//! What is written here is not checked yet. Building a configuration turns it into [`credentials::ClientCredentials`],
//! which is.

mod assertion;
mod check;
pub(crate) mod credentials;
mod der;
mod jwks;
mod key;
mod key_error;
mod kind;
mod pem_text;
mod public_key;
mod source;

#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

pub(crate) use jwks::{DuplicateKid, Jwks};
pub use key_error::KeyError;
pub use kind::CredentialKind;
pub(crate) use public_key::PublicJwk;
pub use source::{PrivateKey, PublicKey, PublishedKey};

use super::secret::ClientSecret;

/// How the client authenticates at the token endpoint, in the code exchange and in every refresh alike.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{ClientAuth, ClientSecretBasic, PrivateKey, PrivateKeyJwt};
///
/// let public = ClientAuth::public();
/// let symmetric = ClientAuth::client_secret("from the environment, not from the source");
/// let rotating = ClientAuth::from(ClientSecretBasic::new("new secret").previous("old secret"));
/// let asymmetric = ClientAuth::from(PrivateKeyJwt::new("key-2026", PrivateKey::file("/run/secrets/smart.pem")));
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum ClientAuth {
    /// No credentials: the client id in the body, and PKCE. The default.
    #[default]
    Public,
    /// `client-confidential-symmetric`: HTTP Basic with a secret.
    ClientSecretBasic(ClientSecretBasic),
    /// `client-confidential-asymmetric`: a signed JWT assertion (RFC 7523).
    PrivateKeyJwt(PrivateKeyJwt),
}

impl ClientAuth {
    /// A public client.
    #[must_use]
    pub const fn public() -> Self {
        Self::Public
    }

    /// A client with a secret, encoded as RFC 6749 says. For rotation or another encoding see [`ClientSecretBasic`].
    #[must_use]
    pub fn client_secret(secret: impl Into<ClientSecret>) -> Self {
        Self::ClientSecretBasic(ClientSecretBasic::new(secret))
    }

    /// A client that signs assertions with a private key. For rotation and more see [`PrivateKeyJwt`].
    #[must_use]
    pub fn private_key_jwt(kid: impl Into<String>, key: PrivateKey) -> Self {
        Self::PrivateKeyJwt(PrivateKeyJwt::new(kid, key))
    }
}

impl From<ClientSecretBasic> for ClientAuth {
    fn from(basic: ClientSecretBasic) -> Self {
        Self::ClientSecretBasic(basic)
    }
}

impl From<PrivateKeyJwt> for ClientAuth {
    fn from(jwt: PrivateKeyJwt) -> Self {
        Self::PrivateKeyJwt(jwt)
    }
}

impl From<String> for ClientSecret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for ClientSecret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// HTTP Basic with client id and secret (SMART App Launch 2.2, Client Authentication: Symmetric).
#[derive(Debug, Clone)]
pub struct ClientSecretBasic {
    pub(super) secret: ClientSecret,
    pub(super) previous: Option<ClientSecret>,
}

impl ClientSecretBasic {
    /// Authenticates with this secret.
    #[must_use]
    pub fn new(secret: impl Into<ClientSecret>) -> Self {
        Self {
            secret: secret.into(),
            previous: None,
        }
    }

    /// The secret in use before, tried once when the EHR answers `invalid_client`. Default: none.
    ///
    /// For the time of a rotation, when nobody knows which of the two the EHR accepts already.
    #[must_use]
    pub fn previous(mut self, secret: impl Into<ClientSecret>) -> Self {
        self.previous = Some(secret.into());
        self
    }
}

/// How client id and secret are written before they are joined by `:` and base64-encoded.
///
/// Both are the same for ids and secrets of letters, digits, `-`, `.`, `_` and `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BasicEncoding {
    /// Each form-encoded first, as RFC 6749, section 2.3.1, says. The default.
    #[default]
    FormEncoded,
    /// As they are, for servers that do not decode. The client id must not contain `:` then.
    Raw,
}

/// A signed JWT assertion (SMART App Launch 2.2, Client Authentication: Asymmetric): RS384 with an RSA key of at least
/// 2048 bits, ES384 with a P-384 key.
///
/// The public half of each key named here is in the JWKS document that the middleware serves.
#[derive(Clone)]
pub struct PrivateKeyJwt {
    pub(super) kid: String,
    pub(super) key: PrivateKey,
    pub(super) previous: Option<(String, PrivateKey)>,
    pub(super) published: Vec<(String, PublishedKey)>,
    pub(super) jku: Option<String>,
    pub(super) lifetime: Duration,
}

impl PrivateKeyJwt {
    /// Signs with `key`, which the EHR knows as `kid`. The key is read and checked when the configuration is built.
    #[must_use]
    pub fn new(kid: impl Into<String>, key: PrivateKey) -> Self {
        Self {
            kid: kid.into(),
            key,
            previous: None,
            published: Vec::new(),
            jku: None,
            lifetime: Duration::from_secs(240),
        }
    }

    /// Names the JWKS URL in every assertion (header `jku`). It must be exactly the URL that is registered with the
    /// EHR. Default: not sent.
    #[must_use]
    pub fn jku(mut self, url: impl Into<String>) -> Self {
        self.jku = Some(url.into());
        self
    }

    /// How long an assertion is valid, in whole seconds. Default: 240 s; at most 300 s, as the specification demands.
    /// Less than the maximum leaves room for a clock that runs ahead of the EHR's.
    #[must_use]
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The signing key in use before, tried once when the EHR answers `invalid_client`. It is published as well.
    /// Default: none.
    #[must_use]
    pub fn previous(mut self, kid: impl Into<String>, key: PrivateKey) -> Self {
        self.previous = Some((kid.into(), key));
        self
    }

    /// Publishes one more key without signing with it: the next one before it is used, or an old one until caches
    /// have forgotten it. Can be repeated.
    #[must_use]
    pub fn also_publish(mut self, kid: impl Into<String>, key: impl Into<PublishedKey>) -> Self {
        self.published.push((kid.into(), key.into()));
        self
    }
}

impl fmt::Debug for PrivateKeyJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKeyJwt")
            .field("kid", &self.kid)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

/// Whether a *confidential* client sends `client_id` in the body of token requests beside its credentials.
///
/// A public client always does: it is all that identifies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ClientIdInBody {
    /// No, as SMART App Launch 2.2 says. The default.
    #[default]
    Omit,
    /// Yes, for servers that look for it there.
    Send,
}

/// How an EHR wants a client's credentials written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct AuthStyle {
    pub(crate) basic_encoding: BasicEncoding,
    pub(crate) client_id_in_body: ClientIdInBody,
}
