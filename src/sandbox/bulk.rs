//! Bulk Data: exports of all records (HL7 Bulk Data Access 3.0.0).

mod files;

use std::collections::HashSet;

use serde_json::{Value, json};

pub(super) use self::files::file;
use super::{
    bulk_settings::{ExportFilesAt, ExportFilesToken, SandboxExport},
    fhir::{self, Access, DateRange, authorize, forbidden},
    http::{Incoming, Pairs, Reply},
    owner::is_about_a_patient,
    records::{Found, Records, Stored},
    scopes::Interaction,
    state::Shared,
};
use crate::time::Timestamp;

/// The group of all patients, where the data have none of this name.
const GROUP: &str = "everybody";
const KNOWN: [&str; 10] = [
    "_outputFormat",
    "_since",
    "_until",
    "_type",
    "_elements",
    "_typeFilter",
    "patient",
    "includeAssociatedData",
    "organizeOutputBy",
    "allowPartialManifests",
];

/// An export that was begun.
#[derive(Debug, Clone)]
pub(super) struct Export {
    pub(super) begun: Timestamp,
    /// Whoever began it, with the scopes of then.
    access: Access,
    request: String,
    level: Level,
    types: Vec<String>,
    /// Of whom, if not of all.
    patients: Option<HashSet<String>>,
    /// Milliseconds since 1970: only what was written then or later.
    since: Option<i64>,
    looks: u32,
    answers: u32,
    is_deleted: bool,
}

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Everything.
    System,
    /// The compartments of patients.
    Patients,
}

/// Whether a path below the FHIR base asks for an export.
pub(super) fn is_kick_off(path: &str) -> bool {
    path.ends_with("/$export")
}

pub(super) fn kick_off(shared: &Shared, incoming: &Incoming) -> Reply {
    begin(shared, incoming).unwrap_or_else(|refusal| refusal)
}

