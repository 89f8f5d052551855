//! Who the patient is: read once or for each page, kept with the launch or not, and the banner that says it.

use actix_smart_auth::{
    Patient, SmartSession,
    fhir::FhirError,
    patient::{FhirDate, KeepPatientFacts},
    sandbox::Fault,
    transport::HttpClient,
};
use actix_web::web;
use serde_json::json;

use super::{CLIENTS, inject, raw, received, session, with};
use crate::support::{App, AppBuilder, Browser, DUE, Logs};

fn keeping(policy: KeepPatientFacts) -> AppBuilder {
    with(HttpClient::Awc).config(move |config| config.http_client(HttpClient::Awc).patient_facts(policy))
}

async fn name(session: &SmartSession) -> String {
    let facts = session.patient_facts().await.unwrap().unwrap();
    facts
        .name_on(FhirDate::new(2026, 11, 29).unwrap())
        .unwrap()
        .text()
        .to_owned()
}

#[actix_web::test]
async fn the_facts_are_read_for_each_page_unless_they_are_kept_with_the_launch() {
    for (policy, requests) in [(KeepPatientFacts::Never, 3), (KeepPatientFacts::WithLaunch, 1)] {
        let app = keeping(policy).start();
        let session = session(&app).await;
        for _ in 0..3 {
            // What the next page gets.
            let page = session.reload().await.unwrap();
            assert_eq!(name(&page).await, "Amber Testwood");
        }
        assert_eq!(received(&app).len(), requests, "{policy:?}");
    }
}

#[actix_web::test]
async fn a_refresh_drops_what_was_kept_so_that_it_is_read_again() {
    let app = keeping(KeepPatientFacts::WithLaunch).start();
    let session = session(&app).await;
    name(&session).await;
    app.advance(DUE);
    let page = session.reload().await.unwrap();
    assert_eq!((app.refreshes(), received(&app).len()), (1, 1));
    name(&page).await;
    assert_eq!(received(&app).len(), 2);
    name(&page.reload().await.unwrap()).await;
    assert_eq!((app.refreshes(), received(&app).len()), (1, 2));
}

#[actix_web::test]
async fn facts_that_are_kept_while_the_token_is_refreshed_cost_no_token() {
    let app = keeping(KeepPatientFacts::WithLaunch).start();
    let session = session(&app).await;
    app.advance(DUE);
    let mut running = Vec::new();
    for _ in 0..8 {
        let session = session.clone();
        running.push(actix_web::rt::spawn(async move {
            name(&session).await;
            name(&session.reload().await.unwrap()).await
        }));
    }
    for name in running {
        assert_eq!(name.await.unwrap(), "Amber Testwood");
    }
    assert_eq!((app.refreshes(), app.sandbox.reuse_detections()), (1, 0));
    // The refresh token that came with it is the one that is stored.
    app.advance(DUE);
    assert_eq!(name(&session.reload().await.unwrap()).await, "Amber Testwood");
    assert_eq!((app.refreshes(), app.sandbox.reuse_detections()), (2, 0));
}

#[actix_web::test]
async fn facts_that_come_when_a_launch_has_ended_are_kept_nowhere() {
    let app = keeping(KeepPatientFacts::WithLaunch).start();
    let session = session(&app).await;
    let page = session.reload().await.unwrap();
    session.end().await.unwrap();
    // The page had its token before.
    inject(
        &app,
        raw(200, &json!({ "resourceType": "Patient", "id": "amber-testwood" })),
    );
    page.patient_facts().await.unwrap().unwrap();
    assert!(session.reload().await.is_err());
}

#[actix_web::test]
async fn another_resource_than_the_patient_is_never_shown_as_the_patient() {
    for client in CLIENTS {
        let app = with(client)
            .config(|config| config.patient_facts(KeepPatientFacts::WithLaunch))
            .start();
        let session = session(&app).await;
        for other in [
            json!({ "resourceType": "Patient", "id": "basil-examplesen", "name": [{ "text": "Basil" }] }),
            json!({ "resourceType": "Patient", "name": [{ "text": "Nobody" }] }),
            json!({ "resourceType": "Person", "id": "amber-testwood" }),
            json!({ "resourceType": "Bundle" }),
            json!([]),
        ] {
            inject(&app, raw(200, &other));
            let error = session.patient_facts().await.unwrap_err();
            assert_eq!(error, FhirError::OtherResource, "{other}");
        }
        assert_eq!(name(&session.reload().await.unwrap()).await, "Amber Testwood");
    }
}

#[actix_web::test]
async fn a_launch_without_a_patient_has_no_facts_and_nothing_is_sent() {
    let app = App::builder()
        .sandbox(|sandbox| sandbox.token_response_field("patient", json!(null)))
        .start();
    let session = session(&app).await;
    assert_eq!(session.patient_facts().await.unwrap(), None);
    assert_eq!(received(&app).len(), 0);
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/~{smart_launch}/banner", web::get().to(banner));
}

async fn banner(patient: Patient) -> Result<String, FhirError> {
    let banner = patient.banner(FhirDate::new(2026, 11, 29).unwrap()).await?;
    Ok(banner.map_or_else(|| "the EHR shows it".to_owned(), |banner| banner.to_string()))
}

#[actix_web::test]
async fn the_application_shows_the_banner_unless_the_ehr_says_that_it_does() {
    for (said, is_shown) in [
        (json!(true), true),
        (json!(null), true),
        (json!("perhaps"), true),
        (json!(false), false),
        (json!("false"), false),
    ] {
        let app = App::builder()
            .routes(routes)
            .sandbox(|sandbox| sandbox.token_response_field("need_patient_banner", said.clone()))
            .start();
        let browser = Browser::new();
        let base = crate::support::open(&app, &browser).await;
        let answer = browser.get(&format!("{base}/banner")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(
            answer.body.contains("<bdi>Amber Testwood</bdi>"),
            is_shown,
            "{said}: {}",
            answer.body
        );
        assert_eq!(received(&app).len(), usize::from(is_shown), "{said}");
    }
}

#[actix_web::test]
async fn without_the_facts_there_is_no_banner_and_no_page_and_nothing_of_the_patient_is_logged() {
    let logs = Logs::collect();
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let base = crate::support::open(&app, &browser).await;
    inject(&app, Fault::OperationOutcome { status: 404 });
    let answer = browser.get(&format!("{base}/banner")).await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("record-not-found"), "{}", answer.body);
    assert_eq!(browser.get(&format!("{base}/banner")).await.status, 200);
    let text = logs.text();
    let ours = text
        .lines()
        .filter(|line| line.contains("actix_smart_auth::") && line.contains(&app.sandbox.origin()));
    for line in ours {
        assert!(!line.contains("Testwood") && !line.contains("amber-testwood"), "{line}");
    }
}
