//! Former clients whose time has come: taken out of the store, then deleted at the EHR.

use super::{
    kept::{Kept, Stored},
    obtain::Wanted,
};
use crate::protocol::client_registration::ClientRegistration;

impl Wanted {
    /// Deletes former clients at the EHR whose time has come. They are taken out of the store before, so that one process does it.
    pub(super) async fn without_due(&self, stored: Stored) -> Stored {
        let now = self.runtime.now();
        // Whoever has a note writes soon, and would put them back.
        let has_note = stored
            .kept
            .asking
            .is_some_and(|asking| asking.is_anothers([0; 16], now));
        if has_note || !stored.kept.superseded.has_due(now) {
            return stored;
        }
        let (due, rest) = stored.kept.superseded.clone().split(now);
        let kept = Kept {
            superseded: rest,
            ..stored.kept.clone()
        };
        let written = stored.clone().replace(&self.runtime, &self.place, &self.name, kept);
        match written.await {
            Ok(Some(written)) => {
                self.registrar.withdraw_former(due);
                written
            }
            // Somebody else has written. The next one tries again.
            Ok(None) => stored,
            Err(_) => self.perhaps_without(due, stored).await,
        }
    }

    /// The store did not say whether it was done. Where it was, nobody else deletes them.
    async fn perhaps_without(&self, due: Vec<ClientRegistration>, before: Stored) -> Stored {
        let Ok(there) = self.load().await else {
            self.tell_perhaps_left(&due);
            return before;
        };
        // Somebody may have put one back into use meanwhile.
        let clients = there.kept.clients();
        let is_there = |one: &ClientRegistration| clients.iter().any(|it| it.client_id() == one.client_id());
        let gone = due.into_iter().filter(|one| !is_there(one)).collect();
        self.registrar.withdraw_former(gone);
        there
    }

    fn tell_perhaps_left(&self, due: &[ClientRegistration]) {
        let former: Vec<_> = due.iter().map(ClientRegistration::client_id).collect();
        tracing::warn!(
            ehr = self.name.ehr,
            ?former,
            "these former clients were to be deleted at the EHR, and the store did not say whether it still has them: where it has not, they \
             stay at the EHR. If they are still in its list of clients in a day, delete them there"
        );
    }
}
