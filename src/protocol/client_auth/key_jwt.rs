//! The keys of `private_key_jwt`, checked and ready to sign: [`KeyJwt`].

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use jsonwebtoken::Algorithm;

use super::{key::SigningKey, public_key::PublicJwk};
use crate::protocol::{urls::EndpointUrl, visible::in_log};

pub(super) struct KeyJwt {
    pub(super) current: SigningKey,
    pub(super) previous: Option<SigningKey>,
    pub(super) published: Vec<PublicJwk>,
    pub(super) jku: Option<EndpointUrl>,
    pub(super) lifetime: Duration,
    pub(super) warned_about_algorithm: AtomicBool,
}

impl KeyJwt {
    /// Warns, once, when the server does not list the algorithm of the key.
    pub(super) fn warn_unless_listed(&self, key: &SigningKey, allowed: Option<&[String]>) {
        let Some(allowed) = allowed else { return };
        let algorithm = key.algorithm();
        let is_listed = allowed
            .iter()
            .any(|listed| listed.parse().is_ok_and(|listed: Algorithm| listed == algorithm));
        if is_listed || self.warned_about_algorithm.swap(true, Ordering::Relaxed) {
            return;
        }
        tracing::warn!(
            ?algorithm,
            listed = in_log(&allowed.join(", ")),
            kid = key.kid(),
            "the EHR does not list the algorithm of the signing key; if it answers invalid_client, use a key of a listed one",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client_auth::tests::fixture;

    /// Whether a key of ES384 is warned about.
    fn warns(listed: Option<&[&str]>) -> bool {
        let key = || SigningKey::from_pem("k", fixture!("p384-pkcs8")).unwrap();
        let credentials = KeyJwt {
            current: key(),
            previous: None,
            published: Vec::new(),
            jku: None,
            lifetime: Duration::from_secs(240),
            warned_about_algorithm: AtomicBool::new(false),
        };
        let listed: Option<Vec<String>> = listed.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        credentials.warn_unless_listed(&key(), listed.as_deref());
        credentials.warned_about_algorithm.into_inner()
    }

    #[test]
    fn an_algorithm_that_is_not_listed_is_warned_about() {
        assert!(!warns(None));
        assert!(!warns(Some(&["RS384", "ES384"])));
        assert!(!warns(Some(&["of another kind", "ES384"])));
        assert!(warns(Some(&["RS384", "HS256"])));
        assert!(warns(Some(&["es384"])));
        assert!(warns(Some(&[])));
    }
}
