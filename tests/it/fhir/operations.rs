//! Operations, conditions, answers to batches, contained resources, and a server that speaks XML.

use actix_smart_auth::{
    error::FhirAddressError,
    fhir::{FhirError, FhirRequest, OperationOn, Parameters},
    sandbox::Fault,
    transport::HttpClient,
};
use serde_json::{Value, json};

use super::{CLIENTS, inject, raw, received, session, with};

#[actix_web::test]
async fn an_operation_is_asked_for_by_get_until_it_has_parameters() {
    for client in CLIENTS {
        let app = with(client).start();
        let session = session(&app).await;
        let fhir = session.fhir();
        let parameters = Parameters::new()
            .value("onset", "Date", "2026-01-01")
            .resource("resource", json!({ "resourceType": "Patient" }));
        let rows: [(FhirRequest, &str, &str); 4] = [
            (
                fhir.operation(OperationOn::Resource("Patient", "amber-testwood"), "$everything"),
                "GET",
                "/fhir/Patient/amber-testwood/$everything",
            ),
            (
                fhir.operation(OperationOn::Type("Patient"), "match"),
                "GET",
                "/fhir/Patient/$match",
            ),
            (
                fhir.operation(OperationOn::Server, "$versions"),
                "GET",
                "/fhir/$versions",
            ),
            (
                fhir.operation(OperationOn::Type("Patient"), "$match")
                    .parameters(&parameters),
                "POST",
                "/fhir/Patient/$match",
            ),
        ];
        for (request, method, path) in rows {
            inject(&app, raw(200, &json!({ "resourceType": "Parameters" })));
            request.send().await.unwrap();
            let sent = received(&app).pop().unwrap();
            assert_eq!((sent.method.as_str(), sent.path.as_str()), (method, path), "{client:?}");
        }
        let sent = received(&app).pop().unwrap();
        assert_eq!(sent.header("content-type"), Some("application/fhir+json"));
        assert_eq!(
            serde_json::from_str::<Value>(&sent.body).unwrap(),
            json!({ "resourceType": "Parameters", "parameter": [
                { "name": "onset", "valueDate": "2026-01-01" },
                { "name": "resource", "resource": { "resourceType": "Patient" } },
            ] })
        );
    }
}

#[actix_web::test]
async fn the_pages_of_an_operations_answer_are_read_like_those_of_a_search() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let everything = |fhir: actix_smart_auth::fhir::Fhir| {
        fhir.operation(OperationOn::Resource("Patient", "amber-testwood"), "$everything")
            .paged()
    };
    let next = format!("{}/Observation?_count=1&_offset=0", session.fhir_base_url());
    let first = json!({
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{ "relation": "next", "url": next }],
        "entry": [{ "resource": { "resourceType": "Patient", "id": "amber-testwood" } }],
    });
    inject(&app, raw(200, &first));
    let all: Vec<Value> = everything(session.fhir()).all(3).await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(
        (&all[0]["resourceType"], &all[1]["resourceType"]),
        (&json!("Patient"), &json!("Observation"))
    );
}

#[actix_web::test]
async fn an_operation_or_a_condition_that_is_not_one_is_not_sent() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let fhir = session.fhir();
    let resource = json!({ "resourceType": "Patient" });
    for (request, why) in [
        (fhir.operation(OperationOn::Server, "$"), FhirAddressError::NoOperation),
        (
            fhir.operation(OperationOn::Server, "a/b"),
            FhirAddressError::NoOperation,
        ),
        (
            fhir.operation(OperationOn::Server, "$a?b"),
            FhirAddressError::NoOperation,
        ),
        (
            fhir.operation(OperationOn::Server, "../token"),
            FhirAddressError::NoOperation,
        ),
        (
            fhir.operation(OperationOn::Type("patient"), "$a"),
            FhirAddressError::NoResourceType,
        ),
        (
            fhir.operation(OperationOn::Resource("Patient", ".."), "$a"),
            FhirAddressError::NoId,
        ),
        (
            fhir.delete_where("Patient", "identifier", ""),
            FhirAddressError::NoCondition,
        ),
        (fhir.delete_where("Patient", " ", "1"), FhirAddressError::NoCondition),
        (
            fhir.update_where("Patient", "identifier", " ", &resource),
            FhirAddressError::NoCondition,
        ),
        (
            fhir.patch_where("Patient", "", "", &json!([])),
            FhirAddressError::NoCondition,
        ),
        (
            fhir.delete_where("patient", "identifier", "1"),
            FhirAddressError::NoResourceType,
        ),
    ] {
        let error = request.send().await.unwrap_err();
        assert_eq!(error, FhirError::Address(why));
    }
    assert_eq!(received(&app).len(), 0);
}

#[actix_web::test]
async fn what_a_search_finds_is_replaced_changed_or_removed() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let fhir = session.fhir();
    let resource = json!({ "resourceType": "Observation" });
    for (request, method) in [
        (
            fhir.update_where("Observation", "identifier", "urn:a|1&2", &resource),
            "PUT",
        ),
        (
            fhir.patch_where("Observation", "identifier", "urn:a|1&2", &json!([])),
            "PATCH",
        ),
        (fhir.delete_where("Observation", "identifier", "urn:a|1&2"), "DELETE"),
    ] {
        inject(&app, raw(200, &resource));
        request.query("status", "final").send().await.unwrap();
        let sent = received(&app).pop().unwrap();
        assert_eq!(
            (sent.method.as_str(), sent.path.as_str()),
            (method, "/fhir/Observation")
        );
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(sent.query, [pair("identifier", "urn:a|1&2"), pair("status", "final")]);
    }
}

