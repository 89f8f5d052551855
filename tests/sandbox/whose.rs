//! Whose a record is, when it refers to others: what a launch of one patient gets to see, and what it may write.

use actix_smart_auth::{
    sandbox::{SandboxData, SandboxServer},
    time::ManualClock,
};
use serde_json::{Value, json};

use crate::{
    fhir_writes::{ALL, JSON, Writer},
    support::*,
};

const PATCH: (&str, &str) = ("content-type", "application/json-patch+json");

fn to(reference: &str) -> Value {
    json!({ "reference": reference })
}

/// Nora, of whom a launch is, and Omar.
fn ward(more: &[Value]) -> SandboxServer {
    let people = [
        json!({"resourceType": "Practitioner", "id": "ruiz"}),
        json!({"resourceType": "Organization", "id": "clinic"}),
        json!({"resourceType": "Patient", "id": "nora"}),
        json!({"resourceType": "Patient", "id": "omar"}),
        json!({"resourceType": "Observation", "id": "of-nora", "subject": to("Patient/nora")}),
        json!({"resourceType": "Observation", "id": "of-omar", "subject": to("Patient/omar")}),
    ];
    let entries: Vec<Value> = people.iter().chain(more).map(|it| json!({"resource": it})).collect();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    let data = SandboxData::empty().bundle(&bundle).unwrap();
    let sandbox = strict().clock(ManualClock::default()).client(client(Kind::Public));
    sandbox.data(data).start().unwrap()
}

#[actix_web::test]
async fn a_launch_of_a_patient_sees_no_record_that_leads_to_another_patient() {
    let sandbox = ward(&[
        json!({"resourceType": "Provenance", "id": "both", "target": [to("Patient/nora"), to("Observation/of-omar")]}),
        json!({"resourceType": "Provenance", "id": "hers", "target": [to("Patient/nora"), to("Observation/of-nora")]}),
        json!({"resourceType": "CareTeam", "id": "both", "subject": to("Patient/nora"), "participant": [{"member": to("Patient/omar")}]}),
        json!({"resourceType": "List", "id": "both", "subject": to("Patient/nora"), "entry": [{"item": to("Observation/of-omar")}]}),
        json!({"resourceType": "Practitioner", "id": "with-omar", "contained": [{"resourceType": "Patient", "id": "p"}]}),
        json!({"resourceType": "Encounter", "id": "hers", "subject": to("Patient/nora"), "serviceProvider": to("Organization/clinic"),
            "participant": [{"individual": to("Practitioner/ruiz")}]}),
    ]);
    let nora = Writer::with(&sandbox, "launch/patient patient/*.rs").await;
    let doctor = Writer::with(&sandbox, "user/*.rs").await;
    for (path, status) in [
        ("Provenance/both", 403),
        ("Provenance/hers", 200),
        ("CareTeam/both", 403),
        ("List/both", 403),
        ("Practitioner/with-omar", 403),
        ("Practitioner/ruiz", 200),
        ("Organization/clinic", 200),
        ("Encounter/hers", 200),
        ("Observation/of-nora", 200),
    ] {
        assert_eq!(nora.get(path).await.status, status, "{path}");
        assert_eq!(doctor.get(path).await.status, 200, "{path}");
    }
    for (query, found) in [
        ("Provenance", ["hers"].as_slice()),
        ("Provenance?patient=nora", &["hers"]),
        ("CareTeam", &[]),
        ("List?patient=nora", &[]),
        ("Practitioner", &["ruiz"]),
        ("Encounter", &["hers"]),
    ] {
        assert_eq!(ids(&nora.get(query).await.json()), found, "{query}");
    }
}

