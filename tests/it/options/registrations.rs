//! Registrations that change, or go, while people sign in and launches are open.

use std::sync::{Arc, OnceLock};

use actix_smart_auth::{
    ClientAuth, Ehr, EhrBuilder, EndReason, LandAt, Launched, RefreshNow, Refuse, SmartClient, SmartConfig,
    StartOptions,
    error::{FinishError, LaunchError, RefreshError, RefreshFailure, RevokeError, TokenError},
    sandbox::SandboxClient,
    store::TokenStore,
};

use crate::support::{
    App, Browser, CLIENT_ID, DUE, DUE_TO_UNUSABLE, FlakyStore, Logs, Op, Opened, SCOPES, UNUSABLE, eventually,
};

const OTHER: &str = "another-client";
const CANNOT_BE_USED: &str = "<h1>Your health record system cannot be used here for now</h1>";

fn registration(app: &App, client_id: &str) -> EhrBuilder {
    Ehr::builder(app.sandbox.fhir_base_url())
        .client_id(client_id)
        .redirect_uri(app.url("/auth/callback"))
        .scopes(SCOPES)
}

/// The EHR knows both clients; the application is another one from here on.
fn change_client(app: &App) {
    app.sandbox
        .register(SandboxClient::public(OTHER, app.url("/auth/callback")));
    app.config.put_ehr(registration(app, OTHER)).unwrap();
}

#[actix_web::test]
async fn a_launch_of_another_client_id_goes_on_until_its_token_is_due_and_sends_nothing() {
    let opened = Opened::start().await;
    change_client(&opened.app);
    let heard = opened.app.sandbox.received_requests().len();
    assert_eq!(opened.token().await.status, 200);
    // Due when less than five minutes of its hour are left.
    opened.app.advance(3_300);
    assert_eq!(opened.token().await.status, 200);
    opened.app.advance(1);
    let answer = opened.token().await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("registration-changed"))
    );
    assert_eq!(opened.end_reason().await, EndReason::RegistrationChanged);
    let form = opened.browser.post(&opened.url("/patient")).await;
    assert!(form.body.contains("Code: registration-changed"), "{}", form.body);
    assert!(form.body.contains(">Start again</a>"), "{}", form.body);
    opened.app.config.shutdown(std::time::Duration::from_secs(10)).await;
    assert_eq!(opened.app.sandbox.received_requests().len(), heard, "nothing was sent");
}

#[actix_web::test]
async fn asking_for_a_refresh_before_it_is_due_does_not_end_a_launch_of_another_client_id() {
    let opened = Opened::start().await;
    let session = opened.app.config.resume(&opened.handle()).await.unwrap();
    change_client(&opened.app);
    let heard = opened.app.sandbox.received_requests().len();
    // A refresh may be asked for a minute after the launch was opened.
    opened.app.advance(61);
    let error = session.refresh_now().await.unwrap_err();
    let cause = RefreshFailure::RegistrationUnavailable;
    assert!(
        matches!(error, LaunchError::Unavailable { cause: found, .. } if found == cause),
        "{error:?}"
    );
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.app.sandbox.received_requests().len(), heard, "nothing was sent");
    opened.app.config.put_ehr(registration(&opened.app, CLIENT_ID)).unwrap();
    let refreshed = session.refresh_now().await.unwrap();
    assert!(matches!(refreshed, RefreshNow::Refreshed(_)), "{refreshed:?}");
}

#[actix_web::test]
async fn whoever_opens_a_page_of_it_then_is_sent_to_a_launch_of_the_new_client() {
    let opened = Opened::start().await;
    change_client(&opened.app);
    opened.app.advance(UNUSABLE);
    let page = opened.browser.navigate(&opened.url("/patient")).await;
    assert_eq!(page.body, "patient amber-testwood");
    let last = opened.app.sandbox.token_requests().pop().unwrap();
    assert_eq!(last.parameter("client_id").as_deref(), Some(OTHER));
    assert_eq!(opened.app.refreshes(), 0);
}

#[actix_web::test]
async fn signing_out_of_it_revokes_nothing_in_the_name_of_the_new_client() {
    let opened = Opened::start().await;
    let heard = opened.app.sandbox.received_requests().len();
    change_client(&opened.app);
    assert_eq!(opened.browser.post(&opened.url("/end")).await.status, 204);
    opened.app.config.shutdown(std::time::Duration::from_secs(10)).await;
    assert_eq!(opened.app.sandbox.received_requests().len(), heard);
}

