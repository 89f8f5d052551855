//! Values of [`SmartClient`](crate::SmartClient) as bytes, for a flow that outlives the process.

use std::sync::Arc;

use super::values::{Authorized, PendingAuthorization};
use crate::{
    protocol::secret::{LaunchSecret, State},
    store::{
        BrowserKey, FormatError, LaunchOrigin, LaunchRecord, PendingRecord, Proof, RefreshState, SealError, SealedKind,
        SealingKeys, UnsealError,
    },
};

/// Neither value has a name of its own that it could be bound to.
const UNNAMED: [u8; 32] = [0; 32];

impl PendingAuthorization {
    /// This value as bytes that only a holder of the keys can read: to keep it somewhere until the callback comes, also over a
    /// restart. Whoever brings the bytes back finishes the authorization, so keep them where only the person's own browser
    /// session leads, and take them out before you call [`finish`](crate::SmartClient::finish): it is good for one exchange.
    ///
    /// # Errors
    ///
    /// [`SealError`] when the machine gives no random bytes.
    pub fn seal(&self, keys: &SealingKeys) -> Result<Vec<u8>, SealError> {
        let mut bytes = self.state.expose_secret().as_bytes().to_vec();
        bytes.push(b'\n');
        bytes.extend(self.record.to_bytes());
        keys.seal_apart(SealedKind::PendingAuthorization, &UNNAMED, bytes)
    }

    /// The value that [`seal`](Self::seal) gave the bytes of, in this or an earlier version of the crate.
    ///
    /// # Errors
    ///
    /// [`UnsealError`] for anything else.
    pub fn unseal(keys: &SealingKeys, sealed: &[u8]) -> Result<Self, UnsealError> {
        let bytes = keys.open_apart(SealedKind::PendingAuthorization, &UNNAMED, sealed)?;
        let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
        let (state, record) = parts.next().zip(parts.next()).ok_or(FormatError::Malformed)?;
        let state = std::str::from_utf8(state).map_err(|_| FormatError::Malformed)?;
        Ok(Self {
            state: State::new(state),
            record: PendingRecord::from_bytes(record)?,
        })
    }
}

impl Authorized {
    /// This value as bytes that only a holder of the keys can read, tokens included: to keep it over a restart, and to refresh it
    /// later. Nobody takes turns here: of two processes that refresh the same value a careful EHR refuses one.
    ///
    /// # Errors
    ///
    /// [`SealError`] when the machine gives no random bytes.
    pub fn seal(&self, keys: &SealingKeys) -> Result<Vec<u8>, SealError> {
        keys.seal_apart(SealedKind::Authorized, &UNNAMED, self.as_record().to_bytes())
    }

    /// The form of a launch has all of it. What only an open launch has is empty.
    pub(super) fn as_record(&self) -> LaunchRecord {
        LaunchRecord {
            browser: BrowserKey::from_bytes(UNNAMED),
            // Nobody has what it is the hash of.
            proof: Proof::of(&LaunchSecret::random(&mut rand::rng())),
            origin: Arc::new(LaunchOrigin {
                ehr: self.aud.clone(),
                aud: self.aud.clone(),
                endpoints: self.endpoints.clone(),
                requested: self.requested.clone(),
                client: Some(self.client.clone()),
            }),
            kind: self.kind,
            user: None,
            identity: self.identity.clone(),
            patient: None,
            patient_facts: None,
            began_at: None,
            opened_at: self.tokens.requested_at(),
            tokens: self.tokens.clone(),
            refresh: RefreshState::default(),
        }
    }

    /// The value that [`seal`](Self::seal) gave the bytes of, in this or an earlier version of the crate.
    ///
    /// # Errors
    ///
    /// [`UnsealError`] for anything else.
    pub fn unseal(keys: &SealingKeys, sealed: &[u8]) -> Result<Self, UnsealError> {
        let bytes = keys.open_apart(SealedKind::Authorized, &UNNAMED, sealed)?;
        let record = LaunchRecord::from_bytes(&bytes)?;
        let origin = Arc::unwrap_or_clone(record.origin);
        Ok(Self {
            tokens: record.tokens,
            // What an answer was like is not kept.
            report: None,
            kind: record.kind,
            requested: origin.requested,
            identity: record.identity,
            aud: origin.aud,
            endpoints: origin.endpoints,
            client: origin.client.ok_or(FormatError::Malformed)?,
        })
    }
}
