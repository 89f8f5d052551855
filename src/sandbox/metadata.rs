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
    match incoming.method.as_str() {
        "GET" | "HEAD" => document(shared, endpoint, incoming),
        _ => Reply::method_not_allowed("GET, HEAD"),
    }
}

fn document(shared: &Shared, endpoint: Endpoint, incoming: &Incoming) -> Reply {
    match endpoint {
        Endpoint::Metadata => metadata(shared, incoming),
        Endpoint::OpenIdConfiguration if incoming.path.starts_with("/idp/") => {
            Reply::json(200, &identity_provider(shared))
        }
        Endpoint::OpenIdConfiguration => Reply::json(200, &Value::Object(openid_configuration(shared))),
        Endpoint::OAuthMetadata => Reply::json(200, &Value::Object(oauth_metadata(shared))),
        _ => {
            let settings = shared.state().settings.clone();
            match settings.keys.jwks(&settings.key_ids, &settings.more_keys) {
                Ok(jwks) => Reply::json(200, &jwks),
                Err(error) => Reply::oauth_error(500, "server_error", Some(&error.to_string())),
            }
        }
    }
}

/// Below which the endpoints are that a client is told who did not say who it is, by [`Peculiarity::EndpointsPerClient`].
pub(super) const OTHER_CLIENTS: &str = "/other-clients/";

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
            let address = format!("{}{OTHER_CLIENTS}{path}", shared.origin);
            document.insert(name.to_owned(), json!(address));
        }
    }
    Reply::json(200, &Value::Object(document))
}

/// What is at the endpoints of clients that did not say who they are.
pub(super) fn of_other_clients(shared: &Shared) -> Reply {
    let cure = match shared.state().settings.client_header() {
        Some(header) => format!(
            "Send the client id in the header {header} with the request for .well-known/smart-configuration: \
             the document names the endpoints of this client then.\n"
        ),
        None => "Ask for .well-known/smart-configuration again: it names other endpoints now.\n".to_owned(),
    };
    Reply::new(404, "text/plain; charset=utf-8", cure)
}

fn smart_configuration(shared: &Shared, settings: &Settings) -> Map<String, Value> {
    let mut document = of_server(shared, settings);
    for member in settings.unlisted() {
        document.remove(member);
    }
    override_fields(
        &mut document,
        settings.metadata_fields.iter().map(|(name, value)| (name, value)),
    );
    document
}

/// What is true of the server, whatever its document for SMART clients says.
fn of_server(shared: &Shared, settings: &Settings) -> Map<String, Value> {
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
    if settings.has(&Peculiarity::NoRevocation) {
        object.remove("revocation_endpoint");
    }
    object
}

/// What SMART's own document says, without what only SMART knows (RFC 8414, section 2).
fn oauth_metadata(shared: &Shared) -> Map<String, Value> {
    let settings = shared.state().settings.clone();
    let mut document = of_server(shared, &settings);
    document.remove("capabilities");
    let [types, algorithms] = [
        "token_endpoint_auth_methods_supported",
        "token_endpoint_auth_signing_alg_values_supported",
    ]
    .map(|name| document.get(name).cloned());
    // Left out, they would stand for `client_secret_basic` alone.
    for endpoint in ["revocation_endpoint", "introspection_endpoint"] {
        if !document.contains_key(endpoint) {
            continue;
        }
        for (what, value) in [("auth_methods", &types), ("auth_signing_alg_values", &algorithms)] {
            if let Some(value) = value {
                document.insert(format!("{endpoint}_{what}_supported"), value.clone());
            }
        }
    }
    document
}

/// The same with what OpenID Connect adds (Discovery 1.0, section 3).
fn openid_configuration(shared: &Shared) -> Map<String, Value> {
    let mut document = oauth_metadata(shared);
    let added = [
        ("subject_types_supported", json!(["public"])),
        ("id_token_signing_alg_values_supported", json!(["RS256"])),
        ("prompt_values_supported", json!(["none", "login"])),
        (
            "claims_supported",
            json!(["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "fhirUser"]),
        ),
    ];
    document.extend(added.map(|(name, value)| (name.to_owned(), value)));
    document
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
