//! Creating, changing and deleting, for those who have the scope.

use actix_smart_auth::sandbox::SandboxServer;
use serde_json::{Value, json};

use crate::support::*;

pub(crate) const ALL: &str = "launch/patient patient/*.cruds";
pub(crate) const JSON: (&str, &str) = ("content-type", "application/fhir+json");

pub(crate) struct Writer<'a> {
    pub(crate) sandbox: &'a SandboxServer,
    pub(crate) bearer: String,
}

impl<'a> Writer<'a> {
    pub(crate) async fn with(sandbox: &'a SandboxServer, scope: &str) -> Self {
        let bearer = format!("Bearer {}", token(sandbox, scope).await);
        Self { sandbox, bearer }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let headers = [&[("authorization", self.bearer.as_str())], headers].concat();
        let url = format!("{}/{path}", self.sandbox.fhir_base_url());
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        send(method, &url, &headers, &body).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], &Value::Null).await
    }
}

pub(crate) fn pulse(patient: &str) -> Value {
    json!({
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": format!("Patient/{patient}")},
        "valueQuantity": {"value": 61},
    })
}

#[actix_web::test]
async fn what_is_created_can_be_read_found_changed_and_deleted() {
    let (sandbox, _) = sandbox(Kind::Public);
    let writer = Writer::with(&sandbox, ALL).await;
    let created = writer
        .send("POST", "Observation", &[JSON], &pulse("amber-testwood"))
        .await;
    assert_eq!((created.status, created.header("etag")), (201, Some("W/\"1\"")));
    let id = created.text("id");
    let address = format!("Observation/{id}");
    assert_eq!(
        created.header("location"),
        Some(format!("{}/{address}/_history/1", sandbox.fhir_base_url()).as_str())
    );
    assert_eq!(writer.get(&address).await.json(), created.json());
    let version = |number: u32| format!("{address}/_history/{number}");
    assert_eq!(writer.get(&version(1)).await.json(), created.json());
    is_outcome(&writer.get(&version(2)).await, 404);
    assert_eq!(
        ids(&writer.get(&format!("Observation?_id={id}")).await.json()),
        [id.as_str()]
    );

    let mut changed = created.json();
    changed["status"] = json!("amended");
    let answer = writer
        .send("PUT", &address, &[JSON, ("if-match", "W/\"1\"")], &changed)
        .await;
    assert_eq!((answer.status, answer.header("etag")), (200, Some("W/\"2\"")));
    let late = writer
        .send("PUT", &address, &[JSON, ("if-match", "W/\"1\"")], &changed)
        .await;
    is_outcome(&late, 412);
    assert_eq!(writer.get(&address).await.json()["status"], "amended");

    let patch = json!([{"op": "replace", "path": "/status", "value": "corrected"}]);
    let patched = writer
        .send(
            "PATCH",
            &address,
            &[("content-type", "application/json-patch+json")],
            &patch,
        )
        .await;
    assert_eq!((patched.status, patched.text("status")), (200, "corrected".to_owned()));
    assert_eq!(patched.json()["meta"]["versionId"], "3");

    assert_eq!(
        writer
            .send("DELETE", &address, &[("if-match", "W/\"2\"")], &Value::Null)
            .await
            .status,
        412
    );
    assert_eq!(writer.send("DELETE", &address, &[], &Value::Null).await.status, 204);
    is_outcome(&writer.get(&address).await, 410);
    assert_eq!(writer.send("DELETE", &address, &[], &Value::Null).await.status, 204);
    assert_eq!(writer.get(&format!("Observation?_id={id}")).await.json()["total"], 0);

    changed["meta"] = json!({"tag": [{"code": "mine"}]});
    let back = writer.send("PUT", &address, &[JSON], &changed).await;
    assert_eq!((back.status, &back.json()["meta"]["versionId"]), (201, &json!("4")));
    assert_eq!(back.json()["meta"]["tag"][0]["code"], "mine");
}

