//! [`ClientAuth`] after it was checked: [`ClientCredentials`], which authenticates token requests.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::Algorithm;
use rand::CryptoRng;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded::byte_serialize;

pub(crate) use super::{applied::AppliedAuth, check::CredentialProblem, slot::CredentialSlot};
use super::{
    assertion::{ASSERTION_TYPE, AssertionFor, sign_assertion, unsigned_assertion},
    basic::{BasicEncoding, BasicSecrets},
    check::{check_basic, check_jwt},
    key_jwt::KeyJwt,
    kind::CredentialKind,
    method::ClientAuth,
    public_key::PublicJwk,
    signer_key::{NotSigned, ToSign},
    signing_algorithm::SigningAlgorithm,
    source::ReadFile,
    style::{AuthServer, AuthStyle, ClientIdInBody, ClientSecretIn, SecretPlacement},
};
use crate::{
    protocol::{installation::Installation, metadata::ServerMetadata, secret::ClientSecret, urls::EndpointUrl},
    time::Timestamp,
};

/// What authenticates token requests.
#[derive(Debug)]
pub(crate) struct ClientCredentials {
    client_id: String,
    method: Method,
    style: AuthStyle,
    /// Whether the previous credential is the one that worked last.
    previous_worked: AtomicBool,
}

enum Method {
    Public,
    Basic(BasicSecrets),
    KeyJwt(Box<KeyJwt>),
}

/// What comes of authenticating a token request.
#[derive(Debug)]
pub(crate) enum Authentication {
    Ready(AppliedAuth),
    /// A signer has to sign it first.
    ToSign(Box<ToSign>),
}

#[cfg(test)]
impl Authentication {
    /// Where no signer has to be asked.
    pub(crate) fn ready(self) -> Option<AppliedAuth> {
        match self {
            Self::Ready(applied) => Some(applied),
            Self::ToSign(_) => None,
        }
    }
}

/// What of a client's credentials the EHR's metadata does not list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unlisted {
    /// The way of authentication.
    Method { used: &'static str, listed: String },
    /// The algorithm of the key.
    Algorithm { used: Algorithm, listed: String },
}