fn begin(shared: &Shared, incoming: &Incoming) -> Result<Reply, Reply> {
    let invalid = |diagnostics: &str| Reply::operation_outcome(400, "invalid", diagnostics);
    let access = authorize(shared, incoming)?;
    let header = |name: &str, wanted: &str| incoming.header(name).is_some_and(|value| value.contains(wanted));
    if !header("prefer", "respond-async") {
        return Err(invalid("An export needs the header Prefer: respond-async."));
    }
    if !header("accept", "application/fhir+json") {
        return Err(invalid("An export needs the header Accept: application/fhir+json."));
    }
    let path = incoming.path.strip_prefix("/fhir").unwrap_or_default();
    let (level, group) = match path {
        "/$export" => (Level::System, None),
        "/Patient/$export" => (Level::Patients, None),
        _ => (Level::Patients, Some(group_in(path).ok_or_else(no_such_group)?)),
    };
    let parameters = parameters(incoming)?;
    if let Some((name, _)) = parameters.iter().find(|(name, _)| !KNOWN.contains(&name.as_str())) {
        return Err(invalid(&format!("The parameter {name} is not known.")));
    }
    let values = |wanted: &str| {
        let named = parameters.iter().filter(move |(name, _)| name == wanted);
        named
            .flat_map(|(_, value)| value.split(','))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (asked, patients) = (values("_type"), values("patient"));
    if !patients.is_empty() && (incoming.method == "GET" || path == "/$export") {
        return Err(invalid("Patients are named by POST, and not for the whole server."));
    }
    let since = match values("_since").first() {
        None => None,
        Some(since) => {
            let since = DateRange::parse(since).ok_or_else(|| invalid("_since has to be a FHIR instant."))?;
            Some(since.from)
        }
    };
    let named = (!patients.is_empty()).then(|| patients.into_iter().collect::<HashSet<_>>());
    let mut state = shared.state();
    let members = match group {
        Some(group) => members_of(&state.records, group)?,
        None => None,
    };
    let patients = match (members, named) {
        (Some(members), Some(named)) => Some(&members & &named),
        (one, other) => one.or(other),
    };
    let possible = possible(&state.records, level);
    let covered = |resource_type: &str| access.may_export(resource_type);
    let types: Vec<String> = match asked.is_empty() {
        true => possible.iter().filter(|name| covered(name)).cloned().collect(),
        false => asked,
    };
    if let Some(unknown) = types.iter().find(|name| !possible.contains(name)) {
        return Err(invalid(&format!("{unknown} is not exported here.")));
    }
    if types.is_empty() || !types.iter().all(|name| covered(name)) {
        return Err(forbidden(
            "No granted scope allows exporting resources of this type: an export needs system/ scopes.",
        ));
    }
    let is_at_it =
        |export: &&Export| export.access.client_id() == access.client_id() && export.looks > 0 && !export.is_deleted;
    if state.exports.iter().any(|export| is_at_it(&export)) {
        return Err(
            Reply::operation_outcome(429, "throttled", "This client has an export already.")
                .with_header("retry-after", "1"),
        );
    }
    let looks = state.settings.export.looks;
    let number = state.exports.push(Export {
        begun: shared.now(),
        access,
        request: format!("{}{}", shared.origin, incoming.path),
        level,
        types,
        patients,
        since,
        looks,
        answers: 0,
        is_deleted: false,
    });
    let status = format!("{}/bulk/status/{number}", shared.origin);
    Ok(Reply::empty(202).with_header("content-location", &status))
}

fn group_in(path: &str) -> Option<&str> {
    path.strip_prefix("/Group/")?.strip_suffix("/$export")
}

fn no_such_group() -> Reply {
    Reply::operation_outcome(404, "not-found", "There is no such group.")
}

/// The patients of a group, without those who are not in it any more. `None`: all patients.
fn members_of(records: &Records, group: &str) -> Result<Option<HashSet<String>>, Reply> {
    match records.find("Group", group) {
        Found::Here(stored) => {
            let members = stored.resource.get("member").and_then(Value::as_array);
            let members = members.into_iter().flatten();
            let members = members.filter(|member| member.get("inactive") != Some(&json!(true)));
            let ids = members.filter_map(|member| records.patient_in(member.get("entity")?));
            Ok(Some(ids.map(str::to_owned).collect()))
        }
        Found::Nothing if group == GROUP => Ok(None),
        Found::Nothing | Found::Deleted(_) => Err(no_such_group()),
    }
}

/// The types that can be exported, those that belong to patients first.
fn possible(records: &Records, level: Level) -> Vec<String> {
    let types = || records.types().into_iter();
    let of_patients = types().filter(|name| is_about_a_patient(name));
    let others = types().filter(|name| level == Level::System && !is_about_a_patient(name));
    of_patients.chain(others).map(str::to_owned).collect()
}

/// Those of the query, or those of the resource in the body.
fn parameters(incoming: &Incoming) -> Result<Pairs, Reply> {
    match incoming.method.as_str() {
        "GET" => Ok(incoming.query()),
        "POST" => {
            let invalid = || Reply::operation_outcome(400, "invalid", "The body has to be a Parameters resource.");
            let body: Value = serde_json::from_str(&incoming.body).map_err(|_| invalid())?;
            if body.get("resourceType").and_then(Value::as_str) != Some("Parameters") {
                return Err(invalid());
            }
            let all = body.get("parameter").and_then(Value::as_array);
            Ok(all.into_iter().flatten().filter_map(pair).collect())
        }
        _ => Err(Reply::method_not_allowed("GET, POST")),
    }
}

fn pair(parameter: &Value) -> Option<(String, String)> {
    let name = parameter.get("name")?.as_str()?.to_owned();
    let text = |member: &str| parameter.get(member).and_then(Value::as_str);
    let reference = || parameter.pointer("/valueReference/reference").and_then(Value::as_str);
    let value = text("valueString")
        .or_else(|| text("valueInstant"))
        .or_else(reference)?;
    let value = match name.as_str() {
        "patient" => value.strip_prefix("Patient/").unwrap_or(value),
        _ => value,
    };
    Some((name, value.to_owned()))
}

/// Which export a path is about, if it is one of this client.
fn export_of(shared: &Shared, access: &Access, path: &str, below: &str) -> Result<usize, Reply> {
    let number = path.strip_prefix(below).and_then(|rest| rest.split('/').next());
    let number = number.and_then(|number| number.parse().ok());
    let state = shared.state();
    let is_own = |export: &&Export| export.access.client_id() == access.client_id() && !export.is_deleted;
    match number.filter(|number| state.exports.get(*number).as_ref().is_some_and(is_own)) {
        Some(number) => Ok(number),
        None => Err(Reply::operation_outcome(404, "not-found", "There is no such export.")),
    }
}

pub(super) fn status(shared: &Shared, incoming: &Incoming) -> Reply {
    let access = match authorize(shared, incoming) {
        Ok(access) => access,
        Err(reply) => return reply,
    };
    let number = match export_of(shared, &access, &incoming.path, "/bulk/status/") {
        Ok(number) => number,
        Err(reply) => return reply,
    };
    let files = shared.files_origin();
    let mut state = shared.state();
    let settings = state.settings.export.clone();
    let Some(export) = state.exports.get_mut(number) else {
        return Reply::empty(404);
    };
    match incoming.method.as_str() {
        "DELETE" => {
            export.is_deleted = true;
            Reply::empty(202)
        }
        "GET" if export.looks > 0 => {
            export.looks -= 1;
            // The settings may have changed since it was begun.
            let left = u64::from(export.looks) + 1;
            let all = left.max(u64::from(settings.looks) + 1);
            let percent = 100 - 100 * left / all;
            let reply = Reply::empty(202).with_header("x-progress", &format!("{percent}% done"));
            match &settings.retry_after {
                Some(value) => reply.with_header("retry-after", value),
                None => reply,
            }
        }
        "GET" => {
            let (export, records) = (export.clone(), state.records.clone());
            // All records are counted when the lock is free again.
            drop(state);
            Reply::json(200, &manifest(&export, &records, number, &settings, &files))
                .with_header("expires", "Thu, 31 Dec 2099 23:59:59 GMT")
        }
        _ => Reply::method_not_allowed("GET, DELETE"),
    }
}

fn manifest(export: &Export, records: &Records, number: usize, settings: &SandboxExport, origin: &str) -> Value {
    let base = match &settings.files_at {
        ExportFilesAt::Address(address) => address.clone(),
        _ => format!("{origin}/bulk/files/{number}/"),
    };
    let told = |lines: u64| lines.saturating_add_signed(settings.miscount);
    let mut output = Vec::new();
    for resource_type in &export.types {
        let lines = lines_of(export, settings, records, resource_type);
        for file in 0..lines.div_ceil(settings.lines_per_file) {
            let count = lines
                .saturating_sub(file * settings.lines_per_file)
                .min(settings.lines_per_file);
            let url = format!("{base}{resource_type}/{file}");
            output.push(json!({"type": resource_type, "url": url, "count": told(count)}));
        }
    }
    let errors = match settings.errors {
        0 => json!([]),
        count => {
            json!([{"type": "OperationOutcome", "url": format!("{base}OperationOutcome/0"), "count": told(count)}])
        }
    };
    json!({
        "transactionTime": "2026-01-31T08:15:00.000Z",
        "request": export.request,
        "requiresAccessToken": settings.token == ExportFilesToken::Required,
        "output": output,
        "error": errors,
    })
}

fn made_up(settings: &SandboxExport, resource_type: &str) -> Option<u64> {
    let mut generated = settings.generated.iter();
    generated
        .find(|(name, _)| name == resource_type)
        .map(|(_, count)| *count)
}

fn lines_of(export: &Export, settings: &SandboxExport, records: &Records, resource_type: &str) -> u64 {
    made_up(settings, resource_type).unwrap_or_else(|| kept(export, records, resource_type).count() as u64)
}

fn kept<'a>(export: &'a Export, records: &'a Records, resource_type: &str) -> impl Iterator<Item = &'a Stored> {
    let is_wanted = |patient: &String| export.patients.as_ref().is_none_or(|ids| ids.contains(patient));
    let is_new = |stored: &&Stored| {
        let written = i64::try_from(stored.updated.as_millis()).unwrap_or(i64::MAX);
        export.since.is_none_or(|since| since <= written)
    };
    let all = records.of_type(resource_type);
    all.filter(move |stored| match export.level {
        Level::System => true,
        Level::Patients => records.patients_of(stored).iter().any(is_wanted),
    })
    .filter(is_new)
    .filter(|stored| fhir::may(records, &export.access, Interaction::Read, stored))
}
