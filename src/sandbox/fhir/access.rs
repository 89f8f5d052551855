//! Who asks, and what the scopes of the token let through ([`Access`]).

use std::cell::OnceCell;

use serde_json::Value;

use super::criterion::Criterion;
use crate::sandbox::{
    http::{Incoming, Reply},
    owner::Owner,
    people,
    records::{self, Hand},
    scopes::{Interaction, Level, ResourceScope},
    state::{AccessToken, Agreement, GrantRecord, Shared},
};

/// A valid access token and what it stands for.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Access {
    scopes: Vec<Held>,
    agreement: Agreement,
    own_user: bool,
}

/// A scope, and what a resource has to meet.
#[derive(Debug, Clone)]
struct Held {
    scope: ResourceScope,
    criteria: Vec<Criterion>,
}

/// How far a scope reaches.
enum Reach<'a> {
    Everything,
    /// What is about nobody but this patient, and what is about no patient.
    Patient(Option<&'a str>),
}

impl Held {
    fn parse(scope: &str, fhir_base: &str) -> Option<Self> {
        let scope = ResourceScope::parse(scope)?;
        let criteria = scope.criteria(fhir_base)?;
        Some(Self { scope, criteria })
    }

    fn covers(&self, resource_type: &str, interaction: Interaction) -> bool {
        self.scope.covers(resource_type, interaction)
    }
}

impl Access {
    fn new(token: &AccessToken, grant: &GrantRecord, fhir_base: &str) -> Self {
        let scopes = token.scopes.iter().filter_map(|scope| Held::parse(scope, fhir_base));
        Self {
            scopes: scopes.collect(),
            agreement: grant.agreement.clone(),
            own_user: token.scopes.iter().any(|scope| scope == "fhirUser"),
        }
    }

    /// Whether some scope lets this resource through. Patient scopes reach the patient in context and what is about
    /// no patient, but do not change that; user scopes reach what the user may see: a practitioner everything, a patient the own record.
    ///
    /// `owner` is asked only if it matters.
    pub(super) fn admits(&self, interaction: Interaction, owner: impl Fn() -> Owner, resource: &Value) -> bool {
        let resource_type = records::text(resource, "resourceType");
        let known = OnceCell::new();
        let owner = || known.get_or_init(&owner);
        self.scopes.iter().any(|scope| {
            scope.covers(resource_type, interaction)
                && scope.criteria.iter().all(|criterion| criterion.is_met_by(resource))
                && self.reaches(scope, interaction, owner)
        })
    }

    /// Who writes with this token. A scope with a query does not let every Binary through.
    pub(super) fn hand(&self) -> Hand {
        match self.reaches_every("Binary", Interaction::Read, |_| false) {
            true => Hand::Free,
            false => Hand::OfOnePatient,
        }
    }

    /// Whether some scope lets this resource through whosever it is.
    pub(super) fn admits_anybodys(&self, interaction: Interaction, resource: &Value) -> bool {
        let is_met = |criterion: &Criterion| criterion.is_met_by(resource);
        self.reaches_every(records::text(resource, "resourceType"), interaction, is_met)
    }

    /// Whether some scope for this type reaches the records of all patients, and has no criterion that is not met.
    fn reaches_every(
        &self,
        resource_type: &str,
        interaction: Interaction,
        is_met: impl Fn(&Criterion) -> bool,
    ) -> bool {
        self.scopes.iter().any(|held| {
            held.covers(resource_type, interaction)
                && matches!(self.reach(held), Reach::Everything)
                && held.criteria.iter().all(&is_met)
        })
    }

    /// Whether some scope for this type reaches what belongs to the patient.
    pub(super) fn reaches_patient(&self, resource_type: &str, interaction: Interaction, patient: &str) -> bool {
        self.reaches_owner(resource_type, interaction, &Owner::Patient(patient.to_owned()))
    }

    /// Whether some scope for this type reaches what is whose.
    pub(super) fn reaches_owner(&self, resource_type: &str, interaction: Interaction, owner: &Owner) -> bool {
        let mut scopes = self.scopes.iter();
        scopes.any(|scope| scope.covers(resource_type, interaction) && self.reaches(scope, interaction, || owner))
    }

    fn reaches<'a>(&self, held: &Held, interaction: Interaction, owner: impl Fn() -> &'a Owner) -> bool {
        let Reach::Patient(only) = self.reach(held) else {
            return true;
        };
        match owner() {
            Owner::Patient(patient) => only == Some(patient.as_str()),
            Owner::Everybody => !interaction.changes(),
            Owner::Several(_) | Owner::Nobody => false,
        }
    }

    fn reach(&self, held: &Held) -> Reach<'_> {
        match held.scope.level {
            Level::System => Reach::Everything,
            Level::Patient => Reach::Patient(self.agreement.patient.as_deref()),
            Level::User => match people::own_patient(&self.agreement.user) {
                Some(own) => Reach::Patient(Some(own)),
                None => Reach::Everything,
            },
        }
    }

    /// The patients of whom alone the scopes for this type show something. `None`: some scope shows what is anybody's, as far as that meets its
    /// query.
    pub(super) fn only_patients(&self, resource_type: &str, interaction: Interaction) -> Option<Vec<&str>> {
        let mut patients = Vec::new();
        for held in self
            .scopes
            .iter()
            .filter(|held| held.covers(resource_type, interaction))
        {
            match self.reach(held) {
                Reach::Everything => return None,
                Reach::Patient(patient) => patients.extend(patient),
            }
        }
        Some(patients)
    }

    /// The scope `fhirUser` lets an application read who the user is.
    pub(super) fn is_own_user(&self, resource_type: &str, id: &str) -> bool {
        self.own_user && self.agreement.user == format!("{resource_type}/{id}")
    }

    pub(in crate::sandbox) fn client_id(&self) -> &str {
        &self.agreement.client_id
    }

    /// Whether resources of the type may be exported: with a scope of applications that act for themselves (Bulk Data Access, Security).
    pub(in crate::sandbox) fn may_export(&self, resource_type: &str) -> bool {
        let covers = |held: &&Held| held.covers(resource_type, Interaction::Read);
        self.scopes
            .iter()
            .filter(covers)
            .any(|held| held.scope.level == Level::System)
    }

    pub(in crate::sandbox) fn covers(&self, resource_type: &str, interaction: Interaction) -> bool {
        self.scopes.iter().any(|scope| scope.covers(resource_type, interaction))
    }
}

pub(in crate::sandbox) fn authorize(shared: &Shared, incoming: &Incoming) -> Result<Access, Reply> {
    let unauthorized = |challenge: &str, diagnostics: &str| {
        Reply::operation_outcome(401, "login", diagnostics).with_header("www-authenticate", challenge)
    };
    let Some(token) = incoming.bearer_token() else {
        let why = match incoming.header("authorization") {
            None => "An access token is needed.",
            Some(_) => "Use the scheme Bearer.",
        };
        return Err(unauthorized("Bearer realm=\"sandbox\"", why));
    };
    let state = shared.state();
    match state.usable_access_token(token, shared.now()) {
        Some((access, grant)) => Ok(Access::new(access, grant, &shared.fhir_base())),
        None => Err(unauthorized(
            "Bearer realm=\"sandbox\", error=\"invalid_token\"",
            "This access token is unknown, revoked or expired.",
        )),
    }
}

pub(in crate::sandbox) fn forbidden(diagnostics: &str) -> Reply {
    Reply::operation_outcome(403, "forbidden", diagnostics).with_header(
        "www-authenticate",
        "Bearer realm=\"sandbox\", error=\"insufficient_scope\"",
    )
}
