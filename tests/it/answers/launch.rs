//! Rows: unknown `iss`, missing or repeated parameter, bad return-to; the page that posts the authorization request.

use actix_smart_auth::{ClientAuth, Ehr, SmartAuth, SmartConfig, StandaloneLaunch, options::AuthorizeMethod};
use actix_web::test;
use awc::http::Method;
use url::form_urlencoded::byte_serialize;

use super::{assert_page, assert_problem, assert_redirect, requests};
use crate::support::{App, Browser, Logs};

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

#[actix_web::test]
async fn unknown_iss_is_400_and_nothing_is_fetched_and_no_session_begins() {
    let app = App::start();
    let browser = Browser::new();
    // The sandbox itself, at another path: would anything be fetched, it would be counted.
    for iss in [
        format!("{}/other", app.sandbox.origin()),
        format!("{}//", app.sandbox.fhir_base_url()),
        app.sandbox.fhir_base_url().replace("127.0.0.1", "localhost"),
        "https://evil.example/fhir".to_owned(),
        "<script>alert(1)</script>".to_owned(),
    ] {
        let url = app.url(&format!("/auth/launch?iss={}&launch=x", encoded(&iss)));
        let title = "This health record system is not known here";
        let page = browser.get(&url).await;
        assert_page(
            &page,
            400,
            "unknown-ehr",
            title,
            "Please tell the support team of this application.",
        );
        assert!(page.set_cookies().is_empty());
        let api = browser.api(&url).await;
        assert_problem(&api, 400, "unknown-ehr", title);
        assert!(!api.body.contains("evil"), "{}", api.body);
        assert!(api.set_cookies().is_empty());
    }
    assert_eq!(requests(&app), 0);
}

#[actix_web::test]
async fn launch_with_a_missing_repeated_or_bad_parameter_is_400_and_says_which() {
    let app = App::start();
    let browser = Browser::new();
    let iss = encoded(&app.sandbox.fhir_base_url());
    for (query, detail) in [
        ("launch=x".to_owned(), "`launch` but no `iss`"),
        (format!("iss={iss}&iss={iss}&launch=x"), "`iss` more than once"),
        (format!("iss={iss}&launch=x&launch=y"), "`launch` more than once"),
        ("return_to=/a&return_to=/b".to_owned(), "`return_to` more than once"),
        ("return_to=https://evil.example/".to_owned(), "path of this application"),
        ("return_to=//evil.example/".to_owned(), "empty path segment"),
        ("return_to=/%5Cevil.example/".to_owned(), "backslash"),
        ("return_to=/a/../../b".to_owned(), "path segments `.` or `..`"),
        ("return_to=/a%0d%0ab".to_owned(), "control character"),
        ("return_to=javascript:alert(1)".to_owned(), "path of this application"),
        ("after=../../x".to_owned(), "not the id of a launch"),
        ("iss=%ff&launch=x".to_owned(), "not text"),
    ] {
        let url = app.url(&format!("/auth/launch?{query}"));
        let title = "This link cannot be opened";
        let page = browser.get(&url).await;
        assert_page(
            &page,
            400,
            "bad-launch",
            title,
            "Please open the application again from the patient's chart.",
        );
        assert!(page.body.contains(detail), "{query}: {}", page.body);
        assert!(page.set_cookies().is_empty());
        let problem = assert_problem(&browser.api(&url).await, 400, "bad-launch", title);
        assert!(
            problem["explanation"].as_str().unwrap().contains(detail),
            "{query}: {problem}"
        );
    }
    assert_eq!(requests(&app), 0);
}

#[actix_web::test]
async fn launch_without_iss_is_400_where_no_standalone_launch_is_offered() {
    let app = App::builder()
        .config(|config| config.standalone(StandaloneLaunch::NotOffered))
        .start();
    let browser = Browser::new();
    let url = app.url("/auth/launch");
    let title = "Please start from your health record system";
    assert_page(
        &browser.get(&url).await,
        400,
        "launch-from-ehr",
        title,
        "cannot be started from here. Please open it from the patient's chart.",
    );
    assert_problem(&browser.api(&url).await, 400, "launch-from-ehr", title);
    assert_eq!(requests(&app), 0);
    let page = browser.navigate(&app.ehr_launch_url("amber-testwood", None)).await;
    assert_eq!(page.body, "patient amber-testwood");
}

#[actix_web::test]
async fn launch_without_iss_asks_which_of_several_ehrs_and_is_400_for_a_script() {
    let ehr = |base: &str| {
        let ehr = Ehr::builder(base).client_id("app").client_auth(ClientAuth::public());
        ehr.redirect_uri("http://127.0.0.1:1/auth/callback")
            .scopes("launch openid")
    };
    let config = SmartConfig::builder()
        .ehr(ehr("https://one.example/fhir"))
        .ehr(ehr("https://two.example/fhir"))
        .build()
        .unwrap();
    let app = test::init_service(actix_web::App::new().wrap(SmartAuth::new(config))).await;
    let request = test::TestRequest::get()
        .uri("/auth/launch")
        .insert_header(("sec-fetch-mode", "navigate"));
    let answer = test::call_service(&app, request.to_request()).await;
    assert_eq!(answer.status(), 200);
    let body = String::from_utf8(test::read_body(answer).await.to_vec()).unwrap();
    assert!(body.contains("<h1>Which hospital or practice?</h1>"), "{body}");
    let answer = test::call_service(&app, test::TestRequest::get().uri("/auth/launch").to_request()).await;
    let problem: serde_json::Value = test::read_body_json(answer).await;
    assert_eq!(
        (&problem["code"], &problem["status"]),
        (&"which-ehr".into(), &400.into())
    );
}