#[actix_web::test]
async fn a_resource_that_has_not_changed_is_not_an_error_and_one_that_has_is_there() {
    for client in CLIENTS {
        let app = with(client).start();
        let session = session(&app).await;
        let asked = || {
            session
                .fhir()
                .get("Patient", "amber-testwood")
                .if_none_match("7")
                .if_modified_since("Sat, 28 Nov 2026 10:00:00 GMT")
        };
        inject(&app, Fault::Status(304));
        assert!(asked().send_if_changed().await.unwrap().is_none());
        let sent = received(&app).pop().unwrap();
        assert_eq!(sent.header("if-none-match"), Some("W/\"7\""));
        assert_eq!(sent.header("if-modified-since"), Some("Sat, 28 Nov 2026 10:00:00 GMT"));
        let changed = asked().send_if_changed().await.unwrap().unwrap();
        assert_eq!(changed.json::<Value>().unwrap()["id"], "amber-testwood");
        inject(&app, Fault::OperationOutcome { status: 404 });
        assert!(asked().send_if_changed().await.unwrap_err().is_not_found());
        // Who has not asked whether it changed gets nothing to go on with.
        inject(&app, Fault::Status(304));
        assert_eq!(asked().send().await.unwrap_err().status(), Some(304));
    }
}

#[actix_web::test]
async fn each_entry_of_a_batch_has_its_own_answer_in_the_order_of_the_request() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let batch = json!({ "resourceType": "Bundle", "type": "batch" });
    let answer = json!({ "resourceType": "Bundle", "type": "batch-response", "entry": [
        { "response": { "status": "201 Created", "location": "Observation/9/_history/1", "etag": "W/\"1\"" } },
        { "response": { "status": "404 Not Found", "outcome":
            { "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "not-found" }] } } },
        { "response": { "status": "200 OK" }, "resource": { "resourceType": "Patient", "id": "p" } },
        { "response": { "status": "412" } },
    ] });
    inject(&app, raw(200, &answer));
    let entries = session.fhir().bundle(&batch).send().await.unwrap().entries().unwrap();
    let statuses: Vec<_> = entries
        .iter()
        .map(|entry| (entry.status(), entry.is_success()))
        .collect();
    assert_eq!(statuses, [(201, true), (404, false), (200, true), (412, false)]);
    assert_eq!(entries[0].location(), Some("Observation/9/_history/1"));
    assert_eq!((entries[0].version(), entries[1].version()), (Some("1"), None));
    assert_eq!(entries[0].resource::<Value>().unwrap(), None);
    let error = entries[1].resource::<Value>().unwrap_err();
    assert!(
        error.is_not_found() && matches!(error, FhirError::Outcome { .. }),
        "{error:?}"
    );
    assert_eq!(entries[2].resource::<Value>().unwrap().unwrap()["id"], "p");
    let error = entries[3].resource::<Value>().unwrap_err();
    assert!(matches!(error, FhirError::Status { status: 412, .. }), "{error:?}");

    inject(
        &app,
        raw(200, &json!({ "resourceType": "Bundle", "type": "searchset" })),
    );
    let error = session
        .fhir()
        .bundle(&batch)
        .send()
        .await
        .unwrap()
        .entries()
        .unwrap_err();
    assert!(matches!(error, FhirError::Unreadable { .. }), "{error:?}");
}

#[actix_web::test]
async fn what_is_contained_in_a_resource_is_found_there_and_nothing_is_sent() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let fhir = session.fhir();
    let resource = json!({
        "resourceType": "MedicationRequest",
        "contained": [{ "resourceType": "Medication", "id": "m1" }, { "resourceType": "Medication", "id": "m2" }],
    });
    let found: Value = fhir.follow_from(&resource, "#m2").await.unwrap();
    assert_eq!(found["id"], "m2");
    let itself: Value = fhir.follow_from(&resource, "#").await.unwrap();
    assert_eq!(itself, resource);
    for (resource, reference) in [
        (&resource, "#m3"),
        (&json!({}), "#m1"),
        (&json!({ "contained": "m1" }), "#m1"),
    ] {
        let error = fhir.follow_from::<Value>(resource, reference).await.unwrap_err();
        assert_eq!(error, FhirError::Address(FhirAddressError::NotContained));
    }
    assert_eq!(received(&app).len(), 0);
    let patient: Value = fhir.follow_from(&resource, "Patient/amber-testwood").await.unwrap();
    assert_eq!(patient["id"], "amber-testwood");
}

#[actix_web::test]
async fn a_server_that_answers_in_xml_is_told_apart_from_one_whose_json_is_broken() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    for body in [
        "<?xml version=\"1.0\"?><Patient xmlns=\"http://hl7.org/fhir\"><id value=\"p\"/></Patient>",
        "<Bundle xmlns='http://hl7.org/fhir'/>",
    ] {
        let xml = Fault::Raw {
            status: 200,
            content_type: "application/fhir+xml".to_owned(),
            body: body.as_bytes().to_vec(),
        };
        inject(&app, xml.clone());
        let error = session
            .fhir()
            .read::<Value>("Patient", "amber-testwood")
            .await
            .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("it is FHIR as XML, although JSON was asked for"),
            "{error}"
        );
        inject(&app, xml);
        let error = session.fhir().search("Patient").all::<Value>(1).await.unwrap_err();
        assert!(error.to_string().contains("FHIR as XML"), "{error}");
    }
}
