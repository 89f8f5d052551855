//! Two processes over one store.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use actix_smart_auth::{
    ClientAuth, Ehr, SmartConfig,
    sandbox::{Fault, FaultPoint, Times, When},
    store::{SealingKeys, TokenStore},
};

use super::*;
use crate::support::{CLIENT_ID, Logs, SCOPES, eventually};

/// An application and a second process of it. Their browsers' cookies are for both: cookies know no ports.
struct Two {
    app: App,
    other: String,
    _server: actix_web::dev::ServerHandle,
}

fn two(other_keys: Option<SealingKeys>) -> Two {
    let store = crate::support::memory_store();
    let kept = TokenStore::new(store.clone());
    let app = App::builder()
        .routes(session_routes)
        .config(move |config| config.store(kept))
        .start();
    let ehr = Ehr::builder(app.sandbox.fhir_base_url())
        .client_id(CLIENT_ID)
        .client_auth(ClientAuth::public())
        .redirect_uri(app.url("/auth/callback"))
        .scopes(SCOPES);
    let config = SmartConfig::builder()
        .ehr(ehr)
        .clock(app.clock.clone())
        .landing("/~{smart_launch}/patient")
        .store(TokenStore::new(store));
    let config = match other_keys {
        Some(keys) => config.sealing_keys(keys),
        None => config,
    };
    let (other, server) = app.another_process(config.build().unwrap(), session_routes);
    Two {
        app,
        other,
        _server: server,
    }
}

impl Two {
    /// The same browser, at the other process.
    fn at_other(&self, browser: &Browser) -> Browser {
        let same = Browser::new();
        for (path, name, value) in browser.jar() {
            same.plant(&self.other, &path, &name, &value);
        }
        same
    }

    fn there(&self, url: &str) -> String {
        url.replace(&self.app.origin, &self.other)
    }
}

#[actix_web::test]
async fn a_sign_in_that_one_process_began_opens_at_the_other_and_either_can_end_it() {
    let two = two(None);
    let browser = Browser::new();
    let callback = callback_of(&two.app, &browser).await;
    let there = two.at_other(&browser);
    let base = opened(&there, &two.there(&callback)).await;
    assert_eq!(two.app.exchanges(), 1);
    let answer = there.post(&format!("{}/auth/logout", two.other)).await;
    assert!(answer.body.contains("You have signed out"), "{}", answer.body);
    assert_eq!(state(&there, &base).await, (401, "signed-out".to_owned()));
}

#[actix_web::test]
async fn a_callback_that_one_process_has_answered_gets_the_same_answer_from_the_other() {
    let two = two(None);
    let browser = Browser::new();
    let callback = callback_of(&two.app, &browser).await;
    let first = browser.get(&callback).await;
    // With the cookie as it was before, and as it is now.
    let again = two.at_other(&browser).get(&two.there(&callback)).await;
    assert_eq!((first.status, again.status), (303, 303));
    assert_eq!(first.location(), again.location());
    assert_eq!(first.launch_cookies(), again.launch_cookies());
    assert_eq!(two.app.exchanges(), 1);
}

#[actix_web::test]
async fn another_code_is_refused_by_the_other_process_too() {
    let two = two(None);
    let browser = Browser::new();
    let callback = callback_of(&two.app, &browser).await;
    let before = two.at_other(&browser);
    browser.get(&callback).await;
    let state_of = callback.split("state=").nth(1).unwrap().split('&').next().unwrap();
    for same in [before, two.at_other(&browser)] {
        let guess = format!("{}/auth/callback?code=guess&state={state_of}", two.other);
        let answer = same.api(&guess).await;
        assert_eq!((answer.status, code(&answer).as_str()), (409, "sign-in-used"));
    }
    assert_eq!(two.app.exchanges(), 1);
}

