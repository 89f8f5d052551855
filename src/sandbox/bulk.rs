//! Bulk Data: exports of all records (HL7 Bulk Data Access 3.0.0).

use std::{collections::HashSet, sync::Arc};

use serde_json::{Value, json};

use super::{
    bulk_content::{Content, FileAnswer, FileBody},
    bulk_settings::{ExportFiles, ExportFilesAt, ExportFilesToken, SandboxExport},
    fhir::{self, Access, DateRange, authorize, forbidden},
    http::{Incoming, Pairs, Reply},
    owner::is_about_a_patient,
    records::{Found, Records, Stored},
    scopes::Interaction,
    state::{Shared, State},
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
    let State { exports, records, .. } = &mut *state;
    let Some(export) = exports.get_mut(number) else {
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
        "GET" => Reply::json(200, &manifest(export, records, number, &settings, &files))
            .with_header("expires", "Thu, 31 Dec 2099 23:59:59 GMT"),
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
        Level::Patients => stored.owner.patients().iter().any(is_wanted),
    })
    .filter(is_new)
    .filter(|stored| fhir::may(&export.access, Interaction::Read, stored))
}

/// The answer with a file.
pub(super) fn file(shared: &Shared, incoming: &Incoming) -> Result<FileAnswer, Reply> {
    let settings = shared.state().settings.export.clone();
    let is_at_other_port = shared.is_files_port(incoming);
    let wants_token = settings.token == ExportFilesToken::Required
        && !(settings.files_at == ExportFilesAt::Redirected && is_at_other_port);
    if !wants_token
        && incoming.header("authorization").is_some()
        && (is_at_other_port || settings.token == ExportFilesToken::Refused)
    {
        return Err(Reply::new(
            400,
            "text/plain",
            "Only one way to authenticate is allowed.\n",
        ));
    }
    let mut segments = incoming
        .path
        .strip_prefix("/bulk/files/")
        .unwrap_or_default()
        .split('/');
    let mut segment = || segments.next().unwrap_or_default();
    let (number, resource_type, part) = (segment(), segment(), segment());
    let gone = || Reply::operation_outcome(404, "not-found", "There is no such file any more.");
    let number: usize = match wants_token {
        true => export_of(shared, &authorize(shared, incoming)?, &incoming.path, "/bulk/files/")?,
        false => number.parse().map_err(|_| gone())?,
    };
    let part: u64 = part.parse().map_err(|_| gone())?;
    if settings.files_at == ExportFilesAt::Redirected && !is_at_other_port {
        let location = format!("{}{}", shared.other_origin(), incoming.path);
        return Err(Reply::empty(302).with_header("location", &location));
    }
    let (export, cut) = {
        let mut state = shared.state();
        let export = state.exports.get_mut(number).ok_or_else(gone)?;
        export.answers += 1;
        let is_over = settings.expires_after.is_some_and(|most| export.answers > most);
        if is_over || export.is_deleted {
            return Err(gone());
        }
        let export = export.clone();
        (export, state.settings.export.cuts.pop_front())
    };
    // The text is made when the lock is free again.
    let lines = {
        let records = &shared.state().records;
        lines(&export, &settings, records, resource_type, part).ok_or_else(gone)?
    };
    let content = lines.written(&settings);
    // Another one for other bytes.
    let version = settings.broken_line.map(|line| format!("-{line}")).unwrap_or_default();
    let tag = format!("\"{number}-{resource_type}-{part}{version}\"");
    Ok(answer(incoming, &settings, content, cut, &tag))
}

/// What is in a file.
enum Lines {
    Made(Content),
    /// Resources that are not yet text.
    Of(Vec<Arc<Value>>),
}

impl Lines {
    fn written(self, settings: &SandboxExport) -> Content {
        let resources = match self {
            Self::Made(content) => return content,
            Self::Of(resources) => resources,
        };
        let lines = resources.iter().enumerate().map(|(line, resource)| {
            let text = resource.to_string();
            match settings.broken_line == Some(line as u64) {
                true => format!("{}\n", text.replacen('"', "!", 1)),
                false => format!("{text}\n"),
            }
        });
        Content::Kept(lines.collect::<String>().into_bytes())
    }
}

fn lines(
    export: &Export,
    settings: &SandboxExport,
    records: &Records,
    resource_type: &str,
    part: u64,
) -> Option<Lines> {
    let first = part.checked_mul(settings.lines_per_file)?;
    if resource_type == "OperationOutcome" {
        let line = json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]});
        let lines = (0..settings.errors).map(|_| format!("{line}\n"));
        return Some(Lines::Made(Content::Kept(lines.collect::<String>().into_bytes())));
    }
    if !export.types.iter().any(|name| name == resource_type) {
        return None;
    }
    let count = lines_of(export, settings, records, resource_type)
        .checked_sub(first)?
        .min(settings.lines_per_file);
    if made_up(settings, resource_type).is_some() {
        return Some(Lines::Made(Content::MadeUp {
            resource_type: resource_type.to_owned(),
            first,
            count,
            line_bytes: settings.line_bytes,
            broken: settings.broken_line,
        }));
    }
    let resources = kept(export, records, resource_type)
        .skip(usize::try_from(first).ok()?)
        .take(usize::try_from(count).ok()?);
    Some(Lines::Of(
        resources.map(|stored| Arc::clone(&stored.resource)).collect(),
    ))
}

fn answer(incoming: &Incoming, settings: &SandboxExport, content: Content, cut: Option<u64>, tag: &str) -> FileAnswer {
    let mut headers = vec![("content-type".to_owned(), "application/fhir+ndjson".to_owned())];
    let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
    let length = content.length();
    if settings.files == ExportFiles::Whole {
        return FileAnswer {
            status: 200,
            headers,
            body: FileBody::new(content, 0, cut, false),
        };
    }
    let range = incoming
        .header("range")
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
    let range: Option<u64> = range.and_then(|range| range.parse().ok());
    let is_same = incoming.header("if-range").is_none_or(|known| known == tag);
    if let Some(from) = range.filter(|_| is_same) {
        add("etag", tag.to_owned());
        if from >= length {
            add("content-range", format!("bytes */{length}"));
            return FileAnswer {
                status: 416,
                headers,
                body: FileBody::new(Content::Kept(Vec::new()), 0, None, false),
            };
        }
        add("content-range", format!("bytes {from}-{}/{length}", length - 1));
        return FileAnswer {
            status: 206,
            headers,
            body: FileBody::new(content, from, cut, false),
        };
    }
    let is_gzip = incoming
        .header("accept-encoding")
        .is_some_and(|coding| coding.contains("gzip"));
    if is_gzip {
        add("content-encoding", "gzip".to_owned());
        add("etag", format!("{}-gzip\"", tag.trim_end_matches('"')));
    } else {
        add("etag", tag.to_owned());
        add("accept-ranges", "bytes".to_owned());
    }
    FileAnswer {
        status: 200,
        headers,
        body: FileBody::new(content, 0, cut, is_gzip),
    }
}
