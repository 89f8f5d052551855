//! What a sign-out at the EHR leaves in a browser is not for the next person.

use actix_smart_auth::{
    Ehr,
    options::{EndSession, IdTokenHint},
    sandbox::SandboxClient,
};

use crate::support::{App, AppBuilder, Browser, CLIENT_ID, open};

const AT: &str = "https://ehr.example/logout";
const SECOND: &str = "Practitioner/otto-outline";

fn app() -> AppBuilder {
    App::builder().ehr(|ehr| ehr.end_session(EndSession::at(AT).id_token_hint(IdTokenHint::Send)))
}

/// Nothing of it leads to the EHR of the person before: neither by itself nor by a button.
async fn leads_nowhere(app: &App, browser: &Browser) {
    let page = browser.get(&app.url("/auth/logout")).await;
    assert_eq!((page.status, page.header("refresh")), (200, ""), "{}", page.body);
    assert!(!page.body.contains("https://ehr.example"), "{}", page.body);
    assert_eq!(browser.cookie("smart_launch_ehr"), None);
}

#[actix_web::test]
async fn the_way_to_the_ehr_of_a_lost_answer_ends_when_the_next_launch_opens() {
    let app = app().start();
    let browser = Browser::new();
    open(&app, &browser).await;
    // The page that it leads to never comes.
    let answer = browser.post_only(&app.url("/auth/logout")).await;
    assert_eq!(answer.status, 303);
    assert!(browser.cookie("smart_launch_ehr_signout").is_some());
    app.sandbox.set_automatic_user(SECOND);
    open(&app, &browser).await;
    leads_nowhere(&app, &browser).await;
}

#[actix_web::test]
async fn so_does_one_that_the_browser_has_gone() {
    let app = app().start();
    let browser = Browser::new();
    open(&app, &browser).await;
    let page = browser.post(&app.url("/auth/logout")).await;
    let hint = page
        .header("refresh")
        .split_once("id_token_hint=")
        .unwrap()
        .1
        .to_owned();
    app.sandbox.set_automatic_user(SECOND);
    open(&app, &browser).await;
    leads_nowhere(&app, &browser).await;
    let page = browser.post(&app.url("/auth/logout")).await;
    let theirs = page.header("refresh");
    assert!(theirs.contains("id_token_hint=") && !theirs.contains(&hint), "{theirs}");
}

/// An answer that is given again, after somebody has signed out, opens nothing and takes no way away.
#[actix_web::test]
async fn the_callback_of_a_launch_that_has_ended_leaves_the_way_as_it_is() {
    let app = app().start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    assert_eq!(browser.navigate(&callback).await.status, 200);
    let launch = browser.get(&callback).await;
    let logout = format!(
        "{}/auth/logout",
        app.url(launch.location().trim_end_matches("/patient"))
    );
    assert_eq!(browser.post_only(&logout).await.status, 303);
    browser.get(&callback).await;
    assert!(browser.cookie("smart_launch_ehr_signout").is_some());
}

#[actix_web::test]
async fn a_sign_out_that_leads_to_no_ehr_takes_the_way_of_an_earlier_one_away() {
    let other = App::start();
    let base = other.sandbox.fhir_base_url();
    let app = app()
        .another_ehr(move |redirect_uri| {
            Ehr::builder(base)
                .client_id(CLIENT_ID)
                .redirect_uri(redirect_uri)
                .scopes("launch/patient patient/*.rs")
        })
        .start();
    let client = SandboxClient::public(CLIENT_ID, app.url("/auth/callback"));
    other.sandbox.register(client);
    let browser = Browser::new();
    let mut launches = Vec::new();
    for ehr in [app.sandbox.fhir_base_url(), other.sandbox.fhir_base_url()] {
        let page = browser.navigate(&app.url(&format!("/auth/launch?ehr={ehr}"))).await;
        assert_eq!(page.status, 200, "{}", page.body);
        launches.push(page.url.trim_end_matches("/patient").to_owned());
    }
    let [first, second] = &launches[..] else {
        panic!("{launches:?}")
    };
    browser.post_only(&format!("{first}/auth/logout")).await;
    assert!(browser.cookie("smart_launch_ehr_signout").is_some());
    browser.post_only(&format!("{second}/auth/logout")).await;
    leads_nowhere(&app, &browser).await;
}

/// The second press ends nothing, and the way is that of the first.
#[actix_web::test]
async fn a_second_press_leaves_it() {
    let app = app().start();
    let browser = Browser::new();
    open(&app, &browser).await;
    browser.post_only(&app.url("/auth/logout")).await;
    let page = browser.post(&app.url("/auth/logout")).await;
    assert!(
        page.header("refresh").starts_with("0; url=https://ehr.example/"),
        "{}",
        page.body
    );
}
