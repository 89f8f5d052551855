//! `danger_one_launch_per_browser`: for applications that cannot have the launch in their paths.

use actix_smart_auth::{Patient, Relaunch};
use actix_web::{HttpResponse, web};

use crate::support::{App, Browser};

fn pages(app: &mut web::ServiceConfig) {
    app.route(
        "/chart",
        web::get().to(async |patient: Patient| format!("chart of {}", patient.id())),
    )
    .route(
        "/data",
        web::get().to(async |patient: Patient| {
            HttpResponse::Ok()
                .insert_header(("cache-control", "public, max-age=600"))
                .body(patient.id().to_owned())
        }),
    );
}

#[actix_web::test]
async fn nothing_of_a_launch_is_kept_in_a_cache_under_an_address_that_the_next_patient_has_too() {
    let (app, browser) = (app(), Browser::new());
    browser.navigate(&app.url("/auth/launch")).await;
    let answer = browser.api(&app.url("/data")).await;
    assert_eq!(answer.header("cache-control"), "public, max-age=600, no-store");
}

fn app() -> App {
    App::builder()
        .routes(pages)
        .config(|config| config.danger_one_launch_per_browser().landing("/chart"))
        .start()
}

fn cookie(browser: &Browser) -> Option<(String, String)> {
    let mut jar = browser.jar().into_iter();
    let found = jar.find(|(_, name, _)| name == "smart_launch");
    found.map(|(path, _, value)| (path, value))
}

#[actix_web::test]
async fn a_second_launch_replaces_the_first() {
    let (app, browser, other) = (app(), Browser::new(), Browser::new());
    let page = browser.navigate(&app.ehr_launch_url("amber-testwood", None)).await;
    assert_eq!(
        (page.url, page.body.as_str()),
        (app.url("/chart"), "chart of amber-testwood")
    );
    let (path, first) = cookie(&browser).unwrap();
    assert_eq!(path, "/");
    other.navigate(&app.ehr_launch_url("dario-sampleton", None)).await;

    let page = browser.navigate(&app.ehr_launch_url("bruno-fixture", None)).await;
    assert_eq!(
        (page.url, page.body.as_str()),
        (app.url("/chart"), "chart of bruno-fixture")
    );
    assert_eq!(browser.get(&app.url("/chart")).await.body, "chart of bruno-fixture");
    assert_eq!(other.get(&app.url("/chart")).await.body, "chart of dario-sampleton");

    // The first one has ended in the store, too: its cookie is worth nothing.
    let thief = Browser::new();
    thief.plant(&app.origin, "/", "smart_launch", &first);
    let answer = thief.api(&app.url("/chart")).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (401, Some("replaced")));
}

#[actix_web::test]
async fn its_token_is_refreshed_and_its_deep_links_are_plain_paths() {
    let (app, browser) = (app(), Browser::new());
    let page = browser
        .navigate(&app.url("/auth/launch?return_to=%2Fchart%3Fx%3D1"))
        .await;
    assert_eq!((page.status, page.url), (200, app.url("/chart?x=1")));
    app.advance(3400);
    assert_eq!(browser.get(&app.url("/chart")).await.status, 200);
    assert_eq!(app.refreshes(), 1);
    app.advance(3600);
    let page = browser.navigate(&app.url("/chart?x=2")).await;
    assert_eq!((page.status, page.url), (200, app.url("/chart?x=2")));
}

#[actix_web::test]
async fn after_an_ended_launch_a_deep_link_is_not_opened_for_another_patient() {
    let (app, browser) = (app(), Browser::new());
    browser.navigate(&app.url("/auth/launch")).await;
    app.advance(3600);
    app.sandbox.set_automatic_patient("bruno-fixture");
    let page = browser.navigate(&app.url("/chart?about=amber")).await;
    assert_eq!(
        (page.url, page.body.as_str()),
        (app.url("/chart"), "chart of bruno-fixture")
    );
}

