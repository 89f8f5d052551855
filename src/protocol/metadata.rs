//! What the EHR offers: the `.well-known/smart-configuration` document (SMART App Launch 2.2, Conformance).
//!
//! Reading is tolerant, because real servers leave things out and get types wrong: only what would send a secret to
//! the wrong place is an error. What else is wrong with a document is listed by [`ServerMetadata::validate`].

mod capabilities;
#[cfg(test)]
mod properties;
mod read;
#[cfg(test)]
mod tests;
mod violation;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::urls::{EndpointUrl, FhirBaseUrl, UrlError};
pub(crate) use read::json_object;
pub use violation::MetadataViolation;

/// The server metadata of one EHR, as far as it could be understood.
///
/// A member that is absent, `null` or of the wrong type reads as absent; the latter is also one of
/// [`validate`](Self::validate)'s violations. Relative URLs (older servers) are resolved against the FHIR base URL.
///
/// The lists are what the server chose to say, not what it can do: SMART App Launch 2.2 allows a server to support
/// more scopes than it lists, so nothing should be refused because a list lacks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerMetadata {
    /// The document as it came.
    raw: Map<String, Value>,
    /// What was wrong with single members.
    found_while_reading: Vec<MetadataViolation>,
    issuer: Option<String>,
    jwks_uri: Option<EndpointUrl>,
    authorization_endpoint: Option<EndpointUrl>,
    grant_types_supported: Option<Vec<String>>,
    token_endpoint: Option<EndpointUrl>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    registration_endpoint: Option<EndpointUrl>,
    smart_app_state_endpoint: Option<EndpointUrl>,
    associated_endpoints: Vec<AssociatedEndpoint>,
    user_access_brand_bundle: Option<EndpointUrl>,
    user_access_brand_identifier: Option<BrandIdentifier>,
    scopes_supported: Option<Vec<String>>,
    response_types_supported: Option<Vec<String>>,
    management_endpoint: Option<EndpointUrl>,
    introspection_endpoint: Option<EndpointUrl>,
    revocation_endpoint: Option<EndpointUrl>,
    capabilities: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
}

/// An endpoint that shares this EHR's authorization (experimental in SMART App Launch 2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssociatedEndpoint {
    url: EndpointUrl,
    capabilities: Vec<String>,
}

impl AssociatedEndpoint {
    /// The base URL of that endpoint.
    #[must_use]
    pub const fn url(&self) -> &EndpointUrl {
        &self.url
    }

    /// What that endpoint can do; empty when it does not say.
    #[must_use]
    pub fn capabilities(&self) -> &[String] {
        &self.capabilities
    }
}

/// The FHIR `Identifier` that names this EHR's brand in its Brand Bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandIdentifier {
    system: Option<String>,
    value: Option<String>,
}

impl BrandIdentifier {
    /// The namespace of the value.
    #[must_use]
    pub fn system(&self) -> Option<&str> {
        self.system.as_deref()
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }
}

/// Why a document is no server metadata at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// There is nothing in it.
    #[error("the answer is empty; is this the FHIR base URL, and does the server send a Content-Length?")]
    Empty,
    /// It is a web page.
    #[error(
        "the answer is a web page (HTML), not JSON; is this the FHIR base URL, or is a sign-in page in front of it?"
    )]
    Html,
    /// It is JSON that ends too early.
    #[error("the JSON ends too early; the answer was cut off on its way")]
    Truncated,
    /// It is not JSON.
    #[error("the answer is not JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the first mistake, from 1.
        line: usize,
        /// Column of the first mistake, from 1.
        column: usize,
    },
    /// It is JSON, but not an object.
    #[error("the answer is JSON, but not a JSON object")]
    NotAnObject,
    /// An endpoint that secrets would be sent to breaks the rules for URLs.
    #[error("`{field}` {source}")]
    Endpoint {
        /// `authorization_endpoint` or `token_endpoint`.
        field: &'static str,
        /// Which rule.
        source: UrlError,
    },
}

impl ServerMetadata {
    /// Reads the document that a server sent for the FHIR base URL `base`.
    ///
    /// # Errors
    ///
    /// [`MetadataError`] when it is not a JSON object, or when the authorization or token endpoint, once resolved, is
    /// not https (http on loopback hosts excepted) or has credentials or a fragment. Any other member that cannot be
    /// used is left out and remembered for [`validate`](Self::validate).
    pub fn parse(body: &[u8], base: &FhirBaseUrl) -> Result<Self, MetadataError> {
        read::parse(body, base)
    }

    /// The OpenID Connect issuer, byte for byte: id tokens must name exactly this one.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Where the keys are that id tokens are signed with.
    #[must_use]
    pub const fn jwks_uri(&self) -> Option<&EndpointUrl> {
        self.jwks_uri.as_ref()
    }

    /// Where the browser is sent to sign in. Absent on servers for backend services only.
    #[must_use]
    pub const fn authorization_endpoint(&self) -> Option<&EndpointUrl> {
        self.authorization_endpoint.as_ref()
    }

    /// OAuth grant types: `authorization_code`, `client_credentials`.
    #[must_use]
    pub fn grant_types_supported(&self) -> Option<&[String]> {
        self.grant_types_supported.as_deref()
    }

