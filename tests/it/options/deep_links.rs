//! `return_to`: where a launch goes, and what is not followed.

use url::Url;

use crate::support::{Answer, App, Browser};

fn launch_to(app: &App, return_to: &str) -> String {
    Url::parse_with_params(&app.url("/auth/launch"), [("return_to", return_to)])
        .unwrap()
        .to_string()
}

/// The address without the origin and the launch's segment.
fn inside(answer: &Answer) -> String {
    let (_, rest) = answer.url.split_once("/~").unwrap();
    rest.split_at(22).1.to_owned()
}

#[actix_web::test]
async fn a_deep_link_is_opened_under_the_new_launch_with_its_query() {
    for target in ["/two", "/two?page=2&q=a%2Fb+c%26d", "/guarded/page?x", "/two?"] {
        let (app, browser) = (App::start(), Browser::new());
        let page = browser.navigate(&launch_to(&app, target)).await;
        assert_eq!((page.status, inside(&page).as_str()), (200, target));
    }
}

#[actix_web::test]
async fn a_deep_link_into_a_launch_of_which_nothing_is_known_is_not_followed() {
    let (app, browser) = (App::start(), Browser::new());
    for old in [
        "/~AAAAAAAAAAAAAAAAAAAAAA/two?x=1",
        "/%7EAAAAAAAAAAAAAAAAAAAAAA/two?x=1",
        // As routers read it, and as a more forgiving one might.
        "/~%41AAAAAAAAAAAAAAAAAAAAA/two?x=1",
        "/%7E%41AAAAAAAAAAAAAAAAAAAAA/two?x=1",
        "/~AAAAAAAAAAAAAAAAAAAAAA;x/two?x=1",
        "/~~AAAAAAAAAAAAAAAAAAAAAA/two?x=1",
        "/~me/two",
    ] {
        let page = browser.navigate(&launch_to(&app, old)).await;
        assert_eq!((page.status, inside(&page).as_str()), (200, "/patient"), "{old}");
    }
    // A tilde that does not come first is one like any other.
    let page = browser.navigate(&launch_to(&app, "/two?x=~1")).await;
    assert_eq!((page.status, inside(&page).as_str()), (200, "/two?x=~1"));
}

#[actix_web::test]
async fn a_link_into_a_colleagues_launch_opens_the_landing_page_of_ones_own() {
    let (app, owner, colleague) = (App::start(), Browser::new(), Browser::new());
    let page = owner.navigate(&app.url("/auth/launch")).await;
    let deep = page.url.replace("/patient", "/two?order=17");
    // The same patient: that is not for a stranger to find out.
    for patient in ["bruno-fixture", "amber-testwood"] {
        app.sandbox.set_automatic_patient(patient);
        let answer = colleague.navigate(&deep).await;
        assert_eq!(
            (answer.status, inside(&answer).as_str()),
            (200, "/patient"),
            "{patient}"
        );
    }
}

#[actix_web::test]
async fn a_link_into_ones_own_forgotten_launch_opens_the_landing_page() {
    let (app, browser) = (App::start(), Browser::new());
    let page = browser.navigate(&app.url("/auth/launch")).await;
    let deep = page.url.replace("/patient", "/two?order=17");
    app.advance(3600 + 900);
    let again = browser.navigate(&deep).await;
    assert_eq!((again.status, inside(&again).as_str()), (200, "/patient"));
}

#[actix_web::test]
async fn a_launch_without_a_patient_is_followed_by_one_without_only() {
    let app = App::builder()
        .ehr(|ehr| ehr.scopes("openid fhirUser user/*.rs"))
        .start();
    let browser = Browser::new();
    let page = browser.navigate(&app.url("/auth/launch")).await;
    let (base, _) = page.url.rsplit_once('/').unwrap();
    app.advance(3600);
    let again = browser.navigate(&format!("{base}/claims?x=1")).await;
    assert_eq!((again.status, inside(&again).as_str()), (200, "/claims?x=1"));
}

