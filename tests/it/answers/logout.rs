//! The answers of the logout routes.

use actix_smart_auth::store::TokenStore;
use awc::http::Method;

use super::{assert_page, assert_problem, assert_retry_after, beside, launched};
use crate::support::{App, Browser, FlakyStore, Op, Trouble};

const SIGNED_OUT: &str = "You have signed out";

#[actix_web::test]
async fn logout_of_one_launch_ends_that_one_and_its_page_says_so() {
    let app = App::start();
    let browser = Browser::new();
    let (one, two) = (launched(&app, &browser).await, launched(&app, &browser).await);
    let answer = browser.post(&beside(&one, "/auth/logout")).await;
    assert_page(
        &answer,
        200,
        "signed-out",
        "This chart is closed",
        "<p>If you have opened others, they are still open: please sign out there too.</p>",
    );
    assert!(answer.launch_cookies().is_empty());
    assert_eq!(browser.get(&two).await.body, "patient amber-testwood");
    // *Back* after signing out must not sign in again by itself.
    let back = browser.get(&one).await;
    assert_page(
        &back,
        401,
        "signed-out",
        SIGNED_OUT,
        "If you need it again, start again.",
    );
    assert_problem(&browser.api(&one).await, 401, "signed-out", SIGNED_OUT);
    // Again: it is still so.
    assert_eq!(browser.post(&beside(&one, "/auth/logout")).await.status, 200);
    assert_eq!(browser.get(&two).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn logout_without_a_cookie_that_says_what_to_end_claims_nothing_and_says_what_to_do() {
    let app = App::builder().config(|config| config.after_logout("/plain")).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let title = "You may still be signed in";
    for url in [beside(&landing, "/auth/logout"), app.url("/auth/logout")] {
        let stranger = Browser::new();
        let sentence = "If a page of this application is open, reload it and sign out there.";
        assert_page(&stranger.post(&url).await, 401, "sign-out-not-found", title, sentence);
        let api = stranger.send(Method::POST, &url, &[], Some("")).await;
        assert_problem(&api, 401, "sign-out-not-found", title);
    }
    assert_eq!(browser.get(&landing).await.body, "patient amber-testwood");
    // A cookie of that launch with a wrong secret proves nothing either.
    let (path, name, value) = browser
        .jar()
        .into_iter()
        .find(|(path, ..)| path.starts_with("/~"))
        .unwrap();
    let (id, _) = value.split_once('.').unwrap();
    let liar = Browser::new();
    liar.plant(&landing, &path, &name, &format!("{id}.{}", "A".repeat(43)));
    let answer = liar.post(&beside(&landing, "/auth/logout")).await;
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert_eq!(browser.get(&landing).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn logout_of_all_ends_the_launches_of_this_browser_and_of_no_other() {
    let app = App::start();
    let (browser, other) = (Browser::new(), Browser::new());
    let (one, two) = (launched(&app, &browser).await, launched(&app, &browser).await);
    let theirs = launched(&app, &other).await;
    let answer = browser.post(&app.url("/auth/logout")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.launch_cookies().is_empty());
    for url in [one, two] {
        assert_page(
            &browser.get(&url).await,
            401,
            "signed-out",
            SIGNED_OUT,
            "If you need it again, start again.",
        );
        assert_problem(&browser.api(&url).await, 401, "signed-out", SIGNED_OUT);
    }
    assert_eq!(other.get(&theirs).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn logout_by_a_script_is_204_and_where_configured_a_person_is_sent_on() {
    let app = App::builder()
        .config(|config| config.landing("/~{smart_launch}/patient").after_logout("/plain?bye=1"))
        .start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let headers = [("sec-fetch-mode", "cors"), ("sec-fetch-site", "same-origin")];
    let url = beside(&landing, "/auth/logout");
    let script = browser.send(Method::POST, &url, &headers, Some("")).await;
    assert_eq!(
        (script.status, script.body.as_str(), script.header("cache-control")),
        (204, "", "no-store")
    );
    let landing = launched(&app, &browser).await;
    let person = browser.post(&beside(&landing, "/auth/logout")).await;
    assert_eq!((person.status, person.location()), (303, "/plain?bye=1"));
    assert_eq!(browser.post(&app.url("/auth/logout")).await.location(), "/plain?bye=1");
}

#[actix_web::test]
async fn logout_that_cannot_be_carried_out_is_503_and_says_that_nobody_is_signed_out() {
    let store = FlakyStore::default();
    let given = TokenStore::new(store.clone());
    let app = App::builder().config(|config| config.store(given)).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    store.set_away(true);
    for url in [beside(&landing, "/auth/logout"), app.url("/auth/logout")] {
        let title = "You are not signed out yet";
        let page = browser.post(&url).await;
        assert_page(
            &page,
            503,
            "store-unavailable",
            title,
            "Wait a little, then try to sign out again.",
        );
        assert_retry_after(&page, 5..=5);
        let api = browser.send(Method::POST, &url, &[], Some("")).await;
        assert_problem(&api, 503, "store-unavailable", title);
        assert!(api.launch_cookies().is_empty());
    }
    store.set_away(false);
    assert_eq!(browser.get(&landing).await.body, "patient amber-testwood");
    assert_eq!(browser.post(&beside(&landing, "/auth/logout")).await.status, 200);
    assert_eq!(browser.api(&landing).await.status, 401);
}

#[actix_web::test]
async fn logout_that_fails_half_way_ends_what_it_can_and_claims_nothing() {
    for op in [Op::Recall, Op::EndAll] {
        let store = FlakyStore::default();
        let given = TokenStore::new(store.clone());
        let app = App::builder().config(|config| config.store(given)).start();
        let browser = Browser::new();
        let landing = launched(&app, &browser).await;
        store.trouble(op, Trouble::Fail);
        let page = browser.post(&app.url("/auth/logout")).await;
        assert_page(
            &page,
            503,
            "store-unavailable",
            "You are not signed out yet",
            "Wait a little, then try to sign out again.",
        );
        store.heal();
        // What could be found without the part that failed has ended.
        let ended = op == Op::Recall;
        assert_eq!(
            browser.api(&landing).await.status,
            if ended { 401 } else { 200 },
            "{op:?}"
        );
        assert_eq!(browser.post(&app.url("/auth/logout")).await.status, 200);
        assert_problem(&browser.api(&landing).await, 401, "signed-out", SIGNED_OUT);
    }
}

#[actix_web::test]
async fn logout_makes_the_browser_drop_the_pages_that_it_keeps_and_so_does_every_page_that_says_so() {
    let app = App::start();
    let browser = Browser::new();
    let drops = |answer: &crate::support::Answer| {
        let cookies = answer.set_cookies();
        // What the page had fetched in advance goes too.
        let prefetched = answer.header("clear-site-data") == "\"prefetchCache\", \"prerenderCache\"";
        let kept = cookies.iter().any(|cookie| {
            cookie.starts_with("smart_launch_") && cookie.contains("Path=/;") && cookie.contains("HttpOnly")
        });
        assert_eq!(prefetched, kept, "{cookies:?}");
        kept
    };
    let (one, two) = (launched(&app, &browser).await, launched(&app, &browser).await);
    assert!(drops(&browser.post_only(&beside(&one, "/auth/logout")).await));
    assert!(drops(&browser.get(&one).await), "its page");
    assert!(drops(&browser.api(&one).await), "a poll of its page");
    for handler in ["/end", "/end-reloaded"] {
        let three = launched(&app, &browser).await;
        let ended = browser.post(&beside(&three, handler)).await;
        assert_eq!(ended.status, 204);
        assert!(drops(&ended), "a handler that ends it");
    }
    assert!(drops(&browser.post_only(&app.url("/auth/logout")).await));
    let stranger = Browser::new();
    assert!(
        drops(&stranger.post_only(&app.url("/auth/logout")).await),
        "that found nothing"
    );
    app.advance(3600);
    assert!(drops(&browser.get(&two).await));
    // An answer that ends nothing sets nothing.
    let four = launched(&app, &browser).await;
    assert!(!drops(&browser.get(&four).await));
}

/// What one comes to after signing out is an address of its own: a form that is sent again signs out whoever is there by then.
#[actix_web::test]
async fn logout_leads_to_a_page_that_ends_nothing_and_tells_the_truth_each_time() {
    let app = App::start();
    let browser = Browser::new();
    let first = launched(&app, &browser).await;
    let all = app.url("/auth/logout");
    for (one, title, label) in [
        (beside(&first, "/auth/logout"), "This chart is still open", "Sign out"),
        (
            all.clone(),
            "A chart is still open in this browser",
            "Close all charts and sign out",
        ),
    ] {
        // With a button, as nobody finds the page of a chart whose tab is closed.
        let path = one.strip_prefix(&app.origin).unwrap();
        let form = format!("<form method=\"post\" action=\"{path}\"><button>{label}</button>");
        assert_page(&browser.get(&one).await, 200, "signed-in", title, &form);
        assert_eq!(browser.api(&one).await.json()["launch_url"], serde_json::Value::Null);
    }
    let answer = browser.post_only(&all).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/auth/logout"));
    for (one, title) in [
        (beside(&first, "/auth/logout"), "This chart is closed"),
        (all.clone(), SIGNED_OUT),
    ] {
        assert_page(&browser.get(&one).await, 200, "signed-out", title, "close");
        assert_eq!(browser.api(&one).await.json()["code"], "signed-out");
        let head = browser.send(Method::HEAD, &one, &[], None).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
    }
    // Somebody else is at work, and the page is reloaded in the tab that was left.
    let second = launched(&app, &browser).await;
    assert_page(
        &browser.get(&all).await,
        200,
        "signed-in",
        "A chart is still open in this browser",
        "sign out",
    );
    assert_eq!(browser.get(&second).await.status, 200);
    let answer = browser.post_only(&beside(&second, "/auth/logout")).await;
    let own = second
        .strip_prefix(&app.origin)
        .unwrap()
        .replace("/patient", "/auth/logout");
    assert_eq!((answer.status, answer.header("location")), (303, own.as_str()));
    assert_page(&browser.get(&all).await, 200, "signed-out", SIGNED_OUT, "close");
}

#[actix_web::test]
async fn logout_page_claims_nothing_to_a_browser_of_which_nothing_is_known() {
    let app = App::start();
    let (browser, stranger) = (Browser::new(), Browser::new());
    let landing = launched(&app, &browser).await;
    for url in [app.url("/auth/logout"), beside(&landing, "/auth/logout")] {
        let page = stranger.get(&url).await;
        assert_page(
            &page,
            401,
            "sign-out-not-found",
            "You may still be signed in",
            "nothing was closed",
        );
        for (mode, dest) in [("no-cors", "script"), ("navigate", "object"), ("navigate", "iframe")] {
            let told = [
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-mode", mode),
                ("sec-fetch-dest", dest),
            ];
            let asked = browser.send(Method::GET, &url, &told, None).await;
            assert_eq!(asked.status, 403, "another site learns nothing as {dest}");
        }
    }
    assert_eq!(browser.get(&landing).await.status, 200);
}

#[actix_web::test]
async fn logout_page_of_a_launch_that_is_forgotten_says_that_it_is_closed() {
    let app = App::start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let own = beside(&landing, "/auth/logout");
    browser.post(&own).await;
    app.advance(16 * 60);
    assert_page(
        &browser.get(&own).await,
        200,
        "signed-out",
        "This chart is closed",
        "please sign out there too.",
    );
}

#[actix_web::test]
async fn logout_page_says_so_when_nobody_can_look() {
    let store = FlakyStore::default();
    let kept = TokenStore::new(store.clone());
    let app = App::builder().config(move |config| config.store(kept)).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    for (url, op) in [
        (app.url("/auth/logout"), Op::Recall),
        (app.url("/auth/logout"), Op::List),
        (beside(&landing, "/auth/logout"), Op::Load),
    ] {
        store.trouble(op, Trouble::Fail);
        let title = "It is not certain that you are signed out";
        let page = browser.get(&url).await;
        let sentence = "This application cannot reach its own data at the moment.";
        assert_page(&page, 503, "store-unavailable", title, sentence);
        store.heal();
    }
    assert_eq!(browser.get(&landing).await.status, 200);
}
