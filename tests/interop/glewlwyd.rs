//! The crate against Glewlwyd, an OpenID provider in C (Debian package `glewlwyd`): registration, tokens without a user, introspection as a
//! resource server, and a launch. Its login is driven by its API. Where it is missing, each test says that it was skipped and passes;
//! `SMART_REQUIRE_GLEWLWYD=1` makes that a failure.
//!
//! What it taught, beside what the tests here claim:
//!
//! - It wants a redirect URI of every client that registers, also of one that nobody launches (OpenID Connect Dynamic Client Registration
//!   1.0): [`ClientMetadata`] lets one be given beside `client_credentials` alone.
//! - It says `bearer` of its tokens, in introspection responses too, and writes scopes into `aud` there.
//! - At the token endpoint it refuses a wrong secret with 403 and nothing else: that counts for whoever
//!   has the same credentials, and for nobody else.
//! - It answers a code that comes with a signed assertion and no `client_id` with 400 and nothing else: [`ClientIdInBody::Send`]. A backend
//!   token it gives without.
//! - A P-384 key of its own it publishes as one for `ES512`, which the crate does not use; here it signs with RSA.
//! - It knows no launch context, so that a launch has no patient.

mod server;

use actix_smart_auth::{
    AccessToken, AuthorizationRedirect, Authorized, ClientAuth, Ehr, EhrBuilder, PrivateKey, PrivateKeyJwt, Quirks,
    SmartClient, SmartConfig, StartOptions,
    backend::{BackendError, BackendFailure},
    options::ClientIdInBody,
    preflight::{Check, PreflightOptions, Status},
    registration::{ClientGrantType, ClientMetadata, Management, RefusalMeaning, TokenEndpointAuthMethod},
    resource_server::{CallerTokenErrorKind as Kind, CallerTokens, NotChecked},
};
use server::{CALLBACK, Glewlwyd};

const SYSTEM: &str = "system/Patient.rs";

/// What a client shows.
#[derive(Debug, Clone, Copy)]
enum Shows {
    /// A secret that Glewlwyd makes up.
    Secret,
    Key,
}

impl Shows {
    fn auth(self) -> ClientAuth {
        match self {
            Self::Secret => ClientAuth::public(),
            Self::Key => {
                let pem = include_str!("../fixtures/keys/p384-pkcs8.pem");
                PrivateKeyJwt::new("ec-1", PrivateKey::pem(pem)).into()
            }
        }
    }
}

/// The registration with what the client got, after it has registered itself.
async fn registered(server: &Glewlwyd, shows: Shows, grants: &[ClientGrantType], ehr: EhrBuilder) -> EhrBuilder {
    let ehr = ehr.client_auth(shows.auth());
    let metadata = ClientMetadata::for_ehr("Charts", &ehr)
        .unwrap()
        .grant_types(grants.iter().copied());
    let metadata = match shows {
        Shows::Secret => metadata.token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretBasic),
        Shows::Key => metadata.extension("token_endpoint_auth_signing_alg", "ES384"),
    };
    let metadata = match grants.contains(&ClientGrantType::AuthorizationCode) {
        true => metadata,
        false => metadata.redirect_uri(CALLBACK),
    };
    let registrar = empty().registrar(&server.fhir_base);
    let registration = registrar.register(&metadata.build().unwrap()).await.unwrap();
    registration.ehr(ehr)
}

fn empty() -> SmartConfig {
    SmartConfig::builder()
        .ehrs_come_later()
        .redirect_uri(CALLBACK)
        .build()
        .unwrap()
}

/// A client without launches.
async fn backend(server: &Glewlwyd, shows: Shows) -> EhrBuilder {
    let ehr = Ehr::builder(&server.fhir_base).backend_scopes(SYSTEM);
    registered(server, shows, &[ClientGrantType::ClientCredentials], ehr).await
}

fn config(ehr: EhrBuilder) -> SmartConfig {
    SmartConfig::builder().ehr(ehr).build().unwrap()
}

#[actix_web::test]
async fn a_registration_at_glewlwyd_is_made_read_changed_and_deleted() {
    let Some(server) = Glewlwyd::start().await else { return };
    let ehr = Ehr::builder(&server.fhir_base)
        .redirect_uri(CALLBACK)
        .scopes("openid patient/Patient.rs");
    let named = |name: &str| {
        let metadata = ClientMetadata::for_ehr(name, &ehr).unwrap();
        metadata
            .token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretBasic)
            .build()
            .unwrap()
    };
    let registrar = empty().registrar(&server.fhir_base);
    let registration = registrar.register(&named("Charts")).await.unwrap();
    assert_eq!(registration.management(), Management::Offered);
    let read = registrar.read(&registration).await.unwrap();
    assert_eq!(read.client_id(), registration.client_id());
    let changed = registrar.update(&read, &named("Growth charts")).await.unwrap();
    assert_eq!(changed.members()["client_name"], "Growth charts");
    registrar.delete(&changed).await.unwrap();
    let error = registrar.read(&changed).await.unwrap_err();
    assert_eq!(error.meaning(), Some(RefusalMeaning::Gone), "{error}");
}

