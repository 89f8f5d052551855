//! The note in the store that this process registers: taken, renewed while it does, and replaced by what came of it.

use std::{future::Future, time::Duration};

use super::{
    error::FirstUseError,
    kept::{Kept, KeptFailure, Stored},
    place::{Name, Place},
};
use crate::{
    protocol::client_registration::ClientRegistration,
    registration::error::{RefusalMeaning, RegistrationError},
    runtime::{
        Runtime,
        asking::{Asking, HeldNote, Noted},
    },
    store::Patience,
    time::Timestamp,
};

/// How long a store may be away before a client that was registered is given up.
const SAVING: Duration = Duration::from_secs(60);
/// How long it is told of a failure, and may refuse what is to be saved.
const TELLING: Duration = Duration::from_secs(5);

/// The first pause after what may pass by itself.
const SHORT: Duration = Duration::from_secs(5);
/// The first pause after what may leave a client at the EHR, or needs somebody who mends it.
const LONG: Duration = Duration::from_secs(60);

/// What a note is in.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) place: &'a Place,
    pub(super) name: &'a Name,
}

/// What the store has of the registration.
#[derive(Clone)]
struct There<'a> {
    at: At<'a>,
    stored: Stored,
}

impl There<'_> {
    /// Puts `kept` in its place. `None` when somebody else has written meanwhile.
    async fn replace(self, kept: Kept) -> Result<Option<Self>, FirstUseError> {
        let Self { at, stored } = self;
        let written = stored.replace(at.runtime, at.place, at.name, kept).await?;
        Ok(written.map(|stored| Self { at, stored }))
    }
}

impl Noted for There<'_> {
    type Error = FirstUseError;

    fn asking(&self) -> Option<Asking> {
        self.stored.kept.asking
    }

    fn now(&self) -> Timestamp {
        self.at.runtime.now()
    }

    async fn with_note(self, note: Asking) -> Result<Option<Self>, FirstUseError> {
        let kept = Kept {
            asking: Some(note),
            ..self.stored.kept.clone()
        };
        self.replace(kept).await
    }

    async fn look(&self) -> Result<Self, FirstUseError> {
        let at = self.at;
        let stored = Stored::load(at.runtime, at.place, at.name).await?;
        Ok(Self { at, stored })
    }
}

/// A note of this process.
pub(super) struct Note<'a>(HeldNote<There<'a>>);

/// What became of a registration that was to be kept.
pub(super) enum Saved {
    /// With this.
    Here(Box<Kept>),
    /// Somebody else has put one there meanwhile: this is the one that holds.
    Others(Box<ClientRegistration>),
    /// Somebody has thrown away meanwhile what was to be replaced.
    Forgotten,
    Nowhere,
    /// It may be there, or come there: the store did not say what became of it.
    Unknown,
}

/// What is to be put in the place of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Saving {
    /// A client that has just been registered.
    New,
    /// What the EHR says of the one that is there.
    Read,
}

impl<'a> Note<'a> {
    /// Writes it. `None` when somebody else has written meanwhile.
    ///
    /// # Errors
    ///
    /// [`FirstUseError::StoreUnavailable`]; it may be there.
    pub(super) async fn write(at: At<'a>, by: [u8; 16], stored: Stored) -> Result<Option<Self>, FirstUseError> {
        Ok(HeldNote::write(by, There { at, stored }).await?.map(Self))
    }

    /// What is known with it.
    pub(super) const fn kept(&self) -> &Kept {
        &self.0.there.stored.kept
    }

    /// Does the work, and renews the note meanwhile. Where that does not work, another process may register as well; of two
    /// clients the one that is saved later is deleted again.
    pub(super) async fn held_during<T>(&mut self, work: impl Future<Output = T>) -> T {
        self.0.held_during(work).await
    }

    /// Puts a registration in the place of the note. `after` says what is to be there, out of what is there: others may write meanwhile,
    /// and what they have taken away does not come back.
    pub(super) async fn saved(mut self, after: impl Fn(&Kept) -> Kept, saving: Saving) -> Saved {
        let before = self.kept().registration.clone();
        let (mut patience, mut refusals) = (Patience::of(SAVING), Patience::of(TELLING));
        // Stays what it is: a write that was given up may be done later, as long as nobody else writes.
        let mut in_vain = Saved::Nowhere;
        loop {
            let after = after(self.kept());
            let written = self.0.there.clone().replace(after.clone()).await;
            match written {
                Ok(Some(there)) => return Saved::Here(Box::new(there.stored.kept)),
                // Whatever time it is given, it will not.
                Err(FirstUseError::StoreRefused) if !refusals.allows_another().await => return in_vain,
                Err(FirstUseError::StoreRefused) => {}
                Err(_) => in_vain = Saved::Unknown,
                Ok(None) => {}
            }
            if let Ok(there) = self.0.there.look().await {
                match (&there.stored.kept.registration, &before) {
                    // It was done, and the answer was lost.
                    (Some(it), _) if after.registration.as_ref().is_some_and(|after| it.is_same(after)) => {
                        return Saved::Here(Box::new(there.stored.kept));
                    }
                    (Some(it), Some(before)) if it.is_same(before) => self.0.there = there,
                    (Some(it), _) => return Saved::Others(Box::new(it.clone())),
                    (None, _) if saving == Saving::Read => return Saved::Forgotten,
                    // One that is new takes nothing back.
                    (None, _) => self.0.there = there,
                }
            }
            if !patience.allows_another().await {
                return in_vain;
            }
        }
    }

    /// Puts a failure in the place of the note: no process tries again at once. Returns for how long.
    pub(super) async fn failed(mut self, error: &FirstUseError) -> Duration {
        let mut patience = Patience::of(TELLING);
        loop {
            let now = self.0.there.now();
            let kept = self.kept().clone();
            let failure = KeptFailure::after(kept.failure.as_ref(), error.to_string(), pause(error), now);
            let left = failure.left(now).unwrap_or_default();
            let after = Kept {
                failure: Some(failure),
                asking: None,
                ..kept
            };
            if let Ok(Some(_)) = self.0.there.clone().replace(after).await {
                return left;
            }
            match self.0.there.look().await {
                Ok(there) if self.0.stands_in(&there) => self.0.there = there,
                // Others have gone on.
                Ok(_) => return left,
                Err(_) => {}
            }
            if !patience.allows_another().await {
                return left;
            }
        }
    }
}

/// How long nobody tries again after the first failure.
fn pause(error: &FirstUseError) -> Duration {
    let error = match error {
        FirstUseError::Registration(error) => error,
        FirstUseError::SecretOver | FirstUseError::Hindered(_) => return LONG,
        _ => return SHORT,
    };
    let is_temporary = match error {
        RegistrationError::Transport { source, .. } => source.was_not_sent(),
        // Somebody may be switching it on just now.
        RegistrationError::Discovery(_) | RegistrationError::NoEndpoint => true,
        _ => error.meaning() == Some(RefusalMeaning::Temporary) && !error.may_have_registered(),
    };
    // Each attempt after a lost answer may leave a client at the EHR; a refusal for good needs somebody who mends it.
    if is_temporary { SHORT } else { LONG }
}

/// Whether somebody who was registering has not come to an end.
pub(super) fn abandoned(kept: &Kept, own: [u8; 16], now: Timestamp) -> bool {
    kept.asking
        .is_some_and(|asking| asking.by != own && !asking.is_anothers(own, now))
}
