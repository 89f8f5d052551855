//! The note in the store that this process asks the EHR: taken, renewed while it does, and replaced by the answer.

use std::{future::Future, time::Duration};

use super::{
    ask::Unanswered,
    error::BackendError,
    kept::{Asker, Kept, KeptFailure, Stored},
    token::BackendToken,
};
use crate::{
    runtime::{
        Runtime,
        asking::{Asking, HeldNote, Noted},
    },
    store::{Patience, StoreError, ValueKey},
    time::Timestamp,
};

/// How long a store may be away before an answer that it did not take is given up: the callers here have it all the same.
const SAVING: Duration = Duration::from_secs(60);

/// What the store has of the token.
#[derive(Clone)]
struct There<'a> {
    runtime: &'a Runtime,
    key: ValueKey,
    stored: Stored,
}

impl Noted for There<'_> {
    type Error = StoreError;

    fn asking(&self) -> Option<Asking> {
        self.stored.kept.asking
    }

    fn now(&self) -> Timestamp {
        self.runtime.now()
    }

    async fn with_note(self, note: Asking) -> Result<Option<Self>, StoreError> {
        let Self { runtime, key, stored } = self;
        let kept = Kept {
            asking: Some(note),
            ..stored.kept.clone()
        };
        let written = stored.replace(runtime, key, kept).await?;
        Ok(written.map(|stored| Self { runtime, key, stored }))
    }

    async fn look(&self) -> Result<Self, StoreError> {
        let stored = Stored::load(self.runtime, self.key).await?;
        Ok(Self { stored, ..*self })
    }
}

/// A note of this process.
pub(super) struct Note<'a> {
    note: HeldNote<There<'a>>,
    asker: Asker,
    /// When the answer came. Saving it may take long.
    answered_at: Timestamp,
}

impl<'a> Note<'a> {
    /// Writes it. `None` when somebody else has written meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer.
    pub(super) async fn write(
        runtime: &'a Runtime,
        key: ValueKey,
        asker: Asker,
        stored: Stored,
    ) -> Result<Option<Self>, StoreError> {
        let there = There { runtime, key, stored };
        let written = HeldNote::write(asker.process, there).await?;
        Ok(written.map(|note| Self {
            note,
            asker,
            answered_at: runtime.now(),
        }))
    }

    /// What is known with it.
    pub(super) const fn kept(&self) -> &Kept {
        &self.note.there.stored.kept
    }

    /// Does the work, and renews the note meanwhile. Where that does not work another process may ask as well, which costs one
    /// request.
    pub(super) async fn held_during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let done = self.note.held_during(work).await;
        self.answered_at = self.note.there.now();
        done
    }

    /// What callers are told of a failure.
    pub(super) fn failed(&self, unanswered: &Unanswered) -> BackendError {
        BackendError::NoToken {
            failure: unanswered.failure,
            retry_after: self.kept_for(unanswered).1,
        }
    }

    /// How many have failed in a row with this one, and for how long it is kept.
    fn kept_for(&self, unanswered: &Unanswered) -> (u32, Duration) {
        let in_a_row = self
            .kept()
            .failure
            .filter(|failure| failure.concerns(&self.asker))
            .map_or(0, |failure| failure.in_a_row)
            .saturating_add(1);
        (in_a_row, unanswered.failure.kept_for(in_a_row, unanswered.retry_after))
    }

    /// Puts the answer in the place of the note.
    pub(super) async fn answered(mut self, answer: &Result<BackendToken, Unanswered>) {
        let mut patience = Patience::of(SAVING);
        loop {
            let kept = self.after(answer);
            let There { runtime, key, stored } = self.note.there.clone();
            if let Ok(Some(_)) = stored.replace(runtime, key, kept).await {
                return;
            }
            match self.note.there.look().await {
                // Another process has a token that is as good, or this very answer is there already.
                Ok(there) if self.is_answered_by(&there, answer) => return,
                Ok(there) => self.note.there = there,
                Err(_) => {}
            }
            if !patience.allows_another().await {
                tracing::warn!("a backend token could not be saved for other processes; they will ask for their own");
                return;
            }
        }
    }

    fn is_answered_by(&self, there: &There<'_>, answer: &Result<BackendToken, Unanswered>) -> bool {
        match (answer, &there.stored.kept.token) {
            (Ok(own), Some(there)) => there.requested_at >= own.requested_at,
            (Ok(_), None) => false,
            (Err(_), _) => !self.note.stands_in(there),
        }
    }

    fn after(&self, answer: &Result<BackendToken, Unanswered>) -> Kept {
        let before = self.kept();
        match answer {
            Ok(token) => Kept {
                token: Some(token.clone()),
                ..Kept::default()
            },
            Err(unanswered) => {
                let (in_a_row, kept_for) = self.kept_for(unanswered);
                Kept {
                    token: before.token.clone(),
                    failure: Some(KeptFailure {
                        what: unanswered.failure,
                        until: self.answered_at.saturating_add(kept_for),
                        in_a_row,
                        whose: self.asker.whose(unanswered.failure),
                    }),
                    asking: None,
                }
            }
        }
    }
}