#[actix_web::test]
async fn a_process_with_other_sealing_keys_says_that_the_sign_in_is_not_valid() {
    let two = two(Some(
        SealingKeys::from_bytes([*b"0123456789abcdef0123456789abcdef"]).unwrap(),
    ));
    let browser = Browser::new();
    let callback = callback_of(&two.app, &browser).await;
    let answer = two.at_other(&browser).api(&two.there(&callback)).await;
    assert_eq!((answer.status, code(&answer).as_str()), (401, "sign-in-expired"));
    assert_eq!(two.app.exchanges(), 0);
    opened(&browser, &callback).await;
}

/// A browser whose code the first process has sent and not got an answer to: the second process is asked then.
async fn exchanging(two: &Two, pause: Duration) -> (Browser, String) {
    let browser = Rc::new(Browser::new());
    let callback = callback_of(&two.app, &browser).await;
    let there = two.at_other(&browser);
    let fault = Fault::Delay(pause);
    two.app
        .sandbox
        .inject(FaultPoint::Exchange, When::After, fault, Times::Once);
    let url = callback.clone();
    actix_web::rt::spawn(async move { browser.get(&url).await });
    eventually("the code is sent", || two.app.exchanges() == 1).await;
    (there, two.there(&callback))
}

#[actix_web::test]
async fn a_callback_that_another_process_is_exchanging_waits_for_its_answer() {
    let two = two(None);
    let (browser, callback) = exchanging(&two, Duration::from_secs(1)).await;
    opened(&browser, &callback).await;
    assert_eq!(two.app.exchanges(), 1);
}

/// Waits for real: what is measured is how long a person waits.
#[actix_web::test]
async fn it_waits_for_ten_seconds_then_says_so_and_opens_when_it_is_loaded_again() {
    let two = two(None);
    let (browser, callback) = exchanging(&two, Duration::from_secs(12)).await;
    let began = Instant::now();
    let page = browser.get(&callback).await;
    let waited = began.elapsed().as_secs();
    assert!((9..14).contains(&waited), "{waited} s");
    assert_eq!((page.status, page.header("retry-after")), (503, "5"), "{}", page.body);
    let title = "<h1>Your sign-in is still being completed</h1>";
    assert!(page.body.contains(title), "{}", page.body);
    let words = "This can take about a minute. You need not do anything at your health record system. Wait a little, then \
                 try again.";
    assert!(page.body.contains(words), "{}", page.body);
    assert!(
        page.body.contains("<a class=\"action\" href=\"\">Try again</a>"),
        "{}",
        page.body
    );
    opened(&browser, &callback).await;
    assert_eq!(two.app.exchanges(), 1);
}

#[actix_web::test]
async fn the_exchange_of_a_process_that_was_killed_is_over_when_everything_has_had_its_time() {
    let logs = Logs::collect();
    let two = two(None);
    let (browser, callback) = exchanging(&two, Duration::from_secs(60)).await;
    two.app.config.shutdown(Duration::ZERO).await;
    two.app.advance(190);
    let began = Instant::now();
    for _ in ["at first", "again"] {
        let page = browser.get(&callback).await;
        assert_eq!(page.status, 401, "{}", page.body);
        let title = "<h1>Your sign-in was interrupted</h1>";
        assert!(page.body.contains(title), "{}", page.body);
        assert!(page.body.contains("It could not be completed. Please start again."));
        assert!(page.body.contains(">Start again</a>"), "{}", page.body);
        assert_eq!(code(&browser.api(&callback).await), "sign-in-interrupted");
    }
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(two.app.exchanges(), 1, "a code is sent once");
    let text = logs.text();
    let lost = "when its process stopped, and the answer is lost";
    let lines: Vec<_> = text.lines().filter(|line| line.contains(lost)).collect();
    // The page was loaded four times, in one process.
    let [line] = lines[..] else { panic!("{lines:#?}") };
    assert!(
        line.contains(&format!("ehr={}", two.app.sandbox.fhir_base_url())),
        "{line}"
    );
    // A new sign-in works.
    let callback = browser
        .navigate_until(&format!("{}/auth/launch", two.other), &two.app.url("/auth/callback"))
        .await;
    opened(&browser, &two.there(&callback)).await;
}
