//! What the token store has of one token, for all processes: [`Kept`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    failure::{BackendFailure, Concerns},
    token::BackendToken,
};
use crate::{
    protocol::{scope::Scopes, secret::AccessToken},
    runtime::{Runtime, asking::Asking},
    store::{SealedKind, StoreError, ValueKey},
    time::Timestamp,
};

/// The token, the last failure, and who asks for another one at the moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    pub(super) token: Option<BackendToken>,
    pub(super) failure: Option<KeptFailure>,
    pub(super) asking: Option<Asking>,
}

/// A failure that is answered again until a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeptFailure {
    pub(super) what: BackendFailure,
    pub(super) until: Timestamp,
    pub(super) in_a_row: u32,
    /// Whose it is, where it is not everybody's.
    pub(super) whose: Option<[u8; 16]>,
}

/// Who asks, as far as failures are told apart by it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker {
    /// This process, for as long as it runs.
    pub(super) process: [u8; 16],
    /// What it authenticates with.
    pub(super) credentials: [u8; 16],
}

impl Asker {
    /// Whose a failure of this one is.
    pub(super) const fn whose(&self, failure: BackendFailure) -> Option<[u8; 16]> {
        match failure.concerns() {
            Concerns::All => None,
            Concerns::Credentials => Some(self.credentials),
            Concerns::Process => Some(self.process),
        }
    }
}

impl KeptFailure {
    /// Whether this one has it too.
    pub(super) fn concerns(&self, asker: &Asker) -> bool {
        self.whose
            .is_none_or(|whose| whose == asker.process || whose == asker.credentials)
    }

    /// Whether it is still answered. One that would hold for longer than any does is of a time before the store's clock was set back.
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        now < self.until && self.until.saturating_since(now) <= LONGEST_FAILURE
    }
}

/// No `Retry-After` is believed beyond five minutes; processes know the store's time to within less than the sixth.
const LONGEST_FAILURE: Duration = Duration::from_secs(6 * 60);

/// A value of the store, as it is there and what it says.
#[derive(Debug, Clone, Default)]
pub(super) struct Stored {
    /// As it is there; `None`: there is none.
    sealed: Option<Vec<u8>>,
    pub(super) kept: Kept,
}

impl Stored {
    /// What the store has. What cannot be read counts as nothing, and is replaced: the next token costs one request.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer.
    pub(super) async fn load(runtime: &Runtime, key: ValueKey) -> Result<Self, StoreError> {
        let sealed = runtime.store.load_value(key).await?;
        let kept = sealed.as_deref().map(|sealed| opened(runtime, key, sealed));
        Ok(Self {
            kept: kept.unwrap_or_default(),
            sealed,
        })
    }

    /// Puts `kept` in its place. `None` when somebody else has written meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer; it may have done it.
    pub(super) async fn replace(
        self,
        runtime: &Runtime,
        key: ValueKey,
        kept: Kept,
    ) -> Result<Option<Self>, StoreError> {
        let Some(until) = kept.until() else {
            let removed = runtime
                .store
                .swap_value(key, self.sealed, None, Timestamp::from_millis(0))
                .await?;
            return Ok(removed.then(Self::default));
        };
        let sealed = runtime
            .sealing
            .seal(SealedKind::Value, key.as_bytes(), kept.to_bytes())?;
        let is_there = runtime
            .store
            .swap_value(key, self.sealed, Some(sealed.clone()), until)
            .await?;
        Ok(is_there.then_some(Self {
            sealed: Some(sealed),
            kept,
        }))
    }
}

fn opened(runtime: &Runtime, key: ValueKey, sealed: &[u8]) -> Kept {
    let opened = runtime.sealing.open(SealedKind::Value, key.as_bytes(), sealed);
    let kept = opened.ok().and_then(|bytes| Kept::from_bytes(&bytes));
    kept.unwrap_or_else(|| {
        tracing::warn!("what the token store has of a backend token cannot be read, and is replaced");
        Kept::default()
    })
}

/// How long a failure is remembered after it has been: by then it does not count as one in a row.
const REMEMBERED: Duration = Duration::from_secs(120);

impl Kept {
    /// Until when there is something in it; `None`: there is nothing.
    fn until(&self) -> Option<Timestamp> {
        let token = self.token.as_ref().map(BackendToken::expires_at);
        let failure = self.failure.map(|failure| failure.until.saturating_add(REMEMBERED));
        let asking = self.asking.map(Asking::until);
        [token, failure, asking].into_iter().flatten().max()
    }

    /// Whether somebody else is asking the EHR.
    pub(super) fn is_asked_for_by_another(&self, own: [u8; 16], now: Timestamp) -> bool {
        self.asking.is_some_and(|asking| asking.is_anothers(own, now))
    }

    fn to_bytes(&self) -> Vec<u8> {
        let form = Form {
            token: self.token.as_ref().map(|token| FormToken {
                access_token: token.access_token.clone(),
                granted: token.granted.to_string(),
                requested_at: token.requested_at.as_millis(),
                expires_at: token.expires_at.as_millis(),
            }),
            failure: self.failure.map(|failure| FormFailure {
                what: failure.what.name().to_owned(),
                until: failure.until.as_millis(),
                in_a_row: failure.in_a_row,
                whose: failure.whose,
            }),
            asking: self.asking,
        };
        // Texts and numbers: there is nothing that cannot be written.
        serde_json::to_vec(&form).unwrap_or_default()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let form: Form = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            token: form.token.map(|token| BackendToken {
                access_token: token.access_token,
                granted: Scopes::parse(&token.granted),
                requested_at: Timestamp::from_millis(token.requested_at),
                expires_at: Timestamp::from_millis(token.expires_at),
            }),
            // One with a name that a later version gave it does not matter for long.
            failure: form.failure.and_then(|failure| {
                Some(KeptFailure {
                    what: BackendFailure::from_name(&failure.what)?,
                    until: Timestamp::from_millis(failure.until),
                    in_a_row: failure.in_a_row,
                    whose: failure.whose,
                })
            }),
            asking: form.asking,
        })
    }
}

/// As it is written. Members are never taken away; new ones may come.
#[derive(Serialize, Deserialize)]
struct Form {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<FormToken>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<FormFailure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asking: Option<Asking>,
}

#[derive(Serialize, Deserialize)]
struct FormToken {
    #[serde(with = "as_text")]
    access_token: AccessToken,
    granted: String,
    requested_at: u64,
    expires_at: u64,
}

/// The text of a token, for what is sealed.
mod as_text {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use crate::protocol::secret::AccessToken;

    pub(super) fn serialize<S: Serializer>(token: &AccessToken, to: S) -> Result<S::Ok, S::Error> {
        token.expose_secret().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<AccessToken, D::Error> {
        String::deserialize(from).map(AccessToken::new)
    }
}

#[derive(Serialize, Deserialize)]
struct FormFailure {
    what: String,
    until: u64,
    in_a_row: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    whose: Option<[u8; 16]>,
}

#[cfg(test)]
mod tests;
