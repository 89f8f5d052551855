//! Deletes a client again that nobody wants ([`Registrar::withdraw`]), or says in the log that it is left at the EHR.
//!
//! What is deleted in error throws out everybody who works with it. So a client is deleted only where the server says that the request
//! has made it ([`Answered::made_one_of`]), and where nothing that is known here speaks against that: a server may set its
//! dates anew with each answer.

use super::{
    deletion::{Deletion, Record, ToDelete},
    error::RegistrationError,
    newness::Answered,
    registrar::Registrar,
    why_unwanted::{WhyUnwanted, tell_left},
};
use crate::{
    config::Ehr,
    protocol::client_registration::{ClientRegistration, Leftover, Management},
};

/// A client that an answer to a registration names.
pub(super) struct Unwanted {
    client_id: Option<String>,
    is_new: bool,
    leftover: Result<Leftover, Undeletable>,
}

/// Why it cannot be deleted.
enum Undeletable {
    /// The answer cannot be used, and has no address at which the client could be deleted.
    Unnamed,
    NotManageable(Management),
}

impl Unwanted {
    /// One whose answer could be read.
    pub(super) fn of(registration: &ClientRegistration, answered: Answered) -> Self {
        Self {
            client_id: Some(registration.client_id().to_owned()),
            is_new: answered.made_one_of(registration.client_id_issued_at()),
            leftover: Leftover::of(registration).map_err(Undeletable::NotManageable),
        }
    }

    /// One whose answer cannot be used.
    pub(super) fn of_unusable(leftover: Option<Leftover>, answered: Answered) -> Self {
        Self {
            client_id: leftover.as_ref().and_then(|leftover| leftover.client_id.clone()),
            is_new: leftover
                .as_ref()
                .is_some_and(|leftover| answered.made_one_of(leftover.issued_at)),
            leftover: leftover.ok_or(Undeletable::Unnamed),
        }
    }
}

/// Why a client is not deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spared {
    InUse,
    NotSaidToBeNew,
    Unnamed,
}

impl Registrar {
    /// Deletes a client that nobody wants, unless it may be another one than the request has made: one of these, which are in use, or
    /// one that others use.
    pub(super) fn withdraw(
        &self,
        unwanted: Unwanted,
        why: WhyUnwanted,
        in_use: &[&ClientRegistration],
        record: impl Record,
    ) {
        let Unwanted {
            client_id,
            is_new,
            leftover,
        } = unwanted;
        let client_id = client_id.as_deref();
        match leftover {
            Err(Undeletable::Unnamed) => self.tell_spared(client_id, why, Spared::Unnamed),
            _ if !is_new => self.tell_spared(client_id, why, Spared::NotSaidToBeNew),
            Ok(leftover) if self.may_be_in_use(&leftover, in_use) => self.tell_spared(client_id, why, Spared::InUse),
            Ok(leftover) => Deletion::begin(self, vec![ToDelete::of(leftover)], why, record),
            Err(Undeletable::NotManageable(management)) => {
                let error = RegistrationError::NotManageable(management);
                tell_left(&self.fhir_base_url, client_id, why, &error);
            }
        }
    }

    /// Deletes clients whose place another one has taken, and that nobody uses any more.
    pub(super) fn delete_former(&self, former: Vec<ToDelete>, record: impl Record) {
        Deletion::begin(self, former, WhyUnwanted::Superseded, record);
    }

    /// Says what may be left, for whoever keeps its registrations by itself: nobody here has seen them all.
    pub(super) fn tell_unusable(&self, unwanted: &Unwanted) {
        let spared = match unwanted.leftover {
            Err(Undeletable::Unnamed) => Spared::Unnamed,
            _ => Spared::InUse,
        };
        self.tell_spared(unwanted.client_id.as_deref(), WhyUnwanted::AnswerUnusable, spared);
    }

    /// Whether a client that nobody wants is one that this process uses.
    pub(super) fn knows(&self, client: &Leftover) -> bool {
        let known = self.runtime.registrations.known(&self.fhir_base_url);
        let is_known = |ehr: &Ehr| client.client_id.as_deref() == Some(ehr.client_id());
        known.is_some_and(|ehr| is_known(&ehr)) || self.is_used_elsewhere(client)
    }

    /// Whether the registration of another EHR has this client: some servers give one to several of their FHIR servers.
    pub(super) fn is_used_elsewhere(&self, client: &Leftover) -> bool {
        let known = self.runtime.registrations.all_known();
        let others = known.iter().filter(|ehr| ehr.key() != self.fhir_base_url);
        others
            .filter(|ehr| client.client_id.as_deref() == Some(ehr.client_id()))
            .any(|ehr| self.may_be_at_server_of(client, ehr))
    }

    /// Two servers may give one id. They are two for sure where they register at different origins.
    fn may_be_at_server_of(&self, client: &Leftover, other: &Ehr) -> bool {
        let metadata = self.runtime.known_metadata_of(other);
        let endpoint = metadata.as_ref().and_then(|metadata| metadata.registration_endpoint());
        endpoint.is_none_or(|endpoint| client.origins.contains(&endpoint.url().origin().ascii_serialization()))
    }

    fn may_be_in_use(&self, leftover: &Leftover, in_use: &[&ClientRegistration]) -> bool {
        let known = self.runtime.registrations.known(&self.fhir_base_url);
        // Only the address could tell them apart.
        let is_unnamed = leftover.client_id.is_none();
        let may_be_known = |ehr: &Ehr| is_unnamed && in_use.iter().all(|client| client.client_id() != ehr.client_id());
        self.knows(leftover)
            || known.is_some_and(|ehr| may_be_known(&ehr))
            || in_use.iter().any(|client| leftover.may_be(client))
    }

    fn tell_spared(&self, client_id: Option<&str>, why: WhyUnwanted, spared: Spared) {
        let (ehr, unwanted) = (&self.fhir_base_url, why.in_words());
        let reason = match spared {
            Spared::InUse => "it may be one that is in use",
            Spared::NotSaidToBeNew => {
                "the EHR does not say that it has just made it (`client_id_issued_at`), so that it may be one that is in use"
            }
            Spared::Unnamed => "the answer has no address at which it could be deleted",
        };
        tracing::warn!(
            %ehr,
            client_id,
            "the EHR has perhaps registered a client that is not wanted, and it is not deleted ({unwanted}): {reason}. Look into \
             the EHR's list of clients, and delete there what is not in use"
        );
    }
}
