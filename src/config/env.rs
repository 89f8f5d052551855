//! An EHR from environment variables.

use std::env::{self, VarError};

use secrecy::zeroize::Zeroizing;

use super::{ehr_builder::EhrBuilder, error::InvalidReason};
use crate::protocol::{
    client_auth::{ClientAuth, PrivateKey, PrivateKeyJwt},
    wiped::text_of,
};

impl EhrBuilder {
    /// One EHR from the environment. A variable that is not set, or holds spaces only, is missing; values are trimmed.
    ///
    /// | variable | what |
    /// |---|---|
    /// | `FHIR_BASE_URL` | the FHIR base URL |
    /// | `SMART_CLIENT_ID` | the client id |
    /// | `SMART_CLIENT_SECRET` | the secret of a `client_secret_basic` client |
    /// | `SMART_PRIVATE_KEY_PATH` | the PEM file of a `private_key_jwt` client (or the PEM text itself) |
    /// | `SMART_KEY_ID` | that key's id |
    /// | `SMART_JWKS_URI` | the registered JWKS URL, to be sent as `jku`; optional |
    /// | `SMART_REDIRECT_URI` | the redirect URI |
    /// | `SMART_SCOPES` | the scopes, separated by spaces |
    /// | `SMART_BACKEND_SCOPES` | the scopes of the application itself ([`backend_scopes`](Self::backend_scopes)); optional, and without `SMART_SCOPES` nobody launches |
    ///
    /// Any of the three key variables makes a `private_key_jwt` client, else the secret makes a confidential one, and
    /// without either the client is public. A secret and a key at once are reported as a problem.
    pub fn from_env() -> Self {
        Self::from_variables(&variable)
    }

    pub(super) fn from_variables(variable: &dyn Fn(&str) -> Option<Zeroizing<String>>) -> Self {
        let read = |name: &str| {
            variable(name)
                .map(|value| Zeroizing::new(value.trim().to_owned()))
                .filter(|value| !value.is_empty())
        };
        let builder = Self::new(read("FHIR_BASE_URL").unwrap_or_default().as_str())
            .client_id(read("SMART_CLIENT_ID").unwrap_or_default().as_str())
            .redirect_uri(read("SMART_REDIRECT_URI").unwrap_or_default().as_str())
            .scopes(read("SMART_SCOPES").unwrap_or_default().as_str())
            .backend_scopes(read("SMART_BACKEND_SCOPES").unwrap_or_default().as_str());
        let secret = read("SMART_CLIENT_SECRET");
        let key = read("SMART_PRIVATE_KEY_PATH");
        let kid = read("SMART_KEY_ID");
        let jwks_uri = read("SMART_JWKS_URI");
        let has_key = key.is_some() || kid.is_some() || jwks_uri.is_some();
        match (secret, has_key) {
            (None, false) => builder,
            (Some(secret), false) => builder.client_auth(ClientAuth::client_secret(secret.as_str())),
            (None, true) => {
                let mut jwt =
                    PrivateKeyJwt::new(kid.unwrap_or_default().as_str(), private_key(&key.unwrap_or_default()));
                if let Some(uri) = jwks_uri {
                    jwt = jwt.jku(uri.as_str());
                }
                builder.client_auth(jwt)
            }
            (Some(_), true) => builder.conflicting(InvalidReason::SecretAndKey),
        }
    }
}

/// People put the key itself where its path belongs. That is clear enough to do what they mean.
fn private_key(path_or_pem: &str) -> PrivateKey {
    if path_or_pem.contains("-----BEGIN ") {
        PrivateKey::pem(path_or_pem)
    } else {
        PrivateKey::file(path_or_pem)
    }
}

/// A variable of the process. What of it is not text becomes U+FFFD.
///
/// This copy is wiped. The process's environment keeps the value, and no program can change that safely.
fn variable(name: &str) -> Option<Zeroizing<String>> {
    match env::var(name) {
        Ok(value) => Some(Zeroizing::new(value)),
        Err(VarError::NotPresent) => None,
        Err(VarError::NotUnicode(value)) => Some(text_of(&Zeroizing::new(value.into_encoded_bytes()))),
    }
}
