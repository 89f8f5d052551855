//! Creating, changing and deleting resources, for those who have the scope ([`Written`]).

use json_patch::Patch;
use serde_json::{Value, json};

use super::{
    access::{Access, forbidden},
    criterion::Criterion,
    is_object_of, may, names_version, no_such_type, patched, with_version,
};
use crate::sandbox::{
    http::{Incoming, Reply, parse_pairs},
    records::{self, Found, Stored, is_id},
    scopes::Interaction,
    state::{Shared, State},
};

/// A request that is to change something.
pub(super) struct Written<'a> {
    shared: &'a Shared,
    access: &'a Access,
    incoming: &'a Incoming,
}

impl<'a> Written<'a> {
    pub(super) const fn of(shared: &'a Shared, access: &'a Access, incoming: &'a Incoming) -> Self {
        Self {
            shared,
            access,
            incoming,
        }
    }

    /// `POST [type]` (FHIR R4, HTTP, 3.1.0.8), with `If-None-Exist`.
    pub(super) fn create(&self, resource_type: &str) -> Result<Reply, Reply> {
        let mut state = self.shared.state();
        self.allows(&state, resource_type, Interaction::Create)?;
        let mut resource = self.resource_in_body(resource_type)?;
        if let Some(query) = self.incoming.header("if-none-exist") {
            self.allows(&state, resource_type, Interaction::Search)?;
            let matching = self.matching(&state, resource_type, query)?;
            match matching.as_slice() {
                [] => {}
                [one] if may(&state.records, self.access, Interaction::Read, one) => return Ok(self.answer(200, one)),
                [one] => return Ok(with_version(done(200), one)),
                _ => {
                    let diagnostics = "Several resources meet If-None-Exist.";
                    return Err(Reply::operation_outcome(412, "multiple-matches", diagnostics));
                }
            }
        }
        let id = state.records.new_id(resource_type);
        if let Some(members) = resource.as_object_mut() {
            members.insert("id".to_owned(), json!(id));
        }
        self.may_write(&state, Interaction::Create, &resource)?;
        self.changes_nobody_elses(&state, Interaction::Create, &resource)?;
        let stored = state.records.put(resource, self.shared.now(), self.access.hand());
        Ok(self.answer(201, &stored))
    }

    /// `PUT [type]/[id]` (3.1.0.4): in the place of what is there, or new.
    pub(super) fn update(&self, resource_type: &str, id: &str) -> Result<Reply, Reply> {
        let mut state = self.shared.state();
        self.allows(&state, resource_type, Interaction::Update)?;
        let resource = self.resource_in_body(resource_type)?;
        if records::text(&resource, "id") != id {
            let diagnostics = "The id in the body has to be the one in the address.";
            return Err(Reply::operation_outcome(400, "invalid", diagnostics));
        }
        if !is_id(id) {
            let diagnostics = "An id has 1 to 64 letters, digits, - and dots.";
            return Err(Reply::operation_outcome(400, "invalid", diagnostics));
        }
        let status = match state.records.find(resource_type, id) {
            Found::Here(stored) => {
                self.may_write(&state, Interaction::Update, &stored.resource)?;
                self.is_of_version(Some(stored))?;
                200
            }
            Found::Deleted(left) => {
                self.reaches(&state, resource_type, left)?;
                self.is_of_version(None)?;
                201
            }
            Found::Nothing => {
                self.is_of_version(None)?;
                201
            }
        };
        self.may_write(&state, Interaction::Update, &resource)?;
        self.changes_nobody_elses(&state, Interaction::Update, &resource)?;
        let stored = state.records.put(resource, self.shared.now(), self.access.hand());
        Ok(self.answer(status, &stored))
    }

