//! What of the credentials the EHR's metadata does not list: [`Unlisted`].

use jsonwebtoken::Algorithm;

use super::{
    credentials::{ClientCredentials, Method},
    signing_algorithm::SigningAlgorithm,
    slot::CredentialSlot,
    style::{ClientSecretIn, SecretPlacement},
};
use crate::protocol::metadata::ServerMetadata;

/// What of a client's credentials the EHR's metadata does not list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unlisted {
    /// The way of authentication.
    Method { used: &'static str, listed: String },
    /// The algorithm of the key.
    Algorithm { used: Algorithm, listed: String },
}

impl ClientCredentials {
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
}
