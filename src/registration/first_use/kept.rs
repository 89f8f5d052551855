//! What the store has of one registration, for all processes: [`Kept`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    error::FirstUseError,
    place::{Name, Place},
    superseded::{Superseded, SupersededForm},
};
use crate::{
    protocol::client_registration::{ClientRegistration, SecretExpiry},
    registration::sealed::Form as RegistrationForm,
    runtime::{Runtime, asking::Asking},
    store::SealedKind,
    time::Timestamp,
};

/// The registration, the last failure, and who registers at the moment.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) registration: Option<ClientRegistration>,
    /// Since when it is as it is: when the secret came.
    pub(super) since: Timestamp,
    /// When it was last tried to get a secret with a longer life.
    pub(super) renewal_tried: Option<Timestamp>,
    pub(super) failure: Option<KeptFailure>,
    pub(super) asking: Option<Asking>,
    /// How many clients in a row came with a secret that lives for less than [`SHORT_LIFE`].
    pub(super) short_lived: u32,
    pub(super) superseded: Superseded,
    pub(super) written_at: Timestamp,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            registration: None,
            since: Timestamp::from_millis(0),
            renewal_tried: None,
            failure: None,
            asking: None,
            short_lived: 0,
            superseded: Superseded::default(),
            written_at: Timestamp::from_millis(0),
        }
    }
}

/// A failure that is answered again until a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptFailure {
    pub(super) what: String,
    until: u64,
    pub(super) in_a_row: u32,
}

/// What there is to do at the EHR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Need {
    Nothing,
    /// Its secret runs out: reading the registration may give another one.
    Reading,
    /// There is none, or its secret has run out.
    Registering,
}

/// How long the token store keeps what nobody uses.
const LIFE: Duration = Duration::from_secs(2 * 365 * 86_400);
/// What is older than this is written again when it is used, so that it is kept on.
const REWRITE: Duration = Duration::from_secs(30 * 86_400);
/// How long before a secret runs out another one is asked for; at most a quarter of its life.
const EARLY: Duration = Duration::from_secs(86_400);
/// How long before it runs out another client is registered. At most a 16th.
const LATE: Duration = Duration::from_secs(15 * 60);
/// How long one is remembered that another one may take the place of at any moment.
const SOON: Duration = Duration::from_secs(10);
/// How often it is asked for; at most every 16th of its life.
const PACE: Duration = Duration::from_secs(3600);
/// The longest that a failure is answered again.
const LONGEST_FAILURE: Duration = Duration::from_secs(600);
/// How long a secret lives that is never waited for: the longest pause between two clients whose secrets live for less.
const SHORT_LIFE: Duration = Duration::from_secs(30 * 60);
/// The first such pause. Each one is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(2 * 60);

impl KeptFailure {
    /// One more, after what was there before.
    pub(super) fn after(before: Option<&Self>, what: String, pause: Duration, now: Timestamp) -> Self {
        let in_a_row = before.map_or(0, |before| before.in_a_row).saturating_add(1);
        let pause = pause.saturating_mul(1 << in_a_row.saturating_sub(1).min(10));
        Self {
            what,
            until: now.saturating_add(pause.min(LONGEST_FAILURE)).as_millis(),
            in_a_row,
        }
    }

    /// How long it is still answered. One that would hold for longer is of a time before the clock was set back.
    pub(super) fn left(&self, now: Timestamp) -> Option<Duration> {
        let left = Timestamp::from_millis(self.until).saturating_since(now);
        Some(left).filter(|left| !left.is_zero() && *left <= 2 * LONGEST_FAILURE)
    }
}

impl Kept {
    /// With this registration, which has just come.
    pub(super) fn with(registration: ClientRegistration, now: Timestamp) -> Self {
        Self {
            registration: Some(registration),
            since: now,
            ..Self::default()
        }
    }

