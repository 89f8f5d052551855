//! A sign-in between the redirect to the EHR and the callback, as its browser keeps it: sealed, in a cookie of its own.
//!
//! The store learns of a sign-in when somebody comes back with it. So no flood of sign-ins that are only begun pushes
//! anything out.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::store::{LaunchKind, PendingKey, PendingRecord, SealError, SealedKind, SealingKeys};

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
}

#[derive(Serialize, Deserialize)]
struct UsedForm {
    from_ehr: bool,
    ehr: String,
}

impl UsedSignIn {
    pub(crate) fn of(record: &PendingRecord) -> Self {
        Self {
            kind: record.kind,
            ehr: record.ehr.clone(),
        }
    }
}

impl SignIn {
    /// As text that only a holder of the keys and of the `state` can read.
    ///
    /// # Errors
    ///
    /// [`SealError::NoRandomness`] only.
    pub(crate) fn seal(&self, keys: &SealingKeys, key: PendingKey) -> Result<String, SealError> {
        let (kind, bytes) = match self {
            Self::Begun(record) => (SealedKind::Pending, record.to_bytes()),
            Self::Used(used) => {
                let form = UsedForm {
                    from_ehr: used.kind == LaunchKind::Ehr,
                    ehr: used.ehr.clone(),
                };
                (
                    SealedKind::UsedSignIn,
                    serde_json::to_vec(&form).map_err(|_| SealError::Corrupt)?,
                )
            }
        };
        let sealed = keys.seal_apart(kind, key.as_bytes(), bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Reads what [`seal`](Self::seal) gave for the same `state`. `None` for anything else.
    pub(crate) fn open(keys: &SealingKeys, key: PendingKey, text: &str) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        if let Ok(bytes) = keys.open_apart(SealedKind::Pending, key.as_bytes(), &sealed) {
            return Some(Self::Begun(Box::new(PendingRecord::from_bytes(&bytes).ok()?)));
        }
        let bytes = keys.open_apart(SealedKind::UsedSignIn, key.as_bytes(), &sealed).ok()?;
        let form: UsedForm = serde_json::from_slice(&bytes).ok()?;
        let kind = if form.from_ehr {
            LaunchKind::Ehr
        } else {
            LaunchKind::Standalone
        };
        Some(Self::Used(UsedSignIn { kind, ehr: form.ehr }))
    }
}
