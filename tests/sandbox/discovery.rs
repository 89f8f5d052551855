//! What clients that are no SMART clients, or older ones, look for.

use serde_json::json;

use crate::support::*;

#[actix_web::test]
async fn the_capability_statement_names_the_endpoints_for_clients_of_before_smart_2() {
    let (sandbox, _) = sandbox(Kind::Public);
    let statement = get(&format!("{}/metadata", sandbox.fhir_base_url())).await.json();
    let security = &statement["rest"][0]["security"];
    assert_eq!(security["cors"], true);
    let uris = &security["extension"][0];
    assert_eq!(
        uris["url"],
        "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
    );
    let named = |name: &str| {
        let entries = uris["extension"].as_array().unwrap();
        let entry = entries.iter().find(|entry| entry["url"] == name);
        entry.map(|entry| entry["valueUri"].as_str().unwrap().to_owned())
    };
    assert_eq!(named("authorize"), Some(sandbox.authorization_endpoint()));
    assert_eq!(named("token"), Some(sandbox.token_endpoint()));
    assert_eq!(named("revoke"), Some(sandbox.revocation_endpoint()));
    assert_eq!(named("introspect"), Some(sandbox.introspection_endpoint()));
    assert_eq!(named("register"), None);
}

#[actix_web::test]
async fn the_metadata_of_rfc_8414_is_at_both_places_and_complete() {
    let (sandbox, _) = sandbox(Kind::Public);
    let (origin, fhir) = (sandbox.origin(), sandbox.fhir_base_url());
    let inserted = get(&format!("{origin}/.well-known/oauth-authorization-server/fhir"))
        .await
        .json();
    let appended = get(&format!("{fhir}/.well-known/oauth-authorization-server"))
        .await
        .json();
    assert_eq!(inserted, appended);
    assert_eq!(inserted["issuer"], json!(fhir));
    assert_eq!(inserted["capabilities"], json!(null));
    let endpoints = [
        ("authorization_endpoint", sandbox.authorization_endpoint()),
        ("token_endpoint", sandbox.token_endpoint()),
        ("revocation_endpoint", sandbox.revocation_endpoint()),
        ("introspection_endpoint", sandbox.introspection_endpoint()),
    ];
    for (name, address) in endpoints {
        assert_eq!(inserted[name], json!(address));
    }
    assert_eq!(inserted["code_challenge_methods_supported"], json!(["S256"]));
    for endpoint in ["token", "revocation", "introspection"] {
        let methods = &inserted[format!("{endpoint}_endpoint_auth_methods_supported")];
        assert_eq!(
            *methods,
            json!(["client_secret_basic", "private_key_jwt"]),
            "{endpoint}"
        );
    }
}

#[actix_web::test]
async fn the_openid_configuration_has_all_that_rfc_8414_has_and_what_openid_adds() {
    let (sandbox, _) = sandbox(Kind::Public);
    let fhir = sandbox.fhir_base_url();
    let openid = get(&format!("{fhir}/.well-known/openid-configuration")).await.json();
    let oauth = get(&format!("{fhir}/.well-known/oauth-authorization-server"))
        .await
        .json();
    for (name, value) in oauth.as_object().unwrap() {
        assert_eq!(openid[name], *value, "{name}");
    }
    assert_eq!(openid["subject_types_supported"], json!(["public"]));
    assert_eq!(openid["id_token_signing_alg_values_supported"], json!(["RS256"]));
    assert!(
        openid["claims_supported"]
            .as_array()
            .unwrap()
            .contains(&json!("auth_time"))
    );
}
