//! Values of a registration that are one of a few.

use crate::time::Timestamp;

/// How a client authenticates at the token endpoint, as it is registered (`token_endpoint_auth_method`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TokenEndpointAuthMethod {
    /// Not at all: a public client. The default here; RFC 7591 takes `client_secret_basic` where nothing is said, so it is always
    /// sent.
    #[default]
    None,
    /// By a secret in HTTP Basic. The server makes the secret up.
    ClientSecretBasic,
    /// By a secret in the body. SMART App Launch 2.2 does not know it.
    ClientSecretPost,
    /// By an assertion that a private key signs.
    PrivateKeyJwt,
}

impl TokenEndpointAuthMethod {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        [
            Self::None,
            Self::ClientSecretBasic,
            Self::ClientSecretPost,
            Self::PrivateKeyJwt,
        ]
        .into_iter()
        .find(|method| method.as_str() == text)
    }
}

/// A way to tokens that a client is registered for (`grant_types`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientGrantType {
    /// Launches.
    AuthorizationCode,
    /// Launches that last.
    RefreshToken,
    /// The application itself, without a user.
    ClientCredentials,
}

impl ClientGrantType {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
        }
    }
}

/// How long a client secret works (`client_secret_expires_at`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretExpiry {
    /// For good, or there is no secret.
    Never,
    /// Until then. Read or change the registration before: many servers give a new secret with the answer.
    At(Timestamp),
    /// The server did not say, or not in a way that can be understood. RFC 7591 (section 3.2.1) demands that it does.
    NotSaid,
}

/// Whether a registration can be read, changed and deleted later (RFC 7592).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Management {
    /// The server gave an address and a token for it.
    Offered,
    /// The server gave none, or only one of them.
    NotOffered,
    /// The address is no https URL, and the token is not sent there.
    UnusableAddress,
    /// The address is at another host than the registration endpoint, and the token is not sent there;
    /// [`Registrar::management_at`](crate::registration::Registrar::management_at) allows it.
    OtherOrigin,
}

impl Management {
    /// For messages.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Offered => "the server offers it",
            Self::NotOffered => "the server gave no `registration_client_uri` and `registration_access_token`",
            Self::UnusableAddress => "the `registration_client_uri` of the server is no https URL",
            Self::OtherOrigin => {
                "the `registration_client_uri` is at another host than the registration endpoint; allow it with \
                 `Registrar::management_at` when you register"
            }
        }
    }
}
