//! Where the test browser goes, what it brings along, and what it says when it cannot.

use actix_smart_auth::testing::{TestBrowser, TestBrowserError};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use crate::{closed_port::ClosedPort, server::serve};

fn to(status: u16, location: &str) -> HttpResponse {
    HttpResponse::build(StatusCode::from_u16(status).unwrap())
        .insert_header(("location", location))
        .finish()
}

/// The headers of the request that begin so, as lines.
async fn told(request: HttpRequest) -> String {
    let names = ["cookie", "sec-fetch-site", "sec-fetch-mode", "origin", "accept"];
    let value = |name: &&str| {
        let value = request.headers().get(*name)?.to_str().ok()?;
        Some(format!("{name}: {value}"))
    };
    let mut lines = vec![format!("{} {}", request.method(), request.uri())];
    lines.extend(names.iter().filter_map(value));
    lines.join("\n")
}

async fn set_cookies() -> HttpResponse {
    HttpResponse::SeeOther()
        .append_header(("set-cookie", "one=1; Path=/one; HttpOnly; Secure; SameSite=Lax"))
        .append_header(("set-cookie", "all=2; Path=/; SameSite=Strict"))
        .insert_header(("location", "/one/told"))
        .finish()
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/told", web::route().to(told))
        .route("/one/told", web::route().to(told))
        .route("/cookies", web::get().to(set_cookies))
        .route("/loop", web::get().to(|| async { to(302, "/loop?code=s3cret") }))
        .route("/nowhere", web::get().to(|| async { to(302, "http://") }))
        .route(
            "/away",
            web::get().to(|| async { to(302, "http://ehr.example/authorize?state=s3cret") }),
        )
        .route("/secure", web::get().to(|| async { to(302, "https://127.0.0.1:1/") }))
        .route("/303", web::post().to(|| async { to(303, "/told") }))
        .route("/307", web::post().to(|| async { to(307, "/told") }))
        .route(
            "/steps/{left}",
            web::get().to(|left: web::Path<u32>| async move {
                match left.into_inner() {
                    0 => HttpResponse::Ok().body("there"),
                    left => to(302, &format!("/steps/{}", left - 1)),
                }
            }),
        )
        .route(
            "/page",
            web::get().to(|| async {
                HttpResponse::NotFound().content_type("text/html").body(
                    "<title>Labs</title><a href=told>See what is sent</a> <a href=told>See more</a>\
                     <form method=post action=/303><button>Save</button></form>\
                     <form method=post action=/307><button>Save all</button></form>",
                )
            }),
        )
        .route(
            "/json",
            web::get().to(|| async { HttpResponse::Ok().json(serde_json::json!({"count": 3})) }),
        );
}

fn browser() -> TestBrowser {
    TestBrowser::new(serve(routes))
}

#[actix_web::test]
async fn cookies_go_where_their_path_is_and_secure_ones_to_this_machine() {
    let browser = browser();
    let page = browser.open("/cookies").await.unwrap();
    assert!(page.text().contains("cookie: one=1; all=2"), "{page}");
    let elsewhere = browser.open("/told").await.unwrap();
    assert!(elsewhere.text().contains("cookie: all=2"), "{elsewhere}");
    assert_eq!(
        browser.cookies(),
        [
            ("all".to_owned(), "/".to_owned()),
            ("one".to_owned(), "/one".to_owned())
        ]
    );
    browser.forget_cookies();
    assert!(!browser.open("/told").await.unwrap().text().contains("cookie"));
}

#[actix_web::test]
async fn clones_share_cookies_and_other_browsers_and_other_ports_do_not_have_them() {
    let (browser, other_application) = (browser(), serve(routes));
    browser.open("/cookies").await.unwrap();
    assert!(browser.clone().open("/told").await.unwrap().text().contains("cookie"));
    assert_eq!(TestBrowser::new(&other_application).cookies(), []);
    let there = browser.open(&format!("{other_application}/told")).await.unwrap();
    assert!(!there.text().contains("cookie"), "{there}");
}

#[actix_web::test]
async fn twenty_redirects_are_followed_and_the_next_is_an_error_without_its_query() {
    let browser = browser();
    assert_eq!(browser.open("/steps/20").await.unwrap().text(), "there");
    let error = browser.open("/steps/21").await.unwrap_err();
    assert!(
        matches!(error, TestBrowserError::TooManyRedirects { limit: 20, .. }),
        "{error:?}"
    );
    let error = browser.open("/loop").await.unwrap_err().to_string();
    assert!(
        error.contains("more than 20 redirects") && error.contains("/loop"),
        "{error}"
    );
    assert!(!error.contains("s3cret"), "{error}");
}

