//! Documents, good and bad.

mod capabilities;
mod reading;
mod validating;

use serde_json::{Value, json};

use super::*;
use crate::protocol::urls::FhirBaseUrl;

/// The members that SMART App Launch 2.2 defines.
pub(super) const DEFINED: [&str; 19] = [
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

fn base() -> FhirBaseUrl {
    FhirBaseUrl::parse("https://ehr.example/fhir").unwrap()
}

fn parse(document: &Value) -> ServerMetadata {
    ServerMetadata::parse(document.to_string().as_bytes(), &base()).unwrap()
}

fn parse_error(body: impl AsRef<[u8]>) -> MetadataError {
    ServerMetadata::parse(body.as_ref(), &base()).unwrap_err()
}

/// A document with every member, and nothing wrong with it.
fn complete() -> Value {
    json!({
        "issuer": "https://ehr.example",
        "jwks_uri": "https://ehr.example/jwks",
        "authorization_endpoint": "https://ehr.example/authorize?tenant=1",
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint": "https://sso.example/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES384", "RS384", "RS256"],
        "registration_endpoint": "https://ehr.example/register",
        "smart_app_state_endpoint": "https://ehr.example/state",
        "associated_endpoints": [{"url": "https://ehr.example/state", "capabilities": ["smart-app-state"]}],
        "user_access_brand_bundle": "https://ehr.example/brands.json",
        "user_access_brand_identifier": {"system": "urn:ietf:rfc:3986", "value": "https://ehr.example"},
        "scopes_supported": ["openid", "patient/*.rs"],
        "response_types_supported": ["code"],
        "management_endpoint": "https://ehr.example/manage",
        "introspection_endpoint": "https://ehr.example/introspect",
        "revocation_endpoint": "https://ehr.example/revoke",
        "capabilities": [
            "launch-ehr", "launch-standalone", "authorize-post", "client-public", "client-confidential-symmetric",
            "client-confidential-asymmetric", "sso-openid-connect", "https://ehr.example/own-capability",
            "context-passthrough-banner"
        ],
        "code_challenge_methods_supported": ["S256"],
        "x_vendor": {"a": 1}
    })
}

fn complete_with(field: &str, value: Value) -> Value {
    let mut document = complete();
    document[field] = value;
    document
}

fn complete_without(field: &str) -> Value {
    let mut document = complete();
    document.as_object_mut().unwrap().remove(field);
    document
}

fn ask_everything(metadata: &ServerMetadata) -> [bool; 10] {
    let _ = metadata.asymmetric_signing_algorithms_supported();
    [
        metadata.supports_ehr_launch(),
        metadata.supports_standalone_launch(),
        metadata.supports_public_auth(),
        metadata.supports_symmetric_auth(),
        metadata.supports_asymmetric_auth(),
        metadata.supports_openid_connect(),
        metadata.supports_post_based_authorization(),
        metadata.ehr_launch_capability(),
        metadata.standalone_launch_capability(),
        metadata.openid_connect_capability(),
    ]
}