    /// With this registration, which has just come, in the place of the one that was there.
    pub(super) fn succeeded_by(&self, registration: ClientRegistration, now: Timestamp) -> Self {
        let mut superseded = self.superseded.clone();
        if let Some(former) = &self.registration {
            superseded.add(former, now);
        }
        // An EHR may give a client again, or keep an address for whichever is the last.
        let superseded = superseded.without(&registration);
        let after = Self::with(registration, now);
        let is_short_lived = after.secret_life().is_some_and(|life| life < SHORT_LIFE);
        Self {
            short_lived: if is_short_lived {
                self.short_lived.saturating_add(1)
            } else {
                0
            },
            superseded,
            ..after
        }
    }

    /// The client in use, and those of before that launches may still use.
    pub(super) fn clients(&self) -> Vec<&ClientRegistration> {
        self.registration.iter().chain(self.superseded.clients()).collect()
    }

    /// How long its secret lives in all; `None`: it has none, or one that does not run out.
    pub(super) fn secret_life(&self) -> Option<Duration> {
        let registration = self.registration.as_ref()?;
        registration.client_secret()?;
        match registration.client_secret_expiry() {
            SecretExpiry::At(over) => Some(over.saturating_since(self.since)),
            _ => None,
        }
    }

    /// How long it is until another client may be registered at an EHR whose secrets are short-lived.
    pub(super) fn pause(&self, now: Timestamp) -> Option<Duration> {
        let doublings = self.short_lived.checked_sub(1)?;
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings.min(10)).min(SHORT_LIFE);
        let left = pause.saturating_sub(now.saturating_since(self.since));
        Some(left).filter(|left| !left.is_zero())
    }

    pub(super) fn need(&self, now: Timestamp) -> Need {
        let Some(registration) = &self.registration else {
            return Need::Registering;
        };
        let SecretExpiry::At(over) = registration.client_secret_expiry() else {
            return Need::Nothing;
        };
        if registration.client_secret().is_none() {
            return Need::Nothing;
        }
        let (left, life) = (over.saturating_since(now), over.saturating_since(self.since));
        let tried_lately = self
            .renewal_tried
            .is_some_and(|tried| now.saturating_since(tried) < PACE.min(life / 16));
        if left <= LATE.min(life / 16) {
            Need::Registering
        } else if left <= EARLY.min(life / 4) && !tried_lately {
            Need::Reading
        } else {
            Need::Nothing
        }
    }

    /// How long it may be remembered: until it is time to ask for another secret. `None`: for ever.
    pub(super) fn lasts(&self, now: Timestamp) -> Option<Duration> {
        let registration = self.registration.as_ref()?;
        let SecretExpiry::At(over) = registration.client_secret_expiry() else {
            return None;
        };
        registration.client_secret()?;
        let (left, life) = (over.saturating_since(now), over.saturating_since(self.since));
        let (early, late, pace) = (EARLY.min(life / 4), LATE.min(life / 16), PACE.min(life / 16));
        Some(match self.need(now) {
            Need::Nothing if left > early => left.saturating_sub(early).max(SOON),
            Need::Nothing => left.saturating_sub(late).min(pace).max(SOON),
            Need::Reading | Need::Registering => SOON,
        })
    }

    /// The registration, where its secret is not over.
    pub(super) fn usable(&self, now: Timestamp) -> Option<ClientRegistration> {
        let is_over = |registration: &&ClientRegistration| match registration.client_secret_expiry() {
            SecretExpiry::At(over) if registration.client_secret().is_some() => over <= now,
            _ => false,
        };
        self.registration.as_ref().filter(|it| !is_over(it)).cloned()
    }

    fn to_bytes(&self) -> Result<Vec<u8>, FirstUseError> {
        let form = Form {
            v: VERSION,
            registration: self.registration.as_ref().map(RegistrationForm::of),
            since: self.since.as_millis(),
            renewal_tried: self.renewal_tried.map(Timestamp::as_millis),
            failure: self.failure.clone(),
            asking: self.asking,
            short_lived: self.short_lived,
            superseded: self.superseded.to_form(),
            written_at: self.written_at.as_millis(),
        };
        // There is nothing that cannot be written.
        serde_json::to_vec(&form).map_err(|_| FirstUseError::Unreadable)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let form: Form = serde_json::from_slice(bytes).ok()?;
        if form.v != VERSION {
            return None;
        }
        let registration = match form.registration {
            Some(form) => Some(form.into_registration().ok()?),
            None => None,
        };
        Some(Self {
            registration,
            since: Timestamp::from_millis(form.since),
            renewal_tried: form.renewal_tried.map(Timestamp::from_millis),
            failure: form.failure,
            asking: form.asking,
            short_lived: form.short_lived,
            superseded: Superseded::of_form(form.superseded)?,
            written_at: Timestamp::from_millis(form.written_at),
        })
    }
}

