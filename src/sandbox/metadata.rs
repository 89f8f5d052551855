//! What the server says about itself.

use serde_json::{Value, json};

use super::{
    http::{Incoming, Reply, override_fields},
    keys,
    record::Endpoint,
    settings::IssParameter,
    state::Shared,
};

pub(super) fn reply(shared: &Shared, endpoint: Endpoint, incoming: &Incoming) -> Reply {
    if incoming.method != "GET" {
        return Reply::method_not_allowed("GET");
    }
    match endpoint {
        Endpoint::Metadata => Reply::json(200, &smart_configuration(shared)),
        Endpoint::OpenIdConfiguration => Reply::json(200, &openid_configuration(shared)),
        _ => match keys::jwks() {
            Ok(jwks) => Reply::json(200, &jwks),
            Err(error) => Reply::oauth_error(500, "server_error", Some(&error.to_string())),
        },
    }
}

fn smart_configuration(shared: &Shared) -> Value {
    let (origin, fhir) = (&shared.origin, shared.fhir_base());
    let settings = shared.state().settings.clone();
    let mut document = json!({
        "issuer": fhir,
        "jwks_uri": format!("{fhir}/.well-known/jwks.json"),
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": shared.token_endpoint(),
        "revocation_endpoint": format!("{origin}/revoke"),
        "introspection_endpoint": format!("{origin}/introspect"),
        "grant_types_supported": ["authorization_code"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
        "scopes_supported": [
            "openid", "fhirUser", "profile", "launch", "launch/patient", "launch/encounter",
            "offline_access", "online_access", "patient/*.rs", "user/*.rs", "patient/*.read", "user/*.read",
        ],
        "capabilities": [
            "launch-ehr", "launch-standalone", "authorize-post",
            "client-public", "client-confidential-symmetric", "client-confidential-asymmetric",
            "sso-openid-connect", "context-banner",
            "context-ehr-patient", "context-ehr-encounter", "context-standalone-patient", "context-standalone-encounter",
            "permission-offline", "permission-online", "permission-patient", "permission-user",
            "permission-v1", "permission-v2",
        ],
    });
    if let Some(object) = document.as_object_mut() {
        if settings.iss_parameter != IssParameter::Absent {
            object.insert("authorization_response_iss_parameter_supported".to_owned(), json!(true));
        }
        override_fields(
            object,
            settings.metadata_fields.iter().map(|(name, value)| (name, value)),
        );
    }
    document
}

fn openid_configuration(shared: &Shared) -> Value {
    let (origin, fhir) = (&shared.origin, shared.fhir_base());
    json!({
        "issuer": fhir,
        "jwks_uri": format!("{fhir}/.well-known/jwks.json"),
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": shared.token_endpoint(),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "nonce", "fhirUser"],
    })
}
