//! How a client authenticates, as a program writes it down: [`ClientAuth`].

use super::{basic::ClientSecretBasic, private_key_jwt::PrivateKeyJwt, source::PrivateKey};
use crate::protocol::secret::ClientSecret;

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
