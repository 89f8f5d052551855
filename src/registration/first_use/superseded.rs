//! Clients whose place another one has taken, until they are deleted at the EHR: [`Superseded`].

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::{
    protocol::client_registration::{ClientRegistration, Parts, SecretExpiry},
    registration::sealed::Form as RegistrationForm,
    time::Timestamp,
};

/// How long launches of a former client go on: until their access tokens are over. SMART App Launch 2.2 wants those to live an hour at
/// most; some EHRs give them a working day. A client that is deleted takes its tokens along.
const LAUNCHES: Duration = Duration::from_secs(12 * 3600);
/// How many are kept. Past it the oldest one is deleted early. More do not come together where one is registered every half an hour.
const MOST: usize = 32;

/// The clients that are to be deleted, in the order in which they came. Those that the EHR does not let be deleted are not here.
#[derive(Debug, Clone, Default)]
pub(super) struct Superseded(Vec<One>);

#[derive(Debug, Clone)]
struct One {
    client: ClientRegistration,
    delete_at: Timestamp,
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
        });
        let too_many = self.0.len().saturating_sub(MOST);
        for early in self.0.iter_mut().take(too_many) {
            early.delete_at = now;
        }
    }

    /// Those that can be deleted without this one.
    pub(super) fn without(mut self, client: &ClientRegistration) -> Self {
        self.0.retain(|one| !one.client.goes_with(client));
        self
    }

    /// Those that may be deleted now, and the rest.
    pub(super) fn split(self, now: Timestamp) -> (Vec<ClientRegistration>, Self) {
        let (due, rest): (Vec<_>, Vec<_>) = self.0.into_iter().partition(|one| one.delete_at <= now);
        (due.into_iter().map(|one| one.client).collect(), Self(rest))
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
        };
        self.0.iter().map(form).collect()
    }

    /// `None`: it is not of that form.
    pub(super) fn of_form(form: Vec<SupersededForm>) -> Option<Self> {
        let one = |form: SupersededForm| {
            let client = form.client.into_registration().ok()?;
            let delete_at = Timestamp::from_millis(form.delete_at);
            Some(One { client, delete_at })
        };
        form.into_iter().map(one).collect::<Option<_>>().map(Self)
    }
}

/// As it is written.
#[derive(Serialize, Deserialize)]
pub(super) struct SupersededForm {
    client: RegistrationForm,
    delete_at: u64,
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
