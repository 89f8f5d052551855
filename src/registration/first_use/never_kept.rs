//! Clients that the EHR has registered at first use, and that are not kept: [`NeverKept`].

use super::{kept::Kept, obtain::Wanted};
use crate::{
    protocol::client_registration::ClientRegistration,
    registration::{
        deletion::{Record, ToDelete},
        why_unwanted::WhyUnwanted,
        withdraw::Unwanted,
    },
};

/// The record of the registration at an EHR, for a client that was not kept there.
struct NeverKept(Wanted);

impl Record for NeverKept {
    const KEEPS: bool = false;

    async fn unused(&self, clients: Vec<ToDelete>) -> Option<Vec<ToDelete>> {
        // The EHR may have given it again meanwhile, and better.
        let used = |kept: &Kept, one: &ToDelete| kept.clients().into_iter().any(|client| one.client.may_be(client));
        self.0.unused(clients, used).await
    }

    async fn over(&self, _: Vec<ToDelete>) {}
}

impl Wanted {
    /// Deletes it, unless it may be one that is in use.
    pub(super) fn withdraw(&self, unwanted: Unwanted, why: WhyUnwanted, in_use: &[&ClientRegistration]) {
        self.registrar.withdraw(unwanted, why, in_use, NeverKept(self.clone()));
    }
}
