//! What an EHR says about itself: [`ServerMetadata`].

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{associated_endpoint::AssociatedEndpoint, brand_identifier::BrandIdentifier, violation::MetadataViolation};
use crate::protocol::urls::EndpointUrl;

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
    pub(super) raw: Map<String, Value>,
    /// The members that SMART App Launch 2.2 does not define.
    pub(super) other: Map<String, Value>,
    /// What was wrong with single members.
    pub(super) found_while_reading: Vec<MetadataViolation>,
    pub(super) issuer: Option<String>,
    pub(super) jwks_uri: Option<EndpointUrl>,
    pub(super) authorization_endpoint: Option<EndpointUrl>,
    pub(super) grant_types_supported: Option<Vec<String>>,
    pub(super) token_endpoint: Option<EndpointUrl>,
    pub(super) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub(super) token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    pub(super) registration_endpoint: Option<EndpointUrl>,
    pub(super) smart_app_state_endpoint: Option<EndpointUrl>,
    pub(super) associated_endpoints: Vec<AssociatedEndpoint>,
    pub(super) user_access_brand_bundle: Option<EndpointUrl>,
    pub(super) user_access_brand_identifier: Option<BrandIdentifier>,
    pub(super) scopes_supported: Option<Vec<String>>,
    pub(super) response_types_supported: Option<Vec<String>>,
    pub(super) management_endpoint: Option<EndpointUrl>,
    pub(super) introspection_endpoint: Option<EndpointUrl>,
    pub(super) revocation_endpoint: Option<EndpointUrl>,
    pub(super) capabilities: Option<Vec<String>>,
    pub(super) code_challenge_methods_supported: Option<Vec<String>>,
}

impl ServerMetadata {
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
    /// use actix_smart_auth::{resolver::FhirBaseUrl, metadata::ServerMetadata};
    ///
    /// let base = FhirBaseUrl::parse("https://ehr.example/fhir")?;
    /// let metadata = ServerMetadata::parse(br#"{"token_endpoint": "/token", "x_vendor": 7}"#, &base)?;
    /// assert_eq!(metadata.token_endpoint().map(|endpoint| endpoint.as_str()), Some("https://ehr.example/token"));
    /// assert_eq!(metadata.other().map(|(name, _)| name).collect::<Vec<_>>(), ["x_vendor"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn other(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.other.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The document as the server sent it, for showing it to somebody: mistakes and relative URLs included.
    #[must_use]
    pub fn to_json(&self) -> Value {
        Value::Object(self.raw.clone())
    }
}

/// As [`ServerMetadata::to_json`].
impl Serialize for ServerMetadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}
