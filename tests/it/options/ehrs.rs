//! Two EHRs behind one application.

use actix_smart_auth::{
    Ehr,
    sandbox::{SandboxClient, SandboxServer},
};
use url::Url;

use crate::support::{App, Browser};

const ELSEWHERE: &str = "app-elsewhere";

/// An application with a second EHR, where its patient is Bruno.
fn two() -> (App, SandboxServer) {
    let builder = App::builder();
    let second = crate::support::strict_ehr()
        .clock(builder.clock())
        .automatic_patient("bruno-fixture")
        .start()
        .unwrap();
    let base = second.fhir_base_url();
    let app = builder
        .another_ehr(move |redirect_uri| {
            Ehr::builder(base)
                .client_id(ELSEWHERE)
                .redirect_uri(redirect_uri)
                .scopes("launch/patient patient/*.rs offline_access")
        })
        .start();
    second.register(SandboxClient::public(ELSEWHERE, app.url("/auth/callback")));
    (app, second)
}

#[actix_web::test]
async fn iss_chooses_the_ehr_and_the_other_one_hears_nothing() {
    let (app, second) = two();
    let browser = Browser::new();
    let url = second.ehr_launch_url(&app.url("/auth/launch"), "clara-placebo", None);
    let page = browser.navigate(&url).await;
    assert_eq!(page.body, "patient clara-placebo");
    assert_eq!(app.sandbox.received_requests(), []);

    let first = browser.navigate(&app.ehr_launch_url("amber-testwood", None)).await;
    assert_eq!(first.body, "patient amber-testwood");
    app.advance(3400);
    // Each refresh goes to the EHR that gave the token.
    assert_eq!(browser.get(&first.url).await.body, "patient amber-testwood");
    assert_eq!(
        (app.refreshes(), second.token_requests_of("refresh_token").len()),
        (1, 0)
    );
    assert_eq!(browser.get(&page.url).await.body, "patient clara-placebo");
    assert_eq!(
        (app.refreshes(), second.token_requests_of("refresh_token").len()),
        (1, 1)
    );
    let ids: Vec<_> = second
        .token_requests()
        .iter()
        .map(|it| it.parameter("client_id"))
        .collect();
    assert_eq!(ids, vec![Some(ELSEWHERE.to_owned()); 2]);
}

#[actix_web::test]
async fn a_standalone_launch_names_its_ehr() {
    let (app, second) = two();
    let browser = Browser::new();
    let unnamed = browser.get(&app.url("/auth/launch")).await;
    assert_eq!(unnamed.status, 200);
    assert!(
        unnamed.body.contains("<h1>Which hospital or practice?</h1>"),
        "{}",
        unnamed.body
    );
    assert_eq!(
        (app.sandbox.received_requests().len(), second.received_requests().len()),
        (0, 0)
    );

    for (base, expected) in [
        (app.sandbox.fhir_base_url(), "patient amber-testwood"),
        (second.fhir_base_url(), "patient bruno-fixture"),
    ] {
        let url = Url::parse_with_params(&app.url("/auth/launch"), [("ehr", base)]).unwrap();
        let page = browser.navigate(url.as_str()).await;
        assert_eq!((page.status, page.body.as_str()), (200, expected));
    }
    let unknown = browser
        .get(&app.url("/auth/launch?ehr=https://other.example/fhir"))
        .await;
    assert_eq!(unknown.status, 400);
    assert!(unknown.body.contains("Code: unknown-ehr"), "{}", unknown.body);
}

#[actix_web::test]
async fn an_ended_launch_begins_again_at_its_own_ehr() {
    let (app, second) = two();
    let browser = Browser::new();
    let url = Url::parse_with_params(&app.url("/auth/launch"), [("ehr", second.fhir_base_url())]).unwrap();
    let page = browser.navigate(url.as_str()).await;
    assert_eq!(page.body, "patient bruno-fixture");
    app.advance(3600);
    let again = browser.navigate(&page.url).await;
    assert_eq!((again.status, again.body.as_str()), (200, "patient bruno-fixture"));
    assert_eq!(app.sandbox.received_requests(), []);
}

#[actix_web::test]
async fn a_code_of_one_ehr_is_never_sent_to_the_other() {
    let (app, second) = two();
    let browser = Browser::new();
    let first = browser
        .navigate_until(&app.ehr_launch_url("amber-testwood", None), &app.url("/auth/callback"))
        .await;
    let url = second.ehr_launch_url(&app.url("/auth/launch"), "clara-placebo", None);
    let other = browser.navigate_until(&url, &app.url("/auth/callback")).await;
    let page = browser.navigate(&first).await;
    assert_eq!(page.body, "patient amber-testwood");
    assert_eq!((app.exchanges(), second.token_requests().len()), (1, 0));
    assert_eq!(browser.navigate(&other).await.body, "patient clara-placebo");
    assert_eq!((app.exchanges(), second.token_requests().len()), (1, 1));
}

#[actix_web::test]
async fn a_page_of_a_launch_at_one_ehr_is_not_opened_inside_one_at_the_other() {
    // With a patient and without: an id in an address means nothing at another EHR.
    for scopes in [
        "launch/patient patient/*.rs offline_access",
        "openid fhirUser user/*.rs offline_access",
    ] {
        let builder = App::builder();
        let second = crate::support::strict_ehr().clock(builder.clock()).start().unwrap();
        let base = second.fhir_base_url();
        let app = builder
            .ehr(move |ehr| ehr.scopes(scopes))
            .another_ehr(move |redirect_uri| {
                Ehr::builder(base)
                    .client_id(ELSEWHERE)
                    .redirect_uri(redirect_uri)
                    .scopes(scopes)
            })
            .start();
        second.register(SandboxClient::public(ELSEWHERE, app.url("/auth/callback")));
        let browser = Browser::new();
        let at = |ehr: String| {
            Url::parse_with_params(&app.url("/auth/launch"), [("ehr", ehr)])
                .unwrap()
                .to_string()
        };
        let first = browser.navigate(&at(app.sandbox.fhir_base_url())).await;
        let (base, _) = first.url.rsplit_once('/').unwrap();
        let deep = format!("{}/scopes?x=1", base.strip_prefix(&app.origin).unwrap());
        app.advance(3600);
        for (ehr, comes_back) in [(second.fhir_base_url(), false), (app.sandbox.fhir_base_url(), true)] {
            let url = Url::parse_with_params(&at(ehr), [("return_to", &deep)]).unwrap();
            let page = browser.navigate(url.as_str()).await;
            assert_eq!(page.url.ends_with("/scopes?x=1"), comes_back, "{scopes}: {}", page.url);
        }
    }
}
