//! An id token that does not say what was demanded opens nothing.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use actix_smart_auth::{
    LandAt, Launched,
    sandbox::{AutomaticAnswer, Endpoint, IdTokens, Peculiarity},
    time::Clock as _,
};
use serde_json::{Value, json};

use super::{IDLE, again, asked, login, timed_out};
use crate::support::{App, AppBuilder, Logs, Op, Opened};

const TITLE: &str = "<h1>Please sign in again</h1>";

/// Something that an EHR may do with the demand, and what the log calls it.
type Case = (&'static str, fn(AppBuilder) -> AppBuilder, fn(&App), &'static str);

const BAD: &[Case] = &[
    (
        "an EHR that keeps whoever is signed in",
        |app| app.sandbox(|sandbox| sandbox.peculiarity(Peculiarity::SignInKept)),
        |_| {},
        "SignInNotFresh(TooOld {",
    ),
    (
        "an EHR that does not say when",
        |app| app.sandbox(|sandbox| sandbox.peculiarity(Peculiarity::NoAuthTime)),
        |_| {},
        "SignInNotFresh(NoAuthTime)",
    ),
    (
        "null",
        |app| app,
        |app| app.sandbox.set_id_token_claim("auth_time", Value::Null),
        "SignInNotFresh(NoAuthTime)",
    ),
    (
        "a text",
        |app| app,
        |app| {
            app.sandbox
                .set_id_token_claim("auth_time", app.clock.now().as_secs().to_string())
        },
        "SignInNotFresh(MalformedAuthTime)",
    ),
    (
        "61 s before",
        |app| app,
        |app| {
            app.sandbox
                .set_id_token_claim("auth_time", app.clock.now().as_secs() - 61)
        },
        "SignInNotFresh(TooOld {",
    ),
    (
        "61 s ahead",
        |app| app,
        |app| {
            app.sandbox
                .set_id_token_claim("auth_time", app.clock.now().as_secs() + 61)
        },
        "SignInNotFresh(InFuture {",
    ),
    (
        "milliseconds",
        |app| app,
        |app| {
            app.sandbox
                .set_id_token_claim("auth_time", app.clock.now().as_millis() - 86_400_000)
        },
        "SignInNotFresh(InFuture {",
    ),
    (
        "no id token",
        |app| app,
        |app| app.sandbox.set_id_tokens(IdTokens::Withheld),
        "SignInNotFresh(NoIdToken)",
    ),
];

/// Up to the redirect back from the EHR, which is not opened.
async fn callback(opened: &Opened, url: &str) -> String {
    let back = opened.app.url("/auth/callback");
    opened.browser.navigate_until(url, &back).await
}

#[actix_web::test]
async fn a_sign_in_that_is_not_new_opens_nothing_and_is_named_in_the_log() {
    let logs = Logs::collect();
    for (what, build, spoil, named) in BAD {
        let asked_application = Arc::new(AtomicUsize::new(0));
        let hook = Arc::clone(&asked_application);
        let app = build(again()).config(move |config| {
            config.on_launch(move |_: Launched| {
                hook.fetch_add(1, Ordering::SeqCst);
                async { Ok(LandAt::Default) }
            })
        });
        let opened = timed_out(app).await;
        spoil(&opened.app);
        let (opens, revoked) = (opened.store.calls(Op::Open), revocations(&opened.app));
        let asked_before = asked_application.load(Ordering::SeqCst);
        let callback = callback(&opened, &opened.url("/patient")).await;
        assert_eq!(asked(&opened.app), login(), "{what}");

        let page = opened.browser.get(&callback).await;
        assert_eq!(page.status, 401, "{what}: {}", page.body);
        assert!(page.body.contains(TITLE), "{what}: {}", page.body);
        assert!(page.body.contains("Code: sign-in-not-fresh<"), "{what}: {}", page.body);
        assert!(page.body.contains("sign out there first"), "{what}: {}", page.body);
        let link = "<a class=\"action\" href=\"/auth/launch?sign_in=again\">Start again</a>";
        assert!(page.body.contains(link), "{what}: {}", page.body);
        assert!(
            page.set_cookies()
                .iter()
                .all(|it| it.starts_with("smart_launch_signin_")),
            "{what}: {:?}",
            page.set_cookies()
        );

        let again = opened.browser.api(&callback).await;
        assert_eq!(
            (again.status, again.json()["code"].as_str()),
            (401, Some("sign-in-not-fresh")),
            "{what}: the same answer again"
        );
        assert_eq!(opened.app.exchanges(), 2, "{what}: the code is sent once");
        assert_eq!(opened.store.calls(Op::Open), opens, "{what}: nothing is stored");
        assert_eq!(asked_application.load(Ordering::SeqCst), asked_before, "{what}");
        crate::support::eventually("the tokens are revoked", || revocations(&opened.app) == revoked + 2).await;

        let (log, ehr) = (logs.text(), opened.app.sandbox.fhir_base_url());
        let told = |line: &str| {
            line.contains("ERROR")
                && line.contains(&ehr)
                && line.contains(named)
                && line.contains("`EhrBuilder::sign_in`")
        };
        assert!(log.lines().any(told), "{what}: not in the log");
    }
}

