//! `SmartClient`, call by call. The application beside it only serves its public keys.

mod kept;
mod refreshing;
mod refusals;
mod resume;
mod sealed;
mod unfinished;

use actix_smart_auth::{
    AuthorizationRedirect, ClientAuth, PendingAuthorization, PrivateKey, PrivateKeyJwt, SmartClient, SmartConfig,
    StartOptions,
    error::{EhrLookupError, RefreshError},
    sandbox::{Endpoint, RefreshTokens},
    transport::HttpClient,
};
use url::Url;

use crate::support::{App, Browser, PRIVATE_KEY, Profile};

/// Starts, signs in, and gives the query that the redirect URI is opened with.
pub async fn sign_in(client: &SmartClient, options: StartOptions) -> (PendingAuthorization, String) {
    let (redirect, pending) = client.start(options).await.unwrap();
    let AuthorizationRedirect::Get(url) = redirect else {
        panic!("{redirect:?}");
    };
    let answer = Browser::new().get(url.as_str()).await;
    let callback = Url::parse(answer.location()).unwrap();
    (pending, callback.query().unwrap().to_owned())
}

#[actix_web::test]
async fn every_client_type_starts_finishes_and_refreshes() {
    for profile in Profile::ALL {
        let app = App::builder().profile(profile).start();
        let client = SmartClient::new(&app.config).unwrap();
        let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
        let authorized = client.finish(pending, &query).await.unwrap();
        assert_eq!(
            authorized.tokens().context().patient(),
            Some("amber-testwood"),
            "{profile:?}"
        );
        assert_eq!(authorized.fhir_base_url(), app.sandbox.fhir_base_url());
        let mut last = authorized;
        for _ in 0..2 {
            app.advance(3400);
            let next = client.refresh(&last).await.unwrap();
            assert_ne!(
                next.tokens().access_token().expose_secret(),
                last.tokens().access_token().expose_secret(),
                "{profile:?}"
            );
            assert_eq!(next.tokens().context(), last.tokens().context(), "{profile:?}");
            last = next;
        }
        assert_eq!(
            (app.exchanges(), app.refreshes(), app.sandbox.reuse_detections()),
            (1, 2, 0)
        );
    }
}

/// With each way to authenticate: what is sent does not depend on who sends it.
#[actix_web::test]
async fn every_client_type_signs_in_and_refreshes_through_reqwest() {
    for profile in Profile::ALL {
        let app = App::builder()
            .profile(profile)
            .config(|config| config.http_client(HttpClient::Reqwest))
            .start();
        let client = SmartClient::new(&app.config).unwrap();
        let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
        let authorized = client.finish(pending, &query).await.unwrap();
        assert_eq!(
            authorized.tokens().context().patient(),
            Some("amber-testwood"),
            "{profile:?}"
        );
        app.advance(3400);
        client.refresh(&authorized).await.unwrap();
        assert_eq!((app.exchanges(), app.refreshes()), (1, 1), "{profile:?}");
    }
}

#[actix_web::test]
async fn it_launches_from_the_ehr_with_what_the_ehr_passed() {
    let app = App::start();
    let url = Url::parse(&app.ehr_launch_url("bruno-fixture", Some("visit-202"))).unwrap();
    let parameter = |name: &str| {
        let mut pairs = url.query_pairs();
        pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
    };
    let client = SmartClient::for_ehr(&app.config, &parameter("iss")).await.unwrap();
    let options = StartOptions::from_ehr(parameter("iss"), parameter("launch"));
    let (pending, query) = sign_in(&client, options).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    let context = authorized.tokens().context();
    assert_eq!(
        (context.patient(), context.encounter()),
        (Some("bruno-fixture"), Some("visit-202"))
    );
    let unknown = SmartClient::for_ehr(&app.config, "https://other.example/fhir").await;
    assert_eq!(unknown.unwrap_err(), EhrLookupError::NotRegistered);
}

#[actix_web::test]
async fn scopes_can_be_chosen_for_one_authorization() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let options = StartOptions::standalone().scopes("launch/patient patient/Patient.rs");
    let (pending, query) = sign_in(&client, options).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    assert_eq!(
        authorized.tokens().granted_scopes().to_string(),
        "launch/patient patient/Patient.rs"
    );
    // No `offline_access`, no refresh token.
    let error = client.refresh(&authorized).await.unwrap_err();
    assert!(matches!(error, RefreshError::NoRefreshToken), "{error:?}");
    assert_eq!(app.refreshes(), 0);
}

#[actix_web::test]
async fn a_refresh_without_a_new_refresh_token_keeps_the_old_one() {
    let app = App::builder()
        .sandbox(|sandbox| sandbox.refresh_tokens(RefreshTokens::Stable))
        .start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let first = client.finish(pending, &query).await.unwrap();
    let second = client.refresh(&first).await.unwrap();
    let third = client.refresh(&second).await.unwrap();
    let text = |authorized: &actix_smart_auth::Authorized| {
        let token = authorized.tokens().refresh_token().unwrap();
        token.expose_secret().to_owned()
    };
    assert_eq!((text(&second), text(&third)), (text(&first), text(&first)));
}

