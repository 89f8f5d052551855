//! What makes [`ClientAuth`](super::method::ClientAuth) usable, and everything that keeps it from being so.

use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::{
    basic::{BasicEncoding, BasicSecrets, ClientSecretBasic},
    jwks::{DuplicateKid, Jwks},
    key::SigningKey,
    key_error::KeyError,
    key_jwt::KeyJwt,
    private_key_jwt::PrivateKeyJwt,
    public_key::PublicJwk,
    source::{PrivateKey, PublishedKey, ReadFile},
    style::AuthStyle,
};
use crate::protocol::urls::{EndpointUrl, UrlError};

/// The longest life of an assertion (SMART App Launch 2.2: five minutes).
const MAX_LIFETIME: Duration = Duration::from_secs(300);

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
    /// Two of the keys of `or` and of `new` have one algorithm.
    SameAlgorithm,
    /// `previous` was called for several keys.
    SeveralPrevious,
    /// `previous` was called for several secrets.
    SeveralPreviousSecrets,
    ColonInClientId,
}

pub(super) fn check_basic(
    basic: &ClientSecretBasic,
    client_id: &str,
    style: &AuthStyle,
) -> Result<BasicSecrets, Vec<CredentialProblem>> {
    let mut problems = Vec::new();
    if basic.secret.expose_secret().is_empty() {
        problems.push(CredentialProblem::Missing("client_secret"));
    }
    if basic.previous.iter().any(|secret| secret.expose_secret().is_empty()) {
        problems.push(CredentialProblem::Missing("previous_client_secret"));
    }
    if style.basic_encoding == BasicEncoding::Raw && client_id.contains(':') {
        problems.push(CredentialProblem::ColonInClientId);
    }
    let previous = match basic.previous.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        _ => {
            problems.push(CredentialProblem::SeveralPreviousSecrets);
            None
        }
    };
    if problems.is_empty() {
        Ok(BasicSecrets::new(basic.secret.clone(), previous))
    } else {
        Err(problems)
    }
}

pub(super) fn check_jwt(jwt: &PrivateKeyJwt, read: ReadFile<'_>) -> Result<KeyJwt, Vec<CredentialProblem>> {
    let mut problems = Vec::new();
    let current = check_key(("private_key", "kid"), &jwt.kid, &jwt.key, read, &mut problems);
    let mut check_all = |keys: &[(String, PrivateKey)], fields| {
        let checked = keys
            .iter()
            .filter_map(|(kid, key)| check_key(fields, kid, key, read, &mut problems));
        checked.collect::<Vec<_>>()
    };
    let others = check_all(&jwt.others, ("other_private_key", "other_kid"));
    let previous = check_all(&jwt.previous, ("previous_private_key", "previous_kid"));
    let algorithms: Vec<_> = current.iter().chain(&others).map(SigningKey::algorithm).collect();
    let is_twice = |(at, algorithm)| algorithms.iter().take(at).any(|before| before == algorithm);
    if algorithms.iter().enumerate().any(is_twice) {
        problems.push(CredentialProblem::SameAlgorithm);
    }
    if jwt.previous.len() > 1 {
        problems.push(CredentialProblem::SeveralPrevious);
    }
    let published = check_published(&jwt.published, read, &mut problems);
    let jku = jwt.jku.as_deref().map(EndpointUrl::parse).transpose();
    if let Err(error) = &jku {
        problems.push(CredentialProblem::Jku(*error));
    }
    if jwt.lifetime < Duration::from_secs(1) || jwt.lifetime > MAX_LIFETIME {
        problems.push(CredentialProblem::Lifetime);
    }
    let mut kids = Jwks::default();
    let signing = current.iter().chain(&others).chain(&previous);
    let keys = signing.map(SigningKey::public).chain(&published);
    for key in keys.filter(|key| !key.kid().is_empty()) {
        if let Err(duplicate) = kids.add(key) {
            problems.push(CredentialProblem::DuplicateKid(duplicate));
        }
    }
    match (current, jku) {
        (Some(current), Ok(jku)) if problems.is_empty() => Ok(KeyJwt {
            current,
            other: others.into_iter().next(),
            previous: previous.into_iter().next(),
            published,
            jku,
            lifetime: jwt.lifetime,
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
    // In this order, as the documents name them: "private_key, kid". A key without its id is still looked into.
    if key.is_empty() {
        problems.push(CredentialProblem::Missing(key_field));
    }
    if kid.is_empty() {
        problems.push(CredentialProblem::Missing(kid_field));
    }
    if key.is_empty() {
        return None;
    }
    let parsed = match key.as_signer() {
        Some(signer) => SigningKey::of_signer(kid, signer, read),
        None => key
            .read(read)
            .and_then(|text| SigningKey::from_pem(kid, text.expose_secret())),
    };
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
