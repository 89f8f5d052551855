//! The files of an export.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Export, export_of, kept, lines_of, made_up};
use crate::sandbox::{
    bulk_content::{Content, FileAnswer, FileBody},
    bulk_settings::{ExportFiles, ExportFilesAt, ExportFilesToken, SandboxExport},
    fhir::authorize,
    http::{Incoming, Reply},
    records::Records,
    state::Shared,
};

/// The answer with a file.
pub(in crate::sandbox) fn file(shared: &Shared, incoming: &Incoming) -> Result<FileAnswer, Reply> {
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
        let records = shared.records();
        lines(&export, &settings, &records, resource_type, part).ok_or_else(gone)?
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
