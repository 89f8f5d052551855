//! The keys of `private_key_jwt`, checked and ready to sign: [`KeyJwt`].

use std::time::Duration;

use super::{key::SigningKey, public_key::PublicJwk, signing_algorithm::SigningAlgorithm, slot::CredentialSlot};
use crate::protocol::urls::EndpointUrl;

pub(super) struct KeyJwt {
    pub(super) current: SigningKey,
    /// Of the other algorithm.
    pub(super) other: Option<SigningKey>,
    pub(super) previous: Option<SigningKey>,
    pub(super) published: Vec<PublicJwk>,
    pub(super) jku: Option<EndpointUrl>,
    pub(super) lifetime: Duration,
}

impl KeyJwt {
    /// The key for a server that takes only this algorithm, or takes either.
    pub(super) fn key(&self, slot: CredentialSlot, only: Option<SigningAlgorithm>) -> Option<&SigningKey> {
        match slot {
            CredentialSlot::Current => {
                let other = self
                    .other
                    .as_ref()
                    .filter(|key| !fits(&self.current, only) && fits(key, only));
                Some(other.unwrap_or(&self.current))
            }
            CredentialSlot::Previous => self
                .previous
                .as_ref()
                .filter(|key| self.other.is_none() || fits(key, only)),
        }
    }

    /// The one of the keys that sign, or did, that has this id.
    pub(super) fn by_kid(&self, kid: &str) -> Option<&SigningKey> {
        self.signing().find(|key| key.kid() == kid)
    }

    /// The keys that sign, or did.
    pub(super) fn signing(&self) -> impl Iterator<Item = &SigningKey> {
        [Some(&self.current), self.other.as_ref(), self.previous.as_ref()]
            .into_iter()
            .flatten()
    }
}

fn fits(key: &SigningKey, only: Option<SigningAlgorithm>) -> bool {
    only.is_none_or(|only| key.algorithm() == only.of_header())
}
