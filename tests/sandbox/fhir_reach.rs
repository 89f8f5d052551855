//! Whose records a token reaches, and what it may do to those of nobody.

use actix_smart_auth::sandbox::{SandboxClient, SandboxData, SandboxExport, SandboxServer};
use serde_json::{Value, json};

use crate::{
    fhir_writes::{ALL, JSON, Writer, pulse},
    support::*,
};

const PATCH: (&str, &str) = ("content-type", "application/json-patch+json");
const ASYNC: [(&str, &str); 2] = [("prefer", "respond-async"), ("accept", "application/fhir+json")];

#[actix_web::test]
async fn what_belongs_to_nobody_is_read_by_patients_and_changed_by_practitioners() {
    let (sandbox, _) = sandbox(Kind::Public);
    let patient = Writer::with(&sandbox, ALL).await;
    let doctor = Writer::with(&sandbox, "user/*.cruds").await;
    let address = "Practitioner/otto-outline";
    let otto = patient.get(address).await;
    assert_eq!(otto.status, 200);
    for (method, body) in [("PUT", otto.json()), ("DELETE", Value::Null)] {
        is_outcome(&patient.send(method, address, &[JSON], &body).await, 403);
    }
    let another = json!({"resourceType": "Practitioner", "name": [{"text": "Dr. Nobody"}]});
    is_outcome(&patient.send("POST", "Practitioner", &[JSON], &another).await, 403);
    assert_eq!(doctor.send("PUT", address, &[JSON], &otto.json()).await.status, 200);

    sandbox.set_automatic_user("Patient/amber-testwood");
    let portal = Writer::with(&sandbox, "user/*.cruds").await;
    is_outcome(&portal.send("DELETE", address, &[], &Value::Null).await, 403);
    assert_eq!(doctor.send("DELETE", address, &[], &Value::Null).await.status, 204);
}

#[actix_web::test]
async fn a_record_cannot_lose_its_patient() {
    let (sandbox, _) = sandbox(Kind::Public);
    let writer = Writer::with(&sandbox, ALL).await;
    let created = writer
        .send("POST", "Observation", &[JSON], &pulse("amber-testwood"))
        .await;
    let address = format!("Observation/{}", created.text("id"));
    let without = json!([{"op": "remove", "path": "/subject"}]);
    is_outcome(&writer.send("PATCH", &address, &[PATCH], &without).await, 403);
    let mut of_a_group = created.json();
    of_a_group["subject"] = json!({"reference": "Group/everybody"});
    is_outcome(&writer.send("PUT", &address, &[JSON], &of_a_group).await, 403);
    assert_eq!(writer.get(&address).await.json(), created.json());
}

#[actix_web::test]
async fn what_was_deleted_stays_somebody_elses() {
    let (sandbox, _) = sandbox(Kind::Public);
    let amber = Writer::with(&sandbox, ALL).await;
    sandbox.set_automatic_patient("bruno-fixture");
    let bruno = Writer::with(&sandbox, ALL).await;
    let created = bruno
        .send("POST", "Observation", &[JSON], &pulse("bruno-fixture"))
        .await;
    let address = format!("Observation/{}", created.text("id"));
    assert_eq!(bruno.send("DELETE", &address, &[], &Value::Null).await.status, 204);
    is_outcome(&bruno.get(&address).await, 410);
    is_outcome(&amber.get(&address).await, 403);
    let mut hers = pulse("amber-testwood");
    hers["id"] = json!(created.text("id"));
    is_outcome(&amber.send("PUT", &address, &[JSON], &hers).await, 403);
    let patch = json!([{"op": "replace", "path": "/status", "value": "final"}]);
    is_outcome(&amber.send("PATCH", &address, &[PATCH], &patch).await, 403);
    is_outcome(&bruno.send("PATCH", &address, &[PATCH], &patch).await, 410);
    hers["subject"] = json!({"reference": "Patient/bruno-fixture"});
    assert_eq!(bruno.send("PUT", &address, &[JSON], &hers).await.status, 201);
}

#[actix_web::test]
async fn a_user_who_is_a_patient_sees_one_record_also_when_nobody_knows_that_patient() {
    let (sandbox, _) = sandbox(Kind::Public);
    sandbox.set_automatic_user("Patient/nobody");
    let portal = Writer::with(&sandbox, "user/*.rs").await;
    is_outcome(&portal.get("Patient/amber-testwood").await, 403);
}

