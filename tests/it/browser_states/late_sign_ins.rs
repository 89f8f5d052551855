//! Sign-ins that are finished when somebody else is at work in the browser already: an EHR that is slow, a process that was
//! stopped, a tab that was left.

use actix_smart_auth::{Patient, store::BrowserLimits};
use actix_web::web;

use super::{SECOND_USER, callback_of, state};
use crate::support::{App, Browser, open};

#[actix_web::test]
async fn one_that_began_before_somebody_else_was_at_work_opens_nothing_and_ends_nothing() {
    let (app, browser) = (App::start(), Browser::new());
    let first = open(&app, &browser).await;
    let late = callback_of(&app, &browser).await;
    app.advance(1);
    app.sandbox.set_automatic_user(SECOND_USER);
    let at_work = open(&app, &browser).await;
    assert_eq!(state(&browser, &first).await.0, 401);
    let page = browser.get(&late).await;
    assert_eq!(page.status, 409, "{}", page.body);
    assert!(page.body.contains("Code: sign-in-overtaken"), "{}", page.body);
    assert!(page.launch_cookies().is_empty());
    assert_eq!(state(&browser, &at_work).await.0, 200, "who came later goes on");
    let again = browser.get(&late).await;
    assert!(again.body.contains("Code: sign-in-overtaken"), "{}", again.body);
}

/// Neither of them has launched here before, so no cookie but those of the sign-ins leads from one to the other.
#[actix_web::test]
async fn so_it_is_with_two_first_sign_ins() {
    let (app, browser, late_one) = (App::start(), Browser::new(), Browser::new());
    let late = callback_of(&app, &browser).await;
    app.advance(1);
    app.sandbox.set_automatic_user(SECOND_USER);
    let second = callback_of(&app, &browser).await;
    // The late callback is on its way with the cookies of now.
    for (path, name, value) in browser.jar() {
        late_one.plant(&app.origin, &path, &name, &value);
    }
    let landed = browser.navigate(&second).await;
    assert_eq!(landed.status, 200, "{}", landed.body);
    let page = late_one.get(&late).await;
    assert!(page.body.contains("Code: sign-in-overtaken"), "{}", page.body);
    let page = browser.get(&landed.url).await;
    assert_eq!(page.status, 200, "{}", page.body);
}

#[actix_web::test]
async fn one_of_the_same_user_opens_beside_the_other() {
    let (app, browser) = (App::start(), Browser::new());
    let late = callback_of(&app, &browser).await;
    app.advance(1);
    let other = open(&app, &browser).await;
    assert_eq!(browser.navigate(&late).await.status, 200);
    assert_eq!(state(&browser, &other).await.0, 200);
}

/// The limit pushes out the one that was used longest ago, whenever it began.
#[actix_web::test]
async fn one_of_the_same_user_opens_also_where_the_limit_pushes_out_one_that_began_later() {
    let mut one = BrowserLimits::default();
    one.launches = 1;
    let app = App::builder().config(move |config| config.browser_limits(one)).start();
    let browser = Browser::new();
    let late = callback_of(&app, &browser).await;
    app.advance(1);
    let other = open(&app, &browser).await;
    assert_eq!(browser.navigate(&late).await.status, 200);
    assert_eq!(state(&browser, &other).await, (401, "too-many".to_owned()));
}

#[actix_web::test]
async fn where_there_is_one_launch_per_browser_the_one_that_was_chosen_later_stays() {
    let app = App::builder()
        .config(|config| config.danger_one_launch_per_browser().landing("/chart"))
        .routes(|app| {
            app.route(
                "/chart",
                web::get().to(|patient: Patient| async move { patient.reference() }),
            );
        })
        .start();
    let browser = Browser::new();
    let amber = app.ehr_launch_url("amber-testwood", None);
    let late = browser.navigate_until(&amber, &app.url("/auth/callback")).await;
    app.advance(1);
    let landed = browser.navigate(&app.ehr_launch_url("bruno-fixture", None)).await;
    assert_eq!(landed.body, "Patient/bruno-fixture");
    let page = browser.get(&late).await;
    assert!(page.body.contains("Code: sign-in-overtaken"), "{}", page.body);
    assert_eq!(browser.get(&app.url("/chart")).await.body, "Patient/bruno-fixture");
}
