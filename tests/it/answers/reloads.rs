//! A page that loads itself again sends nobody to a new launch: the EHR may still know the person, and a chart would open where
//! nobody is.

use actix_smart_auth::{
    SmartSession,
    error::LaunchError,
    sandbox::{Fault, FaultPoint, Times, When},
    store::TokenStore,
};
use actix_web::web;

use super::{assert_page, assert_redirect, beside, launched, requests, start_link};
use crate::support::{Answer, App, Browser, FlakyStore};

const ENDED: &str = "Your session has ended";

fn routes(app: &mut web::ServiceConfig) {
    app.route("/~{smart_launch}/renewed", web::get().to(renewed));
}

async fn renewed(session: SmartSession) -> Result<&'static str, LaunchError> {
    session.refresh_now().await?;
    Ok("renewed")
}

fn start() -> (App, FlakyStore) {
    let store = FlakyStore::default();
    let given = TokenStore::new(store.clone());
    let app = App::builder()
        .routes(routes)
        .config(|config| config.store(given))
        .start();
    (app, store)
}

#[track_caller]
fn loads_itself_again(page: &Answer) {
    assert_eq!(page.status, 503, "{}", page.body);
    assert!(page.header("refresh").contains(";url=/~"), "{:?}", page.headers);
}

/// Whoever opens the page comes without a count, as its cookie lasts a minute or two.
async fn somebody_opens(browser: &Browser, page: &str) -> Answer {
    browser.forget("_reloads");
    browser.get(page).await
}

#[track_caller]
fn launch_after(page: &str) -> String {
    let path = page.split_once("/~").unwrap().1;
    let (id, rest) = path.split_once('/').unwrap();
    format!("/auth/launch?return_to=%2F%7E{id}%2F{rest}&after={id}")
}

#[actix_web::test]
async fn a_store_that_comes_back_without_its_launches_sends_no_tab_to_a_launch_by_itself() {
    let (app, store) = start();
    let browser = Browser::new();
    let tabs = [launched(&app, &browser).await, launched(&app, &browser).await];
    store.set_away(true);
    for tab in &tabs {
        loads_itself_again(&browser.get(tab).await);
    }
    store.set_away(false);
    store.forget_launches();
    let asked_before = requests(&app);
    for tab in &tabs {
        for reload in 1..=2 {
            let page = browser.get(tab).await;
            assert_eq!(
                (page.status, page.header("refresh")),
                (401, ""),
                "{reload}: {}",
                page.body
            );
            let button = start_link(&launch_after(tab));
            assert!(page.body.contains(&button), "{reload}: {}", page.body);
        }
    }
    assert_eq!(requests(&app), asked_before);
    let opened = somebody_opens(&browser, &tabs[0]).await;
    assert_redirect(&opened, &launch_after(&tabs[0]));
}

#[actix_web::test]
async fn an_ehr_that_comes_back_and_refuses_the_refresh_token_sends_no_tab_to_a_launch_by_itself() {
    let (app, _) = start();
    let browser = Browser::new();
    let tab = launched(&app, &browser).await;
    let fault = Fault::Unavailable {
        retry_after: Some("30".to_owned()),
    };
    app.sandbox
        .inject(FaultPoint::Refresh, When::Before, fault, Times::Once);
    app.advance(3600 - 30);
    loads_itself_again(&browser.get(&tab).await);
    app.sandbox.revoke_everything();
    app.advance(30);
    let page = browser.get(&tab).await;
    // The EHR may have used the refresh token up at the first try.
    assert_page(&page, 401, "refresh-answer-lost", ENDED, "");
    assert!(page.body.contains(&start_link(&launch_after(&tab))), "{}", page.body);
    assert_redirect(&somebody_opens(&browser, &tab).await, &launch_after(&tab));
}

#[actix_web::test]
async fn nor_does_an_error_that_a_handler_passes_on() {
    for reloaded in [true, false] {
        let (app, store) = start();
        let browser = Browser::new();
        let tab = beside(&launched(&app, &browser).await, "/renewed");
        app.advance(120);
        if reloaded {
            store.set_away(true);
            loads_itself_again(&browser.get(&tab).await);
            store.set_away(false);
        }
        app.sandbox.revoke_everything();
        let answer = browser.get(&tab).await;
        if reloaded {
            assert_page(&answer, 401, "ehr-session-ended", ENDED, "");
        } else {
            assert_redirect(&answer, &launch_after(&tab));
        }
    }
}