#[actix_web::test]
async fn the_application_of_a_patient_writes_nothing_that_is_another_ones_or_that_leads_to_another_one() {
    let sandbox = ward(&[]);
    let nora = Writer::with(&sandbox, ALL).await;
    let of = |patient: &str| json!({"resourceType": "Observation", "subject": to(&format!("Patient/{patient}"))});
    let with = |member: &str, value: Value| {
        let mut hers = of("nora");
        hers[member] = value;
        hers
    };
    for (refused, body) in [
        ("another one's", of("omar")),
        ("nobody's", json!({"resourceType": "Observation"})),
        ("it names another one", with("performer", json!([to("Patient/omar")]))),
        (
            "it refers to another one's",
            with("hasMember", json!([to("Observation/of-omar")])),
        ),
        (
            "it has a patient in it",
            with("contained", json!([{"resourceType": "Patient", "id": "p"}])),
        ),
    ] {
        is_outcome(&nora.send("POST", "Observation", &[JSON], &body).await, 403);
        for id in ["of-nora", "of-omar", "new"] {
            let mut body = body.clone();
            body["id"] = json!(id);
            let answer = nora.send("PUT", &format!("Observation/{id}"), &[JSON], &body).await;
            assert_eq!(answer.status, 403, "{refused}: {id}");
        }
    }
    let mut taken = of("nora");
    taken["id"] = json!("of-omar");
    is_outcome(&nora.send("PUT", "Observation/of-omar", &[JSON], &taken).await, 403);
    let patch = |reference: &str| json!([{"op": "add", "path": "/subject", "value": to(reference)}]);
    is_outcome(
        &nora
            .send("PATCH", "Observation/of-omar", &[PATCH], &patch("Patient/nora"))
            .await,
        403,
    );
    is_outcome(
        &nora
            .send("PATCH", "Observation/of-nora", &[PATCH], &patch("Patient/omar"))
            .await,
        403,
    );
    is_outcome(
        &nora.send("DELETE", "Observation/of-omar", &[], &Value::Null).await,
        403,
    );
    is_outcome(
        &nora
            .send(
                "PUT",
                "Patient/new",
                &[JSON],
                &json!({"resourceType": "Patient", "id": "new"}),
            )
            .await,
        403,
    );
    let query = ("if-none-exist", "_id=of-omar");
    let own = nora.send("POST", "Observation", &[JSON, query], &of("nora")).await;
    assert_eq!(
        own.status, 201,
        "Omar's is not found, so nothing is told of it: {}",
        own.body
    );
    sandbox.set_automatic_patient("omar");
    let omar = Writer::with(&sandbox, "launch/patient patient/*.rs").await;
    assert_eq!(ids(&omar.get("Observation").await.json()), ["of-omar"]);
}

#[actix_web::test]
async fn a_binary_follows_its_document_and_no_application_of_a_patient_gets_one_by_naming_it() {
    let document = |patient: &str, binary: &str| {
        json!({"resourceType": "DocumentReference", "id": "d", "status": "current", "subject": to(&format!("Patient/{patient}")),
            "content": [{"attachment": {"url": format!("Binary/{binary}")}}]})
    };
    let binary =
        |id: &str| json!({"resourceType": "Binary", "id": id, "contentType": "text/plain", "data": "c2VjcmV0"});
    let sandbox = ward(&[binary("b"), binary("nobodys"), document("nora", "b")]);
    let nora = Writer::with(&sandbox, ALL).await;
    let doctor = Writer::with(&sandbox, "user/*.cruds").await;
    let file = nora.get("Binary/b").await;
    assert_eq!((file.status, file.body.as_str()), (200, "secret"));
    assert_eq!(
        (file.header("content-type"), file.header("etag")),
        (Some("text/plain"), Some("W/\"1\""))
    );
    let fhir = ("accept", "application/fhir+json");
    let as_fhir = nora.send("GET", "Binary/b", &[fhir], &Value::Null).await;
    assert_eq!(as_fhir.json()["data"], "c2VjcmV0");
    assert_eq!(nora.get("Binary/b/_history/1?_format=text/plain").await.body, "secret");
    assert_eq!(nora.get("Binary/b?_format=json").await.json(), as_fhir.json());
    assert_eq!(ids(&nora.get("Binary").await.json()), ["b"]);
    let both = json!([{"op": "add", "path": "/content/-", "value": {"attachment": {"url": "Binary/nobodys"}}}]);
    assert_eq!(
        nora.send("PATCH", "DocumentReference/d", &[PATCH], &both).await.status,
        200
    );
    assert_eq!(nora.get("Binary/b").await.status, 200);
    is_outcome(&nora.get("Binary/nobodys").await, 403);

    let given = doctor
        .send("PUT", "DocumentReference/d", &[JSON], &document("omar", "b"))
        .await;
    assert_eq!(given.status, 200);
    is_outcome(&nora.get("Binary/b").await, 403);
    assert_eq!(ids(&nora.get("Binary").await.json()), [""; 0]);
    let back = doctor
        .send("PUT", "DocumentReference/d", &[JSON], &document("nora", "b"))
        .await;
    assert_eq!(back.status, 200);
    assert_eq!(nora.get("Binary/b").await.status, 200);
    let deleted = doctor.send("DELETE", "DocumentReference/d", &[], &Value::Null).await;
    assert_eq!(deleted.status, 204);
    is_outcome(&nora.get("Binary/b").await, 403);
}

