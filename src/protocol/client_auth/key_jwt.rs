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