#[actix_web::test]
async fn logging_out_ends_it_in_the_store() {
    let (app, browser) = (app(), Browser::new());
    browser.navigate(&app.ehr_launch_url("amber-testwood", None)).await;
    let answer = browser.post(&app.url("/auth/logout")).await;
    assert_eq!((answer.status, answer.launch_cookies()), (200, Vec::new()));
    assert!(cookie(&browser).is_some(), "it says that this person has signed out");
    let answer = browser.api(&app.url("/chart")).await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("signed-out"))
    );
    let page = browser.get(&app.url("/chart")).await;
    assert_eq!((page.status, page.location()), (401, ""));
    // The next launch has the path, and the cookie, for itself.
    let page = browser.navigate(&app.ehr_launch_url("bruno-fixture", None)).await;
    assert_eq!(page.body, "chart of bruno-fixture");
}

#[actix_web::test]
async fn an_old_answer_does_not_push_out_the_launch_that_took_its_place() {
    let (app, browser) = (app(), Browser::new());
    let first = browser
        .navigate_until(&app.ehr_launch_url("amber-testwood", None), &app.url("/auth/callback"))
        .await;
    assert_eq!(browser.navigate(&first).await.body, "chart of amber-testwood");
    browser.navigate(&app.ehr_launch_url("bruno-fixture", None)).await;
    let open = cookie(&browser);
    let page = browser.get(&first).await;
    assert_eq!(
        (page.status, page.location(), page.launch_cookies()),
        (401, "", Vec::new())
    );
    assert!(page.body.contains("Code: replaced"), "{}", page.body);
    assert_eq!(cookie(&browser), open);
    assert_eq!(browser.get(&app.url("/chart")).await.body, "chart of bruno-fixture");
    // While it is open, the same callback gets the same answer.
    let second = browser
        .navigate_until(&app.ehr_launch_url("bruno-fixture", None), &app.url("/auth/callback"))
        .await;
    for _ in 0..2 {
        assert_eq!(browser.navigate(&second).await.body, "chart of bruno-fixture");
    }
}

#[actix_web::test]
async fn false_cookies_in_front_of_the_right_one_lock_nobody_out() {
    let (app, browser, other) = (app(), Browser::new(), Browser::new());
    browser.navigate(&app.url("/auth/launch")).await;
    other.navigate(&app.url("/auth/launch")).await;
    let (_, own) = cookie(&browser).unwrap();
    let (_, others) = cookie(&other).unwrap();
    let (others_id, _) = others.split_once('.').unwrap();
    let (own_id, _) = own.split_once('.').unwrap();
    let wrong = "A".repeat(43);
    for false_one in [
        String::new(),
        "nonsense".to_owned(),
        format!("AAAAAAAAAAAAAAAAAAAAAA.{wrong}"),
        format!("{others_id}.{wrong}"),
        format!("{own_id}.{wrong}"),
    ] {
        browser.put_in_front(format!("smart_launch={false_one}; ").as_bytes());
        assert_eq!(
            browser.get(&app.url("/chart")).await.body,
            "chart of amber-testwood",
            "{false_one}"
        );
    }
    // Two that both are right: which one is meant nobody knows, so it is neither.
    browser.put_in_front(format!("smart_launch={others}; ").as_bytes());
    let answer = browser.api(&app.url("/chart")).await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("no-launch"))
    );
    // Signing out ends what can be proved, and then the page says so.
    assert_eq!(browser.post(&app.url("/auth/logout")).await.status, 200);
    browser.put_in_front(b"");
    let answer = browser.api(&app.url("/chart")).await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("signed-out"))
    );
}

#[actix_web::test]
async fn a_path_that_names_a_launch_is_for_that_launch_here_too() {
    let (app, browser) = (app(), Browser::new());
    browser.navigate(&app.url("/auth/launch")).await;
    let (_, value) = cookie(&browser).unwrap();
    let (id, _) = value.split_once('.').unwrap();
    let own = browser.api(&app.url(&format!("/~{id}/patient"))).await;
    assert_eq!((own.status, own.body.as_str()), (200, "patient amber-testwood"));
    for other in ["AAAAAAAAAAAAAAAAAAAAAA", "ANY", ""] {
        let answer = browser.api(&app.url(&format!("/~{other}/patient"))).await;
        let code = (answer.status == 401).then(|| answer.json()["code"].as_str().unwrap().to_owned());
        assert!(
            answer.status == 404 || code.as_deref() == Some("no-launch"),
            "{other}: {}",
            answer.body
        );
    }
}

