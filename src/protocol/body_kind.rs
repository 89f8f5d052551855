//! What stands in an answer that cannot be used: [`BodyKind`], for messages.

use std::fmt;

use serde_json::Value;

use super::http::HttpResponse;

/// What the body of an answer looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyKind {
    /// A FHIR OperationOutcome.
    OperationOutcome,
    /// An HTML page.
    Html,
    /// Some other JSON.
    Json,
    /// JSON that breaks off: the connection did before the answer was complete.
    BrokenOff,
    /// FHIR as XML, where JSON was asked for.
    Xml,
    /// Something else.
    Text,
    /// Nothing.
    Empty,
}

impl BodyKind {
    pub(crate) fn of(response: &HttpResponse) -> Self {
        let text = String::from_utf8_lossy(&response.body);
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Self::Empty;
        }
        match serde_json::from_str::<Value>(text) {
            Ok(json) => {
                let is_outcome = json.get("resourceType").and_then(|value| value.as_str()) == Some("OperationOutcome");
                return if is_outcome { Self::OperationOutcome } else { Self::Json };
            }
            Err(error) if error.is_eof() && text.starts_with(['{', '[']) => return Self::BrokenOff,
            Err(_) => {}
        }
        if !text.starts_with('<') {
            return Self::Text;
        }
        let start: String = text.chars().take(1_000).collect::<String>().to_ascii_lowercase();
        let content_type = response.header("content-type").unwrap_or_default().to_ascii_lowercase();
        if start.contains("<operationoutcome") {
            Self::OperationOutcome
        } else if content_type.contains("html") || start.starts_with("<!doctype html") || start.contains("<html") {
            Self::Html
        } else if start.contains("http://hl7.org/fhir\"") || start.contains("http://hl7.org/fhir'") {
            Self::Xml
        } else {
            Self::Text
        }
    }
}

impl fmt::Display for BodyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OperationOutcome => "a FHIR OperationOutcome",
            Self::Html => "an HTML page",
            Self::Json => "JSON",
            Self::Xml => "FHIR as XML, although JSON was asked for",
            Self::BrokenOff => "JSON that breaks off",
            Self::Text => "text",
            Self::Empty => "no body",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_body_looks_like_is_told_by_its_beginning_and_its_end() {
        for (body, kind) in [
            ("", BodyKind::Empty),
            ("\u{feff} \r\n", BodyKind::Empty),
            ("{\"resourceType\":\"OperationOutcome\"}", BodyKind::OperationOutcome),
            ("{\"a\":1}", BodyKind::Json),
            ("{\"a\":1", BodyKind::BrokenOff),
            ("[1,", BodyKind::BrokenOff),
            // Broken JSON that goes on to its end, and an end that is none of JSON.
            ("{a}", BodyKind::Text),
            ("[1 2]", BodyKind::Text),
            ("\"to be contin", BodyKind::Text),
            ("tru", BodyKind::Text),
            ("<html><p>Sign in", BodyKind::Html),
            (
                "<OperationOutcome xmlns=\"http://hl7.org/fhir\"/>",
                BodyKind::OperationOutcome,
            ),
            ("<Patient xmlns=\"http://hl7.org/fhir\"/>", BodyKind::Xml),
            ("<Patient xmlns='http://hl7.org/fhir'/>", BodyKind::Xml),
            ("<Patient xmlns='http://hl7.org/fhir/other'/>", BodyKind::Text),
        ] {
            let response = HttpResponse::new(500, Vec::new(), body.as_bytes().to_vec());
            assert_eq!(BodyKind::of(&response), kind, "{body}");
        }
    }
}
