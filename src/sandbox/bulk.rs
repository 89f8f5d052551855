//! Bulk Data: exports of all records (HL7 Bulk Data Access 3.0.0).

use serde_json::{Value, json};

use super::{
    bulk_content::{Content, FileAnswer, FileBody},
    bulk_settings::{ExportFiles, ExportFilesAt, ExportFilesToken, SandboxExport},
    data,
    fhir::{Access, authorize, forbidden},
    http::{Incoming, Pairs, Reply},
    scopes::Interaction,
    state::Shared,
};

/// What there is of types, those that belong to patients first.
const TYPES: [&str; 7] = [
    "Patient",
    "Encounter",
    "Observation",
    "Condition",
    "MedicationRequest",
    "AllergyIntolerance",
    "Practitioner",
];
const OF_PATIENTS: usize = 6;
/// The one group.
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
    client_id: String,
    request: String,
    types: Vec<String>,
    patients: Vec<String>,
    looks: u32,
    answers: u32,
    is_deleted: bool,
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
    let possible: &[&str] = match path {
        "/$export" => &TYPES,
        "/Patient/$export" => TYPES.get(..OF_PATIENTS).unwrap_or_default(),
        _ if path == format!("/Group/{GROUP}/$export") => TYPES.get(..OF_PATIENTS).unwrap_or_default(),
        _ => return Err(Reply::operation_outcome(404, "not-found", "There is no such group.")),
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
    let covered = |resource_type: &str| access.covers(resource_type, Interaction::Read);
    let types: Vec<String> = match asked.is_empty() {
        true => possible
            .iter()
            .filter(|name| covered(name))
            .map(|name| (*name).to_owned())
            .collect(),
        false => asked,
    };
    if let Some(unknown) = types.iter().find(|name| !possible.contains(&name.as_str())) {
        return Err(invalid(&format!("{unknown} is not exported here.")));
    }
    if types.is_empty() || !types.iter().all(|name| covered(name)) {
        return Err(forbidden("No granted scope allows exporting resources of this type."));
    }
    let mut state = shared.state();
    let client_id = access.client_id().to_owned();
    let is_at_it = |export: &&Export| export.client_id == client_id && export.looks > 0 && !export.is_deleted;
    if state.exports.iter().any(|export| is_at_it(&export)) {
        return Err(
            Reply::operation_outcome(429, "throttled", "This client has an export already.")
                .with_header("retry-after", "1"),
        );
    }
    let looks = state.settings.export.looks;
    state.exports.push(Export {
        client_id,
        request: format!("{}{}", shared.origin, incoming.path),
        types,
        patients,
        looks,
        answers: 0,
        is_deleted: false,
    });
    let status = format!("{}/bulk/status/{}", shared.origin, state.exports.len() - 1);
    Ok(Reply::empty(202).with_header("content-location", &status))
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
    Some((name, value.trim_start_matches("Patient/").to_owned()))
}

/// Which export a path is about, if it is one of this client.
fn export_of(shared: &Shared, access: &Access, path: &str, below: &str) -> Result<usize, Reply> {
    let number = path.strip_prefix(below).and_then(|rest| rest.split('/').next());
    let number = number.and_then(|number| number.parse().ok());
    let state = shared.state();
    let is_own = |export: &&Export| export.client_id == access.client_id() && !export.is_deleted;
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
            let percent = 100 - 100 * export.looks.saturating_add(1) / settings.looks.saturating_add(1).max(1);
            let reply = Reply::empty(202).with_header("x-progress", &format!("{percent}% done"));
            match &settings.retry_after {
                Some(value) => reply.with_header("retry-after", value),
                None => reply,
            }
        }
        "GET" => Reply::json(200, &manifest(export, number, &settings, &files))
            .with_header("expires", "Thu, 31 Dec 2099 23:59:59 GMT"),
        _ => Reply::method_not_allowed("GET, DELETE"),
    }
}

fn manifest(export: &Export, number: usize, settings: &SandboxExport, origin: &str) -> Value {
    let base = match &settings.files_at {
        ExportFilesAt::Address(address) => address.clone(),
        _ => format!("{origin}/bulk/files/{number}/"),
    };
    let told = |lines: u64| lines.saturating_add_signed(settings.miscount);
    let mut output = Vec::new();
    for resource_type in &export.types {
        let lines = lines_of(export, settings, resource_type);
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

fn lines_of(export: &Export, settings: &SandboxExport, resource_type: &str) -> u64 {
    made_up(settings, resource_type).unwrap_or_else(|| kept(export, resource_type).len() as u64)
}

fn kept(export: &Export, resource_type: &str) -> Vec<String> {
    let all = data::resources(resource_type).unwrap_or_default().into_iter();
    let is_wanted = |patient: Option<&str>| {
        export.patients.is_empty() || patient.is_some_and(|patient| export.patients.iter().any(|id| id == patient))
    };
    all.filter(|stored| is_wanted(stored.patient))
        .map(|stored| stored.resource.to_string())
        .collect()
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
    let content = content(&export, &settings, resource_type, part).ok_or_else(gone)?;
    // Another one for other bytes.
    let version = settings.broken_line.map(|line| format!("-{line}")).unwrap_or_default();
    let tag = format!("\"{number}-{resource_type}-{part}{version}\"");
    Ok(answer(incoming, &settings, content, cut, &tag))
}

fn content(export: &Export, settings: &SandboxExport, resource_type: &str, part: u64) -> Option<Content> {
    let first = part * settings.lines_per_file;
    if resource_type == "OperationOutcome" {
        let line = json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]});
        let lines = (0..settings.errors).map(|_| format!("{line}\n"));
        return Some(Content::Kept(lines.collect::<String>().into_bytes()));
    }
    if !export.types.iter().any(|name| name == resource_type) {
        return None;
    }
    let count = lines_of(export, settings, resource_type)
        .checked_sub(first)?
        .min(settings.lines_per_file);
    if made_up(settings, resource_type).is_some() {
        return Some(Content::MadeUp {
            resource_type: resource_type.to_owned(),
            first,
            count,
            line_bytes: settings.line_bytes,
            broken: settings.broken_line,
        });
    }
    let skipped = usize::try_from(first).ok()?;
    let lines = kept(export, resource_type)
        .into_iter()
        .skip(skipped)
        .take(usize::try_from(count).ok()?);
    let lines = lines.enumerate().map(|(line, text)| {
        let is_broken = settings.broken_line == Some(line as u64);
        if is_broken {
            format!("{}\n", text.replacen('"', "!", 1))
        } else {
            format!("{text}\n")
        }
    });
    Some(Content::Kept(lines.collect::<String>().into_bytes()))
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