#[actix_web::test]
async fn another_machine_is_not_asked_and_the_error_names_it() {
    let browser = browser();
    for (address, named) in [
        ("/away", "http://ehr.example"),
        ("https://ehr.example/", "https://ehr.example"),
        ("http://192.168.0.1/", "http://192.168.0.1"),
        ("http://localhost.ehr.example/", "http://localhost.ehr.example"),
    ] {
        let error = browser.open(address).await.unwrap_err();
        let TestBrowserError::OtherHost { origin } = &error else {
            panic!("{address}: {error:?}")
        };
        assert_eq!(origin, named);
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

#[actix_web::test]
async fn what_is_no_address_or_does_not_answer_says_so() {
    let browser = browser();
    let error = browser.open("/secure").await.unwrap_err();
    assert!(matches!(error, TestBrowserError::NoAddress { .. }), "{error:?}");
    let error = browser.open("http://[").await.unwrap_err();
    assert!(matches!(error, TestBrowserError::NoAddress { .. }), "{error:?}");
    let error = TestBrowser::new("nonsense").open("/").await.unwrap_err();
    assert!(error.to_string().contains("`nonsense` is no address"), "{error}");
    let error = browser.open("/nowhere").await.unwrap_err();
    assert!(
        matches!(error, TestBrowserError::RedirectToNowhere { status: 302, .. }),
        "{error:?}"
    );
    let closed = ClosedPort::new();
    let error = browser.open(&closed.origin()).await.unwrap_err();
    assert!(matches!(error, TestBrowserError::NoAnswer { .. }), "{error:?}");
}

#[actix_web::test]
async fn it_says_who_leads_it_there() {
    let browser = browser();
    let typed = browser.open("/told").await.unwrap();
    assert!(
        typed.text().contains("sec-fetch-site: none\nsec-fetch-mode: navigate"),
        "{typed}"
    );
    let page = browser.open("/page").await.unwrap();
    let clicked = page.click("See what is sent").await.unwrap();
    assert!(clicked.text().contains("sec-fetch-site: same-origin"), "{clicked}");
    let away = page.follow(&format!("{}/told", serve(routes))).await.unwrap();
    assert!(away.text().contains("sec-fetch-site: cross-site"), "{away}");
    let fetched = page.fetch("told").await.unwrap();
    assert!(fetched.text().contains("sec-fetch-mode: cors") && fetched.text().contains("accept: application/json"));
    assert!(
        browser
            .fetch("/told")
            .await
            .unwrap()
            .text()
            .contains("sec-fetch-site: same-origin")
    );
}

#[actix_web::test]
async fn a_posted_form_becomes_a_page_after_303_and_is_posted_again_after_307() {
    let page = browser().open("/page").await.unwrap();
    assert_eq!(page.status(), 404);
    let saved = page.click("Save").await.unwrap();
    assert!(saved.text().starts_with("GET /told"), "{saved}");
    let all = page.click("Save all").await.unwrap();
    assert!(
        all.text().starts_with("POST /told") && all.text().contains("origin: http://127.0.0.1:"),
        "{all}"
    );
}

#[actix_web::test]
async fn what_is_not_on_the_page_is_answered_with_what_is() {
    let page = browser().open("/page?q=s3cret").await.unwrap();
    let error = page.click("Sign out").await.unwrap_err();
    assert!(matches!(error, TestBrowserError::NothingToClick { .. }), "{error:?}");
    let text = error.to_string();
    for part in [
        "“Sign out”",
        "/page (status 404, “Labs”)",
        "Buttons: “Save”, “Save all”",
        "Links: “See what is sent”, “See more”",
        "Fields: none",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("s3cret"), "{text}");
    let error = page.form("Send").unwrap_err();
    assert!(matches!(error, TestBrowserError::NoButton { .. }), "{error:?}");
    let error = page.click("See").await.unwrap_err();
    assert!(matches!(error, TestBrowserError::Several { .. }), "{error:?}");
    let error = page.json::<serde_json::Value>().unwrap_err();
    assert!(matches!(error, TestBrowserError::NoJson { .. }), "{error:?}");
}

#[actix_web::test]
async fn a_part_of_what_a_link_says_will_do_where_nothing_else_has_it() {
    let page = browser().open("/page").await.unwrap();
    assert_eq!(page.click("more").await.unwrap().path(), "/told");
}

#[actix_web::test]
async fn json_is_read_as_whatever_type_is_wanted() {
    let answer = browser().fetch("/json").await.unwrap();
    let json: serde_json::Value = answer.json().unwrap();
    assert_eq!(json["count"], 3);
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
}
