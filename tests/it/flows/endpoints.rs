//! Endpoints: with a query, relative, and configured.

use actix_smart_auth::{
    Quirks,
    options::{AuthorizeMethod, EndpointsUse},
    sandbox::{Endpoint, Fault, FaultPoint, Times, When},
};

use super::authorize::requests;
use crate::support::{App, Browser, Form, Profile};

#[actix_web::test]
async fn the_query_of_the_authorization_endpoint_is_kept() {
    for method in [AuthorizeMethod::Get, AuthorizeMethod::Post] {
        let app = App::builder().ehr(move |ehr| ehr.authorize_method(method)).start();
        let endpoint = format!(
            "{}?tenant=north%20wing&realm=a%2Bb",
            app.sandbox.authorization_endpoint()
        );
        app.sandbox
            .set_metadata_field("authorization_endpoint", endpoint.clone());
        let browser = Browser::new();
        let first = browser.get(&app.url("/auth/launch")).await;
        if method == AuthorizeMethod::Post {
            assert_eq!(Form::of(&first.body).unwrap().action, endpoint);
        } else {
            assert!(first.location().starts_with(&endpoint), "{}", first.location());
        }
        assert_eq!(browser.open(&app.url("/auth/launch")).await.status, 200);
        let query = &requests(&app)[0].query;
        assert!(
            query.contains(&("tenant".to_owned(), "north wing".to_owned())),
            "{query:?}"
        );
        assert!(query.contains(&("realm".to_owned(), "a+b".to_owned())), "{query:?}");
    }
}

#[actix_web::test]
async fn an_endpoint_that_sets_one_of_our_parameters_is_not_used() {
    let app = App::start();
    let endpoint = format!("{}?aud=elsewhere", app.sandbox.authorization_endpoint());
    app.sandbox.set_metadata_field("authorization_endpoint", endpoint);
    let page = Browser::new().get(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 500);
    assert!(requests(&app).is_empty());
}

#[actix_web::test]
async fn configured_endpoints_are_used_without_asking_for_metadata() {
    for profile in [Profile::Public, Profile::Es384] {
        let app = App::builder()
            .profile(profile)
            .ehr_of_sandbox(|ehr, sandbox| {
                // Without metadata somebody has to say who issues the id tokens.
                let quirks = Quirks::none().id_token_issuer(sandbox.fhir_base_url());
                ehr.endpoints(sandbox.authorization_endpoint(), sandbox.token_endpoint())
                    .quirks(quirks)
            })
            .start();
        let browser = Browser::new();
        let page = browser.open(&app.ehr_launch_url("amber-testwood", None)).await;
        assert_eq!(page.body, "patient amber-testwood", "{profile:?}");
        app.advance(3400);
        assert_eq!(browser.get(&page.url).await.status, 200);
        assert_eq!((app.exchanges(), app.refreshes()), (1, 1));
        let metadata = app.sandbox.received_requests();
        assert!(
            metadata.iter().all(|request| request.endpoint != Endpoint::Metadata),
            "{profile:?}"
        );
    }
}

#[actix_web::test]
async fn relative_endpoints_are_resolved_against_the_fhir_base_url() {
    // The assertion's `aud` is the token endpoint, so the sandbox refuses one that is resolved wrongly.
    for profile in [Profile::Public, Profile::Rs384] {
        let app = App::builder().profile(profile).start();
        app.sandbox.set_metadata_field("authorization_endpoint", "/authorize");
        app.sandbox.set_metadata_field("token_endpoint", "/token");
        let browser = Browser::new();
        let page = browser.open(&app.url("/auth/launch")).await;
        assert_eq!(page.body, "patient amber-testwood", "{profile:?}");
    }
}

#[actix_web::test]
async fn a_launch_in_progress_keeps_the_endpoints_that_it_began_with() {
    let app = App::builder()
        .config(|config| config.metadata_ttl(std::time::Duration::ZERO))
        .start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    app.sandbox
        .set_metadata_field("token_endpoint", format!("{}/nowhere", app.sandbox.origin()));
    let page = browser.navigate(&callback).await;
    assert_eq!(page.body, "patient amber-testwood");
    app.advance(3400);
    assert_eq!(browser.get(&page.url).await.body, "patient amber-testwood");
    assert_eq!((app.exchanges(), app.refreshes()), (1, 1));
}

/// With the sandbox's endpoints for the time in which its metadata is unavailable.
fn with_a_fallback() -> crate::support::AppBuilder {
    App::builder().ehr_of_sandbox(|ehr, sandbox| {
        ehr.endpoints(sandbox.authorization_endpoint(), sandbox.token_endpoint())
            .endpoints_use(EndpointsUse::WithoutMetadata)
            .quirks(Quirks::none().id_token_issuer(sandbox.fhir_base_url()))
    })
}

#[actix_web::test]
async fn endpoints_for_want_of_metadata_are_used_while_that_is_unavailable_and_not_otherwise() {
    let app = with_a_fallback().start();
    let unavailable = Fault::Status(503);
    app.sandbox
        .inject(FaultPoint::Metadata, When::Before, unavailable, Times::Always);
    let browser = Browser::new();
    let page = browser.open(&app.ehr_launch_url("amber-testwood", None)).await;
    assert_eq!(page.body, "patient amber-testwood");
    app.advance(3400);
    assert_eq!(browser.get(&page.url).await.status, 200);
    assert_eq!((app.exchanges(), app.refreshes()), (1, 1));

    let app = with_a_fallback().start();
    let endpoint = format!("{}?from=metadata", app.sandbox.authorization_endpoint());
    app.sandbox.set_metadata_field("authorization_endpoint", endpoint);
    assert_eq!(Browser::new().open(&app.url("/auth/launch")).await.status, 200);
    assert!(
        requests(&app)[0]
            .query
            .contains(&("from".to_owned(), "metadata".to_owned()))
    );
}

#[actix_web::test]
async fn metadata_can_be_forgotten() {
    let app = App::start();
    let from = |n: usize| format!("{}?from={n}", app.sandbox.authorization_endpoint());
    let asked = async || {
        assert_eq!(Browser::new().open(&app.url("/auth/launch")).await.status, 200);
        let query = requests(&app).pop().unwrap().query;
        query.into_iter().find(|(name, _)| name == "from").unwrap().1
    };
    app.sandbox.set_metadata_field("authorization_endpoint", from(1));
    assert_eq!(asked().await, "1");
    app.sandbox.set_metadata_field("authorization_endpoint", from(2));
    assert_eq!(asked().await, "1", "it is kept");
    app.config.forget_metadata("https://other.example/fhir");
    assert_eq!(asked().await, "1", "that was another EHR's");
    app.config.forget_metadata(&app.sandbox.fhir_base_url());
    assert_eq!(asked().await, "2");
}
