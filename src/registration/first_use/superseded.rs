//! Clients whose place another one has taken, until they are deleted at the EHR: [`Superseded`].

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::{
    protocol::client_registration::{ClientRegistration, Leftover, Parts, SecretExpiry},
    registration::{deletion::ToDelete, sealed::Form as RegistrationForm},
    time::Timestamp,
};

/// How long launches of a former client go on: until their access tokens are over. SMART App Launch 2.2 wants those to live an hour at
/// most; some EHRs give them a working day. A client that is deleted takes its tokens along.
const LAUNCHES: Duration = Duration::from_secs(12 * 3600);
/// How long nobody else deletes one that is being deleted: longer than the one who does tries it.
const DELETING: Duration = Duration::from_secs(90 * 60);
/// How many are kept. Past it the oldest one is deleted early. More do not come together where one is registered every half an hour.
const MOST: usize = 32;

/// The clients that are to be deleted, in the order in which they came. Those that the EHR does not let be deleted are not here.
#[derive(Debug, Clone, Default)]
pub(super) struct Superseded(Vec<One>);

#[derive(Debug, Clone)]
struct One {
    client: ClientRegistration,
    delete_at: Timestamp,
    /// It was begun to delete it: it is perhaps gone.
    was_begun: bool,
}

impl Superseded {
    /// One more, whose place was taken now.
    pub(super) fn add(&mut self, former: &ClientRegistration, now: Timestamp) {
        if former.access().is_err() {
            return;
        }
        self.0.push(One {
            client: as_to_delete(former),
            delete_at: now.saturating_add(LAUNCHES),
            was_begun: false,
        });
        let too_many = self.0.len().saturating_sub(MOST);
        // Those that are being deleted make room by themselves, and nobody else is to begin with them.
        for early in self.0.iter_mut().take(too_many).filter(|one| !one.was_begun) {
            early.delete_at = now;
        }
    }

    /// Those that can be deleted without this one.
    pub(super) fn without(mut self, client: &ClientRegistration) -> Self {
        self.0.retain(|one| !one.client.goes_with(client));
        self
    }

    /// Those that may be deleted now, and all with a note that this was begun.
    pub(super) fn begun(mut self, now: Timestamp) -> (Vec<ToDelete>, Self) {
        let mut due = Vec::new();
        for one in self.0.iter_mut().filter(|one| one.delete_at <= now) {
            // One that cannot be deleted is not in here.
            due.extend(Leftover::of(&one.client).ok().map(|client| ToDelete {
                client,
                may_be_gone: one.was_begun,
            }));
            one.delete_at = now.saturating_add(DELETING);
            one.was_begun = true;
        }
        (due, self)
    }

    /// Those that were not deleted.
    pub(super) fn without_deleted(mut self, deleted: &[ToDelete]) -> Self {
        self.0
            .retain(|one| !deleted.iter().any(|deleted| one.is(&deleted.client)));
        self
    }

    /// Whether this one waits to be deleted, or is being deleted.
    pub(super) fn has(&self, client: &Leftover) -> bool {
        self.0.iter().any(|one| one.is(client))
    }

    pub(super) fn has_due(&self, now: Timestamp) -> bool {
        self.0.iter().any(|one| one.delete_at <= now)
    }

    pub(super) fn clients(&self) -> impl Iterator<Item = &ClientRegistration> {
        self.0.iter().map(|one| &one.client)
    }

    pub(super) fn client_ids(&self) -> Vec<&str> {
        self.clients().map(ClientRegistration::client_id).collect()
    }

    pub(super) fn to_form(&self) -> Vec<SupersededForm> {
        let form = |one: &One| SupersededForm {
            client: RegistrationForm::of(&one.client),
            delete_at: one.delete_at.as_millis(),
            was_begun: one.was_begun,
        };
        self.0.iter().map(form).collect()
    }

    /// `None`: it is not of that form.
    pub(super) fn of_form(form: Vec<SupersededForm>) -> Option<Self> {
        let one = |form: SupersededForm| {
            Some(One {
                client: form.client.into_registration().ok()?,
                delete_at: Timestamp::from_millis(form.delete_at),
                was_begun: form.was_begun,
            })
        };
        form.into_iter().map(one).collect::<Option<_>>().map(Self)
    }
}

/// As it is written.
#[derive(Serialize, Deserialize)]
pub(super) struct SupersededForm {
    client: RegistrationForm,
    delete_at: u64,
    #[serde(default, skip_serializing_if = "is_false")]
    was_begun: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl One {
    /// Whether it is this client, as it was when it was to be deleted: one that an EHR has given again has another token.
    fn is(&self, client: &Leftover) -> bool {
        let token = self.client.registration_access_token();
        client.client_id.as_deref() == Some(self.client.client_id())
            && token.is_some_and(|token| token.expose_secret() == client.token.expose_secret())
    }
}

/// What deleting it needs: the rest would fill the store.
fn as_to_delete(former: &ClientRegistration) -> ClientRegistration {
    ClientRegistration {
        parts: Parts {
            secret: None,
            secret_expiry: SecretExpiry::NotSaid,
            asked: Map::new(),
            members: Map::new(),
            ..former.parts.clone()
        },
    }
}

#[cfg(test)]
mod tests;
