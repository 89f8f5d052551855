//! The whole way with the test browser: launch, sign-in, pages, what a person refuses, sign-out.

use std::net::TcpListener;

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_smart_auth::{
    Ehr, EhrBuilder, Patient, SmartAuth, SmartConfig, SmartSession, launch_scope,
    options::AuthorizeMethod,
    sandbox::{AutomaticAnswer, Mode, SandboxClient, SandboxServer, Strictness},
    testing::{TestBrowser, TestPage},
};
use actix_web::{App, HttpServer, cookie::Key, web};

const SCOPES: &str = "openid fhirUser launch launch/patient patient/Patient.rs patient/Observation.rs offline_access";

async fn summary(patient: Patient, session: SmartSession) -> String {
    format!("{} may be read with {}", patient.reference(), session.granted_scopes())
}

fn routes(app: &mut web::ServiceConfig) {
    app.service(launch_scope().route("/", web::get().to(summary)));
}

/// A sandbox, and a browser in front of an application that is registered there.
fn application(mode: Mode, ehr: impl FnOnce(EhrBuilder) -> EhrBuilder) -> (SandboxServer, TestBrowser) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let redirect_uri = format!("{address}/auth/callback");
    let sandbox = SandboxServer::builder()
        .strictness(Strictness::AsSpecified)
        .mode(mode)
        .start()
        .unwrap();
    sandbox.register(SandboxClient::public("my-app", &redirect_uri));
    let registration = Ehr::builder(sandbox.fhir_base_url())
        .client_id("my-app")
        .redirect_uri(redirect_uri)
        .scopes(SCOPES);
    let config = SmartConfig::builder().ehr(ehr(registration)).build().unwrap();
    let key = Key::generate();
    let server = HttpServer::new(move || {
        App::new()
            .configure(routes)
            .wrap(SmartAuth::new(config.clone()))
            .wrap(SessionMiddleware::new(CookieSessionStore::default(), key.clone()))
    });
    actix_web::rt::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
    (sandbox, TestBrowser::new(address))
}

fn automatic() -> (SandboxServer, TestBrowser) {
    application(Mode::Automatic, |ehr| ehr)
}

/// From the sign-in page of the sandbox to its last question.
async fn signed_in(page: &TestPage) -> TestPage {
    page.click("Sign in as Dr. Paula Pretend").await.unwrap()
}

#[actix_web::test]
async fn a_launch_is_one_line() {
    let (sandbox, browser) = automatic();
    let page = browser.launch(&sandbox, "bruno-fixture").await.unwrap();
    assert!(page.text().starts_with("Patient/bruno-fixture"), "{page}");
    assert!(page.path().starts_with("/~"), "{page}");
    let again = page.reload().await.unwrap();
    assert_eq!(again.text(), page.text());
}

#[actix_web::test]
async fn a_visit_is_launched_with_its_encounter() {
    let (sandbox, browser) = automatic();
    browser
        .launch_visit(&sandbox, "bruno-fixture", "visit-202")
        .await
        .unwrap();
    assert_eq!(sandbox.grants().last().unwrap().encounter.as_deref(), Some("visit-202"));
}

#[actix_web::test]
async fn a_person_may_begin_at_the_application_and_the_ehr_chooses_the_patient() {
    let (sandbox, browser) = application(Mode::Automatic, |ehr| ehr.scopes("openid launch/patient patient/*.rs"));
    sandbox.set_automatic_patient("felix-demostein");
    let page = browser.sign_in().await.unwrap();
    assert!(page.text().starts_with("Patient/felix-demostein"), "{page}");
}

#[actix_web::test]
async fn two_launches_in_one_browser_are_two_tabs() {
    let (sandbox, browser) = automatic();
    let one = browser.launch(&sandbox, "amber-testwood").await.unwrap();
    let other = browser.launch(&sandbox, "bruno-fixture").await.unwrap();
    assert!(one.reload().await.unwrap().text().starts_with("Patient/amber-testwood"));
    assert!(
        other
            .reload()
            .await
            .unwrap()
            .text()
            .starts_with("Patient/bruno-fixture")
    );
    let stranger = TestBrowser::new("http://127.0.0.1").fetch(one.url().as_str()).await;
    assert_eq!(stranger.unwrap().status(), 401);
}

