//! Two people at one browser.

use actix_smart_auth::{OtherUser, sandbox::IdTokens};
use serde_json::json;

use crate::support::{App, Browser, open};

const SECOND: &str = "Practitioner/otto-outline";

async fn status(browser: &Browser, base: &str) -> (u16, Option<String>) {
    let answer = browser.api(&format!("{base}/patient")).await;
    let code = (answer.status != 200).then(|| answer.json()["code"].as_str().unwrap().to_owned());
    (answer.status, code)
}

#[actix_web::test]
async fn the_launches_of_one_user_end_when_another_one_opens_one_in_the_same_browser() {
    let app = App::start();
    let (browser, elsewhere) = (Browser::new(), Browser::new());
    let first = open(&app, &browser).await;
    let second = open(&app, &browser).await;
    let far_away = open(&app, &elsewhere).await;
    assert_eq!(
        status(&browser, &first).await.0,
        200,
        "the same user keeps the launches"
    );

    app.sandbox.set_automatic_user(SECOND);
    let third = open(&app, &browser).await;
    for ended in [&first, &second] {
        assert_eq!(status(&browser, ended).await, (401, Some("other-user".to_owned())));
        let page = browser.get(&format!("{ended}/patient")).await;
        assert_eq!(page.status, 401, "no silent redirect");
        assert!(
            page.body
                .contains("Somebody has signed in with this browser as another user."),
            "{}",
            page.body
        );
    }
    assert_eq!(status(&browser, &third).await.0, 200);
    assert_eq!(
        status(&elsewhere, &far_away).await.0,
        200,
        "another browser is another matter"
    );
}

#[actix_web::test]
async fn a_launch_whose_user_is_not_known_ends_none_and_stays_when_another_user_comes() {
    let app = App::start();
    let browser = Browser::new();
    let known = open(&app, &browser).await;
    app.sandbox.set_id_tokens(IdTokens::Withheld);
    let unknown = open(&app, &browser).await;
    assert_eq!(status(&browser, &known).await.0, 200);
    app.sandbox.set_id_tokens(IdTokens::Issued);
    app.sandbox.set_automatic_user(SECOND);
    open(&app, &browser).await;
    assert_eq!(status(&browser, &known).await.0, 401);
    assert_eq!(status(&browser, &unknown).await.0, 200);
}

#[actix_web::test]
async fn users_are_told_apart_by_subject_and_never_by_what_else_is_said_of_them() {
    let app = App::start();
    let browser = Browser::new();
    let first = open(&app, &browser).await;
    app.sandbox.set_id_token_claim("fhirUser", "Practitioner/otto-outline");
    app.sandbox.set_id_token_claim("name", "Otto");
    open(&app, &browser).await;
    assert_eq!(status(&browser, &first).await.0, 200);
    app.sandbox
        .set_id_token_claim("sub", json!("SANDBOX-practitioner-paula-pretend"));
    open(&app, &browser).await;
    assert_eq!(status(&browser, &first).await.0, 401, "a subject is compared exactly");
}

#[actix_web::test]
async fn other_users_launches_are_kept_where_that_is_configured() {
    let app = App::builder()
        .config(|config| config.other_user(OtherUser::Keep))
        .start();
    let browser = Browser::new();
    let first = open(&app, &browser).await;
    app.sandbox.set_automatic_user(SECOND);
    open(&app, &browser).await;
    assert_eq!(status(&browser, &first).await.0, 200);
}
