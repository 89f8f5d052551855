//! Whatever a request gets wrong about its launch: there is none then, and no other one instead.

use actix_smart_auth::Relaunch;

use super::{AMBER, BRUNO, Tab, assert_no_launch};
use crate::support::{App, Browser};

/// Two open launches, and the value of each one's cookie.
async fn two_tabs(app: &App, browser: &Browser) -> [(Tab, String); 2] {
    let amber = Tab::open(app, browser, AMBER, "visit-101").await;
    let bruno = Tab::open(app, browser, BRUNO, "visit-201").await;
    [amber, bruno].map(|tab| {
        let path = format!("/~{}", tab.id());
        let cookie = browser.jar().into_iter().find(|(of, _, _)| *of == path).unwrap();
        (tab, cookie.2)
    })
}

#[actix_web::test]
async fn a_path_without_its_cookie_has_no_launch() {
    let (app, browser) = (App::start(), Browser::new());
    let [(amber, _), (bruno, _)] = two_tabs(&app, &browser).await;
    let stranger = Browser::new();
    amber.is_closed(&stranger).await;
    browser.forget("smart_launch");
    amber.is_closed(&browser).await;
    bruno.is_closed(&browser).await;
}

#[actix_web::test]
async fn the_cookie_of_another_launch_proves_nothing() {
    let (app, browser) = (App::start(), Browser::new());
    let [(amber, of_amber), (bruno, of_bruno)] = two_tabs(&app, &browser).await;
    let (_, secret_of_bruno) = of_bruno.split_once('.').unwrap();
    let (_, secret_of_amber) = of_amber.split_once('.').unwrap();
    let planted = [
        // As it is; under the right id; nearly the right one; nothing.
        of_bruno.clone(),
        format!("{}.{secret_of_bruno}", amber.id()),
        format!("{}.{}", amber.id(), &secret_of_amber[..secret_of_amber.len() - 1]),
        format!("{}.{secret_of_amber}x", amber.id()),
        format!("{}.", amber.id()),
        format!(".{secret_of_amber}"),
        secret_of_amber.to_owned(),
        String::new(),
    ];
    for value in planted {
        for path in ["/", &format!("/~{}", amber.id())] {
            let browser = Browser::new();
            browser.plant(&app.origin, path, "smart_launch", &value);
            let answer = browser.api(&amber.url("/two")).await;
            assert_no_launch(&answer);
            // A page that works without a launch sees none, rather than an error.
            assert_eq!(browser.api(&amber.url("/maybe")).await.body, "not signed in", "{value}");
        }
    }
    // The control: the right value does.
    let browser = Browser::new();
    browser.plant(&app.origin, "/", "smart_launch", &of_amber);
    amber.see(&browser).await;
    bruno.is_closed(&browser).await;
}

/// A page of the same host can set cookies for any path: what it planted must not push the right one aside.
#[actix_web::test]
async fn a_planted_cookie_does_not_take_the_place_of_the_right_one() {
    let (app, browser) = (App::start(), Browser::new());
    let [(amber, of_amber), (bruno, of_bruno)] = two_tabs(&app, &browser).await;
    browser.plant(&app.origin, "/", "smart_launch", &of_bruno);
    amber.see(&browser).await;
    bruno.see(&browser).await;
    browser.plant(&app.origin, "/", "smart_launch", &of_amber);
    amber.see(&browser).await;
    bruno.see(&browser).await;
}

#[actix_web::test]
async fn an_id_that_is_not_quite_right_names_no_launch() {
    let (app, browser) = (App::start(), Browser::new());
    let [(amber, of_amber), _] = two_tabs(&app, &browser).await;
    let id = amber.id().to_owned();
    let flipped: String = id
        .chars()
        .map(|c| {
            if c.is_ascii_lowercase() {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    let mut ids = vec![
        "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        id[..21].to_owned(),
        format!("{id}A"),
        id.to_uppercase(),
        id.to_lowercase(),
        flipped,
        format!("{id}="),
        format!("{id}%20"),
        format!("{id}%00"),
        "..".to_owned(),
    ];
    ids.retain(|other| *other != id);
    for other in ids {
        // With all the cookies that a confused browser could send.
        let browser = Browser::new();
        browser.plant(&app.origin, "/", "smart_launch", &of_amber);
        let answer = browser.api(&app.url(&format!("/~{other}/two"))).await;
        assert!([401, 404].contains(&answer.status), "{other}: {}", answer.status);
        assert!(!answer.body.contains(AMBER), "{other}: {}", answer.body);
    }
}

#[actix_web::test]
async fn another_spelling_of_the_same_path_is_the_same_launch() {
    // `%7E` is `~` to a router. Browsers compare cookie paths as text, so it takes a planted cookie to get here.
    let (app, browser) = (App::start(), Browser::new());
    let [(amber, of_amber), (_, of_bruno)] = two_tabs(&app, &browser).await;
    for (value, expected) in [(of_amber, 200), (of_bruno, 401)] {
        let browser = Browser::new();
        browser.plant(&app.origin, "/", "smart_launch", &value);
        let answer = browser.api(&app.url(&format!("/%7E{}/two", amber.id()))).await;
        assert_eq!(answer.status, expected, "{}", answer.body);
    }
}

#[actix_web::test]
async fn outside_of_the_launch_scope_there_is_no_launch() {
    let (app, browser) = (App::start(), Browser::new());
    let [(_, of_amber), _] = two_tabs(&app, &browser).await;
    browser.plant(&app.origin, "/", "smart_launch", &of_amber);
    assert_no_launch(&browser.api(&app.url("/outside")).await);
}

#[actix_web::test]
async fn a_person_without_a_launch_is_sent_to_launch_and_not_into_another_one() {
    // The two tabs were opened from the EHR.
    for (relaunch, is_sent) in [(Relaunch::Standalone, true), (Relaunch::SameKind, false)] {
        let app = App::builder().config(move |config| config.relaunch(relaunch)).start();
        let [(amber, _), _] = two_tabs(&app, &Browser::new()).await;
        let answer = Browser::new().get(&amber.url("/two")).await;
        let launch = format!("/auth/launch?return_to=%2F%7E{}%2Ftwo", amber.id());
        let expected = if is_sent { (303, launch.as_str()) } else { (401, "") };
        assert_eq!((answer.status, answer.location()), expected);
    }
}
