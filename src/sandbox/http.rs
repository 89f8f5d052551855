//! One request as the sandbox sees it, and one answer before it becomes bytes.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

/// Name and value pairs in the order in which they came, repeated names included.
pub(super) type Pairs = Vec<(String, String)>;

pub(super) fn parse_pairs(raw: &str) -> Pairs {
    url::form_urlencoded::parse(raw.as_bytes()).into_owned().collect()
}

/// A request whose body has been read.
#[derive(Debug, Clone)]
pub(super) struct Incoming {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) raw_query: String,
    pub(super) headers: Pairs,
    /// Bytes that are no UTF-8 are replaced.
    pub(super) body: String,
    /// Whether none had to be replaced.
    pub(super) is_utf8: bool,
    pub(super) connection: u64,
    /// The port of the sandbox to which it came, where that is known. `Host` says another one behind a proxy.
    pub(super) port: Option<u16>,
}

impl Incoming {
    /// Puts the body in.
    pub(super) fn take_body(&mut self, bytes: Vec<u8>) {
        match String::from_utf8(bytes) {
            Ok(text) => self.body = text,
            Err(error) => {
                self.body = String::from_utf8_lossy(error.as_bytes()).into_owned();
                self.is_utf8 = false;
            }
        }
    }

    /// The first header of that name; `name` in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// The token of the scheme Bearer, which may be written in any case (RFC 9110, section 11.1).
    pub(super) fn bearer_token(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    }

    pub(super) fn query(&self) -> Pairs {
        parse_pairs(&self.raw_query)
    }

    /// The body's pairs, if its content type says that it is a form.
    pub(super) fn form(&self) -> Option<Pairs> {
        let essence = self.header("content-type")?.split(';').next()?.trim();
        essence
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
            .then(|| parse_pairs(&self.body))
    }
}

pub(super) fn headers_of(map: &HeaderMap) -> Pairs {
    map.iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect()
}

/// Parameters of which none may be repeated (RFC 6749 sections 3.1 and 3.2).
#[derive(Debug, Clone)]
pub(super) struct Params(Pairs);

impl Params {
    /// # Errors
    /// The name of the first parameter that is there twice.
    pub(super) fn new(pairs: Pairs) -> Result<Self, String> {
        let mut seen = std::collections::HashSet::new();
        match pairs.iter().find(|(name, _)| !seen.insert(name.clone())) {
            Some((name, _)) => Err(name.clone()),
            None => Ok(Self(pairs)),
        }
    }

    /// The value; an empty one counts as omitted (RFC 6749 section 3.1).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        find(&self.0, name).filter(|value| !value.is_empty())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }
}

/// The first value of that name.
pub(super) fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// An answer before it becomes bytes. To HEAD it is the one to GET: Actix sends the head of that, its length included.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Pairs,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
        }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }

    /// A JSON answer that carries credentials or says something about them (RFC 6749 section 5.1).
    pub(super) fn private_json(status: u16, value: &Value) -> Self {
        Self::json(status, value)
            .with_header("cache-control", "no-store")
            .with_header("pragma", "no-cache")
    }

    pub(super) fn redirect(location: &str) -> Self {
        Self::empty(302)
            .with_header("location", location)
            .with_header("cache-control", "no-store")
            .with_header("referrer-policy", "no-referrer")
    }

    /// To a page of its own, after a form: so that *Back* and a reload send nothing again.
    pub(super) fn see_other(path: &str) -> Self {
        Self {
            status: 303,
            ..Self::redirect(path)
        }
    }

    pub(super) fn method_not_allowed(allow: &str) -> Self {
        Self::new(405, "text/plain; charset=utf-8", format!("Use {allow}.\n")).with_header("allow", allow)
    }

    /// An OAuth error in JSON (RFC 6749 section 5.2).
    pub(super) fn oauth_error(status: u16, error: &str, description: Option<&str>) -> Self {
        let mut body = Map::new();
        body.insert("error".to_owned(), json!(error));
        if let Some(description) = description {
            body.insert("error_description".to_owned(), json!(description));
        }
        Self::private_json(status, &Value::Object(body))
    }

    /// An OAuth error of this server.
    pub(super) fn refusal(status: u16, error: &str, description: &str) -> Self {
        Self::oauth_error(status, error, Some(&in_ascii(description)))
    }

    pub(super) fn fhir(status: u16, resource: &Value) -> Self {
        Self::new(status, "application/fhir+json; charset=utf-8", resource.to_string())
            .with_header("cache-control", "no-store")
    }

    /// What FHIR says where nothing is wrong.
    pub(super) fn information(status: u16, diagnostics: &str) -> Self {
        Self::outcome(status, "information", "informational", diagnostics)
    }

    /// A FHIR error: `code` is from the value set `issue-type`.
    pub(super) fn operation_outcome(status: u16, code: &str, diagnostics: &str) -> Self {
        Self::outcome(status, "error", code, diagnostics)
    }

    fn outcome(status: u16, severity: &str, code: &str, diagnostics: &str) -> Self {
        Self::fhir(
            status,
            &json!({
                "resourceType": "OperationOutcome",
                "issue": [{"severity": severity, "code": code, "diagnostics": diagnostics}],
            }),
        )
    }

    pub(super) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Header pairs that HTTP allows; a value with a line break is left out rather than smuggled.
    pub(super) fn header_values(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + '_ {
        self.headers.iter().filter_map(|(name, value)| {
            Some((
                HeaderName::try_from(name.as_str()).ok()?,
                HeaderValue::try_from(value.as_str()).ok()?,
            ))
        })
    }
}

/// A text as an `error_description` may be (RFC 6749, section 5.2): ASCII without `"` and `\`. What a client sent may be in it, whatever it was,
/// and is not repeated at any length.
pub(super) fn in_ascii(description: &str) -> String {
    const LONGEST: usize = 1_000;
    let allowed = |c: char| match c {
        '"' => '\'',
        ' '..='~' if c != '\\' => c,
        _ => '?',
    };
    description.chars().take(LONGEST).map(allowed).collect()
}

/// Sets the fields of a JSON object; `null` removes one.
pub(super) fn override_fields<'a>(
    object: &mut Map<String, Value>,
    fields: impl IntoIterator<Item = (&'a String, &'a Value)>,
) {
    for (key, value) in fields {
        if value.is_null() {
            object.remove(key);
        } else {
            object.insert(key.clone(), value.clone());
        }
    }
}