/// Why a token request cannot be authenticated. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientAuthError {
    /// There is no previous credential.
    #[error("no previous secret or key is configured")]
    NoPrevious,
    /// The [`Signer`](crate::signer::Signer) that has the key gave no signature that can be sent.
    #[error(transparent)]
    NotSigned(#[from] NotSigned),
    /// A key of this process did not sign, though it did when the configuration was built.
    #[error("signing the client assertion failed; is the machine out of memory?")]
    Signing,
    /// The key that this launch's own client was registered with is not configured any more.
    #[error(
        "the key with which the EHR made a client for this launch is not configured any more; keep `EhrBuilder::installation_client`, \
         and the key as its `PrivateKeyJwt::previous`, while such launches are open"
    )]
    KeyGone,
    /// Assertions are to be addressed to the issuer, and the EHR's metadata names none.
    #[error("the EHR's metadata names no `issuer` for the assertion; use `AssertionAudience::Other`")]
    NoIssuer,
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

    /// Why the EHR will probably refuse these credentials, by what its metadata lists.
    ///
    /// Such lists are often incomplete, so the credentials are used all the same.
    pub(crate) fn unlisted(&self, metadata: &ServerMetadata) -> Option<Unlisted> {
        let fitting: &[&str] = match (&self.method, self.style.client_secret_in) {
            (Method::Public, _) => return None,
            (Method::Basic(_), ClientSecretIn::AsListed) => &["client_secret_basic", "client_secret_post"],
            (Method::Basic(_), ClientSecretIn::Always(SecretPlacement::Header)) => &["client_secret_basic"],
            (Method::Basic(_), ClientSecretIn::Always(SecretPlacement::Body)) => &["client_secret_post"],
            (Method::KeyJwt(_), _) => &["private_key_jwt"],
        };
        if let Some(listed) = metadata.token_endpoint_auth_methods_supported()
            && !listed.iter().any(|method| fitting.contains(&method.as_str()))
        {
            return Some(Unlisted::Method {
                used: fitting.first().copied().unwrap_or_default(),
                listed: listed.join(", "),
            });
        }
        let Method::KeyJwt(jwt) = &self.method else {
            return None;
        };
        let listed = metadata.token_endpoint_auth_signing_alg_values_supported()?;
        let only = SigningAlgorithm::only_listed(Some(listed));
        let used = jwt.key(CredentialSlot::Current, only)?.algorithm();
        let is_listed = listed
            .iter()
            .any(|name| name.parse().is_ok_and(|name: Algorithm| name == used));
        (!is_listed).then(|| Unlisted::Algorithm {
            used,
            listed: listed.join(", "),
        })
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

    /// What renews the tokens of a client that was made for one launch (RFC 7523, section 2.1), signed by the key that it was
    /// registered with. Call it again for every request.
    ///
    /// # Errors
    ///
    /// [`ClientAuthError::KeyGone`], [`ClientAuthError::NoIssuer`] and [`ClientAuthError::Signing`].
    pub(crate) fn renew_as(
        &self,
        installation: &Installation,
        server: &AuthServer<'_>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Authentication, ClientAuthError> {
        const MEMBER: &str = "assertion";
        let Method::KeyJwt(jwt) = &self.method else {
            return Err(ClientAuthError::KeyGone);
        };
        let key = jwt.by_kid(&installation.kid).ok_or(ClientAuthError::KeyGone)?;
        let about = AssertionFor {
            client_id: &installation.client_id,
            audience: self.style.audience(server).ok_or(ClientAuthError::NoIssuer)?,
            // The keys were registered by value.
            jku: None,
            lifetime: jwt.lifetime,
        };
        let assertion = unsigned_assertion(key, &about, now, rng).ok_or(ClientAuthError::Signing)?;
        let mut applied = AppliedAuth {
            form: vec![("client_id", installation.client_id.clone())],
            headers: Vec::new(),
        };
        if let Some(elsewhere) = key.elsewhere() {
            return Ok(Authentication::ToSign(Box::new(ToSign {
                key: elsewhere.clone(),
                kid: key.kid().to_owned(),
                assertion,
                member: MEMBER,
                applied,
            })));
        }
        let assertion = sign_assertion(key, assertion).ok_or(ClientAuthError::Signing)?;
        applied.form.push((MEMBER, assertion));
        Ok(Authentication::Ready(applied))
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

    /// What has to be added to one token request. Call it again for every request: an assertion is good for one.
    ///
    /// # Errors
    ///
    /// [`ClientAuthError::NoPrevious`] for a slot that [`attempts`](Self::attempts) does not name,
    /// [`ClientAuthError::NoIssuer`] and [`ClientAuthError::Signing`].
    pub(crate) fn authenticate(
        &self,
        slot: CredentialSlot,
        server: &AuthServer<'_>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Authentication, ClientAuthError> {
        let mut to_sign = None;
        let mut applied = AppliedAuth {
            form: Vec::new(),
            headers: Vec::new(),
        };
        let mut needs_client_id = matches!(self.method, Method::Public);
        match &self.method {
            Method::Public if slot == CredentialSlot::Previous => return Err(ClientAuthError::NoPrevious),
            Method::Public => {}
            Method::Basic(secrets) => {
                let secret = secrets.get(slot).ok_or(ClientAuthError::NoPrevious)?;
                match self.style.secret_placement(server) {
                    SecretPlacement::Header => {
                        let value = basic_header(&self.client_id, secret, self.style.basic_encoding);
                        applied.headers.push(("Authorization", value));
                    }
                    SecretPlacement::Body => {
                        needs_client_id = true;
                        applied.form.push(("client_secret", secret.expose_secret().to_owned()));
                    }
                }
            }
            Method::KeyJwt(jwt) => {
                let key = jwt.key(slot, server.assertion_algorithm);
                let key = key.ok_or(ClientAuthError::NoPrevious)?;
                let about = AssertionFor {
                    client_id: &self.client_id,
                    audience: self.style.audience(server).ok_or(ClientAuthError::NoIssuer)?,
                    jku: jwt.jku.as_ref().map(EndpointUrl::as_str),
                    lifetime: jwt.lifetime,
                };
                let unsigned = unsigned_assertion(key, &about, now, rng).ok_or(ClientAuthError::Signing)?;
                applied.form.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
                if let Some(elsewhere) = key.elsewhere() {
                    to_sign = Some((elsewhere.clone(), key.kid().to_owned(), unsigned));
                } else {
                    let assertion = sign_assertion(key, unsigned).ok_or(ClientAuthError::Signing)?;
                    applied.form.push(("client_assertion", assertion));
                }
            }
        }
        if needs_client_id || self.style.client_id_in_body == ClientIdInBody::Send {
            applied.form.push(("client_id", self.client_id.clone()));
        }
        Ok(match to_sign {
            None => Authentication::Ready(applied),
            Some((key, kid, assertion)) => Authentication::ToSign(Box::new(ToSign {
                key,
                kid,
                assertion,
                member: "client_assertion",
                applied,
            })),
        })
    }
}

fn basic_header(client_id: &str, secret: &ClientSecret, encoding: BasicEncoding) -> String {
    let secret = secret.expose_secret();
    let pair = match encoding {
        BasicEncoding::FormEncoded => {
            let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            format!("{}:{}", encode(client_id), encode(secret))
        }
        BasicEncoding::Raw => format!("{client_id}:{secret}"),
    };
    format!("Basic {}", STANDARD.encode(pair))
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
