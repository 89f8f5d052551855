//! Launches that somebody ends, and launches that end by themselves.

use std::{rc::Rc, time::Duration};

use actix_smart_auth::{
    Quirks, SmartClient,
    options::Revocation,
    sandbox::{Fault, FaultPoint, Peculiarity, RefreshTokens, Times, When},
    store::{BrowserLimits, TokenStore},
};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};
use url::Url;

use super::{answered, asked_for, both, fhir_status, launched, revocations, revoked_grants, settled};
use crate::support::{App, Browser, FlakyStore, Op, Opened, Trouble, UNUSABLE, eventually};

#[actix_web::test]
async fn logout_of_one_launch_revokes_its_tokens_and_no_others() {
    let app = App::start();
    let browser = Browser::new();
    let (one, tokens) = launched(&app, &browser).await;
    let (_, others) = launched(&app, &browser).await;
    assert_eq!(fhir_status(&app, &tokens.access).await, 200);
    assert_eq!(browser.post(&format!("{one}/auth/logout")).await.status, 200);
    answered(&app, 2).await;
    assert_eq!(asked_for(&app), both(&tokens));
    assert_eq!(revoked_grants(&app), [true, false]);
    assert_eq!(fhir_status(&app, &tokens.access).await, 401);
    assert_eq!(fhir_status(&app, &others.access).await, 200);
    // Again, and by somebody who cannot prove the other one: nothing to revoke.
    assert_eq!(browser.post(&format!("{one}/auth/logout")).await.status, 200);
    settled(&app).await;
    assert_eq!(revocations(&app).len(), 2);
}

#[actix_web::test]
async fn where_a_user_has_one_grant_for_all_launches_the_others_live_on_if_none_is_revoked() {
    for (policy, others_live) in [(Revocation::WhereOffered, false), (Revocation::Never, true)] {
        let app = App::builder()
            .sandbox(|sandbox| sandbox.peculiarity(Peculiarity::OneGrantPerUser))
            .ehr(move |ehr| ehr.quirks(Quirks::none().revocation(policy)))
            .start();
        let browser = Browser::new();
        let (one, _) = launched(&app, &browser).await;
        let (_, others) = launched(&app, &browser).await;
        let signed_out = browser.post(&format!("{one}/auth/logout")).await;
        assert_eq!(signed_out.status, 200);
        settled(&app).await;
        let lives = fhir_status(&app, &others.access).await == 200;
        assert_eq!(lives, others_live, "{policy:?}");
        assert_eq!(revocations(&app).is_empty(), others_live);
    }
}

#[actix_web::test]
async fn a_logout_that_proves_nothing_or_comes_from_another_site_revokes_nothing() {
    let app = App::start();
    let browser = Browser::new();
    let (base, _) = launched(&app, &browser).await;
    let url = format!("{base}/auth/logout");
    assert_eq!(Browser::new().post(&url).await.status, 401);
    assert_eq!(Browser::new().post(&app.url("/auth/logout")).await.status, 401);
    let headers = [("sec-fetch-site", "cross-site")];
    let answer = browser.send(awc::http::Method::POST, &url, &headers, Some("")).await;
    assert_eq!(answer.status, 403);
    settled(&app).await;
    assert_eq!(asked_for(&app), []);
    assert_eq!(revoked_grants(&app), [false]);
}

#[actix_web::test]
async fn logout_of_all_revokes_the_tokens_of_this_browser_and_of_no_other() {
    let app = App::start();
    let (browser, other) = (Browser::new(), Browser::new());
    let (_, one) = launched(&app, &browser).await;
    let (_, two) = launched(&app, &browser).await;
    let (_, theirs) = launched(&app, &other).await;
    assert_eq!(browser.post(&app.url("/auth/logout")).await.status, 200);
    answered(&app, 4).await;
    let mut asked = asked_for(&app);
    asked.sort();
    let mut expected = [both(&one), both(&two)].concat();
    expected.sort();
    assert_eq!(asked, expected);
    assert_eq!(revoked_grants(&app), [true, true, false]);
    assert_eq!(fhir_status(&app, &two.access).await, 401);
    assert_eq!(fhir_status(&app, &theirs.access).await, 200);
}

#[actix_web::test]
async fn a_handler_that_ends_its_launch_has_its_tokens_revoked() {
    let opened = Opened::start().await;
    let tokens = super::tokens_of(&opened.browser, &opened.base).await;
    assert_eq!(opened.browser.post(&opened.url("/end")).await.status, 204);
    answered(&opened.app, 2).await;
    assert_eq!(asked_for(&opened.app), both(&tokens));
    assert_eq!(revoked_grants(&opened.app), [true]);
}

#[actix_web::test]
async fn of_many_that_end_a_launch_at_once_one_has_it_revoked() {
    let opened = Rc::new(Opened::with(App::builder().workers(4)).await);
    let session = SmartClient::new(&opened.app.config)
        .unwrap()
        .resume(&opened.handle())
        .await;
    let session = session.unwrap();
    let mut ending: Vec<_> = (0..20)
        .map(|_| {
            let session = session.clone();
            actix_web::rt::spawn(async move { usize::from(session.end().await.unwrap()) })
        })
        .collect();
    let logout = {
        let opened = Rc::clone(&opened);
        actix_web::rt::spawn(async move { opened.browser.post(&opened.url("/auth/logout")).await.status })
    };
    let mut ended = 0;
    for task in ending.drain(..) {
        ended += task.await.unwrap();
    }
    assert_eq!(logout.await.unwrap(), 200);
    assert!(ended <= 1, "{ended} ended the same launch");
    settled(&opened.app).await;
    assert_eq!(revocations(&opened.app).len(), 2);
}

