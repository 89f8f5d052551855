//! Former clients whose time has come. They stay in the store until it was tried to the end to delete them at the EHR.

use super::{
    kept::{Kept, Stored},
    obtain::Wanted,
};
use crate::{
    registration::deletion::{Record, ToDelete},
    runtime::asking::STORE,
    store::Patience,
};

impl Wanted {
    /// Begins to delete former clients at the EHR whose time has come. It is noted in the store that they are being deleted, so that one
    /// process does it; where that one ends in the middle, or the store does not say whether the note is there, another one does it when
    /// the note runs out.
    pub(super) async fn with_due_begun(&self, stored: Stored) -> Stored {
        let now = self.runtime.now();
        // Not while somebody registers or reads: that writes too.
        let has_note = stored
            .kept
            .asking
            .is_some_and(|asking| asking.is_anothers([0; 16], now));
        if has_note || !stored.kept.superseded.has_due(now) {
            return stored;
        }
        let (due, superseded) = stored.kept.superseded.clone().begun(now);
        let kept = Kept {
            superseded,
            ..stored.kept.clone()
        };
        let written = stored.clone().replace(&self.runtime, &self.place, &self.name, kept);
        match written.await {
            Ok(Some(written)) => {
                self.registrar.delete_former(due, Former(self.clone()));
                written
            }
            // The next one tries again.
            Ok(None) | Err(_) => stored,
        }
    }

    /// Those that are none of `used`.
    pub(super) async fn unused(
        &self,
        clients: Vec<ToDelete>,
        used: impl Fn(&Kept, &ToDelete) -> bool,
    ) -> Option<Vec<ToDelete>> {
        let stored = self.load().await.ok()?;
        Some(clients.into_iter().filter(|one| !used(&stored.kept, one)).collect())
    }
}

/// The record that former clients are in.
struct Former(Wanted);

impl Record for Former {
    const KEEPS: bool = true;

    async fn unused(&self, clients: Vec<ToDelete>) -> Option<Vec<ToDelete>> {
        // Somebody may have put one back into use, and then it does not wait any more.
        let used = |kept: &Kept, one: &ToDelete| !kept.superseded.has(&one.client);
        self.0.unused(clients, used).await
    }

    async fn over(&self, clients: Vec<ToDelete>) {
        if clients.is_empty() {
            return;
        }
        let Wanted {
            runtime, place, name, ..
        } = &self.0;
        let mut patience = Patience::of(STORE);
        loop {
            let Ok(stored) = Stored::load(runtime, place, name).await else {
                if patience.allows_another().await {
                    continue;
                }
                break;
            };
            let kept = Kept {
                superseded: stored.kept.superseded.clone().without_deleted(&clients),
                ..stored.kept.clone()
            };
            match stored.replace(runtime, place, name, kept).await {
                Ok(Some(_)) => return,
                Ok(None) | Err(_) if patience.allows_another().await => {}
                Ok(None) | Err(_) => break,
            }
        }
        // They are asked for once more then, and the EHR says that they are gone.
        tracing::debug!(
            ehr = name.ehr,
            "former clients that were deleted could not be taken out of the store"
        );
    }
}