    /// `PATCH [type]/[id]` with a JSON Patch (3.1.0.6; RFC 6902).
    pub(super) fn patch(&self, resource_type: &str, id: &str) -> Result<Reply, Reply> {
        let mut state = self.shared.state();
        self.allows(&state, resource_type, Interaction::Update)?;
        let invalid = |diagnostics: String| Reply::operation_outcome(422, "processing", &diagnostics);
        if self.content_type() != "application/json-patch+json" {
            let diagnostics = "A patch is application/json-patch+json here.";
            return Err(Reply::operation_outcome(415, "not-supported", diagnostics));
        }
        self.is_text()?;
        let patch: Patch = serde_json::from_str(&self.incoming.body).map_err(|error| {
            Reply::operation_outcome(400, "invalid", &format!("The body is no JSON Patch: {error}"))
        })?;
        let stored = self.there(&state, resource_type, id)?;
        self.may_write(&state, Interaction::Update, &stored.resource)?;
        self.is_of_version(Some(&stored))?;
        let mut resource = Value::clone(&stored.resource);
        patched::apply(&patch, &mut resource).map_err(|why| invalid(why.to_string()))?;
        if !is_object_of(&resource, resource_type) || records::text(&resource, "id") != id {
            return Err(invalid("A patch changes neither the type nor the id.".to_owned()));
        }
        self.may_write(&state, Interaction::Update, &resource)?;
        self.changes_nobody_elses(&state, Interaction::Update, &resource)?;
        let stored = state.records.put(resource, self.shared.now(), self.access.hand());
        Ok(self.answer(200, &stored))
    }

    /// `DELETE [type]/[id]` (3.1.0.7).
    pub(super) fn delete(&self, resource_type: &str, id: &str) -> Result<Reply, Reply> {
        let mut state = self.shared.state();
        self.allows(&state, resource_type, Interaction::Delete)?;
        match state.records.find(resource_type, id) {
            // What is not there is deleted, as was wanted.
            Found::Deleted(_) | Found::Nothing => return Ok(done(204)),
            Found::Here(stored) => {
                self.may_write(&state, Interaction::Delete, &stored.resource)?;
                self.is_of_version(Some(stored))?;
            }
        }
        state.records.delete(resource_type, id, self.access.hand());
        Ok(done(204))
    }

    fn allows(&self, state: &State, resource_type: &str, interaction: Interaction) -> Result<(), Reply> {
        if !state.records.has_type(resource_type) {
            return Err(no_such_type());
        }
        match self.access.covers(resource_type, interaction) {
            true => Ok(()),
            false => Err(forbidden("No granted scope allows this for resources of this type.")),
        }
    }

    /// Before a change, and after it: nobody writes into somebody else's record.
    fn may_write(&self, state: &State, interaction: Interaction, resource: &Value) -> Result<(), Reply> {
        let owner = || state.records.owner_of(resource);
        match self.access.admits(interaction, owner, resource) {
            true => Ok(()),
            false => Err(forbidden("No granted scope allows this for this resource.")),
        }
    }

    /// Who may write the records of one patient alone does not decide with them whose others are.
    fn changes_nobody_elses(&self, state: &State, interaction: Interaction, resource: &Value) -> Result<(), Reply> {
        if self.access.admits_anybodys(interaction, resource) || !state.records.changes_another(resource) {
            return Ok(());
        }
        let diagnostics = "A record of somebody else names this id, or an identifier that this resource gets or loses: whose that record is \
                           would change, or what its file is. Use another one.";
        Err(Reply::operation_outcome(409, "conflict", diagnostics))
    }

    /// What was deleted is still somebody's.
    fn reaches(&self, state: &State, resource_type: &str, left: &Stored) -> Result<(), Reply> {
        let owner = state.records.owner(left);
        match self.access.reaches_owner(resource_type, Interaction::Update, &owner) {
            true => Ok(()),
            false => Err(forbidden("No granted scope allows this for this resource.")),
        }
    }

    /// What is to be changed.
    fn there(&self, state: &State, resource_type: &str, id: &str) -> Result<Stored, Reply> {
        match state.records.find(resource_type, id) {
            Found::Here(stored) => Ok(stored.clone()),
            Found::Deleted(left) => {
                self.reaches(state, resource_type, left)?;
                Err(Reply::operation_outcome(410, "deleted", "This resource was deleted."))
            }
            Found::Nothing => Err(Reply::operation_outcome(404, "not-found", "There is no such resource.")),
        }
    }

