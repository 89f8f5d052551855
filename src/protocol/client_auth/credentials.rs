//! [`ClientAuth`] after it was checked: [`ClientCredentials`], which authenticates token requests.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rand::CryptoRng;
use secrecy::ExposeSecret as _;
use url::form_urlencoded::byte_serialize;

use super::{
    BasicEncoding, ClientAuth, ClientIdInBody, ClientSecretBasic, DuplicateKid, Jwks, KeyError, PrivateKey,
    PrivateKeyJwt, PublishedKey,
    assertion::{ASSERTION_TYPE, AssertionFor, sign_assertion},
    key::SigningKey,
    public_key::PublicJwk,
    source::ReadFile,
};
use crate::{
    protocol::{
        secret::ClientSecret,
        urls::{EndpointUrl, UrlError},
    },
    time::Timestamp,
};

/// The longest life of an assertion (SMART App Launch 2.2: five minutes).
const MAX_LIFETIME: Duration = Duration::from_secs(300);

/// What authenticates token requests.
#[derive(Debug)]
pub(crate) struct ClientCredentials {
    method: Method,
    client_id_in_body: ClientIdInBody,
}

enum Method {
    Public,
    Basic(ClientSecretBasic),
    KeyJwt(Box<KeyJwt>),
}

struct KeyJwt {
    current: SigningKey,
    previous: Option<SigningKey>,
    published: Vec<PublicJwk>,
    jku: Option<EndpointUrl>,
    lifetime: Duration,
    warned_about_algorithm: AtomicBool,
}

/// Which of the credentials to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CredentialSlot {
    Current,
    /// The one in use before, for the time of a rotation.
    Previous,
}

/// What authentication adds to a token request. Holds credentials.
pub(crate) struct AppliedAuth {
    pub(crate) form: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// Why a token request cannot be authenticated. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientAuthError {
    /// There is no previous credential.
    #[error("no previous secret or key is configured")]
    NoPrevious,
    /// The key did not sign, though it did when the configuration was built.
    #[error("signing the client assertion failed; is the machine out of memory?")]
    Signing,
}

