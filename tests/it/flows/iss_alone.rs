//! A launch address that names an EHR and no launch.

use actix_smart_auth::{StandaloneLaunch, options::IssAlone};

use crate::support::{App, Browser};

fn address(app: &App, more: &str) -> String {
    app.url(&format!("/auth/launch?iss={}{more}", app.sandbox.fhir_base_url()))
}

#[actix_web::test]
async fn a_page_offers_to_sign_in_at_that_ehr_and_goes_where_the_address_said() {
    let app = App::start();
    let browser = Browser::new();
    let page = browser.get(&address(&app, "&return_to=/~x/encounter")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("Sign in and choose a patient"), "{}", page.body);
    assert_eq!(
        app.sandbox.received_requests().len(),
        0,
        "nothing is fetched before the person says so"
    );
    let href = page.body.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let href = href.replace("&amp;", "&");
    let patient = browser.navigate(&app.url(&href)).await;
    assert!(patient.body.starts_with("patient "), "{}", patient.body);
}

#[actix_web::test]
async fn by_option_the_sign_in_begins_at_once() {
    let app = App::builder()
        .config(|config| config.iss_alone(IssAlone::Begin))
        .start();
    let patient = Browser::new().navigate(&address(&app, "")).await;
    assert!(patient.body.starts_with("patient "), "{}", patient.body);
    let asked = app.sandbox.received_requests();
    let authorize = asked.iter().find_map(|request| request.parameter("scope"));
    assert!(
        !authorize.unwrap().split(' ').any(|scope| scope == "launch"),
        "there is no context to hand over"
    );
}

#[actix_web::test]
async fn a_script_an_unknown_ehr_and_an_application_without_standalone_launches_get_no_offer() {
    for policy in [IssAlone::Ask, IssAlone::Begin] {
        let app = App::builder()
            .config(move |config| config.iss_alone(policy).standalone(StandaloneLaunch::NotOffered))
            .start();
        let answer = Browser::new().api(&address(&app, "")).await;
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (400, &"launch-from-ehr".into())
        );

        let app = App::builder().config(move |config| config.iss_alone(policy)).start();
        let answer = Browser::new()
            .api(&app.url("/auth/launch?iss=https://other.example/fhir"))
            .await;
        assert_eq!((answer.status, &answer.json()["code"]), (400, &"unknown-ehr".into()));
        assert_eq!(app.sandbox.received_requests().len(), 0);
    }
    let app = App::start();
    let answer = Browser::new().api(&address(&app, "")).await;
    assert_eq!((answer.status, &answer.json()["code"]), (400, &"choose-patient".into()));
}
