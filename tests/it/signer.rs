//! Keys that cannot be read: in an HSM, a token or a key service. Here the service is a made-up one, in every mood.

mod other_endpoints;
mod service;

use std::{future::Future, rc::Rc, time::Duration};

use actix_smart_auth::{
    Ehr, PrivateKey, PrivateKeyJwt, SmartClient, SmartConfig, StartOptions,
    backend::{BackendError, BackendFailure},
    error::{
        ClientAuthError, FinishError, InvalidReason, KeyError, NotSigned, ProblemKind, RefreshFailure, SignerError,
        TokenError,
    },
    preflight::{Check, Status},
    sandbox::{Jwks, SandboxClient},
    signer::SigningAlgorithm,
};
use serde_json::Value;

use self::service::{Mood, Service, bad_moods};
use crate::{
    smart_client::sign_in,
    support::{
        App, Browser, DUE, DUE_TO_UNUSABLE, Logs, Opened, Profile, RSA_KEY, UNUSABLE, all_are, eventually, on_a_thread,
        open,
    },
};

const EC_PUBLIC: &str = include_str!("../fixtures/keys/p384-public.pem");
const RSA_PUBLIC: &str = include_str!("../fixtures/keys/rsa2048-public.pem");
const OTHER_RSA: &str = include_str!("../fixtures/keys/rsa2048-other-pkcs8.pem");
/// Of a signer that does not answer.
const SHORT: Duration = Duration::from_secs(1);

#[actix_web::test]
async fn launches_refreshes_and_the_key_set_work_with_a_signer_of_either_algorithm() {
    for (service, kty) in [(Service::ec(), "EC"), (Service::rsa(), "RSA")] {
        let opened = Opened::with(service.app()).await;
        let keys: Value = serde_json::from_str(&opened.app.config.jwks().unwrap()).unwrap();
        assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
        assert_eq!(
            (&keys["keys"][0]["kid"], &keys["keys"][0]["kty"]),
            (&"hsm-1".into(), &kty.into())
        );
        opened.app.advance(UNUSABLE);
        assert_eq!(opened.token().await.status, 200);
        assert_eq!(
            (opened.app.exchanges(), opened.app.refreshes(), service.calls()),
            (1, 1, 2)
        );
    }
}

/// Each bad mood, with what is said then. A signer that does not answer is waited for while the others have their turns.
async fn for_each_mood<F: Future<Output = ()>>(test: impl Fn(Mood, NotSigned) -> F + Copy + Send + 'static) {
    let (silent, others): (Vec<_>, Vec<_>) = bad_moods()
        .into_iter()
        .partition(|(mood, _)| matches!(mood, Mood::Hanging | Mood::Blocking(_)));
    let silent: Vec<_> = silent
        .into_iter()
        .map(|(mood, expected)| on_a_thread(move || test(mood, expected)))
        .collect();
    for (mood, expected) in others {
        test(mood, expected).await;
    }
    for one in silent {
        one.join().unwrap();
    }
}

#[actix_web::test]
async fn a_refresh_that_is_not_signed_sends_nothing_blames_nobody_else_and_is_not_lost() {
    let logs = Logs::collect();
    let one = |mood, _| async move {
        let service = Service::rsa();
        let opened = Opened::with(service.app().config(|config| config.signer_timeout(SHORT))).await;
        let old = opened.stored_token().await;
        opened.app.advance(DUE);
        service.is(mood);
        let answers = opened.flood(5).await;
        all_are(&answers, 200);
        assert!(answers.iter().all(|answer| answer.body == old), "{mood:?}");

        opened.app.advance(DUE_TO_UNUSABLE);
        let answer = opened.token().await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (503, Some("not-signed")),
            "{mood:?}: {}",
            answer.body
        );
        let page = opened.browser.get(&opened.url("/patient")).await;
        assert!(
            page.body.contains("Your health record system is not the cause."),
            "{}",
            page.body
        );
        let refresh = opened.record().await.0.refresh;
        assert_eq!(refresh.last_failure, Some(RefreshFailure::NotSigned), "{mood:?}");
        assert_eq!(
            (refresh.sent, refresh.unanswered_since),
            (None, None),
            "{mood:?}: nothing was sent"
        );
        assert_eq!(opened.app.refreshes(), 0, "{mood:?}");

        service.is(Mood::Well);
        opened.app.advance(60);
        assert_eq!(opened.token().await.status, 200, "{mood:?}");
        assert_eq!(opened.app.refreshes(), 1, "{mood:?}");
    };
    for_each_mood(one).await;
    let text = logs.text();
    assert!(text.contains("the EHR has no part in this"), "{text}");
}