/// What is wrong with credentials, by the name of the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CredentialProblem {
    Missing(&'static str),
    Key {
        field: &'static str,
        kid: String,
        error: KeyError,
    },
    Jku(UrlError),
    Lifetime,
    DuplicateKid(DuplicateKid),
    ColonInClientId,
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
        client_id_in_body: ClientIdInBody,
        read: ReadFile<'_>,
    ) -> Result<Self, Vec<CredentialProblem>> {
        let method = match auth {
            ClientAuth::Public => Method::Public,
            ClientAuth::ClientSecretBasic(basic) => Method::Basic(check_basic(basic, client_id)?),
            ClientAuth::PrivateKeyJwt(jwt) => Method::KeyJwt(Box::new(check_jwt(jwt, read)?)),
        };
        Ok(Self {
            method,
            client_id_in_body,
        })
    }

    /// The credentials in the order to try them: the second only after a definite `invalid_client`.
    pub(crate) const fn attempts(&self) -> &'static [CredentialSlot] {
        let has_previous = match &self.method {
            Method::Public => false,
            Method::Basic(basic) => basic.previous.is_some(),
            Method::KeyJwt(jwt) => jwt.previous.is_some(),
        };
        if has_previous {
            &[CredentialSlot::Current, CredentialSlot::Previous]
        } else {
            &[CredentialSlot::Current]
        }
    }

    /// The name of the method in `token_endpoint_auth_methods_supported` (`none` for a public client).
    pub(crate) const fn method_name(&self) -> &'static str {
        match self.method {
            Method::Public => "none",
            Method::Basic(_) => "client_secret_basic",
            Method::KeyJwt(_) => "private_key_jwt",
        }
    }

    /// The public halves of all keys.
    pub(crate) fn public_keys(&self) -> impl Iterator<Item = &PublicJwk> {
        let jwt = match &self.method {
            Method::KeyJwt(jwt) => Some(jwt),
            Method::Public | Method::Basic(_) => None,
        };
        jwt.into_iter().flat_map(|jwt| {
            [Some(&jwt.current), jwt.previous.as_ref()]
                .into_iter()
                .flatten()
                .map(SigningKey::public)
                .chain(&jwt.published)
        })
    }

    /// What has to be added to one token request. Call it anew for every request: an assertion is good for one.
    ///
    /// `allowed_algorithms` is the server's `token_endpoint_auth_signing_alg_values_supported`. Such lists are often
    /// incomplete, so a key whose algorithm is not in it is used all the same, with one warning.
    ///
    /// # Errors
    ///
    /// [`ClientAuthError::NoPrevious`] for a slot that [`attempts`](Self::attempts) does not name, and
    /// [`ClientAuthError::Signing`].
    pub(crate) fn authenticate(
        &self,
        slot: CredentialSlot,
        client_id: &str,
        token_endpoint: &EndpointUrl,
        allowed_algorithms: Option<&[String]>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<AppliedAuth, ClientAuthError> {
        let mut applied = AppliedAuth {
            form: Vec::new(),
            headers: Vec::new(),
        };
        match &self.method {
            Method::Public if slot == CredentialSlot::Previous => return Err(ClientAuthError::NoPrevious),
            Method::Public => {}
            Method::Basic(basic) => {
                let secret = match slot {
                    CredentialSlot::Current => Some(&basic.secret),
                    CredentialSlot::Previous => basic.previous.as_ref(),
                };
                let secret = secret.ok_or(ClientAuthError::NoPrevious)?;
                let value = basic_header(client_id, secret, basic.encoding);
                applied.headers.push(("Authorization", value));
            }
            Method::KeyJwt(jwt) => {
                let key = match slot {
                    CredentialSlot::Current => Some(&jwt.current),
                    CredentialSlot::Previous => jwt.previous.as_ref(),
                };
                let key = key.ok_or(ClientAuthError::NoPrevious)?;
                jwt.warn_unless_listed(key, allowed_algorithms);
                let about = AssertionFor {
                    client_id,
                    token_endpoint,
                    jku: jwt.jku.as_ref().map(EndpointUrl::as_str),
                    lifetime: jwt.lifetime,
                };
                let assertion = sign_assertion(key, &about, now, rng).ok_or(ClientAuthError::Signing)?;
                applied.form.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
                applied.form.push(("client_assertion", assertion));
            }
        }
        if matches!(self.method, Method::Public) || self.client_id_in_body == ClientIdInBody::Send {
            applied.form.push(("client_id", client_id.to_owned()));
        }
        Ok(applied)
    }
}

