//! A sign-in between the redirect to the EHR and the callback, as its browser keeps it: sealed, in a cookie of its own.
//!
//! The store learns of a sign-in when somebody comes back with it. So no flood of sign-ins that are only begun pushes
//! anything out.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lz4_flex::block::{compress_prepend_size_with_dict, decompress_size_prepended_with_dict};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use crate::{
    protocol::launch_request::SignInWish,
    store::{LaunchKind, PendingKey, PendingRecord, SealError, SealedKind, SealingKeys, digest},
    time::Timestamp,
};

/// What records have in common, so that they take less room: a browser may have several of these cookies, and proxies take
/// a few kB of them. A record that was compressed with another text does not open, so a sign-in does not outlive a change
/// here.
///
/// Compressing tells nobody anything: the secrets in a record are new in each, and its length is the browser's to know.
const COMMON: &[u8] = br#"","nonce":"","return_to":"/","return_patient":"","return_without_patient":true,"session":"{"v":1,"ehr":"https://fhir.","kind":"standalone","endpoints":{"token":"https://","revocation":"https://","introspection":"https://","issuer":"https://","jwks_uri":"https://.well-known/jwks.json","iss_promised":true},"redirect_uri":"https://app./auth/callback","aud":"https://","code_verifier":"","requested":"online_access user/Practitioner.read patient/MedicationRequest.rs patient/Observation.rs patient/Patient.rs user/*.rs patient/*.rs patient/*.read launch/encounter profile openid fhirUser launch launch/patient offline_access","started_at":17"#;

/// What the cookie of a sign-in holds.
#[derive(Debug, Clone)]
pub(crate) enum SignIn {
    /// It was begun, and nothing is known here of a callback.
    Begun(Box<PendingRecord>),
    /// A callback of it was answered.
    Used(UsedSignIn),
}

/// What is left of a sign-in whose callback was answered: enough to say how to begin again, nothing to exchange with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UsedSignIn {
    pub(crate) kind: LaunchKind,
    /// The key of the EHR registration.
    pub(crate) ehr: String,
    pub(crate) started_at: Timestamp,
    /// Whether it demanded a new sign-in at the EHR. Who begins again is asked for no less.
    pub(crate) sign_in: SignInWish,
}

#[derive(Serialize, Deserialize)]
struct UsedForm {
    from_ehr: bool,
    ehr: String,
    started_at: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    again: bool,
}

impl UsedSignIn {
    pub(crate) fn of(record: &PendingRecord) -> Self {
        Self {
            kind: record.kind,
            ehr: record.ehr.clone(),
            started_at: record.started_at,
            sign_in: record.sign_in,
        }
    }

    /// As text that only a holder of the keys can read, and that says so for this sign-in only.
    ///
    /// # Errors
    ///
    /// [`SealError::NoRandomness`]. [`SealError::Corrupt`] does not occur.
    pub(crate) fn seal(&self, keys: &SealingKeys, tag: SignInTag) -> Result<String, SealError> {
        let form = UsedForm {
            from_ehr: self.kind == LaunchKind::Ehr,
            ehr: self.ehr.clone(),
            started_at: self.started_at,
            again: self.sign_in == SignInWish::Again,
        };
        let bytes = serde_json::to_vec(&form).map_err(|_| SealError::Corrupt)?;
        let sealed = keys.seal_apart(SealedKind::UsedSignIn, &tag.digest(), bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Reads what [`seal`](Self::seal) gave for the same sign-in. `None` for anything else.
    pub(crate) fn open(keys: &SealingKeys, tag: SignInTag, text: &str) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let bytes = keys.open_apart(SealedKind::UsedSignIn, &tag.digest(), &sealed).ok()?;
        let form: UsedForm = serde_json::from_slice(&bytes).ok()?;
        Some(Self {
            kind: if form.from_ehr {
                LaunchKind::Ehr
            } else {
                LaunchKind::Standalone
            },
            ehr: form.ehr,
            started_at: form.started_at,
            sign_in: SignInWish::again_if(form.again),
        })
    }
}

/// What tells the sign-ins of a browser apart, without their `state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignInTag([u8; 9]);

impl SignInTag {
    pub(crate) fn of(key: PendingKey) -> Self {
        let mut tag = [0; 9];
        for (to, from) in tag.iter_mut().zip(key.as_bytes()) {
            *to = *from;
        }
        Self(tag)
    }

    /// As it stands in the name of a cookie.
    pub(crate) fn text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    fn digest(self) -> [u8; 32] {
        digest("sign-in", &self.text())
    }
}

impl SignIn {
    /// A sign-in that begins, as text that only a holder of the keys and of the `state` can read.
    ///
    /// # Errors
    ///
    /// [`SealError::NoRandomness`] only.
    pub(crate) fn seal(record: &PendingRecord, keys: &SealingKeys, key: PendingKey) -> Result<String, SealError> {
        let bytes = Zeroizing::new(record.to_bytes());
        let bytes = compress_prepend_size_with_dict(&bytes, COMMON);
        let sealed = keys.seal_apart(SealedKind::Pending, key.as_bytes(), bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Reads what the cookie of the sign-in with this `state` says. `None` for anything else.
    pub(crate) fn open(keys: &SealingKeys, key: PendingKey, text: &str) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        match keys.open_apart(SealedKind::Pending, key.as_bytes(), &sealed) {
            Ok(bytes) => {
                let bytes = Zeroizing::new(decompress_size_prepended_with_dict(&bytes, COMMON).ok()?);
                Some(Self::Begun(Box::new(PendingRecord::from_bytes(&bytes).ok()?)))
            }
            Err(_) => UsedSignIn::open(keys, SignInTag::of(key), text).map(Self::Used),
        }
    }

    /// When it began.
    pub(crate) const fn started_at(&self) -> Timestamp {
        match self {
            Self::Begun(record) => record.started_at,
            Self::Used(used) => used.started_at,
        }
    }
}

#[cfg(test)]
mod tests;
