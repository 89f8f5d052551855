//! Launches that are there at once: what handlers get of them, what they send, and how the time of a token ends.

use std::time::Duration;

use actix_smart_auth::{
    Encounter, EndReason, FhirUser, IdTokenClaims, LaunchKind, Patient, RequireScope, SmartConfigBuilder, SmartGuard,
    SmartSession,
    error::{LaunchError, TransportError},
    fhir::FhirError,
    launch_scope,
    testing::{TestAnswer, TestLaunch, TestLaunchError},
    time::ManualClock,
    transport::Method,
};
use actix_web::{HttpResponse, body::to_bytes, dev::ServiceResponse, web};
use serde_json::{Value, json};

async fn open(patient: &str) -> TestLaunch {
    TestLaunch::of_patient(patient).open().await.unwrap()
}

async fn read(launch: &TestLaunch) -> Result<Value, FhirError> {
    launch.session().await.unwrap().fhir().read("Patient", "p1").await
}

fn person() -> Value {
    json!({"resourceType": "Patient", "id": "p1"})
}

async fn text(answer: ServiceResponse) -> String {
    let body = to_bytes(answer.into_body()).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

/// What the test fails with when the launch is dropped; `None` when it does not.
async fn failure_of(launch: TestLaunch) -> Option<String> {
    let dropped = tokio::task::spawn_blocking(move || drop(launch)).await;
    let panic = dropped.err()?.into_panic();
    Some(panic.downcast_ref::<String>().unwrap().clone())
}

#[actix_web::test]
async fn a_handler_gets_what_the_launch_is_about() {
    let launch = TestLaunch::of_patient("p1")
        .encounter("e1")
        .user("Practitioner/d1")
        .claim("name", "Dr. Made Up")
        .context("intent", "reconcile-medications")
        .context("need_patient_banner", false)
        .scopes("openid fhirUser launch patient/Patient.r")
        .requested_scopes("openid fhirUser launch patient/Patient.r patient/Observation.rs")
        .kind(LaunchKind::Standalone)
        .open()
        .await
        .unwrap();
    let patient: Patient = launch.extract().await.unwrap();
    let encounter: Encounter = launch.extract().await.unwrap();
    let user: FhirUser = launch.extract().await.unwrap();
    let claims: IdTokenClaims = launch.extract().await.unwrap();
    let session: SmartSession = launch.extract().await.unwrap();
    assert_eq!((patient.id(), encounter.id()), ("p1", "e1"));
    assert_eq!(
        (user.reference().as_str(), user.is_readable()),
        ("Practitioner/d1", true)
    );
    assert_eq!(
        (claims.subject(), claims.name()),
        ("Practitioner/d1", Some("Dr. Made Up"))
    );
    assert_eq!(session.launch_context().intent(), Some("reconcile-medications"));
    assert_eq!(session.launch_context().need_patient_banner(), Some(false));
    assert_eq!(
        session.granted_scopes().to_string(),
        "openid fhirUser launch patient/Patient.r"
    );
    assert_eq!(session.denied_scopes().to_string(), "patient/Observation.rs");
    assert_eq!(session.kind(), LaunchKind::Standalone);
}

#[actix_web::test]
async fn what_a_launch_does_not_have_is_refused_as_at_work() {
    let launch = TestLaunch::builder().open().await.unwrap();
    assert!(launch.extract::<Patient>().await.is_err());
    assert!(launch.extract::<Encounter>().await.is_err());
    assert!(launch.extract::<FhirUser>().await.is_err());
    assert!(launch.extract::<IdTokenClaims>().await.is_err());
    assert!(launch.extract::<SmartSession>().await.is_ok());
}

#[actix_web::test]
async fn what_no_ehr_could_say_is_refused() {
    let error = TestLaunch::of_patient("not an id").open().await.unwrap_err();
    assert!(matches!(error, TestLaunchError::Context(_)), "{error:?}");
    let error = TestLaunch::builder().user("Device/1").open().await.unwrap_err();
    assert!(matches!(error, TestLaunchError::User(_)), "{error:?}");
    let error = TestLaunch::builder().claim("sub", 1).open().await.unwrap_err();
    assert!(matches!(error, TestLaunchError::Claims { .. }), "{error:?}");
    let error = TestLaunch::builder()
        .ehr(|ehr| ehr.client_id(""))
        .open()
        .await
        .unwrap_err();
    assert!(matches!(error, TestLaunchError::Config(_)), "{error:?}");
}

#[actix_web::test]
async fn a_prepared_request_is_answered_and_the_test_sees_it_without_its_token() {
    let launch = open("p1").await;
    launch.answers("Patient/p1", person());
    assert_eq!(read(&launch).await.unwrap(), person());
    assert_eq!(launch.sent(), ["GET Patient/p1"]);
    let sent = launch.requests();
    let request = sent.first().unwrap();
    assert_eq!(
        (request.method(), request.path(), request.query()),
        (Method::Get, "Patient/p1", &[][..])
    );
    assert!(request.header("Accept").unwrap().contains("fhir+json"));
    assert_eq!(request.header("authorization"), None);
    let token = launch
        .session()
        .await
        .unwrap()
        .access_token()
        .expose_secret()
        .to_owned();
    assert!(!format!("{sent:?} {launch:?}").contains(&token));
}

#[actix_web::test]
async fn a_request_without_an_answer_fails_the_test_with_a_sentence_that_names_it() {
    let launch = open("p1").await;
    launch.answers("Patient/p2", person());
    let error = read(&launch).await.unwrap_err();
    assert_eq!(error.status(), Some(501), "{error:?}");
    let sentence = failure_of(launch).await.unwrap();
    assert!(sentence.contains("`GET Patient/p1`"), "{sentence}");
    assert!(sentence.contains("launch.answers(\"Patient/p1\", …)"), "{sentence}");
    assert!(sentence.contains("Prepared are: `GET Patient/p2`"), "{sentence}");
}

#[actix_web::test]
async fn a_test_that_looks_at_unanswered_requests_does_not_fail_for_them() {
    let launch = open("p1").await;
    read(&launch).await.unwrap_err();
    assert_eq!(launch.unanswered(), ["GET Patient/p1"]);
    assert_eq!(failure_of(launch).await, None);
    assert_eq!(failure_of(open("p1").await).await, None);
}

#[actix_web::test]
async fn parameters_may_come_in_any_order_and_none_means_any() {
    let launch = open("p1").await;
    let fhir = launch.session().await.unwrap().fhir();
    let found = |number: usize| TestAnswer::bundle((0..number).map(|_| json!({"resourceType": "Observation"})));
    launch
        .answers("Observation?code=8867-4&patient=p1", found(1))
        .answers("Observation", found(2));
    let search = || fhir.search("Observation").param("patient", "p1");
    let exact: Vec<Value> = search().param("code", "8867-4").all(9).await.unwrap();
    let other: Vec<Value> = search().param("code", "1").all(9).await.unwrap();
    let posted = search().param("code", "8867-4").by_post();
    launch.answers("POST Observation/_search?patient=p1&code=8867-4", found(3));
    let posted: Vec<Value> = posted.all(9).await.unwrap();
    assert_eq!((exact.len(), other.len(), posted.len()), (1, 2, 3));
    assert_eq!(
        launch.sent(),
        [
            "GET Observation?patient=p1&code=8867-4",
            "GET Observation?patient=p1&code=1",
            "POST Observation/_search?patient=p1&code=8867-4"
        ]
    );
}

#[actix_web::test]
async fn a_search_comes_in_pages() {
    let launch = open("p1").await;
    let numbered = |id: &str| json!({"resourceType": "Condition", "id": id});
    launch.answers_in_pages(
        "Condition?patient=p1",
        [
            vec![numbered("a"), numbered("b")],
            vec![numbered("c")],
            vec![numbered("d")],
        ],
    );
    let search = launch
        .session()
        .await
        .unwrap()
        .fhir()
        .search("Condition")
        .param("patient", "p1");
    let all: Vec<Value> = search.all(100).await.unwrap();
    assert_eq!(all.len(), 4);
    assert_eq!(launch.sent().len(), 3, "{:?}", launch.sent());
}

#[actix_web::test]
async fn a_refused_token_is_refreshed_and_the_request_sent_again() {
    let launch = open("p1").await;
    launch
        .answers("Patient/p1", TestAnswer::token_refused())
        .answers("Patient/p1", person());
    launch.clock().advance(Duration::from_secs(120));
    assert_eq!(read(&launch).await.unwrap(), person());
    assert_eq!((launch.sent().len(), launch.refreshes()), (2, 1));
    assert_eq!(read(&launch).await.unwrap(), person(), "the last answer stays");
}

#[actix_web::test]
async fn refusals_of_the_fhir_server_are_what_a_handler_gets() {
    let launch = open("p1").await;
    launch
        .answers("Patient/p1", TestAnswer::outcome(404, "not-found", "no such patient"))
        .answers("Patient/p1", TestAnswer::status(503))
        .answers("Patient/p1", TestAnswer::fails(TransportError::Timeout));
    assert!(read(&launch).await.unwrap_err().is_not_found());
    assert_eq!(read(&launch).await.unwrap_err().status(), Some(503));
    assert_eq!(
        read(&launch).await.unwrap_err(),
        FhirError::Transport(TransportError::Timeout)
    );
}

#[actix_web::test]
async fn what_is_written_can_be_looked_at() {
    let launch = open("p1").await;
    launch
        .answers(
            "POST Observation",
            TestAnswer::json(json!({})).header("ETag", "W/\"1\""),
        )
        .answers(
            "PUT Observation/o1",
            TestAnswer::outcome(412, "conflict", "changed meanwhile"),
        );
    let fhir = launch.session().await.unwrap().fhir();
    let observation = json!({"resourceType": "Observation", "id": "o1"});
    let created = fhir.create("Observation", &observation).send().await.unwrap();
    assert_eq!((created.status(), created.version()), (201, Some("1")));
    let update = fhir.update("Observation", "o1", &observation).if_match("1");
    assert_eq!(update.send().await.unwrap_err().status(), Some(412));
    let sent = launch.requests();
    assert_eq!(sent.first().unwrap().json::<Value>(), Some(observation));
    assert_eq!(sent.last().unwrap().header("if-match"), Some("W/\"1\""));
}

#[actix_web::test]
async fn a_token_that_has_run_out_is_refreshed_before_the_handler_runs() {
    let launch = open("p1").await;
    launch.answers("Patient/p1", person());
    let before = launch.session().await.unwrap();
    launch.let_token_run_out();
    let after = launch.session().await.unwrap();
    assert_ne!(
        before.access_token().expose_secret(),
        after.access_token().expose_secret()
    );
    assert_eq!(launch.refreshes(), 1);
    assert_eq!(after.patient(), Some("p1"));
    read(&launch).await.unwrap();
}

#[actix_web::test]
async fn a_launch_whose_refresh_is_refused_ends() {
    let launch = open("p1").await;
    launch.refuse_refreshes();
    launch.let_token_run_out();
    let error = launch.session().await.unwrap_err();
    assert!(
        matches!(error, LaunchError::Ended(EndReason::RefreshRefused)),
        "{error:?}"
    );
    assert!(launch.extract::<Patient>().await.is_err());
}

#[actix_web::test]
async fn without_a_refresh_token_a_launch_ends_with_its_access_token() {
    let clock = ManualClock::default();
    let launch = TestLaunch::of_patient("p1")
        .without_refresh_token()
        .token_lifetime(Duration::from_secs(600))
        .clock(&clock);
    let launch = launch.open().await.unwrap();
    clock.advance(Duration::from_secs(500));
    launch.session().await.unwrap();
    clock.advance(Duration::from_secs(101));
    let error = launch.session().await.unwrap_err();
    assert!(
        matches!(error, LaunchError::Ended(EndReason::TokenExpired)),
        "{error:?}"
    );
    assert_eq!(launch.refreshes(), 0);
}

async fn about(patient: Patient) -> String {
    patient.reference()
}

fn routes(app: &mut web::ServiceConfig) {
    app.service(
        launch_scope()
            .route("/", web::get().to(about))
            .service(
                web::scope("/guarded")
                    .wrap(SmartGuard::new())
                    .route("", web::get().to(HttpResponse::Ok)),
            )
            .service(
                web::scope("/labs")
                    .wrap(RequireScope::new("patient/Observation.rs").unwrap())
                    .route("", web::get().to(HttpResponse::Ok)),
            ),
    );
}

#[actix_web::test]
async fn routes_and_guards_are_asked_with_the_launch_as_a_browser_has_it() {
    let launch = TestLaunch::of_patient("p1")
        .scopes("patient/Patient.r")
        .open()
        .await
        .unwrap();
    let answer = launch.call(routes, launch.request("/")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
    assert_eq!(text(answer).await, "Patient/p1");
    assert_eq!(launch.call(routes, launch.request("/guarded")).await.status(), 200);
    assert_eq!(launch.call(routes, launch.request("/labs")).await.status(), 403);
    let stranger = actix_web::test::TestRequest::with_uri("/~AAAAAAAAAAAAAAAAAAAAAA/guarded");
    assert_eq!(launch.call(routes, stranger).await.status(), 401);
    let problem = launch.call(routes, launch.script_request("/labs")).await;
    let content = problem
        .headers()
        .get("content-type")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(content, "application/problem+json");
}

#[actix_web::test]
async fn options_of_the_configuration_and_of_the_registration_can_be_changed() {
    let launch = TestLaunch::of_patient("p1")
        .ehr(|ehr| ehr.client_id("another-app"))
        .config(SmartConfigBuilder::danger_one_launch_per_browser)
        .open()
        .await
        .unwrap();
    assert_eq!(launch.config().ehrs().first().unwrap().client_id(), "another-app");
    let patient: Patient = launch.extract().await.unwrap();
    assert_eq!((patient.id(), patient.session().path("/x").as_str()), ("p1", "/x"));
}