impl KeyJwt {
    fn warn_unless_listed(&self, key: &SigningKey, allowed: Option<&[String]>) {
        let Some(allowed) = allowed else { return };
        let algorithm = key.algorithm().name();
        if allowed.iter().any(|listed| listed == algorithm) || self.warned_about_algorithm.swap(true, Ordering::Relaxed)
        {
            return;
        }
        tracing::warn!(
            algorithm,
            listed = ?allowed,
            kid = key.kid(),
            "the EHR does not list the algorithm of the signing key; if it answers invalid_client, use a key of a listed one",
        );
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

fn check_basic(basic: &ClientSecretBasic, client_id: &str) -> Result<ClientSecretBasic, Vec<CredentialProblem>> {
    let mut problems = Vec::new();
    if basic.secret.expose_secret().is_empty() {
        problems.push(CredentialProblem::Missing("client_secret"));
    }
    if basic
        .previous
        .as_ref()
        .is_some_and(|secret| secret.expose_secret().is_empty())
    {
        problems.push(CredentialProblem::Missing("previous_client_secret"));
    }
    if basic.encoding == BasicEncoding::Raw && client_id.contains(':') {
        problems.push(CredentialProblem::ColonInClientId);
    }
    if problems.is_empty() {
        Ok(basic.clone())
    } else {
        Err(problems)
    }
}

fn check_jwt(jwt: &PrivateKeyJwt, read: ReadFile<'_>) -> Result<KeyJwt, Vec<CredentialProblem>> {
    let mut problems = Vec::new();
    let current = check_key(("private_key", "kid"), &jwt.kid, &jwt.key, read, &mut problems);
    let previous = jwt.previous.as_ref().and_then(|(kid, key)| {
        let fields = ("previous_private_key", "previous_kid");
        check_key(fields, kid, key, read, &mut problems)
    });
    let published = check_published(&jwt.published, read, &mut problems);
    let jku = jwt.jku.as_deref().map(EndpointUrl::parse).transpose();
    if let Err(error) = &jku {
        problems.push(CredentialProblem::Jku(*error));
    }
    if jwt.lifetime < Duration::from_secs(1) || jwt.lifetime > MAX_LIFETIME {
        problems.push(CredentialProblem::Lifetime);
    }
    let mut kids = Jwks::default();
    let signing = [current.as_ref(), previous.as_ref()];
    for key in signing.into_iter().flatten().map(SigningKey::public).chain(&published) {
        if let Err(duplicate) = kids.add(key) {
            problems.push(CredentialProblem::DuplicateKid(duplicate));
        }
    }
    match (current, jku) {
        (Some(current), Ok(jku)) if problems.is_empty() => Ok(KeyJwt {
            current,
            previous,
            published,
            jku,
            lifetime: jwt.lifetime,
            warned_about_algorithm: AtomicBool::new(false),
        }),
        _ => Err(problems),
    }
}

fn check_key(
    (key_field, kid_field): (&'static str, &'static str),
    kid: &str,
    key: &PrivateKey,
    read: ReadFile<'_>,
    problems: &mut Vec<CredentialProblem>,
) -> Option<SigningKey> {
    if kid.is_empty() || key.is_empty() {
        if key.is_empty() {
            problems.push(CredentialProblem::Missing(key_field));
        }
        if kid.is_empty() {
            problems.push(CredentialProblem::Missing(kid_field));
        }
        return None;
    }
    let parsed = key
        .read(read)
        .and_then(|text| SigningKey::from_pem(kid, text.expose_secret()));
    parsed
        .map_err(|error| {
            problems.push(CredentialProblem::Key {
                field: key_field,
                kid: kid.to_owned(),
                error,
            });
        })
        .ok()
}

fn check_published(
    keys: &[(String, PublishedKey)],
    read: ReadFile<'_>,
    problems: &mut Vec<CredentialProblem>,
) -> Vec<PublicJwk> {
    let mut published = Vec::new();
    for (kid, key) in keys {
        let jwk = match key {
            PublishedKey::Private(key) => check_key(("published_key", "published_kid"), kid, key, read, problems)
                .map(|signing| signing.public().clone()),
            PublishedKey::Public(_) if kid.is_empty() => {
                problems.push(CredentialProblem::Missing("published_kid"));
                None
            }
            PublishedKey::Public(key) => PublicJwk::read(kid, key, read)
                .map_err(|error| {
                    problems.push(CredentialProblem::Key {
                        field: "published_key",
                        kid: kid.clone(),
                        error,
                    });
                })
                .ok(),
        };
        published.extend(jwk);
    }
    published
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("Public"),
            Self::Basic(basic) => fmt::Debug::fmt(basic, f),
            Self::KeyJwt(jwt) => f
                .debug_struct("PrivateKeyJwt")
                .field("current", &jwt.current)
                .field("previous", &jwt.previous)
                .finish_non_exhaustive(),
        }
    }
}

impl fmt::Debug for AppliedAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.form.iter().chain(&self.headers).map(|(name, _)| name).collect();
        f.debug_tuple("AppliedAuth").field(&names).finish()
    }
}
