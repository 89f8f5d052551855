//! Handlers that act without a user.

use actix_smart_auth::{
    SmartAuth,
    backend::{BackendClient, BackendError, BackendToken},
    fhir::FhirError,
    sandbox::{Fault, Times},
};
use actix_web::{App, Error, HttpResponse, test, web};
use serde_json::Value;

use super::{Job, text};

async fn token(token: BackendToken) -> String {
    text(&token).to_owned()
}

async fn patients(client: BackendClient) -> Result<String, FhirError> {
    let patients: Vec<Value> = client.fhir().search("Patient").all(100).await?;
    Ok(patients.len().to_string())
}

async fn asked(config: actix_smart_auth::SmartConfig, path: &str) -> (u16, String) {
    let routes = |app: &mut web::ServiceConfig| {
        app.route("/token", web::get().to(token))
            .route("/patients", web::get().to(patients));
    };
    let app = test::init_service(App::new().configure(routes).wrap(SmartAuth::new(config))).await;
    let answer = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
    let status = answer.status().as_u16();
    (
        status,
        String::from_utf8(test::read_body(answer).await.to_vec()).unwrap(),
    )
}

#[actix_web::test]
async fn a_handler_takes_the_token_or_the_client() {
    let job = Job::start();
    let (status, body) = asked(job.config.clone(), "/token").await;
    assert_eq!((status, body.as_str()), (200, text(&job.token().await)));
    let (status, body) = asked(job.config.clone(), "/patients").await;
    assert_eq!(status, 200);
    assert!(body.parse::<usize>().unwrap() > 1);
    assert_eq!(job.requests(), 1);
}

#[actix_web::test]
async fn an_ehr_that_gives_no_token_is_answered_as_other_troubles_of_the_ehr_are() {
    let job = Job::start();
    job.inject(Fault::Status(503), Times::Always);
    for path in ["/token", "/patients"] {
        let (status, body) = asked(job.config.clone(), path).await;
        assert_eq!(status, 503, "{path}: {body}");
        assert!(body.contains("Please try again"), "{path}: {body}");
    }
}

#[actix_web::test]
async fn with_several_backends_an_extractor_does_not_guess() {
    let job = Job::start();
    let other = super::registration(job.sandbox.fhir_base_url());
    let other_base = "https://other.example/fhir";
    let config = super::builder(&job.clock, &job.store)
        .ehr(super::registration(job.sandbox.fhir_base_url()))
        .ehr(
            actix_smart_auth::Ehr::builder(other_base)
                .client_id("x")
                .client_auth(actix_smart_auth::ClientAuth::client_secret("s"))
                .backend_scopes("system/Patient.rs"),
        )
        .build()
        .unwrap();
    drop(other);
    let (status, _) = asked(config.clone(), "/token").await;
    assert_eq!(status, 500);
    assert!(config.backend(&job.sandbox.fhir_base_url()).token().await.is_ok());
}

#[actix_web::test]
async fn a_page_that_has_loaded_itself_again_begins_anew_once_its_handler_succeeds() {
    let job = Job::start();
    let app = test::init_service(
        App::new()
            .route("/token", web::get().to(token))
            .route("/plain", web::get().to(|| async { "plain" }))
            .wrap(SmartAuth::new(job.config.clone())),
    )
    .await;
    let page = async |path: &str, cookie: &str| {
        let request = test::TestRequest::get().uri(path).insert_header(("cookie", cookie));
        let request = request.insert_header(("sec-fetch-mode", "navigate")).to_request();
        let answer = test::call_service(&app, request).await;
        let set = answer
            .headers()
            .get("set-cookie")
            .map(|set| set.to_str().unwrap().to_owned());
        (answer.status().as_u16(), set.unwrap_or_default())
    };
    job.inject(Fault::Status(503), Times::Once);
    let (status, counted) = page("/token", "__Host-smart_launch=x; smart_launch=x").await;
    let (cookie, attributes) = counted.split_once(';').unwrap_or_default();
    assert_eq!((status, cookie.ends_with("_reloads=1.6")), (503, true), "{counted}");
    assert!(attributes.contains("Path=/token"), "{counted}");

    // What uses nothing of the crate never counts, so it has nothing to forget.
    assert_eq!(page("/plain", cookie).await, (200, String::new()));
    job.clock.advance(std::time::Duration::from_secs(60));
    let (status, forgotten) = page("/token", cookie).await;
    assert_eq!((status, forgotten.contains("_reloads=;")), (200, true), "{forgotten}");
    assert_eq!(page("/token", "").await, (200, String::new()));
}

#[actix_web::test]
async fn without_the_middleware_the_error_says_which_line_is_missing() {
    async fn handler(token: Result<BackendToken, BackendError>) -> Result<HttpResponse, Error> {
        Ok(HttpResponse::Ok().body(token.unwrap_err().to_string()))
    }
    let app = test::init_service(App::new().route("/", web::get().to(handler))).await;
    let answer = test::call_and_read_body(&app, test::TestRequest::get().uri("/").to_request()).await;
    assert!(String::from_utf8_lossy(&answer).contains(".wrap(SmartAuth::new(config))"));
}

#[actix_web::test]
async fn what_the_application_reads_for_itself_is_audited_without_a_launch() {
    use std::sync::{Arc, Mutex};

    use actix_smart_auth::audit::{AuditEvent, AuditFuture, AuditSink, FhirAudit};

    #[derive(Clone, Default)]
    struct Events(Arc<Mutex<Vec<AuditEvent>>>);

    impl AuditSink for Events {
        fn write<'a>(&'a self, events: &'a [AuditEvent]) -> AuditFuture<'a> {
            self.0.lock().unwrap().extend_from_slice(events);
            Box::pin(std::future::ready(Ok(())))
        }
    }

    let (job, events) = (Job::start(), Events::default());
    let config = super::builder(&job.clock, &job.store)
        .ehr(super::registration(job.sandbox.fhir_base_url()))
        .audit(events.clone())
        .audit_fhir(FhirAudit::Each)
        .build()
        .unwrap();
    let fhir = config.backend(&job.sandbox.fhir_base_url()).fhir();
    fhir.read::<Value>("Patient", "amber-testwood").await.unwrap();
    config.shutdown(std::time::Duration::from_secs(5)).await;
    let events = events.0.lock().unwrap();
    let [event] = events.as_slice() else {
        panic!("{events:?}")
    };
    let written = serde_json::to_value(event).unwrap();
    assert_eq!(
        [
            &written["event"],
            &written["resource_type"],
            &written["resource_id"],
            &written["status"]
        ],
        [
            &Value::from("fhir_access"),
            &"Patient".into(),
            &"amber-testwood".into(),
            &200.into()
        ]
    );
    assert_eq!(event.ehr, job.sandbox.fhir_base_url());
    assert_eq!(
        (&event.launch, &event.patient, event.user.is_none()),
        (&None, &None, true)
    );
}