#[actix_web::test]
async fn a_code_that_is_not_signed_for_is_kept_and_opens_the_launch_when_the_signer_is_well() {
    let service = Service::rsa();
    let app = service.app().config(|config| config.signer_timeout(SHORT)).start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    for (mood, _) in bad_moods() {
        service.is(mood);
        let page = browser.get(&callback).await;
        assert_eq!(
            (page.status, page.header("retry-after")),
            (503, "5"),
            "{mood:?}: {}",
            page.body
        );
        assert!(page.body.contains("Code: not-signed"), "{}", page.body);
    }
    assert_eq!(app.exchanges(), 0);
    service.is(Mood::Well);
    let page = browser.navigate(&callback).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn each_failure_of_a_signer_has_an_error_of_its_own() {
    let service = Service::rsa();
    let app = service.app().config(|config| config.signer_timeout(SHORT)).start();
    let client = SmartClient::new(&app.config).unwrap();
    let mut moods = bad_moods();
    moods.push((Mood::Cut, NotSigned::Signer(SignerError::Failed)));
    for (mood, expected) in moods {
        service.is(mood);
        let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
        let FinishError::Token(error) = client.finish(pending, &query).await.unwrap_err().error else {
            panic!("{mood:?}")
        };
        assert!(error.was_not_sent() && !error.may_have_been_processed(), "{mood:?}");
        match (mood, error) {
            (Mood::Cut, TokenError::ClientAuth(ClientAuthError::NotSigned(error @ NotSigned::Length { .. }))) => {
                assert!(error.to_string().contains("255 bytes instead of 256"), "{error}");
            }
            (_, error) => assert_eq!(error, TokenError::ClientAuth(expected.into()), "{mood:?}"),
        }
    }
    assert_eq!(app.exchanges(), 0);
}

#[actix_web::test]
async fn a_call_that_hangs_holds_up_no_other_launch_of_the_same_ehr() {
    let service = Service::rsa();
    let app = service
        .app()
        .config(|config| config.signer_timeout(Duration::from_secs(20)));
    let opened = Opened::with(app).await;
    let (other, before) = (Browser::new(), service.calls());
    let base = open(&opened.app, &other).await;
    opened.app.advance(UNUSABLE);
    service.is(Mood::Blocking(Duration::from_secs(3)));
    let waiting = {
        let (browser, url) = (Rc::clone(&opened.browser), opened.url("/token"));
        actix_web::rt::spawn(async move { browser.api(&url).await })
    };
    eventually("the signer is called", || service.calls() == before + 2).await;
    service.is(Mood::Well);
    assert_eq!(other.api(&format!("{base}/token")).await.status, 200);
    assert_eq!(
        Browser::new().navigate(&opened.app.url("/auth/launch")).await.status,
        200
    );
    assert_eq!(opened.app.refreshes(), 1, "the other one still waits for its signature");
    assert_eq!(waiting.await.unwrap().status, 200, "it was only slow");
    assert_eq!(opened.app.refreshes(), 2);
}

#[actix_web::test]
async fn the_time_of_a_signer_is_not_the_ehrs() {
    let service = Service::ec();
    let slow = service
        .app()
        .config(|config| config.token_deadline(Duration::from_secs(3)));
    let opened = Opened::with(slow).await;
    service.is(Mood::Slow(Duration::from_secs(5)));
    opened.app.advance(UNUSABLE);
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn a_hundred_launches_at_once_are_all_signed() {
    let service = Service::ec();
    let app = service
        .app()
        .config(|config| config.signer_timeout(Duration::from_secs(20)));
    let app = app.start();
    service.is(Mood::Slow(Duration::from_millis(20)));
    let client = SmartClient::new(&app.config).unwrap();
    let mut launches = Vec::new();
    for _ in 0..100 {
        let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
        launches.push(client.finish(pending, &query).await.unwrap());
    }
    app.advance(UNUSABLE);
    let refreshed: Vec<_> = launches
        .into_iter()
        .map(|launch| {
            let client = client.clone();
            actix_web::rt::spawn(async move { client.refresh(&launch).await })
        })
        .collect();
    for refreshed in refreshed {
        assert!(refreshed.await.unwrap().is_ok());
    }
    assert_eq!((app.refreshes(), service.calls()), (100, 200));
}

#[actix_web::test]
async fn a_rotation_goes_from_a_file_to_a_signer_and_back() {
    for (current, previous) in [
        (("hsm-2", Service::ec().key()), ("rsa-1", PrivateKey::pem(RSA_KEY))),
        (("rsa-2", PrivateKey::pem(RSA_KEY)), ("hsm-1", Service::ec().key())),
        (("hsm-2", Service::rsa().key()), ("hsm-1", Service::ec().key())),
    ] {
        let kids = [current.0, previous.0];
        let jwt = PrivateKeyJwt::new(current.0, current.1)
            .previous(previous.0, previous.1)
            .also_publish("next", Service::new(SigningAlgorithm::Rs384, RSA_PUBLIC, RSA_KEY).key());
        let app = App::builder()
            .profile(Profile::Es384)
            .ehr(move |ehr| ehr.client_auth(jwt))
            .start();
        let keys: Value = serde_json::from_str(&app.config.jwks().unwrap()).unwrap();
        let published: Vec<_> = keys["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["kid"].clone())
            .collect();
        assert_eq!(published, [kids[0], kids[1], "next"]);
        // The EHR knows only the previous key yet.
        let known = keys["keys"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|key| key["kid"] == kids[1]);
        let known = serde_json::json!({ "keys": known.collect::<Vec<_>>() });
        let redirect_uri = app.url("/auth/callback");
        app.sandbox.register(SandboxClient::private_key_jwt(
            crate::support::CLIENT_ID,
            redirect_uri,
            Jwks::Value(known),
        ));
        let page = Browser::new().navigate(&app.url("/auth/launch")).await;
        assert_eq!(page.status, 200, "{kids:?}: {}", page.body);
        assert_eq!(app.exchanges(), 2, "{kids:?}: the current one was refused");
    }
}

#[actix_web::test]
async fn a_backend_token_that_is_not_signed_is_called_so() {
    let service = Service::ec();
    let sandbox = crate::support::strict_ehr().start().unwrap();
    let ehr = Ehr::builder(sandbox.fhir_base_url())
        .client_id("nightly")
        .client_auth(PrivateKeyJwt::new("hsm-1", service.key()))
        .backend_scopes("system/Observation.rs");
    let config = SmartConfig::builder().ehr(ehr).signer_timeout(SHORT).build().unwrap();
    let jwks = serde_json::from_str(&config.jwks().unwrap()).unwrap();
    sandbox.register(SandboxClient::backend("nightly", Jwks::Value(jwks)));
    let client = config.backend(&sandbox.fhir_base_url());
    service.is(Mood::Hanging);
    let error = client.token().await.unwrap_err();
    let BackendError::NoToken { failure, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(failure, BackendFailure::NotSigned);
    assert_eq!(sandbox.token_requests_of("client_credentials").len(), 0);
}

#[actix_web::test]
async fn a_preflight_names_the_signer_and_not_the_ehr() {
    let service = Service::ec();
    let app = service.app().start();
    service.is(Mood::Fails(SignerError::NoKey));
    let report = app.config.preflight().await;
    let finding = report
        .findings()
        .iter()
        .find(|finding| finding.check == Check::TokenEndpoint)
        .unwrap();
    assert_eq!(finding.status, Status::Failure, "{report}");
    assert!(
        finding.found.contains("the key is not there or is disabled"),
        "{report}"
    );
}

#[actix_web::test]
async fn a_public_key_that_does_not_fit_is_refused_when_the_configuration_is_built() {
    let error = |service: &Service| {
        let ehr = Ehr::builder("https://ehr.example/fhir")
            .client_id("app")
            .redirect_uri("https://app.example/auth/callback")
            .scopes("launch")
            .client_auth(PrivateKeyJwt::new("hsm-1", service.key()));
        let error = SmartConfig::builder().ehr(ehr).build().unwrap_err();
        match &error.problems()[0].kind {
            ProblemKind::Invalid(InvalidReason::Key { error, .. }) => error.clone(),
            other => panic!("{other:?}"),
        }
    };
    let algorithms = [SigningAlgorithm::Rs384, SigningAlgorithm::Es384];
    for (algorithm, public) in algorithms.into_iter().zip([EC_PUBLIC, RSA_PUBLIC]) {
        let refused = error(&Service::new(algorithm, public, RSA_KEY));
        assert!(
            matches!(refused, KeyError::OtherAlgorithm { algorithm: named, .. } if named == algorithm),
            "{refused:?}"
        );
    }
    let private = Service::new(SigningAlgorithm::Rs384, RSA_KEY, RSA_KEY);
    assert_eq!(error(&private), KeyError::PrivateKey);
    let none = Service::new(SigningAlgorithm::Rs384, "none", RSA_KEY);
    assert_eq!(error(&none), KeyError::NoPem);
}