#[actix_web::test]
async fn each_letter_of_a_scope_allows_one_thing() {
    let (sandbox, _) = sandbox(Kind::Public);
    let patch = json!([{"op": "replace", "path": "/status", "value": "amended"}]);
    for (letters, [create, update, patched, delete]) in [
        ("c", [201, 403, 403, 403]),
        ("u", [403, 200, 200, 403]),
        ("d", [403, 403, 403, 204]),
        ("rs", [403, 403, 403, 403]),
        ("write", [201, 200, 200, 204]),
    ] {
        let all = Writer::with(&sandbox, ALL).await;
        let there = all
            .send("POST", "Observation", &[JSON], &pulse("amber-testwood"))
            .await
            .json();
        let address = format!("Observation/{}", there["id"].as_str().unwrap());
        let writer = Writer::with(&sandbox, &format!("launch/patient patient/Observation.{letters}")).await;
        let answers = [
            writer
                .send("POST", "Observation", &[JSON], &pulse("amber-testwood"))
                .await
                .status,
            writer.send("PUT", &address, &[JSON], &there).await.status,
            writer
                .send(
                    "PATCH",
                    &address,
                    &[("content-type", "application/json-patch+json")],
                    &patch,
                )
                .await
                .status,
            writer.send("DELETE", &address, &[], &Value::Null).await.status,
        ];
        assert_eq!(answers, [create, update, patched, delete], "{letters}");
    }
}

#[actix_web::test]
async fn nobody_writes_into_the_record_of_a_patient_out_of_reach() {
    let (sandbox, _) = sandbox(Kind::Public);
    let writer = Writer::with(&sandbox, ALL).await;
    is_outcome(
        &writer
            .send("POST", "Observation", &[JSON], &pulse("bruno-fixture"))
            .await,
        403,
    );
    let own = writer
        .send("POST", "Observation", &[JSON], &pulse("amber-testwood"))
        .await
        .json();
    let address = format!("Observation/{}", own["id"].as_str().unwrap());
    let mut moved = own.clone();
    moved["subject"]["reference"] = json!("Patient/bruno-fixture");
    is_outcome(&writer.send("PUT", &address, &[JSON], &moved).await, 403);
    let patch = json!([{"op": "replace", "path": "/subject/reference", "value": "Patient/bruno-fixture"}]);
    let answer = writer
        .send(
            "PATCH",
            &address,
            &[("content-type", "application/json-patch+json")],
            &patch,
        )
        .await;
    is_outcome(&answer, 403);
    assert_eq!(writer.get(&address).await.json(), own);
    let theirs = "Condition/problem-201";
    is_outcome(&writer.send("DELETE", theirs, &[], &Value::Null).await, 403);
    let taken =
        json!({"resourceType": "Condition", "id": "problem-201", "subject": {"reference": "Patient/amber-testwood"}});
    is_outcome(&writer.send("PUT", theirs, &[JSON], &taken).await, 403);
}

#[actix_web::test]
async fn a_scope_with_a_query_writes_what_it_names_and_nothing_else() {
    let (sandbox, _) = sandbox(Kind::Public);
    let writer = Writer::with(&sandbox, "launch/patient patient/Observation.c?code=8867-4").await;
    assert_eq!(
        writer
            .send("POST", "Observation", &[JSON], &pulse("amber-testwood"))
            .await
            .status,
        201
    );
    let mut other = pulse("amber-testwood");
    other["code"]["coding"][0]["code"] = json!("4548-4");
    is_outcome(&writer.send("POST", "Observation", &[JSON], &other).await, 403);
}

