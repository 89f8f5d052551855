//! A small FHIR R4 server: reading, searching and writing, within scopes and the patient compartment.

mod access;
mod capability;
mod criterion;
mod date_range;
mod form;
mod parameters;
mod patched;
mod search;
mod write;

use serde_json::Value;

pub(super) use self::{
    access::{Access, authorize, forbidden},
    criterion::Criterion,
    date_range::DateRange,
    parameters::TYPES,
};
use self::{capability::capability_statement, form::Form, search::search, write::Written};
use super::{
    http::{Incoming, Reply},
    records::{Found, Records, Stored},
    scopes::Interaction,
    state::Shared,
};

/// Whether it changes nothing.
pub(super) fn only_reads(incoming: &Incoming) -> bool {
    match incoming.method.as_str() {
        "GET" | "HEAD" => true,
        "POST" => incoming.path.ends_with("/_search"),
        _ => false,
    }
}

pub(super) fn reply(shared: &Shared, incoming: &Incoming) -> Reply {
    answer(shared, incoming).unwrap_or_else(|refused| refused)
}

fn answer(shared: &Shared, incoming: &Incoming) -> Result<Reply, Reply> {
    let path = incoming
        .path
        .strip_prefix("/fhir")
        .unwrap_or_default()
        .trim_matches('/');
    let form = Form::wanted(incoming, path)?;
    if path == "metadata" {
        return match incoming.method.as_str() {
            "GET" | "HEAD" => Ok(Reply::fhir(200, &capability_statement(shared))),
            _ => Err(not_allowed("GET, HEAD")),
        };
    }
    let access = authorize(shared, incoming)?;
    let segments: Vec<&str> = path.split('/').collect();
    match (incoming.method.as_str(), segments.as_slice()) {
        (_, [""]) => Err(Reply::operation_outcome(
            404,
            "not-found",
            "Nothing is served at this address.",
        )),
        ("GET" | "HEAD", [resource_type]) => search(shared, &access, resource_type, incoming, incoming.query()),
        ("POST", [resource_type, "_search"]) => match incoming.form() {
            Some(form) => search(
                shared,
                &access,
                resource_type,
                incoming,
                [incoming.query(), form].concat(),
            ),
            None => Err(Reply::operation_outcome(
                415,
                "invalid",
                "A search by POST has to be a form.",
            )),
        },
        (_, [_, "_search"]) => Err(not_allowed("POST")),
        ("GET" | "HEAD", [resource_type, id, "_history", version]) => {
            let stored = read_version(shared, &access, [resource_type, id, version])?;
            Ok(answer_with(&stored, incoming, form))
        }
        ("GET" | "HEAD", [resource_type, id]) => {
            let stored = readable(&shared.state().records, &access, resource_type, id).cloned()?;
            Ok(answer_with(&stored, incoming, form))
        }
        ("POST", [resource_type]) => Written::of(shared, &access, incoming).create(resource_type),
        ("PUT", [resource_type, id]) => Written::of(shared, &access, incoming).update(resource_type, id),
        ("PATCH", [resource_type, id]) => Written::of(shared, &access, incoming).patch(resource_type, id),
        ("DELETE", [resource_type, id]) => Written::of(shared, &access, incoming).delete(resource_type, id),
        (_, [_]) => Err(not_allowed("GET, HEAD, POST")),
        (_, [_, _]) => Err(not_allowed("GET, HEAD, PUT, PATCH, DELETE")),
        _ => Err(Reply::operation_outcome(
            404,
            "not-found",
            "Nothing is served at this address.",
        )),
    }
}

fn not_allowed(allow: &str) -> Reply {
    let diagnostics = format!("At this address the server takes {allow}.");
    Reply::operation_outcome(405, "not-supported", &diagnostics).with_header("allow", allow)
}

/// `GET [type]/[id]/_history/[version]` (FHIR R4, HTTP, 3.1.0.3). The version that is here is the only one that is kept.
fn read_version(shared: &Shared, access: &Access, [resource_type, id, version]: [&str; 3]) -> Result<Stored, Reply> {
    let state = shared.state();
    let stored = readable(&state.records, access, resource_type, id)?;
    match stored.version.to_string() == version {
        true => Ok(stored.clone()),
        false => Err(Reply::operation_outcome(
            404,
            "not-found",
            "Of this resource the server keeps the latest version alone.",
        )),
    }
}

fn answer_with(stored: &Stored, incoming: &Incoming, form: Form) -> Reply {
    let known = incoming.header("if-none-match").unwrap_or_default();
    match names_version(known, stored) {
        true => Reply::empty(304)
            .with_header("etag", &stored.etag())
            .with_header("cache-control", "no-store"),
        false => with_version(form.reply(&stored.resource), stored),
    }
}

/// What is under an id, for whoever may read it.
fn readable<'a>(records: &'a Records, access: &Access, resource_type: &str, id: &str) -> Result<&'a Stored, Reply> {
    if !records.has_type(resource_type) {
        return Err(no_such_type());
    }
    match records.find(resource_type, id) {
        Found::Here(stored)
            if access.is_own_user(resource_type, id) || may(records, access, Interaction::Read, stored) =>
        {
            Ok(stored)
        }
        Found::Here(_) => Err(forbidden("No granted scope allows reading this resource.")),
        // Whoever may not read the type does not learn what exists.
        _ if !access.covers(resource_type, Interaction::Read) => {
            Err(forbidden("No granted scope allows reading resources of this type."))
        }
        Found::Deleted(left) if !access.reaches_owner(resource_type, Interaction::Read, &records.owner(left)) => {
            Err(forbidden("No granted scope allows reading this resource."))
        }
        Found::Deleted(_) => Err(Reply::operation_outcome(410, "deleted", "This resource was deleted.")),
        Found::Nothing => Err(Reply::operation_outcome(404, "not-found", "There is no such resource.")),
    }
}

/// Whether a list of versions, as conditional headers have it, names the one that is here (RFC 9110, section 13.1).
fn names_version(header: &str, stored: &Stored) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    header
        .split(',')
        .any(|tag| tag.trim() == "*" || opaque(tag) == opaque(&stored.etag()))
}

fn no_such_type() -> Reply {
    Reply::operation_outcome(404, "not-supported", "This server has no resources of this type.")
}

/// Whether the scopes let a resource through that is stored.
pub(super) fn may(records: &Records, access: &Access, interaction: Interaction, stored: &Stored) -> bool {
    access.admits(interaction, || records.owner(stored), &stored.resource)
}

fn with_version(reply: Reply, stored: &Stored) -> Reply {
    let updated = std::time::UNIX_EPOCH + std::time::Duration::from_secs(stored.updated.as_secs());
    reply
        .with_header("etag", &stored.etag())
        .with_header("last-modified", &httpdate::fmt_http_date(updated))
}

/// Whether it is an object that says that it is of this type.
fn is_object_of(resource: &Value, resource_type: &str) -> bool {
    resource.is_object() && super::records::text(resource, "resourceType") == resource_type
}
