//! What the server says about itself.

use serde_json::{Map, Value, json};

use super::{
    Peculiarity,
    client::{Installations, SandboxClient},
    http::{Incoming, Reply, override_fields},
    record::Endpoint,
    settings::{IdTokenIssuer, IssParameter, SelfRegistration, Settings},
    state::Shared,
};

pub(super) fn reply(shared: &Shared, endpoint: Endpoint, incoming: &Incoming) -> Reply {
    if incoming.method != "GET" {
        return Reply::method_not_allowed("GET");
    }
    match endpoint {
        Endpoint::Metadata => metadata(shared, incoming),
        Endpoint::OpenIdConfiguration if incoming.path.starts_with("/idp/") => {
            Reply::json(200, &identity_provider(shared))
        }
        Endpoint::OpenIdConfiguration => Reply::json(200, &openid_configuration(shared)),
        _ => {
            let settings = shared.state().settings.clone();
            match settings.keys.jwks(&settings.key_ids, &settings.more_keys) {
                Ok(jwks) => Reply::json(200, &jwks),
                Err(error) => Reply::oauth_error(500, "server_error", Some(&error.to_string())),
            }
        }
    }
}

fn metadata(shared: &Shared, incoming: &Incoming) -> Reply {
    let settings = shared.state().settings.clone();
    let accepts_json = incoming
        .header("accept")
        .is_some_and(|accept| accept.contains("application/json"));
    if settings.has(&Peculiarity::XmlUnlessJsonIsAccepted) && !accepts_json {
        let document = "<CapabilityStatement xmlns=\"http://hl7.org/fhir\"/>";
        return Reply::new(200, "application/fhir+xml; charset=utf-8", document);
    }
    let mut document = smart_configuration(shared, &settings);
    let Some(header) = settings.client_header() else {
        return Reply::json(200, &Value::Object(document));
    };
    let named = incoming.header(header).unwrap_or_default();
    if !shared.state().clients.contains_key(named) {
        for (name, path) in [("authorization_endpoint", "authorize"), ("token_endpoint", "token")] {
            let address = format!("{}/other-clients/{path}", shared.origin);
            document.insert(name.to_owned(), json!(address));
        }
    }
    Reply::json(200, &Value::Object(document))
}

fn smart_configuration(shared: &Shared, settings: &Settings) -> Map<String, Value> {
    let (origin, fhir) = (&shared.origin, shared.fhir_base());
    let mut document = json!({
        "issuer": fhir,
        "jwks_uri": format!("{fhir}/.well-known/jwks.json"),
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": shared.token_endpoint(),
        "revocation_endpoint": format!("{origin}/revoke"),
        "introspection_endpoint": format!("{origin}/introspect"),
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
        "scopes_supported": [
            "openid", "fhirUser", "profile", "launch", "launch/patient", "launch/encounter",
            "offline_access", "online_access", "patient/*.rs", "user/*.rs", "patient/*.read", "user/*.read", "system/*.rs",
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
    let mut object = document.as_object_mut().map(std::mem::take).unwrap_or_default();
    if settings.iss_parameter != IssParameter::Absent {
        object.insert("authorization_response_iss_parameter_supported".to_owned(), json!(true));
    }
    let may_have_own = |client: &SandboxClient| client.installations == Installations::May;
    if settings.self_registration != SelfRegistration::Off || shared.state().clients.values().any(may_have_own) {
        object.insert(
            "registration_endpoint".to_owned(),
            json!(shared.registration_endpoint()),
        );
    }
    if let Some(algorithm) = settings.assertion_algorithm() {
        object.insert(
            "token_endpoint_auth_signing_alg_values_supported".to_owned(),
            json!([algorithm]),
        );
    }
    for member in settings.unlisted() {
        object.remove(member);
    }
    override_fields(
        &mut object,
        settings.metadata_fields.iter().map(|(name, value)| (name, value)),
    );
    object
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

/// An identity provider apart from the FHIR server. Nothing answers at its other endpoints.
fn identity_provider(shared: &Shared) -> Value {
    let issuer = shared.issuer(IdTokenIssuer::Apart);
    json!({
        "issuer": issuer,
        "jwks_uri": shared.jwks_url(IdTokenIssuer::Apart),
        "authorization_endpoint": format!("{issuer}/unused/authorize"),
        "token_endpoint": format!("{issuer}/unused/token"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    })
}
