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
        asking::{Asking, NOTE, RENEW, beside},
    },
    store::{Patience, StoreError, ValueKey},
    time::Timestamp,
};

/// How long a store may be away before an answer that it did not take is given up: the callers here have it all the same.
const SAVING: Duration = Duration::from_secs(60);

/// A note of this process.
pub(super) struct Note<'a> {
    runtime: &'a Runtime,
    key: ValueKey,
    asker: Asker,
    stored: Stored,
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
        let kept = Kept {
            asking: Some(Asking::new(asker.process, runtime.now().saturating_add(NOTE))),
            ..stored.kept.clone()
        };
        let written = stored.replace(runtime, key, kept).await?;
        Ok(written.map(|stored| Self {
            runtime,
            key,
            asker,
            stored,
            answered_at: runtime.now(),
        }))
    }

    /// What is known with it.
    pub(super) const fn kept(&self) -> &Kept {
        &self.stored.kept
    }

    /// Does the work, and renews the note meanwhile. Where that does not work another process may ask as well, which costs one
    /// request.
    pub(super) async fn held_during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let done = beside(work, self.keep_renewing()).await;
        self.answered_at = self.runtime.now();
        done
    }

    async fn keep_renewing(&mut self) {
        loop {
            tokio::time::sleep(RENEW).await;
            // Without an answer the note runs out, and the next attempt may still come in time.
            let _ = self.renew().await;
        }
    }

    async fn renew(&mut self) -> Result<(), StoreError> {
        let renewed = Self::write(self.runtime, self.key, self.asker, self.stored.clone()).await?;
        if let Some(renewed) = renewed {
            self.stored = renewed.stored;
            return Ok(());
        }
        // An answer that was lost makes the next write find its own; somebody else's note stays.
        let there = Stored::load(self.runtime, self.key).await?;
        if there.kept.asking.is_some_and(|asking| asking.by == self.asker.process) {
            self.stored = there;
        }
        Ok(())
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
            .stored
            .kept
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
            if let Ok(Some(_)) = self.stored.clone().replace(self.runtime, self.key, kept).await {
                return;
            }
            match Stored::load(self.runtime, self.key).await {
                // Another process has a token that is as good, or this very answer is there already.
                Ok(stored) if self.is_answered_by(&stored, answer) => return,
                Ok(stored) => self.stored = stored,
                Err(_) => {}
            }
            if !patience.allows_another().await {
                tracing::warn!("a backend token could not be saved for other processes; they will ask for their own");
                return;
            }
        }
    }

    fn is_answered_by(&self, stored: &Stored, answer: &Result<BackendToken, Unanswered>) -> bool {
        match (answer, &stored.kept.token) {
            (Ok(own), Some(there)) => there.requested_at >= own.requested_at,
            (Ok(_), None) => false,
            (Err(_), _) => stored.kept.asking.is_none_or(|asking| asking.by != self.asker.process),
        }
    }

    fn after(&self, answer: &Result<BackendToken, Unanswered>) -> Kept {
        let before = &self.stored.kept;
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