#[actix_web::test]
async fn glewlwyd_gives_tokens_without_a_user_for_a_secret_and_for_a_key() {
    let Some(server) = Glewlwyd::start().await else { return };
    for shows in [Shows::Secret, Shows::Key] {
        let config = config(backend(&server, shows).await);
        let client = config.backend(&server.fhir_base);
        let token = client.token().await.unwrap();
        assert_eq!(token.granted_scopes().to_string(), SYSTEM);
        let wrong = client.clone().with_client_auth(ClientAuth::client_secret("wrong"));
        let error = wrong.token().await.unwrap_err();
        assert!(
            matches!(
                error,
                BackendError::NoToken {
                    failure: BackendFailure::UnusableAnswer,
                    ..
                }
            ),
            "{error:?}"
        );
        assert_eq!(client.token().await.unwrap().granted_scopes(), token.granted_scopes());
    }
}

#[actix_web::test]
async fn callers_tokens_are_checked_at_glewlwyd() {
    let Some(server) = Glewlwyd::start().await else { return };
    let ehr = backend(&server, Shows::Secret).await;
    let api = config(ehr.clone().caller_tokens(CallerTokens::new()));
    // It tells a client about its own tokens.
    let token = api.backend(&server.fhir_base).token().await.unwrap();
    let resource_server = api.resource_server(&server.fhir_base);
    let caller = resource_server.check(token.access_token()).await.unwrap();
    caller.require_scopes(SYSTEM).unwrap();
    assert!(caller.expires_at().is_some());
    let error = resource_server.check(&AccessToken::new("invented")).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Inactive);

    let report = api.preflight().await;
    let status = |check| {
        report
            .findings()
            .iter()
            .find(|it| it.check == check)
            .map(|it| it.status)
    };
    assert_eq!(status(Check::CallerTokens), Some(Status::Ok), "{report}");
    assert_eq!(status(Check::BackendToken), Some(Status::Ok), "{report}");

    let wrong = ehr.client_auth(ClientAuth::client_secret("wrong"));
    let wrong = config(wrong.caller_tokens(CallerTokens::new()));
    let error = wrong
        .resource_server(&server.fhir_base)
        .check(token.access_token())
        .await;
    let kind = error.unwrap_err().kind().clone();
    assert!(
        matches!(
            kind,
            Kind::NotChecked {
                cause: NotChecked::ClientRefused,
                ..
            }
        ),
        "{kind:?}"
    );
    let report = wrong
        .preflight_of(&server.fhir_base, PreflightOptions::default())
        .await
        .unwrap();
    let found = report
        .findings()
        .iter()
        .find(|it| it.check == Check::CallerTokens)
        .unwrap();
    assert_eq!(found.status, Status::Failure, "{report}");
}

#[actix_web::test]
async fn a_person_who_signs_in_at_glewlwyd_launches_and_the_token_is_refreshed() {
    let Some(server) = Glewlwyd::start().await else { return };
    let scopes = "openid patient/Patient.rs";
    for shows in [Shows::Secret, Shows::Key] {
        let ehr = Ehr::builder(&server.fhir_base)
            .redirect_uri(CALLBACK)
            .scopes(scopes)
            .quirks(Quirks::none().client_id_in_body(ClientIdInBody::Send));
        let grants = [ClientGrantType::AuthorizationCode, ClientGrantType::RefreshToken];
        let config = config(registered(&server, shows, &grants, ehr).await);
        let client_id = config.ehrs()[0].client_id().to_owned();
        let client = SmartClient::new(&config).unwrap();
        let (redirect, pending) = client.start(StartOptions::standalone()).await.unwrap();
        let AuthorizationRedirect::Get(url) = redirect else {
            panic!("{redirect:?}")
        };
        let callback = server.sign_in(&url, &client_id, scopes).await;
        let authorized = client.finish(pending, callback.query().unwrap()).await.unwrap();
        assert!(authorized.id_token_claims().is_some());
        let refreshed = client.refresh(&authorized).await.unwrap();
        let text = |it: &Authorized| it.tokens().access_token().expose_secret().to_owned();
        assert_ne!(text(&refreshed), text(&authorized));
    }
}
