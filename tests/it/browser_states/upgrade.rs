//! Launches that the version before has opened: found by the session alone, their cookie as it was.

use std::sync::Arc;

use actix_smart_auth::{
    LaunchId, LaunchUse,
    store::{BrowserKey, LoadedLaunch, OthersOnOpen, StoreRules, TokenStore, TokenStoreBackend as _},
};

use super::*;

/// An application, a browser, and a launch in it as the version before kept it.
async fn upgraded() -> (App, Browser, String) {
    let store = crate::support::memory_store();
    let kept = TokenStore::new(store.clone());
    let app = App::builder()
        .routes(session_routes)
        .config(move |config| config.store(kept))
        .start();
    let browser = Browser::new();
    let base = open(&app, &browser).await;
    let session = browser.get(&app.url("/session/id")).await.body;
    let rules = StoreRules::default();
    let id = LaunchId::parse(base.rsplit_once("/~").unwrap().1).unwrap();
    let LoadedLaunch::Open { record, .. } = store
        .load_launch(id.key(), LaunchUse::DoesNotCount, rules)
        .await
        .unwrap()
        .value
    else {
        panic!("not open");
    };
    let mut record = Arc::unwrap_or_clone(record);
    record.browser = BrowserKey::of(&session);
    record.patient = None;
    let old = LaunchId::parse("QUFBQUFBQUFBQUFBQUFBQQ").unwrap();
    let opening = store.open_launch(old.key(), record, OthersOnOpen::Keep, rules);
    opening.await.unwrap();
    let (_, _, value) = browser
        .jar()
        .into_iter()
        .find(|(path, ..)| path.starts_with("/~"))
        .unwrap();
    let (_, secret) = value.split_once('.').unwrap();
    let path = format!("/~{}", old.as_str());
    // What this version has set is not there yet.
    browser.post(&format!("{base}/auth/logout")).await;
    browser.forget("smart_launch");
    browser.plant(
        &app.origin,
        &path,
        "smart_launch",
        &format!("{}.{secret}", old.as_str()),
    );
    let base = app.url(&path);
    (app, browser, base)
}

#[actix_web::test]
async fn a_launch_of_the_version_before_stays_open_and_a_logout_ends_it() {
    let (app, browser, old) = upgraded().await;
    logout_ends(&app, &browser, &[old]).await;
}

#[actix_web::test]
async fn a_launch_of_the_version_before_is_found_beside_new_ones_also_when_the_session_is_lost_later() {
    let (app, browser, old) = upgraded().await;
    let new = open(&app, &browser).await;
    lose_session(&browser);
    logout_ends(&app, &browser, &[old, new]).await;
}

#[actix_web::test]
async fn a_launch_of_the_version_before_ends_when_another_user_comes() {
    let (app, browser, old) = upgraded().await;
    another_user_ends(&app, &browser, &[old]).await;
}

#[actix_web::test]
async fn a_launch_of_the_version_before_counts() {
    let (app, browser, old) = upgraded().await;
    for _ in 0..16 {
        app.advance(1);
        open(&app, &browser).await;
    }
    assert_eq!(state(&browser, &old).await, (401, "too-many".to_owned()));
}

#[actix_web::test]
async fn a_page_of_a_launch_of_the_version_before_is_not_opened_for_somebody_of_whom_nothing_is_known() {
    let (app, browser, old) = upgraded().await;
    app.advance(3600);
    // The record says which patient, but not in the way that is compared.
    let page = browser.navigate(&format!("{old}/two?x=1")).await;
    assert_eq!((page.status, page.body.as_str()), (200, AMBER));
}
