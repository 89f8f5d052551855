//! What is sent, and what comes back.

use actix_smart_auth::{
    registration::{ClientMetadata, Management, MetadataChange, SecretExpiry, TokenEndpointAuthMethod},
    sandbox::{Fault, FaultPoint, SelfRegistration, Times, When},
    time::Timestamp,
};
use serde_json::{Map, Value, json};

use super::{CALLBACK, INITIAL, New, SCOPES, metadata, with_secret};

#[actix_web::test]
async fn metadata_is_sent_as_json_with_the_initial_access_token_and_nothing_else() {
    let new = New::start();
    let statement = "marker.software.statement";
    let registrar = new.registrar().software_statement(statement);
    registrar.register(&metadata()).await.unwrap();
    let requests = new.requests();
    let [request] = requests.as_slice() else {
        panic!("{requests:?}")
    };
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/register"));
    assert_eq!(request.header("authorization"), Some(&*format!("Bearer {INITIAL}")));
    assert_eq!(request.header("content-type"), Some("application/json"));
    let sent: Map<String, Value> = serde_json::from_str(&request.body).unwrap();
    let mut expected = metadata().members().clone();
    expected.insert("software_statement".to_owned(), json!(statement));
    assert_eq!(sent, expected);
}

#[actix_web::test]
async fn without_an_initial_access_token_none_is_sent() {
    let new = New::at(SelfRegistration::Open);
    let registrar = new.config.registrar(&new.sandbox.fhir_base_url());
    registrar.register(&metadata()).await.unwrap();
    assert_eq!(new.requests()[0].header("authorization"), None);
}

#[actix_web::test]
async fn what_the_server_gives_is_there_and_can_be_read() {
    let new = New::start();
    let registration = new.registered().await;
    assert_eq!(new.sandbox.client_ids(), [registration.client_id()]);
    assert_eq!(registration.fhir_base_url(), new.sandbox.fhir_base_url());
    assert!(registration.client_secret().is_some());
    assert_eq!(registration.client_secret_expiry(), SecretExpiry::Never);
    assert!(registration.client_id_issued_at().is_some());
    assert_eq!(registration.management(), Management::Offered);
    assert_eq!(registration.members()["client_name"], "Growth charts");
    assert_eq!(registration.members()["scope"], SCOPES);
    assert_eq!(registration.changes(), []);
}

#[actix_web::test]
async fn what_the_server_made_of_the_metadata_is_listed() {
    let new = New::start();
    let metadata = with_secret()
        .token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretPost)
        .extension("vendor_colour", "green")
        .build()
        .unwrap();
    let registration = new.registrar().register(&metadata).await.unwrap();
    let changes = registration.changes();
    let [method, colour] = changes.as_slice() else {
        panic!("{changes:?}")
    };
    let MetadataChange {
        member,
        asked,
        registered,
        ..
    } = method;
    assert_eq!(member, "token_endpoint_auth_method");
    assert_eq!(asked, "client_secret_post");
    assert_eq!(registered, &Some(json!("client_secret_basic")));
    assert_eq!((colour.member.as_str(), &colour.registered), ("vendor_colour", &None));
    let method = registration.token_endpoint_auth_method();
    assert_eq!(method, Some(TokenEndpointAuthMethod::ClientSecretBasic));
}

#[actix_web::test]
async fn a_secret_that_expires_says_when() {
    let new = New::start();
    let fields = [("client_secret_expires_at".to_owned(), json!(2_000_000_000))];
    let fault = Fault::SetFields(fields.into_iter().collect());
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, fault, Times::Once);
    let expected = SecretExpiry::At(Timestamp::from_millis(2_000_000_000_000));
    assert_eq!(new.registered().await.client_secret_expiry(), expected);
}

#[actix_web::test]
async fn an_endpoint_that_is_named_is_used_without_asking_for_metadata() {
    let new = New::start();
    new.sandbox.set_metadata_field("registration_endpoint", Value::Null);
    let registrar = new.registrar().endpoint(new.sandbox.registration_endpoint());
    registrar.register(&metadata()).await.unwrap();
    assert_eq!(new.sandbox.received_requests().len(), 1);
}

#[actix_web::test]
async fn an_address_at_another_host_keeps_the_registration_and_gets_no_token() {
    let new = New::start();
    let elsewhere = crate::support::RawServer::canary();
    let fields = [(
        "registration_client_uri".to_owned(),
        json!(format!("{}/r/1", elsewhere.origin)),
    )];
    let fault = Fault::SetFields(fields.into_iter().collect());
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, fault, Times::N(2));
    let registration = new.registered().await;
    assert_eq!(registration.management(), Management::OtherOrigin);
    assert!(registration.client_secret().is_some());
    let error = new.registrar().read(&registration).await.unwrap_err();
    assert!(error.to_string().contains("Registrar::management_at"), "{error}");
    assert!(!error.may_have_been_done());
    assert_eq!(elsewhere.connections(), 0);

    let allowed = new.registrar().management_at(&elsewhere.origin);
    let registration = allowed.register(&metadata()).await.unwrap();
    assert_eq!(registration.management(), Management::Offered);
    assert_eq!(
        new.registrar().read(&registration).await.unwrap_err().status(),
        Some(418)
    );
    assert_eq!(elsewhere.connections(), 1);
}

#[actix_web::test]
async fn metadata_of_a_registration_of_this_crate_has_its_redirect_uri_scopes_and_public_key() {
    use actix_smart_auth::{Ehr, PrivateKey, PrivateKeyJwt};
    let key = || PrivateKeyJwt::new("ec-1", PrivateKey::pem(crate::support::PRIVATE_KEY));
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .redirect_uri(CALLBACK)
        .scopes("openid patient/*.rs")
        .backend_scopes("system/Patient.rs");
    let by_value = ClientMetadata::for_ehr("Charts", &ehr.clone().client_auth(key())).unwrap();
    let by_value = by_value.build().unwrap();
    let members = by_value.members();
    assert_eq!(members["redirect_uris"], json!([CALLBACK]));
    assert_eq!(
        members["scope"],
        "openid patient/*.rs launch launch/patient system/Patient.rs"
    );
    assert_eq!(
        members["grant_types"],
        json!(["authorization_code", "client_credentials"])
    );
    assert_eq!(members["token_endpoint_auth_method"], "private_key_jwt");
    assert_eq!(members["jwks"]["keys"][0]["kid"], "ec-1");
    assert!(members["jwks"]["keys"][0].get("d").is_none());

    let jku = "https://app.example/jwks";
    let by_address = ClientMetadata::for_ehr("Charts", &ehr.client_auth(key().jku(jku))).unwrap();
    let by_address = by_address.build().unwrap();
    assert_eq!(by_address.members()["jwks_uri"], jku);
    assert!(by_address.members().get("jwks").is_none());

    let broken = PrivateKeyJwt::new("ec-1", PrivateKey::pem("no key"));
    let broken = Ehr::builder("https://ehr.example/fhir").client_auth(broken);
    assert!(ClientMetadata::for_ehr("Charts", &broken).is_err());
}