#[actix_web::test]
async fn a_scope_to_create_does_not_tell_what_is_there() {
    let (sandbox, _) = sandbox(Kind::Public);
    let known = ("if-none-exist", "code=8867-4");
    let body = pulse("amber-testwood");
    let creator = Writer::with(&sandbox, "launch/patient patient/Observation.c").await;
    is_outcome(&creator.send("POST", "Observation", &[JSON, known], &body).await, 403);

    let one = Writer::with(&sandbox, ALL)
        .await
        .get("Observation?code=8867-4&_count=1")
        .await;
    let id = ids(&one.json())[0].to_owned();
    let by_id = format!("_id={id}");
    let known = ("if-none-exist", by_id.as_str());
    for (scope, shows) in [("cs", false), ("crs", true)] {
        let writer = Writer::with(&sandbox, &format!("launch/patient patient/Observation.{scope}")).await;
        let answer = writer.send("POST", "Observation", &[JSON, known], &body).await;
        assert_eq!((answer.status, answer.body.is_empty()), (200, !shows), "{scope}");
        assert!(answer.header("etag").is_some());
    }
}

#[actix_web::test]
async fn an_export_needs_scopes_of_an_application_that_acts_for_itself() {
    let (sandbox, _) = sandbox(Kind::Public);
    for scope in [ALL, "user/*.rs"] {
        let user = Writer::with(&sandbox, scope).await;
        let refused = user.send("GET", "Patient/$export", &ASYNC, &Value::Null).await;
        is_outcome(&refused, 403);
        assert!(refused.body.contains("system/"), "{}", refused.body);
    }
}