#[actix_web::test]
async fn the_application_of_a_patient_writes_nothing_with_which_a_record_of_somebody_else_would_change_hands() {
    let observation = |id: &str, patient: &str, more: Value| {
        let mut record = json!({"resourceType": "Observation", "id": id, "subject": to(&format!("Patient/{patient}"))});
        record
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        record
    };
    let number = |value: &str| json!({"identifier": [{"system": "urn:o", "value": value}]});
    let named = |value: &str| json!({"hasMember": [{"type": "Observation", "identifier": {"system": "urn:o", "value": value}}]});
    let visit = |id: &str| json!({"resourceType": "Encounter", "id": id, "subject": to("Patient/nora")});
    let sandbox = ward(&[
        observation("waits", "omar", json!({"encounter": to("Encounter/dangling")})),
        observation("waits-for-number", "omar", named("o1")),
        // Nobody's, and what refers to it would be changed with it.
        json!({"resourceType": "List", "id": "between", "entry": [{"item": to("Encounter/behind-a-list")}]}),
        observation(
            "waits-behind-a-list",
            "omar",
            json!({"derivedFrom": [to("List/between")]}),
        ),
        observation(
            "hers",
            "nora",
            json!({"encounter": to("Encounter/her-own"), "hasMember": named("o2")["hasMember"]}),
        ),
        observation("numbered", "nora", number("o3")),
        observation("of-both", "omar", named("o3")),
        observation("made", "omar", json!({"derivedFrom": [to("Observation/made-1")]})),
        json!({"resourceType": "Binary", "id": "there", "contentType": "text/plain", "securityContext": to("Patient/omar")}),
        json!({"resourceType": "Media", "id": "waits-for-file", "subject": to("Patient/omar"), "content": {"url": "Binary/missing"}}),
    ]);
    let nora = Writer::with(&sandbox, ALL).await;
    for id in ["dangling", "behind-a-list"] {
        let refused = nora.send("PUT", &format!("Encounter/{id}"), &[JSON], &visit(id)).await;
        is_outcome(&refused, 409);
        assert!(
            refused.body.contains("names this id") && !refused.body.contains("omar"),
            "{}",
            refused.body
        );
    }
    let file = json!({"resourceType": "Binary", "id": "missing", "contentType": "text/plain", "securityContext": to("Patient/nora")});
    is_outcome(&nora.send("PUT", "Binary/missing", &[JSON], &file).await, 409);
    let own = nora.send("PUT", "Encounter/her-own", &[JSON], &visit("her-own")).await;
    assert_eq!(own.status, 201, "{}", own.body);

    let made = nora
        .send("POST", "Observation", &[JSON], &observation("", "nora", json!({})))
        .await;
    assert_eq!((made.status, made.text("id")), (201, "made-2".to_owned()));

    let with_number = |value: &str| observation("of-nora", "nora", number(value));
    let created = nora.send("POST", "Observation", &[JSON], &with_number("o1")).await;
    is_outcome(&created, 409);
    let patch = json!([{"op": "add", "path": "/identifier", "value": number("o1")["identifier"]}]);
    is_outcome(&nora.send("PATCH", "Observation/of-nora", &[PATCH], &patch).await, 409);
    for free in ["o2", "o9"] {
        let own = nora
            .send("PUT", "Observation/of-nora", &[JSON], &with_number(free))
            .await;
        assert_eq!(own.status, 200, "{}", own.body);
    }
    let lost = observation("numbered", "nora", json!({}));
    is_outcome(&nora.send("PUT", "Observation/numbered", &[JSON], &lost).await, 409);

    // Whoever may write the records of everybody says whose they are.
    let doctor = Writer::with(&sandbox, "user/*.cruds").await;
    sandbox.set_automatic_patient("omar");
    let omar = Writer::with(&sandbox, ALL).await;
    for id in ["waits", "waits-for-number", "waits-behind-a-list", "made"] {
        assert_eq!(omar.get(&format!("Observation/{id}")).await.status, 200, "{id}");
    }
    is_outcome(&omar.get("Observation/of-both").await, 403);
    let said = doctor
        .send("PUT", "Encounter/dangling", &[JSON], &visit("dangling"))
        .await;
    assert_eq!(said.status, 201, "{}", said.body);
    is_outcome(&omar.get("Observation/waits").await, 403);
}