#[actix_web::test]
async fn putting_the_old_client_id_back_in_time_changes_nothing() {
    let opened = Opened::start().await;
    change_client(&opened.app);
    assert_eq!(opened.token().await.status, 200);
    opened.app.config.put_ehr(registration(&opened.app, CLIENT_ID)).unwrap();
    opened.app.advance(DUE);
    assert_eq!(opened.token().await.status, 200);
    eventually("it is refreshed", || opened.app.refreshes() == 1).await;
}

#[actix_web::test]
async fn the_code_of_a_sign_in_with_another_client_id_is_not_sent() {
    let app = App::start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    change_client(&app);
    for _ in 0..2 {
        let page = browser.get(&callback).await;
        assert_eq!(page.status, 401, "{}", page.body);
        assert!(page.body.contains("Code: registration-changed"), "{}", page.body);
        assert!(page.body.contains(">Start again</a>"), "{}", page.body);
        assert_eq!(page.launch_cookies(), Vec::<String>::new());
    }
    assert_eq!(app.sandbox.token_requests(), []);
    let page = browser.navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.body, "patient amber-testwood");
}

#[actix_web::test]
async fn credentials_of_another_kind_go_on_and_a_refusal_says_what_was_changed() {
    let logs = Logs::collect();
    let opened = Opened::start().await;
    let app = &opened.app;
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    let secret = registration(app, CLIENT_ID).client_auth(ClientAuth::client_secret("a new secret"));
    app.config.put_ehr(secret).unwrap();
    let line = "the kind of its credentials was changed since the launch began";
    let said = |logs: &Logs| {
        let base = app.sandbox.fhir_base_url();
        let text = logs.text();
        text.lines()
            .filter(|it| it.contains(line) && it.contains(&base))
            .count()
    };

    // The EHR knows a public client still.
    app.advance(DUE);
    assert_eq!(opened.token().await.status, 200);
    eventually("the EHR was asked", || app.refreshes() == 1).await;
    eventually("the log says why", || said(&logs) == 1).await;
    app.advance(DUE_TO_UNUSABLE);
    assert_eq!(opened.token().await.status, 500);
    assert_eq!((app.refreshes(), said(&logs)), (2, 2));
    let page = browser.get(&callback).await;
    assert!(page.body.contains("Code: sign-in-expired"), "{}", page.body);

    // Now it knows the new kind too.
    app.sandbox.register(SandboxClient::secret(
        CLIENT_ID,
        app.url("/auth/callback"),
        "a new secret",
    ));
    app.advance(60);
    assert_eq!(opened.token().await.status, 200);
    assert_eq!((app.refreshes(), said(&logs)), (3, 2));
}

#[actix_web::test]
async fn a_sign_in_with_credentials_of_another_kind_sends_its_code() {
    let app = App::start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    let secret = registration(&app, CLIENT_ID).client_auth(ClientAuth::client_secret("a new secret"));
    app.config.put_ehr(secret).unwrap();
    app.sandbox.register(SandboxClient::secret(
        CLIENT_ID,
        app.url("/auth/callback"),
        "a new secret",
    ));
    let page = browser.navigate(&callback).await;
    assert_eq!(page.body, "patient amber-testwood");
}

