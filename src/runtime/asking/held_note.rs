//! A note that stands in the store, and is renewed while its work is done: [`HeldNote`].

use std::{
    future::{Future, poll_fn},
    pin::pin,
};

use super::{Asking, NOTE, RENEW};
use crate::time::Timestamp;

/// A value of a store as it was last seen there, in which a note can stand.
pub(crate) trait Noted: Clone + Send + Sync {
    /// Why the store gave no answer.
    type Error: Send;

    /// The note in it.
    fn asking(&self) -> Option<Asking>;

    /// The time by which notes run out.
    fn now(&self) -> Timestamp;

    /// Puts the note there. `None` when somebody else has written meanwhile.
    fn with_note(self, note: Asking) -> impl Future<Output = Result<Option<Self>, Self::Error>> + Send;

    /// The value as it is there now.
    fn look(&self) -> impl Future<Output = Result<Self, Self::Error>> + Send;
}

/// A note of this process.
pub(crate) struct HeldNote<S> {
    by: [u8; 16],
    /// With the note.
    pub(crate) there: S,
}

impl<S: Noted> HeldNote<S> {
    /// Writes it. `None` when somebody else has written meanwhile.
    ///
    /// # Errors
    ///
    /// When the store does not answer; it may be there.
    pub(crate) async fn write(by: [u8; 16], there: S) -> Result<Option<Self>, S::Error> {
        let note = Asking::new(by, there.now().saturating_add(NOTE));
        let written = there.with_note(note).await?;
        Ok(written.map(|there| Self { by, there }))
    }

    /// Does the work, and renews the note meanwhile. Where that does not work, another process may do it as well.
    pub(crate) async fn held_during<T>(&mut self, work: impl Future<Output = T>) -> T {
        beside(work, self.keep_renewing()).await
    }

    /// Whether the note that stands there is this one.
    pub(crate) fn stands_in(&self, there: &S) -> bool {
        there.asking().is_some_and(|asking| asking.by == self.by)
    }

    async fn keep_renewing(&mut self) {
        loop {
            tokio::time::sleep(RENEW).await;
            // Without an answer the note runs out, and the next attempt may still come in time.
            let _ = self.renew().await;
        }
    }

    async fn renew(&mut self) -> Result<(), S::Error> {
        if let Some(renewed) = Self::write(self.by, self.there.clone()).await? {
            self.there = renewed.there;
            return Ok(());
        }
        // An answer that was lost makes the next write find its own; somebody else's note stays.
        let there = self.there.look().await?;
        if self.stands_in(&there) {
            self.there = there;
        }
        Ok(())
    }
}

/// Does the work, and renews the note meanwhile. Side by side: a store that takes long must not keep the answer from being read.
async fn beside<T>(work: impl Future<Output = T>, renewing: impl Future<Output = ()>) -> T {
    let (mut work, mut renewing) = (pin!(work), pin!(renewing));
    let mut is_renewing = true;
    poll_fn(|cx| {
        let done = work.as_mut().poll(cx);
        if done.is_pending() && is_renewing {
            is_renewing = renewing.as_mut().poll(cx).is_pending();
        }
        done
    })
    .await
}
