//! From bytes to [`ServerMetadata`], forgiving what can be forgiven.

use serde_json::{Map, Value};

use super::{
    associated_endpoint::AssociatedEndpoint, brand_identifier::BrandIdentifier, error::MetadataError,
    server_metadata::ServerMetadata, violation::MetadataViolation,
};
use crate::protocol::{
    json_object::JsonObject,
    urls::{EndpointUrl, FhirBaseUrl, UrlError},
};

impl ServerMetadata {
    /// Reads the document that a server sent for the FHIR base URL `base`.
    ///
    /// # Errors
    ///
    /// [`MetadataError`] when it is not a JSON object, or when the authorization or token endpoint, once resolved, is
    /// not https (http on loopback hosts excepted) or has credentials or a fragment. Any other member that cannot be
    /// used is left out and remembered for [`validate`](Self::validate).
    pub fn parse(body: &[u8], base: &FhirBaseUrl) -> Result<Self, MetadataError> {
        let raw = JsonObject::read(body)?.members;
        let mut read = Reader {
            rest: raw.clone(),
            base,
            violations: Vec::new(),
        };
        Ok(Self {
            issuer: read.string("issuer"),
            jwks_uri: read.url("jwks_uri"),
            authorization_endpoint: read.secret_bearing_url("authorization_endpoint")?,
            grant_types_supported: read.list("grant_types_supported"),
            token_endpoint: read.secret_bearing_url("token_endpoint")?,
            token_endpoint_auth_methods_supported: read.list("token_endpoint_auth_methods_supported"),
            token_endpoint_auth_signing_alg_values_supported: read
                .list("token_endpoint_auth_signing_alg_values_supported"),
            registration_endpoint: read.url("registration_endpoint"),
            smart_app_state_endpoint: read.url("smart_app_state_endpoint"),
            associated_endpoints: read.associated_endpoints("associated_endpoints"),
            user_access_brand_bundle: read.url("user_access_brand_bundle"),
            user_access_brand_identifier: read.brand_identifier("user_access_brand_identifier"),
            scopes_supported: read.list("scopes_supported"),
            response_types_supported: read.list("response_types_supported"),
            management_endpoint: read.url("management_endpoint"),
            introspection_endpoint: read.url("introspection_endpoint"),
            revocation_endpoint: read.url("revocation_endpoint"),
            capabilities: read.list("capabilities"),
            code_challenge_methods_supported: read.list("code_challenge_methods_supported"),
            found_while_reading: read.violations,
            other: read.rest,
            raw,
        })
    }
}

/// Takes single members out and remembers what was wrong with them.
struct Reader<'a> {
    /// The members that nobody has asked for.
    rest: Map<String, Value>,
    base: &'a FhirBaseUrl,
    violations: Vec<MetadataViolation>,
}

impl Reader<'_> {
    /// A member; `null` is as absent.
    fn take(&mut self, field: &str) -> Option<Value> {
        self.rest.remove(field).filter(|value| !value.is_null())
    }

    fn wrong_type(&mut self, field: &'static str, expected: &'static str) {
        self.violations.push(MetadataViolation::WrongType { field, expected });
    }

    fn string(&mut self, field: &'static str) -> Option<String> {
        let Value::String(text) = self.take(field)? else {
            self.wrong_type(field, "a string");
            return None;
        };
        Some(text)
    }

    /// A text that is an address, without the white space around it.
    fn address(&mut self, field: &'static str) -> Option<String> {
        let text = self.string(field)?;
        let address = text.trim_matches(|c: char| c.is_ascii_whitespace());
        if address.len() != text.len() {
            self.violations.push(MetadataViolation::BlanksAroundUrl { field });
        }
        Some(address.to_owned())
    }

    fn list(&mut self, field: &'static str) -> Option<Vec<String>> {
        let Value::Array(items) = self.take(field)? else {
            self.wrong_type(field, "an array of strings");
            return None;
        };
        let texts = strings(&items);
        if texts.len() != items.len() {
            self.wrong_type(field, "an array of strings");
        }
        Some(texts)
    }

    /// An optional endpoint: left out when it breaks a rule.
    fn url(&mut self, field: &'static str) -> Option<EndpointUrl> {
        let text = self.address(field)?;
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
        let Some(text) = self.address(field) else {
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

    fn associated_endpoints(&mut self, field: &'static str) -> Vec<AssociatedEndpoint> {
        const EXPECTED: &str = "an array of objects with `url` and `capabilities`";
        let items = match self.take(field) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.wrong_type(field, EXPECTED);
                return Vec::new();
            }
        };
        let mut endpoints = Vec::new();
        for item in items {
            let Some(text) = item.get("url").and_then(Value::as_str) else {
                self.wrong_type(field, EXPECTED);
                continue;
            };
            let capabilities = match item.get("capabilities") {
                Some(Value::Array(items)) => strings(items),
                _ => {
                    self.wrong_type(field, EXPECTED);
                    Vec::new()
                }
            };
            match self.resolve(field, text) {
                Ok(url) => endpoints.push(AssociatedEndpoint { url, capabilities }),
                Err(reason) => self.violations.push(MetadataViolation::Url { field, reason }),
            }
        }
        endpoints
    }

    fn brand_identifier(&mut self, field: &'static str) -> Option<BrandIdentifier> {
        let Value::Object(identifier) = self.take(field)? else {
            self.wrong_type(field, "a FHIR Identifier");
            return None;
        };
        let member = |name| identifier.get(name).and_then(Value::as_str).map(str::to_owned);
        let (system, value) = (member("system"), member("value"));
        if value.is_none() {
            self.wrong_type(field, "a FHIR Identifier with a `value`");
        }
        Some(BrandIdentifier { system, value })
    }
}

fn strings(items: &[Value]) -> Vec<String> {
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