#[actix_web::test]
async fn an_ehr_that_is_removed_during_a_sign_in_is_not_offered_until_it_is_back() {
    let logs = Logs::collect();
    let app = App::start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    assert!(app.config.remove_ehr(&app.sandbox.fhir_base_url()));
    for _ in 0..2 {
        let page = browser.get(&callback).await;
        assert_eq!((page.status, page.header("retry-after")), (503, "60"));
        assert!(page.body.contains(CANNOT_BE_USED), "{}", page.body);
        let words = "The support team of this application can say why. Try again later. If that does not help, please start again.";
        assert!(page.body.contains(words), "{}", page.body);
        assert!(page.body.contains("Code: not-offered"), "{}", page.body);
        let (again, anew) = (page.body.find(">Try again</a>"), page.body.find(">Start again</a>"));
        assert!(again.is_some() && again < anew, "{}", page.body);
    }
    assert_eq!(app.sandbox.token_requests(), []);
    let text = logs.text();
    let line = text.lines().find(|line| line.contains("its code was not sent"));
    assert!(
        line.is_some_and(|line| line.contains("put it back") && line.contains("ehr=")),
        "{text}"
    );
    assert!(!text.contains("spelled as the EHR spells it"), "{text}");
    app.config.put_ehr(registration(&app, CLIENT_ID)).unwrap();
    let page = browser.navigate(&callback).await;
    assert_eq!((page.status, page.body.as_str()), (200, "patient amber-testwood"));
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn a_callback_of_an_ehr_that_is_not_offered_claims_nothing() {
    let store = FlakyStore::default();
    let given = TokenStore::new(store.clone());
    let app = App::builder().config(|config| config.store(given)).start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    assert!(app.config.remove_ehr(&app.sandbox.fhir_base_url()));
    assert_eq!(browser.get(&callback).await.status, 503);
    // It is asked what is known of the callback, and nothing more.
    assert_eq!((store.calls(Op::Claim), store.calls(Op::ReleasePending)), (1, 0));
    app.config.put_ehr(registration(&app, CLIENT_ID)).unwrap();
    assert_eq!(browser.navigate(&callback).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn a_launch_of_an_ehr_that_was_removed_is_kept_and_goes_on_when_it_is_back() {
    let opened = Opened::start().await;
    assert!(opened.app.config.remove_ehr(&opened.app.sandbox.fhir_base_url()));
    opened.app.advance(DUE);
    assert_eq!(opened.token().await.status, 200, "its token still works");
    opened.app.advance(DUE_TO_UNUSABLE);
    let answer = opened.token().await;
    assert_eq!(
        (
            answer.status,
            answer.header("retry-after"),
            answer.json()["code"].as_str()
        ),
        (503, "60", Some("not-offered"))
    );
    let page = opened.browser.get(&opened.url("/patient")).await;
    assert!(
        page.status == 503 && page.body.contains(CANNOT_BE_USED),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("You are still signed in. Try again later."),
        "{}",
        page.body
    );
    assert!(page.body.contains(">Try again</a>"), "{}", page.body);
    let resumed = opened.app.config.resume(&opened.handle()).await.unwrap_err();
    let not_offered = |error| {
        matches!(
            error,
            LaunchError::Unavailable {
                cause: RefreshFailure::NotOffered,
                ..
            }
        )
    };
    assert!(not_offered(resumed), "{resumed:?}");
    assert_eq!(opened.app.refreshes(), 0);

    let back = registration(&opened.app, CLIENT_ID);
    opened.app.config.put_ehr(back).unwrap();
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn tokens_that_on_launch_refuses_are_not_revoked_in_the_name_of_a_client_that_came_meanwhile() {
    for change in [false, true] {
        let config = Arc::new(OnceLock::<(SmartConfig, EhrBuilder)>::new());
        let inside = Arc::clone(&config);
        let app = App::builder()
            .config(move |builder| {
                builder.on_launch(move |_: Launched| {
                    let (config, ehr) = inside.get().unwrap();
                    config.put_ehr(ehr.clone()).unwrap();
                    async { Err::<LandAt, _>(Refuse::because("not today")) }
                })
            })
            .start();
        let client_id = if change { OTHER } else { CLIENT_ID };
        assert!(config.set((app.config.clone(), registration(&app, client_id))).is_ok());
        let page = Browser::new().navigate(&app.url("/auth/launch")).await;
        assert_eq!(page.status, 403, "{}", page.body);
        app.config.shutdown(std::time::Duration::from_secs(10)).await;
        let revoked = app.sandbox.received_requests().into_iter();
        let revoked = revoked.filter(|request| request.path.ends_with("/revoke")).count();
        assert_eq!(revoked, if change { 0 } else { 2 });
    }
}

#[actix_web::test]
async fn a_client_without_the_middleware_sends_nothing_of_another_client() {
    let app = App::start();
    let before = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&before).await;
    let (second, second_query) = sign_in(&before).await;
    change_client(&app);
    let after = SmartClient::new(&app.config).unwrap();
    let refused = after.finish(pending, &query).await.unwrap_err().error;
    assert!(
        matches!(refused, FinishError::Token(TokenError::RegistrationChanged)),
        "{refused:?}"
    );
    assert_eq!(app.sandbox.token_requests(), []);
    // One that was made before is the client that it was.
    let authorized = before.finish(second, &second_query).await.unwrap();
    let refused = after.refresh(&authorized).await.unwrap_err();
    assert!(
        matches!(refused, RefreshError::Token(TokenError::RegistrationChanged)),
        "{refused:?}"
    );
    assert_eq!(app.refreshes(), 0);
    let heard = app.sandbox.received_requests().len();
    assert_eq!(after.revoke(&authorized).await, Err(RevokeError::RegistrationChanged));
    assert_eq!(app.sandbox.received_requests().len(), heard);
    before.refresh(&authorized).await.unwrap();
}

/// Starts, lets the sandbox sign in, and gives back the query of the callback.
async fn sign_in(client: &SmartClient) -> (actix_smart_auth::PendingAuthorization, String) {
    let (redirect, pending) = client.start(StartOptions::standalone()).await.unwrap();
    let actix_smart_auth::AuthorizationRedirect::Get(url) = redirect else {
        panic!("not a GET")
    };
    let callback = Browser::new().get(url.as_str()).await.location().to_owned();
    let query = callback.split_once('?').unwrap().1.to_owned();
    (pending, query)
}