    fn resource_in_body(&self, resource_type: &str) -> Result<Value, Reply> {
        if !["application/fhir+json", "application/json"].contains(&self.content_type().as_str()) {
            let diagnostics = "A resource is application/fhir+json here.";
            return Err(Reply::operation_outcome(415, "not-supported", diagnostics));
        }
        self.is_text()?;
        let resource: Value = serde_json::from_str(&self.incoming.body)
            .map_err(|error| Reply::operation_outcome(400, "invalid", &format!("The body is no JSON: {error}")))?;
        match is_object_of(&resource, resource_type) {
            true => Ok(resource),
            false => {
                let diagnostics = format!("The body has to be a resource of the type {resource_type}.");
                Err(Reply::operation_outcome(400, "invalid", &diagnostics))
            }
        }
    }

    /// What stands for bytes that are none would be kept in the record.
    fn is_text(&self) -> Result<(), Reply> {
        match self.incoming.is_utf8 {
            true => Ok(()),
            false => {
                let diagnostics = "The body has bytes that are no UTF-8; JSON is UTF-8.";
                Err(Reply::operation_outcome(400, "invalid", diagnostics))
            }
        }
    }

    fn content_type(&self) -> String {
        let stated = self.incoming.header("content-type").unwrap_or_default();
        stated.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// `If-Match` (3.1.0.4.1).
    fn is_of_version(&self, stored: Option<&Stored>) -> Result<(), Reply> {
        let Some(wanted) = self.incoming.header("if-match") else {
            return Ok(());
        };
        let is_there = stored.is_some_and(|stored| names_version(wanted, stored));
        match is_there {
            true => Ok(()),
            false => {
                let diagnostics = "If-Match names another version than the one that is here.";
                Err(Reply::operation_outcome(412, "conflict", diagnostics))
            }
        }
    }

    fn matching(&self, state: &State, resource_type: &str, query: &str) -> Result<Vec<Stored>, Reply> {
        let base = self.shared.fhir_base();
        let criteria = parse_pairs(query.trim_start_matches('?'))
            .iter()
            .map(|(name, value)| Criterion::parse(resource_type, name, value, &base))
            .collect::<Result<Vec<_>, _>>();
        let criteria = criteria.ok().filter(|criteria| !criteria.is_empty());
        let criteria = criteria.ok_or_else(|| {
            Reply::operation_outcome(
                412,
                "invalid",
                "If-None-Exist is no search that this server understands.",
            )
        })?;
        let all = state.records.of_type(resource_type);
        let meets = |stored: &&Stored| criteria.iter().all(|criterion| criterion.is_met_by(&stored.resource));
        let in_reach = |stored: &&Stored| may(&state.records, self.access, Interaction::Search, stored);
        Ok(all.filter(meets).filter(in_reach).cloned().collect())
    }

    /// With as much of the resource as `Prefer` asks for (3.1.0.1.7).
    fn answer(&self, status: u16, stored: &Stored) -> Reply {
        let prefer = self.incoming.header("prefer").unwrap_or_default();
        let reply = match prefer {
            prefer if prefer.contains("return=minimal") => done(status),
            prefer if prefer.contains("return=OperationOutcome") => Reply::information(status, "It is done."),
            _ => Reply::fhir(status, &stored.resource),
        };
        let reply = with_version(reply, stored);
        match status {
            201 => {
                let resource_type = records::text(&stored.resource, "resourceType");
                let address = format!("{}/{resource_type}/{}", self.shared.fhir_base(), stored.id());
                reply.with_header("location", &format!("{address}/_history/{}", stored.version))
            }
            _ => reply,
        }
    }
}

/// Without a body.
fn done(status: u16) -> Reply {
    Reply::empty(status).with_header("cache-control", "no-store")
}