#[actix_web::test]
async fn other_credentials_serve_the_calls_of_that_client_only() {
    let app = App::builder().profile(Profile::Secret).start();
    let client = SmartClient::new(&app.config).unwrap();
    let wrong = client
        .with_client_auth(ClientAuth::client_secret("not the one"))
        .unwrap();
    let (pending, query) = sign_in(&wrong, StartOptions::standalone()).await;
    let error = wrong.finish(pending, &query).await.unwrap_err().error;
    let actix_smart_auth::error::FinishError::Token(error) = error else {
        panic!("{error:?}");
    };
    assert!(error.is_invalid_client(), "{error:?}");
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    assert!(wrong.refresh(&authorized).await.is_err());
    assert!(client.refresh(&authorized).await.is_ok());

    // Another kind of credentials is possible, unusable ones are refused at once.
    let key = PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY));
    let signing = client.with_client_auth(key.into()).unwrap();
    let (pending, query) = sign_in(&signing, StartOptions::standalone()).await;
    assert!(signing.finish(pending, &query).await.is_err());
    let sent = app.sandbox.token_requests();
    let last = sent.last().unwrap();
    assert!(last.parameter("client_assertion").is_some() && last.header("authorization").is_none());
    assert!(client.with_client_auth(ClientAuth::client_secret("")).is_err());
}

#[actix_web::test]
async fn what_the_server_supports_can_be_asked() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let metadata = client.server_metadata().await.unwrap();
    assert!(metadata.supports_ehr_launch() && metadata.supports_standalone_launch());
    assert!(
        metadata.supports_public_auth() && metadata.supports_symmetric_auth() && metadata.supports_asymmetric_auth()
    );
    assert!(metadata.supports_post_based_authorization() && metadata.supports_openid_connect());
    assert!(metadata.has_capability("permission-v2") && !metadata.has_capability("smart-app-state"));
    assert_eq!(
        metadata.token_endpoint().unwrap().as_str(),
        app.sandbox.token_endpoint()
    );
    assert_eq!(metadata.validate(), []);
    // Asked once for all who want to know, launches included.
    client.start(StartOptions::standalone()).await.unwrap();
    client.server_metadata().await.unwrap();
    let requests = app.sandbox.received_requests();
    let asked = requests.iter().filter(|it| it.endpoint == Endpoint::Metadata).count();
    assert_eq!(asked, 1);
}

#[actix_web::test]
async fn what_the_server_does_not_support_is_said_and_does_not_stop_anything() {
    let app = App::start();
    app.sandbox
        .set_metadata_field("capabilities", serde_json::json!(["launch-standalone"]));
    let client = SmartClient::new(&app.config).unwrap();
    let metadata = client.server_metadata().await.unwrap();
    assert!(metadata.standalone_launch_capability() && !metadata.ehr_launch_capability());
    assert!(!metadata.supports_ehr_launch() && !metadata.supports_public_auth());
    assert!(!metadata.supports_post_based_authorization());
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    assert!(client.finish(pending, &query).await.is_ok());
}

/// Other runtimes move futures between threads.
#[test]
fn its_futures_are_send() {
    fn send<T: Send>(_: T) {}
    #[expect(dead_code, reason = "it compiles: that is the test")]
    fn all(config: &SmartConfig, pending: PendingAuthorization, session: &actix_smart_auth::SmartSession) {
        let client = SmartClient::new(config).unwrap();
        send(client.start(StartOptions::standalone()));
        send(client.finish(pending, ""));
        send(client.server_metadata());
        send(client.resume(&session.handle()));
        send(session.current_token());
        send(session.reload());
        send(session.refresh_now());
        send(session.end());
        send(session.introspect());
        send(config.shutdown(std::time::Duration::ZERO));
    }
    #[expect(dead_code, reason = "it compiles: that is the test")]
    fn refresh(client: &SmartClient, authorized: &actix_smart_auth::Authorized) {
        send(client.refresh(authorized));
        send(client.revoke(authorized));
        send(client.introspect(authorized));
    }
}

#[test]
fn it_works_on_a_runtime_that_is_not_actix() {
    let app = App::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let client = SmartClient::new(&app.config).unwrap();
    let (redirect, pending) = runtime.block_on(client.start(StartOptions::standalone())).unwrap();
    let AuthorizationRedirect::Get(url) = redirect else {
        panic!("{redirect:?}");
    };
    let answer = actix_web::rt::System::new().block_on(async move { Browser::new().get(url.as_str()).await });
    let query = Url::parse(answer.location()).unwrap().query().unwrap().to_owned();
    let work = async move {
        let authorized = client.finish(pending, &query).await.unwrap();
        client.refresh(&authorized).await.unwrap()
    };
    let authorized = runtime.block_on(async { tokio::spawn(work).await }).unwrap();
    assert_eq!(authorized.tokens().context().patient(), Some("amber-testwood"));
}