/// Of [`Form`].
const VERSION: u64 = 1;

/// As it is written. Members are never taken away; new ones may come.
#[derive(Serialize, Deserialize)]
struct Form {
    v: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registration: Option<RegistrationForm>,
    since: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    renewal_tried: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<KeptFailure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asking: Option<Asking>,
    #[serde(default, skip_serializing_if = "is_zero")]
    short_lived: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    superseded: Vec<SupersededForm>,
    written_at: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A value of the store, as it is there and what it says.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    /// As it is there; `None`: there is none.
    sealed: Option<Vec<u8>>,
    pub(super) kept: Kept,
}

impl Stored {
    /// What the store has.
    ///
    /// # Errors
    ///
    /// [`FirstUseError::StoreUnavailable`] and [`FirstUseError::Unreadable`].
    pub(super) async fn load(runtime: &Runtime, place: &Place, name: &Name) -> Result<Self, FirstUseError> {
        let sealed = place.load(runtime, name).await?;
        let kept = match sealed.as_deref() {
            None => Kept::default(),
            Some(sealed) => {
                let opened = runtime.sealing.open(SealedKind::Value, name.key.as_bytes(), sealed);
                let kept = opened.ok().and_then(|bytes| Kept::from_bytes(&bytes));
                kept.ok_or(FirstUseError::Unreadable)?
            }
        };
        Ok(Self { sealed, kept })
    }

    /// Puts `kept` in its place. `None` when somebody else has written meanwhile.
    ///
    /// # Errors
    ///
    /// [`FirstUseError::StoreUnavailable`] when the store does not answer; it may have done it.
    pub(super) async fn replace(
        self,
        runtime: &Runtime,
        place: &Place,
        name: &Name,
        kept: Kept,
    ) -> Result<Option<Self>, FirstUseError> {
        let now = runtime.now();
        let kept = Kept {
            written_at: now,
            ..kept
        };
        let sealed = runtime
            .sealing
            .seal(SealedKind::Value, name.key.as_bytes(), kept.to_bytes()?)
            .map_err(|_| FirstUseError::StoreUnavailable)?;
        let until = now.saturating_add(LIFE);
        let is_there = place
            .swap(runtime, name, self.sealed, Some(sealed.clone()), until)
            .await?;
        Ok(is_there.then_some(Self {
            sealed: Some(sealed),
            kept,
        }))
    }

    /// Writes it again where that was long ago, so that a store that forgets keeps it, and where a key sealed it that may be taken
    /// away.
    pub(super) async fn keep_on(self, runtime: &Runtime, place: &Place, name: &Name) {
        let kept = self.kept.clone();
        let is_forgotten =
            matches!(place, Place::TokenStore) && runtime.now().saturating_since(kept.written_at) > REWRITE;
        let is_of_old_key = self
            .sealed
            .as_ref()
            .is_some_and(|sealed| !runtime.sealing.is_of_first(sealed));
        if is_forgotten || is_of_old_key {
            // The next one tries again.
            let _ = self.replace(runtime, place, name, kept).await;
        }
    }
}

#[cfg(test)]
mod tests;