#[actix_web::test]
async fn a_page_that_posts_to_the_ehr_submits_itself() {
    let (sandbox, browser) = application(Mode::Automatic, |ehr| ehr.authorize_method(AuthorizeMethod::Post));
    let page = browser.launch(&sandbox, "amber-testwood").await.unwrap();
    assert!(page.text().starts_with("Patient/amber-testwood"), "{page}");
}

#[actix_web::test]
async fn a_person_who_denies_reads_so_and_can_start_again() {
    let (sandbox, browser) = automatic();
    sandbox.set_automatic_answer(AutomaticAnswer::Deny);
    let page = browser.launch(&sandbox, "amber-testwood").await.unwrap();
    assert_eq!(page.status(), 403, "{page}");
    assert!(!page.title().is_empty() && page.text().contains("Code:"), "{page}");
}

#[actix_web::test]
async fn a_person_refuses_some_scopes_by_their_boxes() {
    let (sandbox, browser) = application(Mode::Interactive, |ehr| ehr);
    let page = browser.launch(&sandbox, "amber-testwood").await.unwrap();
    let question = signed_in(&page).await;
    assert!(
        question
            .text()
            .contains("See records of the kind “Observation” of this patient"),
        "{question}"
    );
    let form = question.form("Allow").unwrap();
    assert!(form.value("patient/Patient.rs").is_some() && form.value("launch/patient").is_none());
    let page = form
        .uncheck("patient/Observation.rs")
        .uncheck("offline_access")
        .submit()
        .await
        .unwrap();
    assert_eq!(
        page.text(),
        "Patient/amber-testwood may be read with openid fhirUser launch launch/patient patient/Patient.rs"
    );
    assert_eq!(
        sandbox.grants()[0].scope,
        "openid fhirUser launch launch/patient patient/Patient.rs"
    );
}

#[actix_web::test]
async fn at_an_ehr_that_is_only_known_by_its_address_a_chart_is_opened_as_by_its_link() {
    let (sandbox, browser) = application(Mode::Interactive, |ehr| ehr);
    let launch_url = browser.open("/").await.unwrap().url().join("/auth/launch").unwrap();
    sandbox.register_launch_url("my-app", launch_url);
    let chart = format!("{}ehr/launch?client=my-app&patient=amber-testwood", sandbox.ehr_url());
    let question = signed_in(&browser.open(&chart).await.unwrap()).await;
    let page = question.click("Allow").await.unwrap();
    assert!(page.text().starts_with("Patient/amber-testwood"), "{page}");
}

#[actix_web::test]
async fn without_openid_there_is_no_fhir_user_and_all_boxes_allow_everything() {
    let (sandbox, browser) = application(Mode::Interactive, |ehr| ehr);
    for (refused, expected) in [
        (
            Some("allow openid"),
            "launch launch/patient patient/Patient.rs patient/Observation.rs offline_access",
        ),
        (None, SCOPES),
    ] {
        let page = browser.launch(&sandbox, "amber-testwood").await.unwrap();
        let mut form = signed_in(&page).await.form("Allow").unwrap();
        if let Some(refused) = refused {
            form = form.uncheck(refused);
        }
        form.submit().await.unwrap();
        assert_eq!(sandbox.grants().last().unwrap().scope, expected);
    }
}

#[actix_web::test]
async fn somebody_who_refuses_every_box_has_denied() {
    let (sandbox, browser) = application(Mode::Interactive, |ehr| ehr.scopes("openid user/Patient.rs"));
    let page = browser.sign_in().await.unwrap();
    let form = signed_in(&page).await.form("Allow").unwrap();
    let page = form
        .uncheck("allow openid")
        .uncheck("user/Patient.rs")
        .submit()
        .await
        .unwrap();
    assert_eq!((page.status(), sandbox.grants().len()), (403, 0), "{page}");
}

#[actix_web::test]
async fn signing_out_is_a_click() {
    let (sandbox, browser) = automatic();
    let page = browser.launch(&sandbox, "amber-testwood").await.unwrap();
    let question = browser.open("/auth/logout").await.unwrap();
    question.click("Close all charts and sign out").await.unwrap();
    let after = page.reload().await.unwrap();
    assert!(after.status() >= 400, "{after}");
}