#[actix_web::test]
async fn a_body_that_cannot_be_stored_is_refused_and_changes_nothing() {
    let (sandbox, _) = sandbox(Kind::Public);
    let writer = Writer::with(&sandbox, ALL).await;
    let before = writer.get("Observation?_count=0").await.json()["total"].clone();
    let fine = pulse("amber-testwood");
    let mut with_id = fine.clone();
    with_id["id"] = json!("mine");
    for (method, path, content_type, body, status) in [
        ("POST", "Observation", "text/plain", &fine, 415),
        ("POST", "Observation", "application/fhir+xml", &fine, 415),
        ("POST", "Condition", JSON.1, &fine, 400),
        ("POST", "Observation", JSON.1, &json!([1]), 400),
        ("POST", "Observation", JSON.1, &Value::Null, 400),
        ("POST", "Basic", JSON.1, &json!({"resourceType": "Basic"}), 404),
        ("PUT", "Observation/mine", JSON.1, &fine, 400),
        ("PUT", "Observation/another", JSON.1, &with_id, 400),
        ("PATCH", "Patient/amber-testwood", JSON.1, &json!([]), 415),
        (
            "PATCH",
            "Patient/amber-testwood",
            "application/json-patch+json",
            &json!({}),
            400,
        ),
        (
            "PATCH",
            "Patient/amber-testwood",
            "application/json-patch+json",
            &json!([{"op": "remove", "path": "/nothing"}]),
            422,
        ),
        (
            "PATCH",
            "Patient/amber-testwood",
            "application/json-patch+json",
            &json!([{"op": "replace", "path": "/id", "value": "x"}]),
            422,
        ),
        (
            "PATCH",
            "Patient/nobody",
            "application/json-patch+json",
            &json!([]),
            404,
        ),
    ] {
        let answer = writer.send(method, path, &[("content-type", content_type)], body).await;
        assert_eq!(answer.status, status, "{method} {path} {content_type}: {}", answer.body);
        is_outcome(&answer, status);
    }
    assert_eq!(writer.get("Observation?_count=0").await.json()["total"], before);
}

#[actix_web::test]
async fn an_update_of_something_new_creates_it_under_an_id_that_fhir_allows() {
    let (sandbox, _) = sandbox(Kind::Public);
    let writer = Writer::with(&sandbox, ALL).await;
    let mut resource = pulse("amber-testwood");
    for (id, status) in [("my-own.1", 201), ("my_own", 400)] {
        resource["id"] = json!(id);
        let answer = writer
            .send("PUT", &format!("Observation/{id}"), &[JSON], &resource)
            .await;
        assert_eq!(answer.status, status, "{id}: {answer:?}");
    }
    resource["id"] = json!("another");
    let answer = writer
        .send(
            "PUT",
            "Observation/another",
            &[JSON, ("if-match", "W/\"1\"")],
            &resource,
        )
        .await;
    is_outcome(&answer, 412);
}

#[actix_web::test]
async fn a_resource_that_is_there_already_is_not_created_again_where_that_is_asked_for() {
    let (sandbox, _) = sandbox(Kind::Public);
    let writer = Writer::with(&sandbox, ALL).await;
    let mut resource = pulse("amber-testwood");
    resource["status"] = json!("preliminary");
    let once = [JSON, ("if-none-exist", "status=preliminary&code=8867-4")];
    let first = writer.send("POST", "Observation", &once, &resource).await;
    let second = writer.send("POST", "Observation", &once, &resource).await;
    assert_eq!((first.status, second.status), (201, 200));
    assert_eq!(first.text("id"), second.text("id"));
    writer.send("POST", "Observation", &[JSON], &resource).await;
    is_outcome(&writer.send("POST", "Observation", &once, &resource).await, 412);
    let unknown = [JSON, ("if-none-exist", "mood=good")];
    is_outcome(&writer.send("POST", "Observation", &unknown, &resource).await, 412);
}

#[actix_web::test]
async fn the_answer_has_as_much_as_is_preferred() {
    let (sandbox, _) = sandbox(Kind::Public);
    let writer = Writer::with(&sandbox, ALL).await;
    let minimal = [JSON, ("prefer", "return=minimal")];
    let answer = writer
        .send("POST", "Observation", &minimal, &pulse("amber-testwood"))
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (201, ""));
    assert!(answer.header("location").is_some());
    let outcome = [JSON, ("prefer", "return=OperationOutcome")];
    let answer = writer
        .send("POST", "Observation", &outcome, &pulse("amber-testwood"))
        .await;
    assert_eq!(answer.json()["issue"][0]["severity"], "information");
}
