//! What registered itself works: people launch it, and it gets tokens for itself.

use actix_smart_auth::{
    ClientAuth, Ehr, EhrBuilder, PrivateKey, PrivateKeyJwt, SmartClient, SmartConfig, StartOptions,
    registration::{ClientMetadata, ClientRegistration, TokenEndpointAuthMethod},
    sandbox::SelfRegistration,
};

use url::Url;

use super::{CALLBACK, New, SCOPES};
use crate::{smart_client::sign_in, support::PRIVATE_KEY};

fn key() -> ClientAuth {
    PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY)).into()
}

fn launches(new: &New) -> EhrBuilder {
    Ehr::builder(new.sandbox.fhir_base_url())
        .redirect_uri(CALLBACK)
        .scopes("openid fhirUser patient/*.rs offline_access launch/patient")
}

async fn registered(new: &New, ehr: &EhrBuilder, method: Option<TokenEndpointAuthMethod>) -> ClientRegistration {
    let mut builder = ClientMetadata::for_ehr("Charts", ehr).unwrap();
    if let Some(method) = method {
        builder = builder.token_endpoint_auth_method(method);
    }
    let metadata = builder.build().unwrap();
    new.registrar().register(&metadata).await.unwrap()
}

#[actix_web::test]
async fn people_launch_what_registered_itself_with_every_way_to_authenticate() {
    let secret = Some(TokenEndpointAuthMethod::ClientSecretBasic);
    let in_body = Some(TokenEndpointAuthMethod::ClientSecretPost);
    for (auth, method) in [
        (ClientAuth::public(), None),
        (ClientAuth::public(), secret),
        (ClientAuth::public(), in_body),
        (key(), None),
    ] {
        let new = New::start();
        let ehr = launches(&new).client_auth(auth);
        let registration = registered(&new, &ehr, method).await;
        new.config.put_ehr(registration.ehr(ehr)).unwrap();
        let client = SmartClient::new(&new.config).unwrap();
        let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
        let authorized = client.finish(pending, &query).await.unwrap();
        assert_eq!(
            authorized.tokens().context().patient(),
            Some("amber-testwood"),
            "{method:?}"
        );
        client.refresh(&authorized).await.unwrap();
        assert_eq!(new.sandbox.grants()[0].client_id, registration.client_id());
    }
}

#[actix_web::test]
async fn an_application_that_registered_itself_gets_tokens_for_itself() {
    let new = New::start();
    let ehr = Ehr::builder(new.sandbox.fhir_base_url())
        .client_auth(key())
        .backend_scopes("system/Patient.rs");
    let registration = registered(&new, &ehr, None).await;
    new.config.put_ehr(registration.ehr(ehr)).unwrap();
    let backend = new.config.backend(&new.sandbox.fhir_base_url());
    let token = backend.token().await.unwrap();
    assert_eq!(token.granted_scopes().to_string(), "system/Patient.rs");
    new.registrar().delete(&registration).await.unwrap();
    assert!(new.sandbox.grants()[0].revoked, "its tokens went with it");
}

#[actix_web::test]
async fn the_sandbox_gives_a_client_no_more_than_it_registered_for() {
    let new = New::start();
    let few = launches(&new).scopes("openid patient/Patient.rs launch/patient");
    let registration = registered(&new, &few, None).await;
    let ehr = registration.ehr(launches(&new));
    new.config.put_ehr(ehr).unwrap();
    let client = SmartClient::new(&new.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    assert_eq!(
        authorized.tokens().granted_scopes().to_string(),
        "openid launch/patient"
    );
}

#[actix_web::test]
async fn what_registers_the_scopes_of_patients_alone_can_be_launched_from_the_ehr_and_from_itself() {
    let new = New::start();
    let ehr = launches(&new).scopes("openid fhirUser patient/Patient.rs");
    let registration = registered(&new, &ehr, None).await;
    new.config.put_ehr(registration.ehr(ehr)).unwrap();
    let client = SmartClient::new(&new.config).unwrap();
    let launch_url = "http://127.0.0.1:8080/auth/launch";
    new.sandbox.register_launch_url(registration.client_id(), launch_url);
    let from_ehr = new.sandbox.ehr_launch_url(launch_url, "amber-testwood", None);
    let from_ehr = Url::parse(&from_ehr).unwrap();
    let value = |name| {
        from_ehr
            .query_pairs()
            .find(|(key, _)| key == name)
            .unwrap()
            .1
            .into_owned()
    };
    for options in [
        StartOptions::from_ehr(value("iss"), value("launch")),
        StartOptions::standalone(),
    ] {
        let (pending, query) = sign_in(&client, options).await;
        let authorized = client.finish(pending, &query).await.unwrap();
        let context = authorized.tokens().context();
        assert_eq!(context.patient(), Some("amber-testwood"));
    }
}

#[actix_web::test]
async fn the_sandbox_says_that_launch_patient_was_asked_for_and_is_not_registered() {
    let new = New::start();
    let metadata = ClientMetadata::builder("Charts")
        .redirect_uri(CALLBACK)
        .scopes("openid fhirUser launch patient/Patient.rs")
        .token_endpoint_auth_method(TokenEndpointAuthMethod::None)
        .build()
        .unwrap();
    let registration = new.registrar().register(&metadata).await.unwrap();
    let ehr = launches(&new).scopes("openid fhirUser patient/Patient.rs");
    new.config.put_ehr(registration.ehr(ehr)).unwrap();
    let client = SmartClient::new(&new.config).unwrap();
    let (_, query) = sign_in(&client, StartOptions::standalone()).await;
    let description = url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == "error_description")
        .map(|(_, value)| value.into_owned());
    assert_eq!(
        description.as_deref(),
        Some(
            "patient/Patient.rs needs a patient: launch/patient was asked for, but this client is not registered for it."
        )
    );
}

#[actix_web::test]
async fn the_sandbox_says_that_applications_can_register_where_they_can() {
    for (who, can) in [(SelfRegistration::Off, false), (SelfRegistration::Open, true)] {
        let new = New::at(who);
        let ehr = launches(&new).client_id("somebody");
        new.config.put_ehr(ehr).unwrap();
        let client = SmartClient::new(&new.config).unwrap();
        let metadata = client.server_metadata().await.unwrap();
        assert_eq!(metadata.supports_dynamic_registration(), can);
    }
}

#[test]
fn a_configuration_may_begin_without_an_ehr_where_that_is_said() {
    let builder = || SmartConfig::builder().ehrs_come_later();
    let for_people = builder().redirect_uri(CALLBACK).build().unwrap();
    assert_eq!(for_people.ehrs().len(), 0);
    let ehr = || Ehr::builder("https://ehr.example/fhir").client_id("c");
    for_people.put_ehr(ehr().scopes(SCOPES)).unwrap();
    let for_itself = builder().build().unwrap();
    let backend = ehr().client_auth(key()).backend_scopes("system/Patient.rs");
    for_itself.put_ehr(backend).unwrap();
    let launched = ehr().scopes(SCOPES).redirect_uri(CALLBACK);
    assert!(for_itself.put_ehr(launched).is_err());
}
