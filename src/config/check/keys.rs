//! The public keys of a configuration, which one document publishes.

use super::ehrs::CheckedEhr;
use crate::{
    config::{builder::SmartConfigBuilder, error::InvalidReason, key_file::read_file, problems::Problems},
    protocol::client_auth::{AuthStyle, Jwks, PublicJwk, credentials::ClientCredentials},
};

impl SmartConfigBuilder {
    /// The keys that are published whichever EHRs there are.
    pub(super) fn check_published(&mut self, problems: &mut Problems) -> Vec<PublicJwk> {
        let mut keys = Vec::new();
        for auth in std::mem::take(&mut self.published) {
            // A client id plays no part in keys.
            match ClientCredentials::check(&auth, "any", &AuthStyle::default(), &read_file) {
                Ok(credentials) => keys.extend(credentials.public_keys().cloned()),
                Err(found) => problems.credentials(found),
            }
        }
        keys
    }
}

/// One document has the keys of all EHRs, so an id must not mean two keys.
pub(super) fn check_keys(ehrs: &[CheckedEhr], extra: &[PublicJwk], problems: &mut Problems) {
    let mut jwks = Jwks::default();
    let usable = ehrs.iter().filter_map(|checked| checked.ehr.as_ref());
    for key in usable.flat_map(|ehr| ehr.credentials().public_keys()).chain(extra) {
        if let Err(duplicate) = jwks.add(key) {
            problems.invalid("kid", InvalidReason::DuplicateKid { kid: duplicate.0 });
        }
    }
}
