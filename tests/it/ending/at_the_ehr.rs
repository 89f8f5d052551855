//! After signing out here, the browser is sent to the EHR to sign out there.

use actix_smart_auth::{
    Ehr,
    options::{EndSession, IdTokenHint},
};
use awc::http::Method;
use url::Url;

use crate::support::{App, AppBuilder, Browser, CLIENT_ID, Logs};

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

#[actix_web::test]
async fn the_launch_has_ended_before_the_browser_is_sent_there() {
    let app = app(IdTokenHint::Omit).start();
    let browser = Browser::new();
    for all in [false, true] {
        let launch = launch(&app, &browser).await;
        let logout = if all {
            app.url("/auth/logout")
        } else {
            format!("{launch}/auth/logout")
        };
        let answer = browser.post_only(&logout).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert!(answer.location().starts_with("https://ehr.example/logout?"));
        assert_eq!(
            query(answer.location()),
            [
                pair("realm", "north"),
                pair("client_id", CLIENT_ID),
                pair("post_logout_redirect_uri", BACK)
            ]
        );
        assert_eq!(browser.api(&format!("{launch}/patient")).await.status, 401);
    }
}

#[actix_web::test]
async fn the_id_token_goes_along_only_where_the_registration_asks_for_it() {
    let logs = Logs::collect();
    let app = app(IdTokenHint::Send).start();
    let browser = Browser::new();
    let launch = launch(&app, &browser).await;
    let answer = browser.post_only(&format!("{launch}/auth/logout")).await;
    let (_, hint) = query(answer.location()).pop().unwrap();
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
    // The launch has ended by now.
    let again = browser.post_only(&format!("{launch}/auth/logout")).await;
    assert!(again.location().starts_with("/~"), "{}", again.location());
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