#[actix_web::test]
async fn an_export_has_what_the_query_of_its_scope_lets_through() {
    let (sandbox, _) = sandbox(Kind::Public);
    let job = job(&sandbox, "system/Observation.rs?code=8867-4").await;
    let manifest = exported(&job, "$export").await;
    let bearer = [("authorization", job.bearer.as_str())];
    let file = send("GET", manifest["output"][0]["url"].as_str().unwrap(), &bearer, "")
        .await
        .unwrap();
    let pulses = job.get("Observation?code=8867-4&_summary=count").await.json()["total"].clone();
    assert_eq!(json!(file.body.lines().count()), pulses);
    assert!(file.body.lines().all(|line| line.contains("8867-4")));
    assert_eq!(manifest["output"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_patch_that_fails_midway_changes_nothing() {
    let (sandbox, _) = sandbox(Kind::Public);
    let writer = Writer::with(&sandbox, ALL).await;
    let address = first_pulse(&writer).await;
    let before = writer.get(&address).await.json();
    let patch = json!([
        {"op": "add", "path": "/extra", "value": 1},
        {"op": "move", "from": "/extra", "path": "/nothing/there"},
    ]);
    is_outcome(&writer.send("PATCH", &address, &[PATCH], &patch).await, 422);
    assert_eq!(writer.get(&address).await.json(), before);
}

#[actix_web::test]
async fn a_patch_does_not_grow_without_end() {
    let (sandbox, _) = sandbox(Kind::Public);
    let writer = Writer::with(&sandbox, ALL).await;
    let address = first_pulse(&writer).await;
    let copied = |from: &str, to: &str, times: usize| {
        let mut steps = vec![json!({"op": "add", "path": "/x", "value": ["a"]})];
        steps.resize(times + 1, json!({"op": "copy", "from": from, "path": to}));
        Value::Array(steps)
    };
    for (patch, is_kept) in [
        (copied("/x", "/x/-", 5), true),
        (copied("/x", "/x/-", 35), false),
        (copied("/status", "/note", 99), true),
        (copied("/status", "/note", 100), false),
    ] {
        let answer = writer.send("PATCH", &address, &[PATCH], &patch).await;
        assert_eq!(answer.status, if is_kept { 200 } else { 422 }, "{}", answer.body);
    }
    let deeper: Vec<Value> = (0..60)
        .map(|level| json!({"op": "add", "path": format!("/deep{}", "/0/0".repeat(level)), "value": [[]]}))
        .collect();
    is_outcome(&writer.send("PATCH", &address, &[PATCH], &json!(deeper)).await, 422);
}

async fn first_pulse(writer: &Writer<'_>) -> String {
    let found = writer.get("Observation?code=8867-4&_count=1").await.json();
    format!("Observation/{}", ids(&found)[0])
}

/// An application that acts for itself.
async fn job<'a>(sandbox: &'a SandboxServer, scope: &str) -> Writer<'a> {
    sandbox.register(SandboxClient::secret("job", "http://127.0.0.1:1/callback", "s3cret").and_backend());
    let form = Form::of(&[("grant_type", "client_credentials"), ("scope", scope)]);
    let answer = form
        .post(&sandbox.token_endpoint(), &[("authorization", &basic("job", "s3cret"))])
        .await;
    Writer {
        sandbox,
        bearer: format!("Bearer {}", answer.text("access_token")),
    }
}

/// The manifest of an export.
async fn exported(job: &Writer<'_>, path: &str) -> Value {
    let begun = job.send("GET", path, &ASYNC, &Value::Null).await;
    assert_eq!(begun.status, 202, "{}", begun.body);
    let status = begun.header("content-location").unwrap().to_owned();
    loop {
        let answer = send("GET", &status, &[("authorization", job.bearer.as_str())], "")
            .await
            .unwrap();
        if answer.status == 200 {
            return answer.json();
        }
    }
}

#[actix_web::test]
async fn a_group_of_the_data_is_exported_and_what_is_older_than_since_is_not() {
    let member =
        |id: &str, is_over: bool| json!({"entity": {"reference": format!("Patient/{id}")}, "inactive": is_over});
    let group = |id: &str| {
        json!({"resourceType": "Group", "id": id, "type": "person", "actual": true,
            "member": [member("amber-testwood", false), member("bruno-fixture", true)]})
    };
    let data = SandboxData::made_up().bundle(&group("g1")).unwrap();
    let sandbox = strict().data(data).start().unwrap();
    let count = |manifest: &Value| {
        let files = manifest["output"].as_array().unwrap().iter();
        files.map(|file| file["count"].as_u64().unwrap()).sum::<u64>()
    };
    let job = job(&sandbox, "system/Patient.rs").await;
    let all = count(&exported(&job, "Group/everybody/$export").await);
    assert!(all > 2);
    for (path, expected) in [
        ("Group/g1/$export", 1),
        ("Patient/$export?_since=2025-07-01T00:00:00Z", all),
        ("Patient/$export?_since=2025-07-01T00:00:01Z", 0),
    ] {
        assert_eq!(count(&exported(&job, path).await), expected, "{path}");
    }
    is_outcome(&job.send("GET", "Group/g2/$export", &ASYNC, &Value::Null).await, 404);
    is_outcome(&job.send("GET", "$export?_since=soon", &ASYNC, &Value::Null).await, 400);

    let data = SandboxData::made_up().bundle(&group("everybody")).unwrap();
    let sandbox = strict().data(data).start().unwrap();
    let job = self::job(&sandbox, "system/Patient.rs").await;
    assert_eq!(count(&exported(&job, "Group/everybody/$export").await), 1);
}

#[actix_web::test]
async fn how_far_an_export_is_can_be_said_also_when_the_settings_have_changed_since() {
    let (sandbox, _) = sandbox(Kind::Public);
    let job = job(&sandbox, "system/Patient.rs").await;
    sandbox.set_export(SandboxExport::new().looks(3));
    let begun = job.send("GET", "$export", &ASYNC, &Value::Null).await;
    let status = begun.header("content-location").unwrap();
    let bearer = [("authorization", job.bearer.as_str())];
    for (looks, done) in [(3, "25% done"), (0, "0% done"), (u32::MAX, "100% done")] {
        sandbox.set_export(SandboxExport::new().looks(looks));
        let look = send("GET", status, &bearer, "").await.unwrap();
        assert_eq!((look.status, look.header("x-progress")), (202, Some(done)), "{looks}");
    }
}

#[actix_web::test]
async fn whoever_asks_for_an_export_of_before_a_reset_finds_no_other_one() {
    let (sandbox, _) = sandbox(Kind::Public);
    let before = job(&sandbox, "system/Patient.rs").await;
    let begun = before.send("GET", "$export", &ASYNC, &Value::Null).await;
    let old = begun.header("content-location").unwrap().to_owned();
    let ask = async |job: &Writer<'_>, url: &str| {
        send("GET", url, &[("authorization", job.bearer.as_str())], "")
            .await
            .unwrap()
    };
    assert_eq!(ask(&before, &old).await.status, 202);
    sandbox.reset();
    is_outcome(&ask(&before, &old).await, 401);
    let after = job(&sandbox, "system/Patient.rs").await;
    let begun = after.send("GET", "$export", &ASYNC, &Value::Null).await;
    let new = begun.header("content-location").unwrap().to_owned();
    assert_ne!(old, new);
    let gone = ask(&after, &old).await;
    is_outcome(&gone, 404);
    assert!(gone.body.contains("There is no such export."), "{}", gone.body);
    assert_eq!(ask(&after, &new).await.status, 202);
}
