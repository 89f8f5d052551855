//! In which form a resource is answered: [`Form`].

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::Value;

use crate::sandbox::{
    header_value,
    http::{Incoming, Reply},
    records::text,
};

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The JSON of FHIR.
    Json,
    /// Of a Binary, the file that it stands for (FHIR R4, Binary, 2.39.4).
    Itself,
}

/// Pads as little as it likes.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Form {
    /// What a request asks for. `path`: below the address of the FHIR server.
    ///
    /// # Errors
    /// When it is for XML, or for no form that the resource has.
    pub(super) fn wanted(incoming: &Incoming, path: &str) -> Result<Self, Reply> {
        let format = incoming.query().into_iter().find(|(name, _)| name == "_format");
        // The parameter is said last, and comes before the header (FHIR R4, HTTP, 3.1.0.1.11).
        let (wanted, is_parameter) = match format {
            Some((_, format)) => (format, true),
            None => (incoming.header("accept").unwrap_or_default().to_owned(), false),
        };
        let wanted = wanted.to_ascii_lowercase();
        let reads = matches!(incoming.method.as_str(), "GET" | "HEAD");
        if reads && path.starts_with("Binary/") && !asks_for_fhir(&wanted, is_parameter) {
            return Ok(Self::Itself);
        }
        let takes = |part: &str| {
            ["json", "*/*", "application/*"]
                .iter()
                .any(|known| part.contains(known))
        };
        match wanted.is_empty() || takes(&wanted) {
            true => Ok(Self::Json),
            false => Err(Reply::operation_outcome(
                406,
                "not-supported",
                "This server answers in JSON alone: application/fhir+json.",
            )),
        }
    }

    pub(super) fn reply(self, resource: &Value) -> Reply {
        match self {
            Self::Json => Reply::fhir(200, resource),
            Self::Itself => file(resource),
        }
    }
}

/// Whether it is one of the types of FHIR. In a header those of JSON and XML alone may be those of the file; in the parameter they are those of FHIR.
fn asks_for_fhir(wanted: &str, is_parameter: bool) -> bool {
    // A plus that is not escaped is a space.
    let is_fhir = ["fhir+", "fhir ", "+fhir"].iter().any(|part| wanted.contains(part));
    let is_short = [
        "json",
        "xml",
        "text/json",
        "text/xml",
        "application/json",
        "application/xml",
    ]
    .contains(&wanted);
    is_fhir || (is_parameter && is_short)
}

fn file(binary: &Value) -> Reply {
    let data = text(binary, "data").replace(|c: char| c.is_ascii_whitespace(), "");
    let Ok(bytes) = BASE64.decode(data) else {
        let diagnostics = "The data of this Binary are no base64: ask for application/fhir+json to see them.";
        return Reply::operation_outcome(500, "exception", diagnostics);
    };
    let content_type = Some(text(binary, "contentType"));
    let content_type = content_type.filter(|said| !said.is_empty() && header_value::check("contentType", said).is_ok());
    Reply::new(200, content_type.unwrap_or("application/octet-stream"), bytes)
        .with_header("cache-control", "no-store")
        // Whoever wrote it may have called a page a picture.
        .with_header("x-content-type-options", "nosniff")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted(path: &str, query: &str, accept: Option<&str>) -> Result<Form, u16> {
        let incoming = Incoming {
            method: "GET".to_owned(),
            path: format!("/fhir/{path}"),
            raw_query: query.to_owned(),
            headers: accept
                .map(|accept| ("accept".to_owned(), accept.to_owned()))
                .into_iter()
                .collect(),
            body: String::new(),
            is_utf8: true,
            connection: 0,
            port: None,
        };
        Form::wanted(&incoming, path).map_err(|refused| refused.status)
    }

    #[test]
    fn a_binary_is_answered_as_the_file_unless_a_type_of_fhir_is_asked_for() {
        for (query, accept, form) in [
            ("", None, Ok(Form::Itself)),
            ("", Some("*/*"), Ok(Form::Itself)),
            ("", Some("application/pdf"), Ok(Form::Itself)),
            ("", Some("text/xml"), Ok(Form::Itself)),
            ("", Some("application/json"), Ok(Form::Itself)),
            ("", Some("application/fhir+json"), Ok(Form::Json)),
            (
                "",
                Some("Application/FHIR+JSON; charset=utf-8, */*;q=0.1"),
                Ok(Form::Json),
            ),
            ("", Some("application/json+fhir"), Ok(Form::Json)),
            ("", Some("application/fhir+xml"), Err(406)),
            ("_format=json", Some("application/pdf"), Ok(Form::Json)),
            ("_format=application/fhir%2Bjson", None, Ok(Form::Json)),
            ("_format=application/fhir+json", None, Ok(Form::Json)),
            ("_format=xml", None, Err(406)),
            (
                "_format=application/pdf",
                Some("application/fhir+json"),
                Ok(Form::Itself),
            ),
        ] {
            assert_eq!(wanted("Binary/b", query, accept), form, "{query:?} {accept:?}");
            let of_another = match form {
                Ok(Form::Itself)
                    if query.is_empty() && !accept.is_some_and(|it| it.contains("pdf") || it.contains("xml")) =>
                {
                    Ok(Form::Json)
                }
                Ok(Form::Itself) => Err(406),
                other => other,
            };
            assert_eq!(wanted("Patient/p", query, accept), of_another, "{query:?} {accept:?}");
            assert_eq!(wanted("Binary", query, accept), of_another, "{query:?} {accept:?}");
        }
    }

    #[test]
    fn a_file_has_the_bytes_and_the_type_that_its_binary_says() {
        let of = |content_type: Value, data: Value| {
            let reply =
                Form::Itself.reply(&json!({"resourceType": "Binary", "contentType": content_type, "data": data}));
            let header = |name: &str| {
                reply
                    .headers
                    .iter()
                    .find(|(key, _)| key == name)
                    .map(|(_, value)| value.clone())
            };
            let sniffing = header("x-content-type-options");
            assert_eq!(sniffing.as_deref(), Some("nosniff").filter(|_| reply.status == 200));
            (reply.status, header("content-type").unwrap(), reply.body.clone())
        };
        for (data, bytes) in [
            ("AP+AWg==", vec![0, 255, 128, 90]),
            ("AP+AWg", vec![0, 255, 128, 90]),
            ("AP+\n AWg==", vec![0, 255, 128, 90]),
        ] {
            assert_eq!(
                of(json!("image/png"), json!(data)),
                (200, "image/png".to_owned(), bytes),
                "{data}"
            );
        }
        let plain = "application/octet-stream".to_owned();
        assert_eq!(of(json!("a\r\nb: c"), Value::Null), (200, plain.clone(), Vec::new()));
        assert_eq!(of(Value::Null, json!("")), (200, plain, Vec::new()));
        assert_eq!(of(json!("image/png"), json!("?")).0, 500);
    }
}