#[actix_web::test]
async fn the_tokens_that_are_revoked_are_those_of_the_last_refresh() {
    let opened = Opened::start().await;
    opened.app.advance(UNUSABLE);
    let tokens = super::tokens_of(&opened.browser, &opened.base).await;
    assert_eq!(opened.app.refreshes(), 1);
    assert_eq!(opened.browser.post(&opened.url("/auth/logout")).await.status, 200);
    answered(&opened.app, 2).await;
    assert_eq!(asked_for(&opened.app), both(&tokens));
}

#[actix_web::test]
async fn without_a_refresh_token_the_access_token_is_revoked() {
    let app = App::builder()
        .sandbox(|sandbox| sandbox.refresh_tokens(RefreshTokens::None))
        .start();
    let browser = Browser::new();
    let (base, tokens) = launched(&app, &browser).await;
    assert_eq!(browser.post(&format!("{base}/auth/logout")).await.status, 200);
    answered(&app, 1).await;
    assert_eq!(asked_for(&app), [("access_token".to_owned(), tokens.access.clone())]);
    assert_eq!(fhir_status(&app, &tokens.access).await, 401);
}

#[actix_web::test]
async fn a_browser_that_goes_away_during_its_logout_has_its_tokens_revoked_all_the_same() {
    let store = FlakyStore::default();
    let kept = TokenStore::new(store.clone());
    let app = App::builder().config(move |config| config.store(kept)).start();
    for (op, path) in [(Op::End, "/auth/logout"), (Op::EndAll, "")] {
        let browser = Browser::new();
        let (base, _) = launched(&app, &browser).await;
        let url = match path {
            "" => app.url("/auth/logout"),
            path => format!("{base}{path}"),
        };
        app.sandbox.clear_received_requests();
        let before = store.calls(op);
        store.trouble(op, Trouble::Hold);
        let stream = begin_post(&browser, &url).await;
        eventually("the logout is under way", || store.calls(op) > before).await;
        stream.set_zero_linger().unwrap();
        drop(stream);
        // As long as the server may need to notice.
        actix_web::rt::time::sleep(Duration::from_millis(300)).await;
        store.heal();
        store.let_go();
        answered(&app, 2).await;
    }
    assert_eq!(revoked_grants(&app), [true, true]);
}

/// Sends a form of the same origin with the browser's cookies and does not read.
async fn begin_post(browser: &Browser, address: &str) -> TcpStream {
    let url = Url::parse(address).unwrap();
    let path = &url[url::Position::BeforePath..];
    // The session's cookie is for `/` and the launch's for its path, which `/auth/logout` does not send.
    let cookies = browser.cookies_for(address).unwrap_or_default();
    let authority = url.authority();
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {authority}\r\nsec-fetch-site: same-origin\r\ncookie: {cookies}\r\n\
         content-length: 0\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[actix_web::test]
async fn a_launch_that_a_newer_one_replaces_is_revoked() {
    let app = App::builder()
        .config(|config| config.danger_one_launch_per_browser().landing("/plain"))
        .start();
    let browser = Browser::new();
    for _ in 0..2 {
        assert_eq!(browser.navigate(&app.url("/auth/launch")).await.status, 200);
    }
    answered(&app, 2).await;
    let grants: Vec<_> = asked_for(&app)
        .iter()
        .map(|(_, token)| app.sandbox.grant_of_token(token))
        .collect();
    assert_eq!(grants, [Some(0), Some(0)]);
    assert_eq!(revoked_grants(&app), [true, false]);
}

#[actix_web::test]
async fn a_launch_too_many_is_revoked() {
    let app = App::builder()
        .config(|config| {
            let mut limits = BrowserLimits::default();
            limits.launches = 2;
            config.browser_limits(limits)
        })
        .start();
    let browser = Browser::new();
    let (_, first) = launched(&app, &browser).await;
    for _ in 0..2 {
        app.advance(1);
        launched(&app, &browser).await;
    }
    answered(&app, 2).await;
    assert_eq!(asked_for(&app), both(&first));
    assert_eq!(revoked_grants(&app), [true, false, false]);
}

#[actix_web::test]
async fn a_launch_that_ran_out_or_whose_refresh_token_was_refused_is_not_revoked() {
    // Unused for too long.
    let app = App::start();
    let browser = Browser::new();
    let (base, _) = launched(&app, &browser).await;
    app.advance(3600);
    assert_eq!(browser.api(&format!("{base}/patient")).await.json()["code"], "idle");
    assert_eq!(browser.post(&format!("{base}/auth/logout")).await.status, 200);
    assert_eq!(browser.post(&app.url("/auth/logout")).await.status, 200);
    // The EHR has ended it.
    let (base, _) = launched(&app, &browser).await;
    app.advance(UNUSABLE);
    app.sandbox
        .inject(FaultPoint::Refresh, When::Before, Fault::InvalidGrant, Times::Once);
    assert_eq!(browser.api(&format!("{base}/token")).await.status, 401);
    settled(&app).await;
    assert_eq!(asked_for(&app), []);

    // The access token ran out, and there is no other.
    let app = App::builder()
        .sandbox(|sandbox| sandbox.refresh_tokens(RefreshTokens::None))
        .start();
    let (base, _) = launched(&app, &browser).await;
    app.advance(UNUSABLE);
    assert_eq!(browser.api(&format!("{base}/token")).await.status, 401);
    settled(&app).await;
    assert_eq!(asked_for(&app), []);
}