fn revocations(app: &App) -> usize {
    let requests = app.sandbox.received_requests();
    requests.iter().filter(|it| it.endpoint == Endpoint::Revocation).count()
}

#[actix_web::test]
async fn starting_again_demands_it_again() {
    let opened = timed_out(again()).await;
    opened.app.sandbox.set_id_token_claim("auth_time", 1);
    let refused = opened.browser.navigate(&opened.url("/patient")).await;
    assert_eq!(refused.status, 401, "{}", refused.body);
    let start = opened.app.url("/auth/launch?sign_in=again");
    assert_eq!(opened.browser.navigate(&start).await.status, 401);
    assert_eq!(asked(&opened.app), login());
    opened.app.sandbox.clear_id_token_claims();
    let page = opened.browser.navigate(&start).await;
    assert_eq!(page.body, "patient amber-testwood");
    assert_eq!(asked(&opened.app), login());
}

/// The person cancels at the EHR. Whoever presses *Start again* may be somebody else.
#[actix_web::test]
async fn starting_again_after_cancel_demands_it_again() {
    let opened = timed_out(again()).await;
    opened.app.sandbox.set_automatic_answer(AutomaticAnswer::Deny);
    let callback = callback(&opened, &opened.url("/patient")).await;
    let again = "href=\"/auth/launch?sign_in=again\"";
    for what in ["cancelled", "and reloaded"] {
        let page = opened.browser.get(&callback).await;
        assert!(page.body.contains("Code: access-denied"), "{what}: {}", page.body);
        assert!(page.body.contains(again), "{what}: {}", page.body);
    }
    // Back, and allowed after all: another callback of the same sign-in.
    let used = opened
        .browser
        .get(&callback.replace("error=access_denied", "code=another"))
        .await;
    assert!(used.body.contains("Code: sign-in-used"), "{}", used.body);
    assert!(used.body.contains(again), "{}", used.body);
    // Where nothing was demanded, nothing is.
    let app = again_without_demand().await;
    assert!(app.contains("href=\"/auth/launch\""), "{app}");
}

/// The page of a cancelled sign-in that demanded nothing.
async fn again_without_demand() -> String {
    let app = again().start();
    app.sandbox.set_automatic_answer(AutomaticAnswer::Deny);
    crate::support::Browser::new()
        .navigate(&app.url("/auth/launch"))
        .await
        .body
}

#[actix_web::test]
async fn a_minute_before_the_beginning_and_a_minute_ahead_are_new_enough() {
    for (what, from_now) in [("60 s before", -60), ("now", 0), ("60 s ahead", 60)] {
        let opened = timed_out(again()).await;
        let now = i64::try_from(opened.app.clock.now().as_secs()).unwrap();
        opened.app.sandbox.set_id_token_claim("auth_time", now + from_now);
        let page = opened.browser.navigate(&opened.url("/patient")).await;
        assert_eq!(page.body, "patient amber-testwood", "{what}");
    }
}

/// What counts is when the launch began, not when the person came back: signing in may take a while.
#[actix_web::test]
async fn the_time_that_a_person_takes_to_sign_in_does_not_matter() {
    let opened = timed_out(again().sandbox(|it| it.code_lifetime(std::time::Duration::from_secs(900)))).await;
    let callback = callback(&opened, &opened.url("/patient")).await;
    opened.app.advance(IDLE - 1);
    assert_eq!(opened.browser.navigate(&callback).await.body, "patient amber-testwood");
}

/// Where nothing was demanded, nobody looks.
#[actix_web::test]
async fn without_a_demand_no_such_claim_matters() {
    for value in [Value::Null, json!(1), json!("yesterday"), json!(99_999_999_999_u64)] {
        let app = again().start();
        app.sandbox.set_id_token_claim("auth_time", value.clone());
        let page = crate::support::Browser::new().navigate(&app.url("/auth/launch")).await;
        assert_eq!(page.body, "patient amber-testwood", "{value}");
    }
}
