//! From bytes to [`ServerMetadata`], forgiving what can be forgiven.

use serde_json::{Map, Value, error::Category};

use super::{
    AssociatedEndpoint, BrandIdentifier, EndpointUrl, FhirBaseUrl, MetadataError, MetadataViolation, ServerMetadata,
    UrlError,
};
use crate::protocol::json_object::without_byte_order_mark;

/// The members that SMART App Launch 2.2 defines.
pub(super) const FIELDS: [&str; 19] = [
    "issuer",
    "jwks_uri",
    "authorization_endpoint",
    "grant_types_supported",
    "token_endpoint",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "registration_endpoint",
    "smart_app_state_endpoint",
    "associated_endpoints",
    "user_access_brand_bundle",
    "user_access_brand_identifier",
    "scopes_supported",
    "response_types_supported",
    "management_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "capabilities",
    "code_challenge_methods_supported",
];

pub(super) fn parse(body: &[u8], base: &FhirBaseUrl) -> Result<ServerMetadata, MetadataError> {
    let raw = json_object(body)?;
    let mut read = Reader {
        raw: &raw,
        base,
        violations: Vec::new(),
    };
    let issuer = read.string("issuer");
    let jwks_uri = read.url("jwks_uri");
    let authorization_endpoint = read.secret_bearing_url("authorization_endpoint")?;
    let grant_types_supported = read.list("grant_types_supported");
    let token_endpoint = read.secret_bearing_url("token_endpoint")?;
    let token_endpoint_auth_methods_supported = read.list("token_endpoint_auth_methods_supported");
    let token_endpoint_auth_signing_alg_values_supported =
        read.list("token_endpoint_auth_signing_alg_values_supported");
    let registration_endpoint = read.url("registration_endpoint");
    let smart_app_state_endpoint = read.url("smart_app_state_endpoint");
    let associated_endpoints = read.associated_endpoints();
    let user_access_brand_bundle = read.url("user_access_brand_bundle");
    let user_access_brand_identifier = read.brand_identifier();
    let scopes_supported = read.list("scopes_supported");
    let response_types_supported = read.list("response_types_supported");
    let management_endpoint = read.url("management_endpoint");
    let introspection_endpoint = read.url("introspection_endpoint");
    let revocation_endpoint = read.url("revocation_endpoint");
    let capabilities = read.list("capabilities");
    let code_challenge_methods_supported = read.list("code_challenge_methods_supported");
    Ok(ServerMetadata {
        found_while_reading: read.violations,
        raw,
        issuer,
        jwks_uri,
        authorization_endpoint,
        grant_types_supported,
        token_endpoint,
        token_endpoint_auth_methods_supported,
        token_endpoint_auth_signing_alg_values_supported,
        registration_endpoint,
        smart_app_state_endpoint,
        associated_endpoints,
        user_access_brand_bundle,
        user_access_brand_identifier,
        scopes_supported,
        response_types_supported,
        management_endpoint,
        introspection_endpoint,
        revocation_endpoint,
        capabilities,
        code_challenge_methods_supported,
    })
}

/// The body as a JSON object, or what it is instead. The content type is not looked at: servers get it wrong.
pub(crate) fn json_object(body: &[u8]) -> Result<Map<String, Value>, MetadataError> {
    let body = without_byte_order_mark(body).trim_ascii();
    match body.first() {
        None => return Err(MetadataError::Empty),
        Some(b'<') => return Err(MetadataError::Html),
        Some(_) => {}
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(MetadataError::NotAnObject),
        Err(error) if error.classify() == Category::Eof => Err(MetadataError::Truncated),
        Err(error) => Err(MetadataError::NotJson {
            line: error.line(),
            column: error.column(),
        }),
    }
}

/// Takes single members out and remembers what was wrong with them.
struct Reader<'a> {
    raw: &'a Map<String, Value>,
    base: &'a FhirBaseUrl,
    violations: Vec<MetadataViolation>,
}

