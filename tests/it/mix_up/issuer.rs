//! Whose answer a callback is: the `iss` of RFC 9207.

use actix_smart_auth::{
    AuthorizationRedirect, Ehr, IdTokenPolicy, SmartClient, StartOptions,
    error::FinishError,
    options::EndpointsUse,
    sandbox::{AutomaticAnswer, Fault, FaultPoint, IssParameter, SandboxBuilder, Times, When},
};
use serde_json::Value;
use url::Url;

use crate::support::{Answer, App, AppBuilder, Browser};

fn app(sandbox: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> AppBuilder {
    App::builder().sandbox(sandbox)
}

/// Registers a second EHR, so that a code could be anybody's.
fn with_another_ehr(app: AppBuilder) -> AppBuilder {
    app.another_ehr(|redirect_uri| {
        Ehr::builder("https://other-ehr.example/fhir")
            .client_id("there")
            .redirect_uri(redirect_uri)
            .scopes("launch/patient")
    })
}

async fn launch(app: &App) -> Answer {
    Browser::new().navigate(&app.url("/auth/launch")).await
}

/// The error with which [`SmartClient::finish`] refuses a callback, if it does.
async fn finish(app: &App) -> Option<FinishError> {
    let client = SmartClient::new(&app.config).unwrap();
    let (redirect, pending) = client.start(StartOptions::standalone()).await.unwrap();
    let AuthorizationRedirect::Get(url) = redirect else {
        panic!("{redirect:?}")
    };
    let callback = Browser::new()
        .navigate_until(url.as_str(), &app.url("/auth/callback"))
        .await;
    let query = Url::parse(&callback).unwrap().query().unwrap().to_owned();
    client.finish(pending, &query).await.err().map(FinishError::from)
}

#[track_caller]
fn is_refused(app: &App, page: &Answer) {
    assert_eq!(page.status, 502, "{}", page.body);
    assert!(page.body.contains("Code: wrong-issuer"), "{}", page.body);
    assert_eq!(app.exchanges(), 0, "no code is sent");
}

#[actix_web::test]
async fn a_code_without_the_promised_iss_is_not_sent() {
    let app = app(|it| it.iss_parameter(IssParameter::Promised)).start();
    is_refused(&app, &launch(&app).await);
    let error = finish(&app).await;
    assert!(matches!(error, Some(FinishError::MissingIssuer)), "{error:?}");
    assert_eq!(app.exchanges(), 0);
}

#[actix_web::test]
async fn a_code_with_the_promised_iss_opens_the_launch() {
    for iss in [IssParameter::Sent, IssParameter::SentWithCodes] {
        let app = app(|it| it.iss_parameter(iss)).start();
        assert_eq!(launch(&app).await.status, 200, "{iss:?}");
        assert!(finish(&app).await.is_none(), "{iss:?}");
    }
}

#[actix_web::test]
async fn a_promise_counts_as_it_was_when_the_launch_began() {
    let app = app(|it| it)
        .config(|config| config.metadata_ttl(std::time::Duration::ZERO))
        .start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    app.sandbox
        .set_metadata_field("authorization_response_iss_parameter_supported", true);
    is_refused(&app, &launch(&app).await);
    assert_eq!(browser.navigate(&callback).await.status, 200);
}

#[actix_web::test]
async fn an_error_without_the_promised_iss_still_tells_the_person_why() {
    for iss in [IssParameter::Promised, IssParameter::SentWithCodes, IssParameter::Sent] {
        let app = app(|it| it.iss_parameter(iss).automatic_answer(AutomaticAnswer::Deny)).start();
        let page = launch(&app).await;
        assert_eq!(page.status, 403, "{iss:?}: {}", page.body);
        assert!(page.body.contains("Access was declined"), "{iss:?}: {}", page.body);
        let error = finish(&app).await;
        assert!(matches!(error, Some(FinishError::Refused(_))), "{iss:?}: {error:?}");
    }
}

#[actix_web::test]
async fn an_iss_with_nothing_to_compare_is_refused_where_several_ehrs_are_registered() {
    let nameless = || {
        app(|it| {
            it.iss_parameter(IssParameter::Sent)
                .metadata_field("issuer", Value::Null)
                .id_tokens(actix_smart_auth::sandbox::IdTokens::Withheld)
        })
    };
    let alone = nameless().start();
    assert_eq!(launch(&alone).await.status, 200);
    assert!(finish(&alone).await.is_none());

    let one_of_two = with_another_ehr(nameless()).start();
    let from_ehr = one_of_two.ehr_launch_url("amber-testwood", None);
    is_refused(&one_of_two, &Browser::new().navigate(&from_ehr).await);
    let error = finish(&one_of_two).await;
    assert!(matches!(error, Some(FinishError::UnknownIssuer)), "{error:?}");
    assert_eq!(one_of_two.exchanges(), 0);
}

/// Its metadata is away, and so is the issuer in it.
#[actix_web::test]
async fn endpoints_of_the_registration_have_an_issuer_of_their_own_to_compare_with() {
    for (issuer, opens) in [(None, false), (Some(""), true), (Some("/other"), false)] {
        let app = with_another_ehr(app(|it| it.iss_parameter(IssParameter::Sent)))
            .ehr_of_sandbox(move |ehr, sandbox| {
                let ehr = ehr.endpoints(sandbox.authorization_endpoint(), sandbox.token_endpoint());
                let ehr = ehr
                    .endpoints_use(EndpointsUse::WithoutMetadata)
                    .id_token(IdTokenPolicy::Ignore);
                match issuer {
                    Some(more) => ehr.endpoints_issuer(format!("{}{more}", sandbox.fhir_base_url())),
                    None => ehr,
                }
            })
            .start();
        app.sandbox
            .inject(FaultPoint::Metadata, When::Before, Fault::Status(503), Times::Always);
        let base = app.sandbox.fhir_base_url();
        let page = Browser::new()
            .navigate(&app.url(&format!("/auth/launch?ehr={base}")))
            .await;
        if opens {
            assert_eq!(page.status, 200, "{}", page.body);
        } else {
            is_refused(&app, &page);
            let truth = "It is not certain that the answer came from the health record system that was asked.";
            assert!(page.body.contains(truth), "{}", page.body);
        }
    }
}
