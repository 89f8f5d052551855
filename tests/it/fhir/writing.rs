//! Creating, replacing, changing, removing. The sandbox cannot be written to: what is sent is what is looked at.

use actix_smart_auth::{
    fhir::{FhirError, FhirRequest, Repeat},
    sandbox::Fault,
    transport::{HttpClient, Method},
};
use serde_json::{Value, json};

use super::{CLIENTS, inject, raw, received, session, with};

/// Method, path, content type, and a header with its value.
type Row = (
    FhirRequest,
    &'static str,
    &'static str,
    Option<&'static str>,
    (&'static str, Option<&'static str>),
);

#[actix_web::test]
async fn each_method_is_sent_as_fhir_writes_it_by_both_clients() {
    for client in CLIENTS {
        let app = with(client).start();
        let session = session(&app).await;
        let fhir = session.fhir();
        let resource = json!({ "resourceType": "Observation", "id": "o1" });
        let patch = json!([{ "op": "replace", "path": "/status", "value": "final" }]);
        let (fhir_json, patch_json) = (Some("application/fhir+json"), Some("application/json-patch+json"));
        let rows: [Row; 7] = [
            (
                fhir.create("Observation", &resource).if_none_exist("identifier=a|1"),
                "POST",
                "/fhir/Observation",
                fhir_json,
                ("if-none-exist", Some("identifier=a|1")),
            ),
            (
                fhir.update("Observation", "o1", &resource).if_match("7"),
                "PUT",
                "/fhir/Observation/o1",
                fhir_json,
                ("if-match", Some("W/\"7\"")),
            ),
            (
                fhir.patch("Observation", "o1", &patch).prefer("return=minimal"),
                "PATCH",
                "/fhir/Observation/o1",
                patch_json,
                ("prefer", Some("return=minimal")),
            ),
            (
                fhir.delete("Observation", "o1"),
                "DELETE",
                "/fhir/Observation/o1",
                None,
                ("if-match", None),
            ),
            (
                fhir.bundle(&json!({ "resourceType": "Bundle", "type": "batch" })),
                "POST",
                "/fhir",
                fhir_json,
                ("prefer", None),
            ),
            (
                fhir.request(Method::Post, "Patient/amber-testwood/$match")
                    .json(&json!({})),
                "POST",
                "/fhir/Patient/amber-testwood/$match",
                fhir_json,
                ("prefer", None),
            ),
            (
                fhir.request(Method::Get, "Patient/amber-testwood/$everything")
                    .query("start", "2024 & later"),
                "GET",
                "/fhir/Patient/amber-testwood/$everything",
                None,
                ("prefer", None),
            ),
        ];
        for (request, method, path, content_type, (header, value)) in rows {
            inject(&app, raw(200, &json!({ "resourceType": "Observation", "id": "o1" })));
            let answer: Value = request.send().await.unwrap().json().unwrap();
            assert_eq!(answer["id"], "o1");
            let sent = received(&app).pop().unwrap();
            assert_eq!((sent.method.as_str(), sent.path.as_str()), (method, path), "{client:?}");
            assert_eq!(sent.header("content-type"), content_type, "{method} {path}");
            assert_eq!(sent.header(header), value, "{method} {path}");
            assert_eq!(sent.body.is_empty(), content_type.is_none(), "{method} {path}");
        }
        let last = received(&app).pop().unwrap();
        assert_eq!(last.query, [("start".to_owned(), "2024 & later".to_owned())]);
    }
}

/// What has been written once must not be written twice because a token ran out.
#[actix_web::test]
async fn what_writes_is_repeated_with_a_new_token_only_where_that_does_no_harm() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let fhir = session.fhir();
    let resource = json!({ "resourceType": "Observation" });
    for (request, repeated) in [
        (fhir.create("Observation", &resource), false),
        (fhir.update("Observation", "o1", &resource), false),
        (fhir.delete("Observation", "o1"), false),
        (
            fhir.create("Observation", &resource).if_none_exist("identifier=1"),
            true,
        ),
        (fhir.update("Observation", "o1", &resource).if_match("1"), true),
        (fhir.create("Observation", &resource).repeat(Repeat::Always), true),
        (
            fhir.create("Observation", &resource)
                .if_none_exist("identifier=1")
                .repeat(Repeat::Never),
            false,
        ),
    ] {
        app.advance(100);
        let (before, refreshes) = (received(&app).len(), app.refreshes());
        inject(&app, Fault::OperationOutcome { status: 401 });
        // The second time the sandbox has an answer of its own.
        let refused = request.send().await.err().and_then(|error| error.status());
        assert_eq!(refused == Some(401), !repeated, "{refused:?}");
        assert_eq!(received(&app).len() - before, if repeated { 2 } else { 1 });
        assert_eq!(app.refreshes() - refreshes, usize::from(repeated));
    }
}

#[actix_web::test]
async fn what_writes_does_not_wait_for_a_busy_server_and_is_not_sent_again() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let retry_after = Some("1".to_owned());
    inject(&app, Fault::Unavailable { retry_after });
    let error = session
        .fhir()
        .create("Observation", &json!({}))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(503));
    assert_eq!(received(&app).len(), 1);
}

#[actix_web::test]
async fn what_cannot_be_written_as_json_is_not_sent() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let unwritable = std::collections::HashMap::from([((1, 2), 3)]);
    let error = session
        .fhir()
        .create("Observation", &unwritable)
        .send()
        .await
        .unwrap_err();
    assert_eq!(error, FhirError::Unwritable);
    assert_eq!(received(&app).len(), 0);
}
