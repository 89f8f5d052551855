//! What a server refuses, and what is not sent at all.

use actix_smart_auth::{
    error::{FhirAddressError, TransportError},
    fhir::{FhirError, ScopeCheck},
    sandbox::Fault,
    transport::HttpClient,
};
use serde_json::{Value, json};

use super::{CLIENTS, inject, raw, received, session, with};

#[actix_web::test]
async fn what_is_not_there_is_told_with_the_servers_outcome() {
    for client in CLIENTS {
        let app = with(client).start();
        let session = session(&app).await;
        let error = session.fhir().read::<Value>("Patient", "nobody").await.unwrap_err();
        assert!(error.is_not_found(), "{error:?}");
        let FhirError::Outcome {
            status: 404, outcome, ..
        } = &error
        else {
            panic!("{error:?}")
        };
        assert_eq!(outcome.issues()[0].code, "not-found");
        assert_eq!(
            error.to_string(),
            "the FHIR server answered with status 404 (error not-found)"
        );
    }
}

#[actix_web::test]
async fn a_refusal_that_is_not_about_the_token_refreshes_nothing_and_is_not_repeated() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    app.advance(100);
    for status in [400, 403, 404, 409, 410, 412, 422, 500, 502] {
        inject(&app, Fault::OperationOutcome { status });
        let before = received(&app).len();
        let error = session
            .fhir()
            .read::<Value>("Patient", "amber-testwood")
            .await
            .unwrap_err();
        assert_eq!(error.status(), Some(status), "{error:?}");
        assert_eq!(received(&app).len(), before + 1, "{status}");
    }
    inject(&app, Fault::HtmlBody { status: 502 });
    let error = session
        .fhir()
        .read::<Value>("Patient", "amber-testwood")
        .await
        .unwrap_err();
    assert!(matches!(error, FhirError::Status { status: 502, .. }), "{error:?}");
    assert_eq!(app.refreshes(), 0);
}

#[actix_web::test]
async fn a_token_that_is_refused_for_good_is_refreshed_once_and_then_told() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    app.advance(100);
    for _ in 0..2 {
        inject(&app, Fault::OperationOutcome { status: 401 });
    }
    let error = session
        .fhir()
        .read::<Value>("Patient", "amber-testwood")
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(401), "{error:?}");
    assert_eq!((app.refreshes(), received(&app).len()), (1, 2));
}

#[actix_web::test]
async fn where_it_is_certain_that_no_scope_allows_it_nothing_is_sent_and_the_error_says_which() {
    let app = with(HttpClient::Awc)
        .ehr(|ehr| ehr.scopes("launch/patient patient/Observation.rs offline_access"))
        .start();
    let session = session(&app).await;
    let fhir = session.fhir();
    let error = fhir.read::<Value>("Condition", "1").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the EHR did not grant patient/Condition.r; request it, or do without what needs it"
    );
    let error = fhir.create("Observation", &json!({})).send().await.unwrap_err();
    let FhirError::InsufficientScope(lack) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(lack.missing().to_string(), "patient/Observation.c");
    assert_eq!(received(&app).len(), 0);
    let left_to_server = fhir.scope_check(ScopeCheck::LeftToServer);
    let error = left_to_server.read::<Value>("Condition", "1").await.unwrap_err();
    assert!(error.status().is_some(), "{error:?}");
    assert_eq!(received(&app).len(), 1);
}

#[actix_web::test]
async fn types_ids_and_addresses_that_lead_elsewhere_are_not_sent() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let fhir = session.fhir();
    for (resource_type, id, why) in [
        ("patient", "1", FhirAddressError::NoResourceType),
        ("../token", "1", FhirAddressError::NoResourceType),
        ("Patient", "", FhirAddressError::NoId),
        ("Patient", "..", FhirAddressError::NoId),
        ("Patient", "1/../2", FhirAddressError::NoId),
        ("Patient", "1?x=2", FhirAddressError::NoId),
    ] {
        let error = fhir.read::<Value>(resource_type, id).await.unwrap_err();
        assert_eq!(error, FhirError::Address(why), "{resource_type}/{id}");
    }
    let error = fhir
        .follow::<Value>("https://other.example/fhir/Patient/1")
        .await
        .unwrap_err();
    assert!(
        matches!(&error, FhirError::Address(FhirAddressError::OtherServer { origin }) if origin == "https://other.example"),
        "{error:?}"
    );
    assert_eq!(received(&app).len(), 0);
}

#[actix_web::test]
async fn an_answer_above_the_limit_is_not_read_and_a_larger_limit_lets_it_through() {
    for client in CLIENTS {
        let app = with(client).start();
        let session = session(&app).await;
        let large = json!({ "resourceType": "Patient", "text": "x".repeat(2 * 1024 * 1024) });
        inject(&app, raw(200, &large));
        let small = session.fhir().body_limit(1024 * 1024);
        let error = small.read::<Value>("Patient", "amber-testwood").await.unwrap_err();
        assert_eq!(error, FhirError::Transport(TransportError::BodyTooLarge), "{client:?}");
        // More than the configuration's limit for documents.
        inject(&app, raw(200, &large));
        session.fhir().read::<Value>("Patient", "amber-testwood").await.unwrap();
    }
}