#[actix_web::test]
async fn a_scope_with_a_query_that_reaches_every_patient_lets_through_what_meets_the_query_and_no_more() {
    let number = |category: Value| {
        json!({"resourceType": "Observation", "id": "of-nora", "subject": to("Patient/nora"), "category": category,
            "identifier": [{"system": "urn:o", "value": "o1"}]})
    };
    let laboratory = json!([{"coding": [{"code": "laboratory"}]}]);
    let document = |binary: &str| {
        json!({"resourceType": "DocumentReference", "id": "d", "subject": to("Patient/nora"),
            "content": [{"attachment": {"url": format!("Binary/{binary}")}}]})
    };
    let binary = |id: &str| json!({"resourceType": "Binary", "id": id, "contentType": "text/plain"});
    let sandbox = ward(&[
        json!({"resourceType": "Observation", "id": "waits", "subject": to("Patient/omar"),
            "hasMember": [{"type": "Observation", "identifier": {"system": "urn:o", "value": "o1"}}]}),
        binary("named"),
        binary("other"),
        document("named"),
    ]);
    let nora = Writer::with(
        &sandbox,
        &format!("{ALL} user/Observation.u?category=laboratory user/Binary.r?_id=named"),
    )
    .await;
    let put = async |resource: Value| nora.send("PUT", "Observation/of-nora", &[JSON], &resource).await;
    is_outcome(&put(number(Value::Null)).await, 409);
    let written = put(number(laboratory)).await;
    assert_eq!(written.status, 200, "{}", written.body);

    // It reads one Binary of everybody's, and gets no other one by naming it.
    let named = nora
        .send("PUT", "DocumentReference/d", &[JSON], &document("other"))
        .await;
    assert_eq!(named.status, 200, "{}", named.body);
    is_outcome(&nora.get("Binary/other").await, 403);
    assert_eq!(nora.get("Binary/named").await.status, 200);
    let doctor = Writer::with(&sandbox, "user/*.cruds").await;
    let named = doctor
        .send("PUT", "DocumentReference/d", &[JSON], &document("other"))
        .await;
    assert_eq!(named.status, 200, "{}", named.body);
    assert_eq!(nora.get("Binary/other").await.status, 200);
}

#[actix_web::test]
async fn a_file_of_two_patients_stays_of_both_whatever_the_application_of_one_does_with_the_document() {
    let document = |id: &str, patient: &str| {
        json!({"resourceType": "DocumentReference", "id": id, "subject": to(&format!("Patient/{patient}")),
            "content": [{"attachment": {"url": "Binary/of-both"}}]})
    };
    let sandbox = ward(&[
        json!({"resourceType": "Binary", "id": "of-both", "contentType": "text/plain"}),
        document("d", "nora"),
        document("d-2", "omar"),
    ]);
    let nora = Writer::with(&sandbox, ALL).await;
    sandbox.set_automatic_patient("omar");
    let omar = Writer::with(&sandbox, ALL).await;
    let without = json!({"resourceType": "DocumentReference", "id": "d", "subject": to("Patient/nora")});
    is_outcome(&omar.get("Binary/of-both").await, 403);
    let put = nora.send("PUT", "DocumentReference/d", &[JSON], &without).await;
    assert_eq!(put.status, 200, "{}", put.body);
    is_outcome(&omar.get("Binary/of-both").await, 403);
    let deleted = nora.send("DELETE", "DocumentReference/d", &[], &Value::Null).await;
    assert_eq!(deleted.status, 204);
    is_outcome(&omar.get("Binary/of-both").await, 403);
    is_outcome(&nora.get("Binary/of-both").await, 403);
}
