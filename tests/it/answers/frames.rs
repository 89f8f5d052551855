//! Row: a launch in a frame. Whether cookies come back is found out before the EHR's launch value is used.

use awc::http::Method;

use super::{assert_page, assert_problem, requests};
use crate::support::{Answer, App, Browser};

const TITLE: &str = "Please open this in a window of its own";

async fn framed(browser: &Browser, url: &str) -> Answer {
    let headers = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
    browser.send(Method::GET, url, &headers, None).await
}

fn path<'a>(app: &App, url: &'a str) -> &'a str {
    url.strip_prefix(&app.origin).unwrap()
}

#[actix_web::test]
async fn a_frame_is_sent_to_the_launch_once_more_and_goes_on_when_the_cookie_comes_back() {
    let app = App::start();
    let launch = app.ehr_launch_url("amber-testwood", None);
    let browser = Browser::new();
    let before = requests(&app);
    let hop = framed(&browser, &launch).await;
    assert_eq!(
        (hop.status, hop.location()),
        (303, format!("{}&smart_cookies=asked", path(&app, &launch)).as_str())
    );
    assert_eq!(requests(&app), before, "the EHR was not asked anything");
    let begun = framed(&browser, &app.url(hop.location())).await;
    assert_eq!(begun.status, 303);
    assert!(
        begun.location().starts_with(&app.sandbox.authorization_endpoint()),
        "{}",
        begun.location()
    );
    let page = browser.navigate(begun.location()).await;
    assert_eq!(page.body, "patient amber-testwood");
    // From now on the browser is known.
    let again = framed(&browser, &app.ehr_launch_url("bruno-fixture", None)).await;
    assert!(
        again.location().starts_with(&app.sandbox.authorization_endpoint()),
        "{}",
        again.location()
    );
}

#[actix_web::test]
async fn a_frame_without_cookies_gets_a_page_with_the_same_launch_in_a_window_and_nothing_is_used_up() {
    let app = App::start();
    let launch = app.ehr_launch_url("amber-testwood", None);
    let before = requests(&app);
    for url in [app.url("/auth/launch"), launch.clone()] {
        let hop = framed(&Browser::new(), &url).await;
        let hopped = app.url(hop.location());
        let page = framed(&Browser::new(), &hopped).await;
        assert_page(
            &page,
            401,
            "cookies-blocked",
            TITLE,
            "does not let this application remember you.",
        );
        let href = path(&app, &url).replace('&', "&amp;");
        let link = format!("<a class=\"action\" href=\"{href}\" target=\"_blank\">Open in a new window</a>");
        assert!(page.body.contains(&link), "{}", page.body);
        // A script in a frame.
        let headers = [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "iframe")];
        let api = Browser::new().send(Method::GET, &hopped, &headers, None).await;
        let problem = assert_problem(&api, 401, "cookies-blocked", TITLE);
        assert_eq!(problem["launch_url"], path(&app, &url));
        // A form is not what a launch begins with.
        assert_eq!(Browser::new().post(&hopped).await.status, 405);
    }
    assert_eq!(requests(&app), before, "the EHR was not asked anything");
    assert_eq!(Browser::new().navigate(&launch).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn in_a_window_of_its_own_nobody_is_asked_for_cookies() {
    let app = App::start();
    for headers in [
        &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")][..],
        &[("sec-fetch-mode", "navigate")],
        &[],
    ] {
        for marked in ["", "?smart_cookies=asked"] {
            let url = app.url(&format!("/auth/launch{marked}"));
            let answer = Browser::new().send(Method::GET, &url, headers, None).await;
            assert!(
                answer.location().starts_with(&app.sandbox.authorization_endpoint()),
                "{headers:?}"
            );
        }
    }
}

#[actix_web::test]
async fn signing_out_in_a_frame_claims_nothing_of_other_windows() {
    let app = App::start();
    let browser = Browser::new();
    browser.navigate(&app.url("/auth/launch")).await;
    let headers = [
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-dest", "iframe"),
    ];
    let logout = app.url("/auth/logout");
    let answer = browser.send(Method::POST, &logout, &headers, Some("")).await;
    assert_eq!((answer.status, answer.location()), (303, "/auth/logout"));
    let page = browser.send(Method::GET, &logout, &headers, None).await;
    assert_page(
        &page,
        200,
        "signed-out",
        "You have signed out",
        "If the application is also open in a window of its own, please sign out there too.",
    );
}
