//! [`ClientAuth`] after it was checked: [`ClientCredentials`], which authenticates token requests.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use jsonwebtoken::Algorithm;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded::byte_serialize;

pub use super::authenticate::ClientAuthError;
pub(crate) use super::{
    applied::AppliedAuth, authenticate::Authentication, check::CredentialProblem, slot::CredentialSlot,
    unlisted::Unlisted,
};
use super::{
    basic::{BasicEncoding, BasicSecrets},
    check::{check_basic, check_jwt},
    key_jwt::KeyJwt,
    kind::CredentialKind,
    method::ClientAuth,
    public_key::PublicJwk,
    signing_algorithm::SigningAlgorithm,
    source::ReadFile,
    style::{AuthServer, AuthStyle, SecretPlacement},
};
use crate::protocol::urls::EndpointUrl;

/// What authenticates token requests.
#[derive(Debug)]
pub(crate) struct ClientCredentials {
    pub(super) client_id: String,
    pub(super) method: Method,
    pub(super) style: AuthStyle,
    /// Whether the previous credential is the one that worked last.
    previous_worked: AtomicBool,
}

/// How they prove who it is.
pub(super) enum Method {
    Public,
    Basic(BasicSecrets),
    KeyJwt(Box<KeyJwt>),
}

impl ClientCredentials {
    /// Checks credentials, reading key files through `read`.
    ///
    /// # Errors
    ///
    /// Everything that is missing or wrong, at once.
    pub(crate) fn check(
        auth: &ClientAuth,
        client_id: &str,
        style: &AuthStyle,
        read: ReadFile<'_>,
    ) -> Result<Self, Vec<CredentialProblem>> {
        let method = match auth {
            ClientAuth::Public => Method::Public,
            ClientAuth::ClientSecretBasic(basic) => Method::Basic(check_basic(basic, client_id, style)?),
            ClientAuth::PrivateKeyJwt(jwt) => Method::KeyJwt(Box::new(check_jwt(jwt, read)?)),
        };
        Ok(Self {
            client_id: client_id.to_owned(),
            method,
            style: style.clone(),
            previous_worked: AtomicBool::new(false),
        })
    }