#[actix_web::test]
async fn launch_by_post_shows_a_page_that_submits_itself_and_has_a_button() {
    let app = App::builder()
        .ehr(|ehr| ehr.authorize_method(AuthorizeMethod::Post))
        .start();
    let browser = Browser::new();
    for url in [app.url("/auth/launch"), app.ehr_launch_url("amber-testwood", None)] {
        let page = browser.get(&url).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-store");
        // With `no-referrer` the form would post `Origin: null`.
        assert_eq!(page.header("referrer-policy"), "strict-origin");
        let nonce = page
            .body
            .split("<script nonce=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let policy = page.header("content-security-policy");
        assert!(policy.contains(&format!("script-src 'nonce-{nonce}'")), "{policy}");
        assert!(
            policy.starts_with("default-src 'none'; ") && policy.contains("base-uri 'none'"),
            "{policy}"
        );
        assert!(page.body.contains("<button>Continue</button>"), "{}", page.body);
        let again = browser.get(&app.url("/auth/launch")).await;
        assert!(!again.body.contains(nonce), "a nonce was used twice");

        let action = page.body.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(action, app.sandbox.authorization_endpoint());
        let fields = page.body.split("<input type=\"hidden\" name=\"").skip(1).map(|input| {
            let (name, rest) = input.split_once("\" value=\"").unwrap();
            (name, unescaped(rest.split_once('"').unwrap().0))
        });
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let answer = browser.send(Method::POST, action, &[], Some(&form)).await;
        let landing = browser.navigate(answer.location()).await;
        assert_eq!(landing.body, "patient amber-testwood");
    }
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[actix_web::test]
async fn launch_redirects_to_the_ehr_without_a_referrer_and_names_the_session_once() {
    let app = App::start();
    let browser = Browser::new();
    let first = browser.get(&app.url("/auth/launch")).await;
    let location = first.location().to_owned();
    assert!(
        location.starts_with(&app.sandbox.authorization_endpoint()),
        "{location}"
    );
    assert_redirect(&first, &location);
    let names = |answer: &crate::support::Answer| -> Vec<String> {
        let cookies = answer.set_cookies();
        cookies
            .iter()
            .map(|cookie| cookie.split(['=', '.']).next().unwrap().chars().take(20).collect())
            .collect()
    };
    assert_eq!(names(&first), ["smart_launch_signin_", "id"]);
    // Each sign-in has its cookie. The browser gets its name with a launch: an answer that comes late must not replace one.
    let second = browser.get(&app.url("/auth/launch")).await;
    assert_eq!(names(&second), ["smart_launch_signin_"]);
}

#[actix_web::test]
async fn own_paths_are_compared_as_a_router_sees_them() {
    let app = App::start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/%6Caunch"), &app.url("/auth/callback"))
        .await;
    let landing = browser
        .navigate(&callback.replace("/auth/callback", "/%61uth/c%61llback"))
        .await;
    assert_eq!(landing.body, "patient amber-testwood");
    let logout = landing.url.replace("/patient", "/auth/log%6Fut");
    assert_eq!(browser.post(&logout).await.status, 303);
    assert_problem(
        &browser.api(&landing.url).await,
        401,
        "signed-out",
        "You have signed out",
    );
    // A different path is a different path.
    for path in ["/auth/launch/", "/auth//launch", "/AUTH/launch", "/auth%2Flaunch"] {
        assert_eq!(browser.get(&app.url(path)).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn launch_is_opened_from_other_sites() {
    let app = App::start();
    let browser = Browser::new();
    let headers = [("sec-fetch-mode", "navigate"), ("sec-fetch-site", "cross-site")];
    let answer = browser
        .send(Method::GET, &app.ehr_launch_url("amber-testwood", None), &headers, None)
        .await;
    assert_eq!(answer.status, 303);
}

/// Some proxies answer 502 in place of it.
#[actix_web::test]
async fn an_answer_with_very_many_bytes_of_headers_is_in_the_log_once() {
    let logs = Logs::collect();
    let app = App::builder()
        .ehr(|ehr| ehr.authorize_method(AuthorizeMethod::Get))
        .start();
    let long = format!("{}{}", app.ehr_launch_url("amber-testwood", None), "x".repeat(14_000));
    for _ in 0..2 {
        let answer = Browser::new().get(&long).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert!(answer.location().len() > 14_000);
    }
    // Those of other tests are shorter.
    let text = logs.text();
    let ours = text
        .lines()
        .filter(|line| line.contains("more bytes of headers than some proxies take"));
    let bytes = ours.filter_map(|line| {
        line.split_once("bytes=")?
            .1
            .split_whitespace()
            .next()?
            .parse::<usize>()
            .ok()
    });
    assert_eq!(bytes.filter(|bytes| *bytes > 14_000).count(), 1, "{text}");
}
