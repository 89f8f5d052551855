//! A registration as bytes, to be kept.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    protocol::{
        client_registration::{ClientRegistration, Management, Parts, SecretExpiry},
        secret::{ClientSecret, RegistrationAccessToken, RegistrationUri},
        urls::FhirBaseUrl,
    },
    store::{FormatError, SealError, SealedKind, SealingKeys, UnsealError},
    time::Timestamp,
};

/// It has no name of its own that it could be bound to.
const UNNAMED: [u8; 32] = [0; 32];
/// Of [`Form`].
const VERSION: u64 = 1;

/// A registration as it is written. Members are never taken away; new ones may come.
#[derive(PartialEq, Serialize, Deserialize)]
pub(super) struct Form {
    v: u64,
    ehr: String,
    client_id: String,
    secret: Option<String>,
    /// In milliseconds; 0 is never, and nothing that it was not said.
    secret_expires_at: Option<u64>,
    issued_at: Option<u64>,
    token: Option<String>,
    uri: Option<String>,
    management: String,
    origins: Vec<String>,
    asked: Map<String, Value>,
    members: Map<String, Value>,
}

#[derive(Deserialize)]
struct Versioned {
    v: u64,
}

impl ClientRegistration {
    /// This value as bytes that only a holder of the keys can read, secrets included: for your database.
    ///
    /// # Errors
    ///
    /// [`SealError`] when the machine gives no random bytes.
    pub fn seal(&self, keys: &SealingKeys) -> Result<Vec<u8>, SealError> {
        let bytes = serde_json::to_vec(&Form::of(self)).map_err(|_| SealError::Corrupt)?;
        keys.seal_apart(SealedKind::ClientRegistration, &UNNAMED, bytes)
    }

    /// The value that [`seal`](Self::seal) gave the bytes of, in this or an earlier version of the crate.
    ///
    /// # Errors
    ///
    /// [`UnsealError`] for anything else.
    pub fn unseal(keys: &SealingKeys, sealed: &[u8]) -> Result<Self, UnsealError> {
        let bytes = keys.open_apart(SealedKind::ClientRegistration, &UNNAMED, sealed)?;
        let Versioned { v } = serde_json::from_slice(&bytes).map_err(|_| FormatError::Malformed)?;
        if v != VERSION {
            return Err(FormatError::Version(v).into());
        }
        let form: Form = serde_json::from_slice(&bytes).map_err(|_| FormatError::Malformed)?;
        Ok(form.into_registration()?)
    }

    /// Whether nothing has changed, secrets included.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Form::of(self) == Form::of(other)
    }
}

impl Form {
    pub(super) fn of(registration: &ClientRegistration) -> Self {
        let parts = &registration.parts;
        Self {
            v: VERSION,
            ehr: parts.fhir_base_url.as_str().to_owned(),
            client_id: parts.client_id.clone(),
            secret: parts.secret.as_ref().map(|it| it.expose_secret().to_owned()),
            secret_expires_at: match parts.secret_expiry {
                SecretExpiry::Never => Some(0),
                SecretExpiry::At(at) => Some(at.as_millis()),
                SecretExpiry::NotSaid => None,
            },
            issued_at: parts.issued_at.map(Timestamp::as_millis),
            token: parts.token.as_ref().map(|it| it.expose_secret().to_owned()),
            uri: parts.uri.as_ref().map(|it| it.expose_secret().to_owned()),
            management: name_of(parts.management).to_owned(),
            origins: parts.origins.clone(),
            asked: parts.asked.clone(),
            members: parts.members.clone(),
        }
    }

    /// # Errors
    ///
    /// [`FormatError`] when it is not of this form.
    pub(super) fn into_registration(self) -> Result<ClientRegistration, FormatError> {
        if self.v != VERSION {
            return Err(FormatError::Version(self.v));
        }
        Ok(ClientRegistration {
            parts: Parts {
                fhir_base_url: FhirBaseUrl::parse(&self.ehr).map_err(|_| FormatError::Malformed)?,
                client_id: self.client_id,
                secret: self.secret.map(ClientSecret::new),
                secret_expiry: match self.secret_expires_at {
                    None => SecretExpiry::NotSaid,
                    Some(0) => SecretExpiry::Never,
                    Some(at) => SecretExpiry::At(Timestamp::from_millis(at)),
                },
                issued_at: self.issued_at.map(Timestamp::from_millis),
                token: self.token.map(RegistrationAccessToken::new),
                uri: self.uri.map(RegistrationUri::new),
                management: management_of(&self.management)?,
                origins: self.origins,
                asked: self.asked,
                members: self.members,
            },
        })
    }
}

/// Stored names: they never change.
const fn name_of(management: Management) -> &'static str {
    match management {
        Management::Offered => "offered",
        Management::NotOffered => "not_offered",
        Management::UnusableAddress => "unusable_address",
        Management::OtherOrigin => "other_origin",
    }
}

fn management_of(name: &str) -> Result<Management, FormatError> {
    [
        Management::Offered,
        Management::NotOffered,
        Management::UnusableAddress,
        Management::OtherOrigin,
    ]
    .into_iter()
    .find(|management| name_of(*management) == name)
    .ok_or(FormatError::Malformed)
}

#[cfg(test)]
mod tests;