/// The address is the same before and after, so nothing would show that it is another patient's chart.
#[actix_web::test]
async fn a_launch_of_which_nothing_is_known_any_more_is_begun_anew_only_where_it_began_in_the_application() {
    for (relaunch, from_ehr, redirects) in [
        (Relaunch::SameKind, true, false),
        (Relaunch::Standalone, true, true),
        (Relaunch::SameKind, false, true),
    ] {
        let app = App::builder()
            .routes(pages)
            .config(move |config| {
                config
                    .danger_one_launch_per_browser()
                    .landing("/chart")
                    .relaunch(relaunch)
            })
            .start();
        let browser = Browser::new();
        let launch = if from_ehr {
            app.ehr_launch_url("amber-testwood", None)
        } else {
            app.url("/auth/launch")
        };
        browser.navigate(&launch).await;
        let (_, value) = cookie(&browser).unwrap();
        let (id, _) = value.split_once('.').unwrap();
        app.advance(3600 + 15 * 60);
        // Another one in front of the right one changes nothing.
        for in_front in ["", "smart_launch=AAAAAAAAAAAAAAAAAAAAAA.x; "] {
            browser.put_in_front(in_front.as_bytes());
            let answer = browser.get(&app.url("/chart?about=amber")).await;
            if redirects {
                assert_eq!(answer.status, 303, "{}", answer.body);
            } else {
                assert_eq!((answer.status, answer.location()), (401, ""));
                let sentence = "open the application again from the patient&#39;s chart";
                assert!(answer.body.contains(sentence), "{}", answer.body);
                assert!(!answer.body.contains("href"), "{}", answer.body);
            }
            if redirects && in_front.is_empty() {
                assert!(
                    answer.location().ends_with(&format!("&after={id}")),
                    "{}",
                    answer.location()
                );
            }
        }
    }
}

#[actix_web::test]
async fn who_proves_two_launches_begins_none_in_the_application_where_one_of_them_began_in_the_ehr() {
    for (from_ehr, expected) in [(true, 401), (false, 303)] {
        let (app, browser, other) = (app(), Browser::new(), Browser::new());
        browser.navigate(&app.url("/auth/launch")).await;
        let launch = if from_ehr {
            app.ehr_launch_url("bruno-fixture", None)
        } else {
            app.url("/auth/launch")
        };
        other.navigate(&launch).await;
        let (_, others) = cookie(&other).unwrap();
        browser.put_in_front(format!("smart_launch={others}; ").as_bytes());
        let answer = browser.get(&app.url("/chart")).await;
        assert_eq!(answer.status, expected, "{}", answer.location());
    }
}

#[actix_web::test]
async fn a_bookmark_from_one_patients_chart_is_not_opened_for_another() {
    let (app, browser) = (app(), Browser::new());
    // Where the address does not say which launch a page was in, nothing is known of it.
    let page = browser.navigate(&app.url("/chart?about=somebody")).await;
    assert_eq!((page.status, page.url), (200, app.url("/chart")));
}

/// The launch's cookie may be all that leads to the browser. The answer of the second sign-in was on its way already.
#[actix_web::test]
async fn who_signs_out_while_a_second_sign_in_is_under_way_is_signed_out_of_that_too() {
    let (app, browser, under_way) = (app(), Browser::new(), Browser::new());
    let first = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    browser.forget("id");
    browser.navigate(&first).await;
    let second = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    for (path, name, value) in browser.jar() {
        under_way.plant(&app.origin, &path, &name, &value);
    }
    app.advance(1);
    let page = browser.post(&app.url("/auth/logout")).await;
    assert!(page.body.contains("Code: signed-out"), "{}", page.body);
    let page = under_way.navigate(&second).await;
    assert!(page.body.contains("Code: signed-out"), "{}", page.body);
}
