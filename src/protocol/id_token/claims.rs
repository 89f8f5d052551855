//! What a verified id token says: [`IdTokenClaims`].

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fhir_user::FhirUserReference;
use crate::time::Timestamp;

/// The claims of an id token that was verified: who the user is, and who says so.
///
/// A user is the pair of [`issuer`](Self::issuer) and [`subject`](Self::subject); neither alone names one
/// (OpenID Connect Core 1.0, section 5.7). Cheap to clone. `Debug` shows the names of the claims, not their values:
/// they identify a person.
///
/// The token was checked when the launch began and is not checked again: its expiry ends its use as a proof, not the
/// launch.
#[derive(Clone, PartialEq)]
pub struct IdTokenClaims(Arc<Parts>);

/// Also the stored form.
#[derive(PartialEq, Serialize, Deserialize)]
pub(super) struct Parts {
    #[serde(rename = "iss")]
    pub(super) issuer: String,
    #[serde(rename = "sub")]
    pub(super) subject: String,
    #[serde(rename = "aud")]
    pub(super) audience: Vec<String>,
    #[serde(rename = "azp", default, skip_serializing_if = "Option::is_none")]
    pub(super) authorized_party: Option<String>,
    #[serde(rename = "exp_ms")]
    pub(super) expires_at: Timestamp,
    #[serde(rename = "iat_ms")]
    pub(super) issued_at: Timestamp,
    #[serde(rename = "auth_time_ms", default, skip_serializing_if = "Option::is_none")]
    pub(super) auth_time: Option<Timestamp>,
    pub(super) nonce_was_checked: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fhir_user: Option<FhirUserReference>,
    /// All other claims as they came. Without `nonce`, which is a secret of the sign-in.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) other: Map<String, Value>,
}

impl IdTokenClaims {
    pub(super) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// For the store format. Claims identify a person: they go nowhere else.
    pub(crate) fn to_stored(&self) -> impl Serialize + '_ {
        &*self.0
    }

    /// What [`to_stored`](Self::to_stored) wrote; it was verified then.
    ///
    /// # Errors
    ///
    /// The deserializer's, for anything else.
    pub(crate) fn from_stored<'de, D: serde::Deserializer<'de>>(stored: D) -> Result<Self, D::Error> {
        Parts::deserialize(stored).map(Self::new)
    }

    /// Who vouches for the user (`iss`).
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The user, unique at this issuer only (`sub`).
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// For whom the token is (`aud`); the client id is among them.
    #[must_use]
    pub fn audience(&self) -> &[String] {
        &self.0.audience
    }

    /// Until when the token itself was valid (`exp`). It says nothing about the launch.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }

    /// When the token was issued (`iat`).
    #[must_use]
    pub fn issued_at(&self) -> Timestamp {
        self.0.issued_at
    }

    /// To whom the token was issued (`azp`); the client id, when it is there.
    #[must_use]
    pub fn authorized_party(&self) -> Option<&str> {
        self.0.authorized_party.as_deref()
    }

    /// When the user signed in at the EHR (`auth_time`); `None` when the EHR did not say it, or not as a number, and then
    /// [`claim`](Self::claim) has what it said instead.
    #[must_use]
    pub fn auth_time(&self) -> Option<Timestamp> {
        self.0.auth_time
    }

    /// Whether the token had the `nonce` that was sent. `false`: it had none, and that was allowed.
    #[must_use]
    pub fn nonce_was_checked(&self) -> bool {
        self.0.nonce_was_checked
    }

    /// The user as a FHIR resource (`fhirUser`, or `profile` of SMART v1). `None` when the EHR did not say, or not
    /// in a form that can be used; then the log has the reason.
    #[must_use]
    pub fn fhir_user(&self) -> Option<&FhirUserReference> {
        self.0.fhir_user.as_ref()
    }

    /// The user's full name for display (`name`).
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// The name with which the user signs in (`preferred_username`). Not unique, not to be relied upon.
    #[must_use]
    pub fn preferred_username(&self) -> Option<&str> {
        self.text("preferred_username")
    }

    /// Any other claim as it came: one of the EHR's own, `email`, `fhirUser` word for word. Those that every token has
    /// (`iss`, `sub`, `aud`, `azp`, `exp`, `iat`, `auth_time`) have methods here, and `nonce` is used up.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.0.other.get(name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.claim(name)?.as_str().filter(|text| !text.trim().is_empty())
    }
}

impl fmt::Debug for IdTokenClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.other.keys().collect();
        f.debug_tuple("IdTokenClaims").field(&names).finish()
    }
}