    /// Where codes and refresh tokens are exchanged.
    #[must_use]
    pub const fn token_endpoint(&self) -> Option<&EndpointUrl> {
        self.token_endpoint.as_ref()
    }

    /// Ways for a client to authenticate: `client_secret_basic`, `private_key_jwt`, … Absent says nothing: look at
    /// [`capabilities`](Self::capabilities).
    #[must_use]
    pub fn token_endpoint_auth_methods_supported(&self) -> Option<&[String]> {
        self.token_endpoint_auth_methods_supported.as_deref()
    }

    /// Algorithms for a client's assertion: `RS384`, `ES384`, …
    #[must_use]
    pub fn token_endpoint_auth_signing_alg_values_supported(&self) -> Option<&[String]> {
        self.token_endpoint_auth_signing_alg_values_supported.as_deref()
    }

    /// Where clients can register themselves (RFC 7591).
    #[must_use]
    pub const fn registration_endpoint(&self) -> Option<&EndpointUrl> {
        self.registration_endpoint.as_ref()
    }

    /// Where apps can keep state. Deprecated in SMART App Launch 2.2 for
    /// [`associated_endpoints`](Self::associated_endpoints).
    #[must_use]
    pub const fn smart_app_state_endpoint(&self) -> Option<&EndpointUrl> {
        self.smart_app_state_endpoint.as_ref()
    }

    /// Endpoints that share this authorization; empty when there are none.
    #[must_use]
    pub fn associated_endpoints(&self) -> &[AssociatedEndpoint] {
        &self.associated_endpoints
    }

    /// Where the Brand Bundle is.
    #[must_use]
    pub const fn user_access_brand_bundle(&self) -> Option<&EndpointUrl> {
        self.user_access_brand_bundle.as_ref()
    }

    /// Which brand of that bundle this EHR is.
    #[must_use]
    pub const fn user_access_brand_identifier(&self) -> Option<&BrandIdentifier> {
        self.user_access_brand_identifier.as_ref()
    }

    /// Some of the scopes that the server supports; never a complete list.
    #[must_use]
    pub fn scopes_supported(&self) -> Option<&[String]> {
        self.scopes_supported.as_deref()
    }

    /// OAuth response types: `code`.
    #[must_use]
    pub fn response_types_supported(&self) -> Option<&[String]> {
        self.response_types_supported.as_deref()
    }

    /// Where a user can see and withdraw what they allowed; a link for your pages.
    #[must_use]
    pub const fn management_endpoint(&self) -> Option<&EndpointUrl> {
        self.management_endpoint.as_ref()
    }

    /// Where tokens can be looked up (RFC 7662).
    #[must_use]
    pub const fn introspection_endpoint(&self) -> Option<&EndpointUrl> {
        self.introspection_endpoint.as_ref()
    }

    /// Where tokens can be revoked (RFC 7009).
    #[must_use]
    pub const fn revocation_endpoint(&self) -> Option<&EndpointUrl> {
        self.revocation_endpoint.as_ref()
    }

    /// What the server says it can do, for example `launch-ehr`; empty when it says nothing.
    #[must_use]
    pub fn capabilities(&self) -> &[String] {
        self.capabilities.as_deref().unwrap_or_default()
    }

    /// Whether authorization responses name the server in `iss` (RFC 9207, section 3). Only `true` is a promise; absent
    /// is `false`.
    #[must_use]
    pub fn authorization_response_iss_parameter_supported(&self) -> bool {
        // Not one of SMART's members, so a wrong type is no violation of SMART.
        self.raw.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true))
    }

    /// PKCE methods. The crate uses `S256` whatever is listed.
    #[must_use]
    pub fn code_challenge_methods_supported(&self) -> Option<&[String]> {
        self.code_challenge_methods_supported.as_deref()
    }

    /// The members that SMART App Launch 2.2 does not define, in the order of their names.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_smart_auth::{FhirBaseUrl, ServerMetadata};
    ///
    /// let base = FhirBaseUrl::parse("https://ehr.example/fhir")?;
    /// let metadata = ServerMetadata::parse(br#"{"token_endpoint": "/token", "x_vendor": 7}"#, &base)?;
    /// assert_eq!(metadata.token_endpoint().map(|endpoint| endpoint.as_str()), Some("https://ehr.example/token"));
    /// assert_eq!(metadata.other().map(|(name, _)| name).collect::<Vec<_>>(), ["x_vendor"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn other(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.raw
            .iter()
            .filter(|(name, _)| !read::FIELDS.contains(&name.as_str()))
            .map(|(name, value)| (name.as_str(), value))
    }

    /// The document as the server sent it, for showing it to somebody: mistakes and relative URLs included.
    #[must_use]
    pub fn to_json(&self) -> Value {
        Value::Object(self.raw.clone())
    }

    /// Everything in which the document breaks SMART App Launch 2.2; empty when it breaks nothing.
    ///
    /// Meant for a log or an administrator. The crate launches in spite of all of these.
    #[must_use]
    pub fn validate(&self) -> Vec<MetadataViolation> {
        violation::all(self)
    }
}

/// As [`ServerMetadata::to_json`].
impl Serialize for ServerMetadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}
