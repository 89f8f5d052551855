//! After signing out here, the browser is sent to the EHR to sign out there.

use actix_smart_auth::{
    Ehr,
    options::{EndSession, IdTokenHint},
};
use awc::http::{Method, StatusCode};
use url::Url;

use crate::support::{Answer, App, AppBuilder, Browser, CLIENT_ID, Logs};

const AT: &str = "https://ehr.example/logout?realm=north";
const BACK: &str = "https://app.example/auth/logout";

fn app(hint: IdTokenHint) -> AppBuilder {
    App::builder().ehr(move |ehr| ehr.end_session(EndSession::at(AT).returning_to(BACK).id_token_hint(hint)))
}

/// The address of a launch that has opened, without its landing page.
async fn launch(app: &App, browser: &Browser) -> String {
    let page = browser.navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.url.trim_end_matches("/patient").to_owned()
}

fn query(address: &str) -> Vec<(String, String)> {
    Url::parse(address).unwrap().query_pairs().into_owned().collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The page that sends the browser on, and where to.
async fn sent_on(browser: &Browser, app: &App, logout: &str) -> (Answer, String) {
    let answer = browser.post_only(logout).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    // The answer to a form leads to our own page: a browser would follow it nowhere else (`form-action`).
    assert!(answer.location().starts_with('/'), "{}", answer.location());
    let page = browser.get(&app.url(answer.location())).await;
    let refresh = page.header("refresh").to_owned();
    let at_ehr = refresh
        .strip_prefix("0; url=")
        .unwrap_or_else(|| panic!("{refresh}: {}", page.body));
    (page, at_ehr.to_owned())
}

#[actix_web::test]
async fn the_launch_has_ended_before_the_browser_is_sent_there() {
    let app = app(IdTokenHint::Omit).start();
    for all in [false, true] {
        let browser = Browser::new();
        let launch = launch(&app, &browser).await;
        let logout = if all {
            app.url("/auth/logout")
        } else {
            format!("{launch}/auth/logout")
        };
        let (page, at_ehr) = sent_on(&browser, &app, &logout).await;
        assert!(
            page.body
                .contains("<h1>Signing out continues at your health record system</h1>"),
            "{}",
            page.body
        );
        assert!(
            page.body.contains(&at_ehr.replace('&', "&amp;")),
            "the button: {}",
            page.body
        );
        assert!(at_ehr.starts_with("https://ehr.example/logout?"));
        assert_eq!(
            query(&at_ehr),
            [
                pair("realm", "north"),
                pair("client_id", CLIENT_ID),
                pair("post_logout_redirect_uri", BACK)
            ]
        );
        assert_eq!(browser.api(&format!("{launch}/patient")).await.status, 401);
    }
}

/// Back from the EHR, or back because it did not answer: nobody is sent there again without being asked.
#[actix_web::test]
async fn the_browser_is_sent_on_once_and_then_the_page_offers_it_for_ten_minutes() {
    let app = app(IdTokenHint::Omit).start();
    let browser = Browser::new();
    launch(&app, &browser).await;
    let (_, at_ehr) = sent_on(&browser, &app, &app.url("/auth/logout")).await;
    for _ in 0..2 {
        let page = browser.get(&app.url("/auth/logout")).await;
        assert_eq!((page.status, page.header("refresh")), (200, ""));
        assert!(page.body.contains("You have signed out"), "{}", page.body);
        assert!(page.body.contains("still has you signed in"), "{}", page.body);
        assert!(page.body.contains(&at_ehr.replace('&', "&amp;")), "{}", page.body);
    }
}

#[actix_web::test]
async fn a_script_or_a_browser_that_looks_ahead_does_not_use_it_up() {
    let app = app(IdTokenHint::Omit).start();
    let browser = Browser::new();
    launch(&app, &browser).await;
    let answer = browser.post_only(&app.url("/auth/logout")).await;
    let page = app.url(answer.location());
    let ahead = [
        ("sec-purpose", "prefetch"),
        ("accept", "text/html"),
        ("sec-fetch-mode", "navigate"),
    ];
    for headers in [&ahead[..], &[("accept", "application/json")]] {
        let answer = browser.send(Method::GET, &page, headers, None).await;
        assert_eq!(answer.header("refresh"), "", "{headers:?}");
    }
    assert!(
        browser
            .get(&page)
            .await
            .header("refresh")
            .starts_with("0; url=https://ehr.example/")
    );
}

#[actix_web::test]
async fn a_chart_that_is_still_open_is_told_from_the_one_that_was_signed_out_of() {
    let app = app(IdTokenHint::Omit).start();
    let browser = Browser::new();
    let first = launch(&app, &browser).await;
    launch(&app, &browser).await;
    sent_on(&browser, &app, &format!("{first}/auth/logout")).await;
    let page = browser.get(&app.url("/auth/logout")).await;
    assert!(
        page.body.contains("Another chart is still open in this browser"),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("The chart that you signed out of is closed."),
        "{}",
        page.body
    );
}

/// The answer to the first press never reached the browser.
#[actix_web::test]
async fn a_second_press_goes_to_the_ehr_too() {
    let app = app(IdTokenHint::Omit).start();
    let browser = Browser::new();
    let launch = launch(&app, &browser).await;
    let logout = format!("{launch}/auth/logout");
    let headers = [("accept", "application/json"), ("sec-fetch-site", "same-origin")];
    let answer = browser.send(Method::POST, &logout, &headers, Some("")).await;
    assert_eq!(answer.status, 204, "nothing of it leads to the EHR");
    let (_, at_ehr) = sent_on(&browser, &app, &logout).await;
    assert!(at_ehr.starts_with("https://ehr.example/logout?"), "{at_ehr}");
}

#[actix_web::test]
async fn a_frame_stays_here_and_says_that_one_has_signed_out() {
    let app = app(IdTokenHint::Omit).start();
    let browser = Browser::new();
    let launch = launch(&app, &browser).await;
    let frame = [
        ("sec-fetch-dest", "iframe"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-site", "same-origin"),
    ];
    let answer = browser
        .send(Method::POST, &format!("{launch}/auth/logout"), &frame, Some(""))
        .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = browser
        .send(Method::GET, &app.url(answer.location()), &frame, None)
        .await;
    assert_eq!((page.status, page.header("refresh")), (200, ""), "{}", page.body);
    assert!(page.body.contains("This chart is closed"), "{}", page.body);
}

#[actix_web::test]
async fn the_id_token_goes_along_only_where_the_registration_asks_for_it() {
    let logs = Logs::collect();
    let app = app(IdTokenHint::Send).start();
    let browser = Browser::new();
    let launch = launch(&app, &browser).await;
    let (_, at_ehr) = sent_on(&browser, &app, &format!("{launch}/auth/logout")).await;
    let (_, hint) = query(&at_ehr).pop().unwrap();
    assert_eq!(hint.split('.').count(), 3, "{hint}");
    let ours = logs.text();
    assert!(
        !ours
            .lines()
            .any(|line| line.contains("actix_smart_auth") && line.contains(&hint))
    );
}

#[actix_web::test]
async fn a_script_stays_here_and_so_does_a_sign_out_that_ended_nothing() {
    let app = app(IdTokenHint::Omit).start();
    let browser = Browser::new();
    let launch = launch(&app, &browser).await;
    let headers = [("accept", "application/json"), ("sec-fetch-site", "same-origin")];
    let logout = format!("{launch}/auth/logout");
    let answer = browser.send(Method::POST, &logout, &headers, Some("")).await;
    assert_eq!(answer.status, 204);
    let stranger = Browser::new().post_only(&app.url("/auth/logout")).await;
    assert_eq!(stranger.location(), "/auth/logout");
}

#[actix_web::test]
async fn a_sign_out_from_several_ehrs_stays_here() {
    let other = App::start();
    let base = other.sandbox.fhir_base_url();
    let app = app(IdTokenHint::Omit)
        .another_ehr(move |redirect_uri| {
            Ehr::builder(base)
                .client_id(CLIENT_ID)
                .redirect_uri(redirect_uri)
                .scopes("launch/patient patient/*.rs")
        })
        .start();
    other.sandbox.register(actix_smart_auth::sandbox::SandboxClient::public(
        CLIENT_ID,
        app.url("/auth/callback"),
    ));
    let browser = Browser::new();
    for ehr in [app.sandbox.fhir_base_url(), other.sandbox.fhir_base_url()] {
        let page = browser.navigate(&app.url(&format!("/auth/launch?ehr={ehr}"))).await;
        assert_eq!(page.status, 200, "{}", page.body);
    }
    let answer = browser.post_only(&app.url("/auth/logout")).await;
    assert_eq!(answer.location(), "/auth/logout");
}

/// What a proxy has to take before the body comes.
fn header_bytes(answer: &Answer) -> usize {
    let status = StatusCode::from_u16(answer.status).unwrap();
    let status_line = format!(
        "HTTP/1.1 {} {}\r\n",
        status.as_str(),
        status.canonical_reason().unwrap()
    );
    let headers = answer.headers.iter();
    let headers = headers.map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    status_line.len() + headers.sum::<usize>() + "\r\n".len()
}

fn hint_of(at_ehr: &str) -> String {
    let (name, hint) = query(at_ehr).pop().unwrap();
    assert_eq!(name, "id_token_hint");
    hint
}

/// Makes the id tokens of the sandbox so long, or a few bytes longer.
async fn with_id_tokens_of(app: &App, bytes: usize) {
    let browser = Browser::new();
    let launch = launch(app, &browser).await;
    let (_, at_ehr) = sent_on(&browser, app, &format!("{launch}/auth/logout")).await;
    let missing = bytes - hint_of(&at_ehr).len();
    app.sandbox.set_id_token_claim("long", "x".repeat(missing * 3 / 4));
}

/// nginx takes 4 KiB by default, and answers 502 in place of what has more.
#[actix_web::test]
async fn a_long_id_token_fits_through_a_proxy_that_takes_4_kib_of_headers() {
    let app = app(IdTokenHint::Send).start();
    with_id_tokens_of(&app, 1_600).await;
    for all in [true, false] {
        let browser = Browser::new();
        let launch = launch(&app, &browser).await;
        // Sign-ins that were begun and left are removed by the answer, too.
        for _ in 0..2 {
            browser.get(&app.url("/auth/launch")).await;
        }
        let logout = if all {
            app.url("/auth/logout")
        } else {
            format!("{launch}/auth/logout")
        };
        let (page, at_ehr) = sent_on(&browser, &app, &logout).await;
        let hint = hint_of(&at_ehr);
        assert!((1_600..1_640).contains(&hint.len()), "{}", hint.len());
        let answers = browser.answers();
        let first = answers.iter().rev().nth(1).unwrap();
        assert_eq!(first.location(), Url::parse(&page.url).unwrap().path());
        for answer in [first, &page] {
            let bytes = header_bytes(answer);
            assert!(bytes < 4_096, "{bytes}: {:?}", answer.headers);
        }
    }
}

/// Then the address stands in the answer once.
#[actix_web::test]
async fn one_that_is_too_long_for_a_cookie_leads_to_the_ehr_at_once() {
    let app = app(IdTokenHint::Send).start();
    with_id_tokens_of(&app, 2_900).await;
    let browser = Browser::new();
    let launch = launch(&app, &browser).await;
    let answer = browser.post_only(&format!("{launch}/auth/logout")).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(hint_of(answer.location()).len() >= 2_900);
    assert_eq!(browser.cookie("smart_launch_ehr"), None);
    let bytes = header_bytes(&answer);
    assert!(bytes < 4_096, "{bytes}: {:?}", answer.headers);
}

/// Removing these is what an answer leaves out first: neither the way to the EHR nor the browser's new name.
#[actix_web::test]
async fn planted_cookies_of_sign_ins_do_not_make_the_answer_too_large_whatever_the_id_token() {
    for (bytes, at_once) in [(1_000, false), (1_600, false), (2_400, true), (2_900, true)] {
        let app = app(IdTokenHint::Send).start();
        with_id_tokens_of(&app, bytes).await;
        let browser = Browser::new();
        launch(&app, &browser).await;
        for number in 0..20 {
            // In front of what is there, and like what is there.
            let name = format!("smart_launch_signin_AAAAAAAAAA{number:02}");
            browser.plant(&app.origin, "/", &name, "b1.ABCDEFGHIJKLMNOP.AAAA");
        }
        let before = browser.cookie("smart_launch_browser").unwrap();
        let answer = browser.post_only(&app.url("/auth/logout")).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert_eq!(
            answer.location().starts_with("https://ehr.example/"),
            at_once,
            "{bytes}"
        );
        assert_ne!(browser.cookie("smart_launch_browser").unwrap(), before);
        let removed = answer
            .set_cookies()
            .iter()
            .filter(|name| name.contains("signin"))
            .count();
        assert!(removed <= 16, "{removed}");
        let size = header_bytes(&answer);
        assert!(size < 4_096, "{bytes}, {removed} removed: {size}");
        if !at_once {
            let page = browser.get(&app.url(answer.location())).await;
            assert!(hint_of(page.header("refresh").strip_prefix("0; url=").unwrap()).len() >= bytes);
            assert!(header_bytes(&page) < 4_096);
        }
    }
}

/// The store has noted the sign-out: that the cookie of a sign-in was left in the browser opens nothing.
#[actix_web::test]
async fn a_sign_in_whose_cookie_found_no_room_in_the_answer_opens_nothing_that_stays_open() {
    let app = app(IdTokenHint::Send).start();
    with_id_tokens_of(&app, 2_900).await;
    let browser = Browser::new();
    launch(&app, &browser).await;
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    app.advance(1);
    let answer = browser.post_only(&app.url("/auth/logout")).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(
        browser.cookie("smart_launch_signin").is_some(),
        "{:?}",
        answer.set_cookies()
    );
    let page = browser.navigate(&callback).await;
    assert_eq!(page.status, 401, "{}", page.body);
    assert!(page.body.contains("Code: signed-out<"), "{}", page.body);
}

/// Its cookie is still there, and that the browser was sent there counts for the next one not.
#[actix_web::test]
async fn the_next_sign_out_is_a_visit_of_its_own() {
    let app = app(IdTokenHint::Omit).start();
    let browser = Browser::new();
    let (one, other) = (launch(&app, &browser).await, launch(&app, &browser).await);
    for launch in [one, other] {
        sent_on(&browser, &app, &format!("{launch}/auth/logout")).await;
        let page = browser.get(&format!("{launch}/auth/logout")).await;
        assert_eq!(page.header("refresh"), "", "{}", page.body);
    }
}
