//! An application that registers itself at a server that nobody here wrote, and uses what it got.

use actix_smart_auth::{
    AuthorizationRedirect, ClientAuth, Ehr, EhrBuilder, PrivateKey, PrivateKeyJwt, SmartClient, SmartConfig,
    StartOptions,
    registration::{ClientMetadata, Management, RefusalMeaning, Registrar, SecretExpiry, TokenEndpointAuthMethod},
};
use url::Url;

use crate::{application::quirks, provider::Provider, support::Browser};

const APPLICATION: &str = "http://127.0.0.1:8080";
const INITIAL: &str = "initial-access-token-of-interop";

fn start() -> Option<(Provider, SmartConfig)> {
    let provider = Provider::start(APPLICATION)?;
    let config = SmartConfig::builder()
        .ehrs_come_later()
        .redirect_uri(format!("{APPLICATION}/auth/callback"))
        .build()
        .unwrap();
    Some((provider, config))
}

fn registrar(provider: &Provider, config: &SmartConfig) -> Registrar {
    config.registrar(&provider.fhir_base).initial_access_token(INITIAL)
}

fn key() -> ClientAuth {
    let pem = include_str!("../fixtures/keys/p384-pkcs8.pem");
    PrivateKeyJwt::new("ec-1", PrivateKey::pem(pem)).into()
}

fn launches(provider: &Provider) -> EhrBuilder {
    Ehr::builder(&provider.fhir_base)
        .redirect_uri(format!("{APPLICATION}/auth/callback"))
        .scopes("openid fhirUser patient/*.rs offline_access launch/patient")
        .quirks(quirks())
}

#[actix_web::test]
async fn a_registration_is_made_read_changed_and_deleted() {
    let Some((provider, config)) = start() else { return };
    let registrar = registrar(&provider, &config);
    let builder = || {
        ClientMetadata::for_ehr("Charts", &launches(&provider))
            .unwrap()
            .token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretBasic)
            .contact("it@app.example")
    };
    let registration = registrar.register(&builder().build().unwrap()).await.unwrap();
    assert_eq!(registration.management(), Management::Offered);
    assert_eq!(registration.client_secret_expiry(), SecretExpiry::Never);
    assert_eq!(registration.changes(), []);
    let read = registrar.read(&registration).await.unwrap();
    assert_eq!(read.client_id(), registration.client_id());

    let other_name = ClientMetadata::for_ehr("Growth charts", &launches(&provider)).unwrap();
    let other_name = other_name.token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretBasic);
    let changed = registrar.update(&read, &other_name.build().unwrap()).await.unwrap();
    assert_eq!(changed.members()["client_name"], "Growth charts");
    assert_eq!(changed.members().get("contacts"), None, "what is not sent is forgotten");
    let token = |it: &actix_smart_auth::registration::ClientRegistration| {
        it.registration_access_token().unwrap().expose_secret().to_owned()
    };
    assert_ne!(token(&changed), token(&read), "this server gives a new one");
    let error = registrar.read(&read).await.unwrap_err();
    assert_eq!(error.meaning(), Some(RefusalMeaning::Gone), "{error}");

    registrar.delete(&changed).await.unwrap();
    let error = registrar.read(&changed).await.unwrap_err();
    assert_eq!(
        (error.status(), error.meaning()),
        (Some(401), Some(RefusalMeaning::Gone))
    );
}

#[actix_web::test]
async fn what_this_server_refuses_has_its_meaning() {
    let Some((provider, config)) = start() else { return };
    let metadata = |ehr: &EhrBuilder| ClientMetadata::for_ehr("Charts", ehr).unwrap().build().unwrap();
    let good = metadata(&launches(&provider));
    let stranger = config.registrar(&provider.fhir_base).initial_access_token("another");
    let error = stranger.register(&good).await.unwrap_err();
    assert_eq!(error.meaning(), Some(RefusalMeaning::InitialAccessToken), "{error}");
    let unknown_scope = metadata(&launches(&provider).scopes("openid made/up launch/patient"));
    let error = registrar(&provider, &config)
        .register(&unknown_scope)
        .await
        .unwrap_err();
    assert_eq!(error.meaning(), Some(RefusalMeaning::Metadata), "{error}");
    assert!(error.description().is_some());
}

#[actix_web::test]
async fn people_launch_what_registered_itself() {
    let Some((provider, config)) = start() else { return };
    for auth in [ClientAuth::public(), key()] {
        let ehr = launches(&provider).client_auth(auth);
        let metadata = ClientMetadata::for_ehr("Charts", &ehr).unwrap();
        let metadata = metadata.build().unwrap();
        let registration = registrar(&provider, &config).register(&metadata).await.unwrap();
        config.put_ehr(registration.ehr(ehr)).unwrap();
        let client = SmartClient::new(&config).unwrap();
        let (redirect, pending) = client.start(StartOptions::standalone()).await.unwrap();
        let AuthorizationRedirect::Get(url) = redirect else {
            panic!("{redirect:?}")
        };
        let callback = Browser::new().navigate_until(url.as_str(), APPLICATION).await;
        let callback = Url::parse(&callback).unwrap();
        let authorized = client.finish(pending, callback.query().unwrap()).await.unwrap();
        assert_eq!(authorized.tokens().context().patient(), Some("amber-testwood"));
    }
}

#[actix_web::test]
async fn an_application_that_registered_itself_gets_tokens_for_itself() {
    let Some((provider, config)) = start() else { return };
    let ehr = Ehr::builder(&provider.fhir_base)
        .client_auth(key())
        .backend_scopes("system/Patient.rs");
    let metadata = ClientMetadata::for_ehr("Report", &ehr).unwrap();
    let metadata = metadata
        .extension("token_endpoint_auth_signing_alg", "ES384")
        .build()
        .unwrap();
    let registration = registrar(&provider, &config).register(&metadata).await.unwrap();
    config.put_ehr(registration.ehr(ehr)).unwrap();
    let token = config.backend(&provider.fhir_base).token().await.unwrap();
    assert_eq!(token.granted_scopes().to_string(), "system/Patient.rs");
}