#[actix_web::test]
async fn a_hostile_return_to_is_refused_and_nothing_is_fetched() {
    let app = App::start();
    for hostile in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil.example",
        "two",
        "/a/../two",
        "/%2e%2e/two",
        "/two%0d%0aSet-Cookie:%20a=b",
        "/%2F%2Fevil.example",
        "/a//b",
        "/two#fragment",
        "/two three",
        "/zwei\u{e4}",
        &format!("/{}", "x".repeat(2048)),
    ] {
        let answer = Browser::new().get(&launch_to(&app, hostile)).await;
        assert_eq!(answer.status, 400, "{hostile}");
        assert!(answer.body.contains("Code: bad-launch"), "{hostile}");
        assert_eq!(answer.location(), "", "{hostile}");
    }
    let twice = format!("{}&return_to=%2Fother", launch_to(&app, "/two"));
    assert_eq!(Browser::new().get(&twice).await.status, 400);
    assert_eq!(app.sandbox.received_requests(), []);
}

/// A person comes back to a page after an hour.
async fn reopened_for(patient: &'static str) -> Answer {
    let (app, browser) = (App::start(), Browser::new());
    let page = browser.navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.body, "patient amber-testwood");
    let deep = page.url.replace("/patient", "/two?x=1");
    app.advance(3600);
    app.sandbox.set_automatic_patient(patient);
    let answer = browser.get(&deep).await;
    let id = &deep.split_once("/~").unwrap().1[..22];
    let expected = format!("/auth/launch?return_to=%2F%7E{id}%2Ftwo%3Fx%3D1&after={id}");
    assert_eq!((answer.status, answer.location()), (303, expected.as_str()));
    browser.navigate(&deep).await
}

#[actix_web::test]
async fn after_an_ended_launch_the_same_patient_gets_the_page_that_was_asked_for() {
    let (app, browser) = (App::start(), Browser::new());
    let page = browser.navigate(&app.url("/auth/launch")).await;
    let deep = page.url.replace("/patient", "/two?x=1");
    app.advance(3600);
    let again = browser.navigate(&deep).await;
    assert_eq!((again.status, inside(&again).as_str()), (200, "/two?x=1"));
    assert_ne!(again.url, deep, "under a new launch");
}

#[actix_web::test]
async fn after_an_ended_launch_another_patient_gets_the_landing_page() {
    let (app, browser) = (App::start(), Browser::new());
    let page = browser.navigate(&app.url("/auth/launch")).await;
    let deep = page.url.replace("/patient", "/two?x=1");
    app.advance(3600);
    app.sandbox.set_automatic_patient("bruno-fixture");
    let again = browser.navigate(&deep).await;
    assert_eq!((again.status, again.body.as_str()), (200, "patient bruno-fixture"));
    assert_eq!(inside(&again), "/patient");
}

#[actix_web::test]
async fn a_second_redirect_within_a_minute_is_a_page_instead() {
    let answer = reopened_for("amber-testwood").await;
    assert_eq!(answer.status, 401);
    assert!(answer.body.contains("Code: idle"), "{}", answer.body);
    // The link on the page leads where the redirect would have.
    assert!(answer.body.contains("%2Ftwo%3Fx%3D1&amp;after="), "{}", answer.body);
}

#[actix_web::test]
async fn an_ended_launch_of_another_browser_says_nothing_about_its_patient() {
    let (app, browser) = (App::start(), Browser::new());
    let page = browser.navigate(&app.url("/auth/launch")).await;
    let id = &page.url.split_once("/~").unwrap().1[..22];
    app.sandbox.set_automatic_patient("bruno-fixture");
    // Whether the page is followed would tell a stranger whether the patients are the same.
    let url = format!("{}&after={id}", launch_to(&app, "/two"));
    let answer = Browser::new().navigate(&url).await;
    assert_eq!(inside(&answer), "/patient");
    app.sandbox.set_automatic_patient("amber-testwood");
    let answer = Browser::new().navigate(&url).await;
    assert_eq!(inside(&answer), "/patient");
}