impl<'a> Reader<'a> {
    fn get(&self, field: &'static str) -> Option<&'a Value> {
        self.raw.get(field).filter(|value| !value.is_null())
    }

    fn wrong_type(&mut self, field: &'static str, expected: &'static str) {
        self.violations.push(MetadataViolation::WrongType { field, expected });
    }

    fn string(&mut self, field: &'static str) -> Option<String> {
        match self.get(field)? {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.wrong_type(field, "a string");
                None
            }
        }
    }

    fn list(&mut self, field: &'static str) -> Option<Vec<String>> {
        let Value::Array(items) = self.get(field)? else {
            self.wrong_type(field, "an array of strings");
            return None;
        };
        let texts = strings(items);
        if texts.len() != items.len() {
            self.wrong_type(field, "an array of strings");
        }
        Some(texts)
    }

    /// An optional endpoint: left out when it breaks a rule.
    fn url(&mut self, field: &'static str) -> Option<EndpointUrl> {
        let text = self.string(field)?;
        match self.resolve(field, &text) {
            Ok(endpoint) => Some(endpoint),
            Err(reason) => {
                self.violations.push(MetadataViolation::Url { field, reason });
                None
            }
        }
    }

    /// An endpoint that a launch cannot do without: breaking a rule is an error, so that nobody mistakes an unsafe
    /// address for a missing one.
    fn secret_bearing_url(&mut self, field: &'static str) -> Result<Option<EndpointUrl>, MetadataError> {
        let Some(text) = self.string(field) else {
            return Ok(None);
        };
        // Servers without that endpoint are known to send "", which would resolve to the FHIR base URL itself.
        if text.is_empty() {
            self.violations.push(MetadataViolation::Url {
                field,
                reason: UrlError::NotAbsolute,
            });
            return Ok(None);
        }
        self.resolve(field, &text)
            .map(Some)
            .map_err(|source| MetadataError::Endpoint { field, source })
    }

    fn resolve(&mut self, field: &'static str, text: &str) -> Result<EndpointUrl, UrlError> {
        if text.is_empty() {
            return Err(UrlError::NotAbsolute);
        }
        let endpoint = EndpointUrl::resolve(text, self.base)?;
        if EndpointUrl::parse(text).is_err() {
            self.violations.push(MetadataViolation::RelativeUrl { field });
        }
        Ok(endpoint)
    }

    fn associated_endpoints(&mut self) -> Vec<AssociatedEndpoint> {
        const FIELD: &str = "associated_endpoints";
        const EXPECTED: &str = "an array of objects with `url` and `capabilities`";
        let items = match self.get(FIELD) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.wrong_type(FIELD, EXPECTED);
                return Vec::new();
            }
        };
        let mut endpoints = Vec::new();
        for item in items {
            let Some(text) = item.get("url").and_then(Value::as_str) else {
                self.wrong_type(FIELD, EXPECTED);
                continue;
            };
            let capabilities = match item.get("capabilities") {
                Some(Value::Array(items)) => strings(items),
                _ => {
                    self.wrong_type(FIELD, EXPECTED);
                    Vec::new()
                }
            };
            match self.resolve(FIELD, text) {
                Ok(url) => endpoints.push(AssociatedEndpoint { url, capabilities }),
                Err(reason) => self.violations.push(MetadataViolation::Url { field: FIELD, reason }),
            }
        }
        endpoints
    }

    fn brand_identifier(&mut self) -> Option<BrandIdentifier> {
        const FIELD: &str = "user_access_brand_identifier";
        let Value::Object(identifier) = self.get(FIELD)? else {
            self.wrong_type(FIELD, "a FHIR Identifier");
            return None;
        };
        let member = |name| identifier.get(name).and_then(Value::as_str).map(str::to_owned);
        let (system, value) = (member("system"), member("value"));
        if value.is_none() {
            self.wrong_type(FIELD, "a FHIR Identifier with a `value`");
        }
        Some(BrandIdentifier { system, value })
    }
}

fn strings(items: &[Value]) -> Vec<String> {
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