    /// The credentials in the order to try them: first the one that worked last, the other only after a definite
    /// `invalid_client`. `only` is the algorithm of assertions that the server takes, where it takes one.
    pub(crate) fn attempts(&self, only: Option<SigningAlgorithm>) -> &'static [CredentialSlot] {
        use CredentialSlot::{Current, Previous};
        let has_previous = match &self.method {
            Method::Public => false,
            Method::Basic(secrets) => secrets.get(Previous).is_some(),
            Method::KeyJwt(jwt) => jwt.key(Previous, only).is_some(),
        };
        match (has_previous, self.previous_worked.load(Ordering::Relaxed)) {
            (false, _) => &[Current],
            (true, false) => &[Current, Previous],
            (true, true) => &[Previous, Current],
        }
    }

    /// Notes that the EHR accepted this credential, so that the next request begins with it.
    pub(crate) fn worked(&self, slot: CredentialSlot) {
        self.previous_worked
            .store(slot == CredentialSlot::Previous, Ordering::Relaxed);
    }

    /// The same for the same credentials, in every process; another one for others. Says nothing about them.
    pub(crate) fn fingerprint(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        };
        add("client credentials");
        add(&self.client_id);
        match &self.method {
            Method::Public => {}
            Method::Basic(secrets) => {
                for (name, slot) in [
                    ("secret", CredentialSlot::Current),
                    ("previous", CredentialSlot::Previous),
                ] {
                    if let Some(secret) = secrets.get(slot) {
                        add(name);
                        add(secret.expose_secret());
                    }
                }
            }
            Method::KeyJwt(jwt) => {
                let previous = jwt.previous.iter().map(|key| ("previous", key));
                for (name, key) in [&jwt.current]
                    .into_iter()
                    .chain(&jwt.other)
                    .map(|key| ("key", key))
                    .chain(previous)
                {
                    add(name);
                    add(key.kid());
                    add(&serde_json::to_string(key.public()).unwrap_or_default());
                }
            }
        }
        let mut fingerprint = [0; 16];
        fingerprint
            .iter_mut()
            .zip(hash.finalize())
            .for_each(|(to, from)| *to = from);
        fingerprint
    }

    /// What kind of credentials these are.
    pub(crate) const fn kind(&self) -> CredentialKind {
        match self.method {
            Method::Public => CredentialKind::Public,
            Method::Basic(_) => CredentialKind::Secret,
            Method::KeyJwt(_) => CredentialKind::PrivateKey,
        }
    }

    /// Id and algorithm of the key that signs with this credential, if it is one.
    pub(crate) fn signed_with(
        &self,
        slot: CredentialSlot,
        only: Option<SigningAlgorithm>,
    ) -> Option<(&str, Algorithm)> {
        let Method::KeyJwt(jwt) = &self.method else {
            return None;
        };
        jwt.key(slot, only).map(|key| (key.kid(), key.algorithm()))
    }

    /// The JWKS URL that assertions name, where the registration says one.
    pub(crate) fn jku(&self) -> Option<&str> {
        match &self.method {
            Method::KeyJwt(jwt) => jwt.jku.as_ref().map(EndpointUrl::as_str),
            Method::Public | Method::Basic(_) => None,
        }
    }

    /// Whether id or secret look otherwise in a Basic header than a server expects that does not decode them.
    pub(crate) fn is_changed_by_encoding(&self, slot: CredentialSlot) -> bool {
        let Method::Basic(secrets) = &self.method else {
            return false;
        };
        let secret = secrets.get(slot);
        let changed = |text: &str| byte_serialize(text.as_bytes()).collect::<String>() != text;
        self.style.basic_encoding == BasicEncoding::FormEncoded
            && (changed(&self.client_id) || secret.is_some_and(|secret| changed(secret.expose_secret())))
    }

    /// The public halves of all keys.
    pub(crate) fn public_keys(&self) -> impl Iterator<Item = &PublicJwk> {
        let jwt = match &self.method {
            Method::KeyJwt(jwt) => Some(jwt),
            Method::Public | Method::Basic(_) => None,
        };
        jwt.into_iter().flat_map(|jwt| {
            let signing = jwt.signing().map(|key| key.public());
            signing.chain(&jwt.published)
        })
    }

    /// The key that signs at a server that takes assertions of this algorithm only, or of either. `None` without a key.
    pub(crate) fn signing_key(&self, only: Option<SigningAlgorithm>) -> Option<&PublicJwk> {
        match &self.method {
            Method::KeyJwt(jwt) => jwt.key(CredentialSlot::Current, only).map(|key| key.public()),
            Method::Public | Method::Basic(_) => None,
        }
    }

    /// Whether they go into a header.
    pub(crate) fn go_into_a_header(&self, server: &AuthServer<'_>) -> bool {
        matches!(self.method, Method::Basic(_)) && self.style.secret_placement(server) == SecretPlacement::Header
    }

    /// Whether a signer signs with this credential.
    pub(crate) fn is_signed_elsewhere(&self, slot: CredentialSlot, only: Option<SigningAlgorithm>) -> bool {
        let Method::KeyJwt(jwt) = &self.method else {
            return false;
        };
        let key = jwt.key(slot, only);
        key.is_some_and(|key| key.elsewhere().is_some())
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("Public"),
            Self::Basic(secrets) => fmt::Debug::fmt(secrets, f),
            Self::KeyJwt(jwt) => f
                .debug_struct("PrivateKeyJwt")
                .field("current", &jwt.current)
                .field("other", &jwt.other)
                .field("previous", &jwt.previous)
                .finish_non_exhaustive(),
        }
    }
}
