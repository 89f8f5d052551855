//! What the control interface answers is as its description says, also where there is something to tell.

use std::{collections::BTreeSet, sync::Arc};

use actix_smart_auth::sandbox::{SandboxServer, control::ControlServer};
use serde_json::{Value, json};

use super::support::{CALLBACK, CLIENT, LAUNCH, authorization, exchange, get, send};

/// Every place of the value that the schema does not describe, and every one that it wants and that is not there.
fn differences(schemas: &Value, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return differences(schemas, &schemas[name], value, place, found);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let fits = choices.iter().any(|choice| {
            let mut wrong = Vec::new();
            differences(schemas, choice, value, place, &mut wrong);
            wrong.is_empty()
        });
        if !fits {
            found.push(format!("{place}: {value}"));
        }
        return;
    }
    if let Some(words) = schema["enum"].as_array() {
        if !words.contains(value) {
            found.push(format!("{place}: {value}"));
        }
        return;
    }
    let is_of_type = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => true,
    };
    if !is_of_type {
        found.push(format!("{place}: {value}"));
    }
    if let (Some(members), Some(properties)) = (value.as_object(), schema["properties"].as_object()) {
        let keys: BTreeSet<&str> = members.keys().map(String::as_str).collect();
        let required = schema["required"].as_array().into_iter().flatten();
        for key in required.filter_map(Value::as_str).filter(|key| !keys.contains(key)) {
            found.push(format!("{place}.{key} is not there"));
        }
        for (key, member) in members {
            match properties.get(key) {
                Some(schema) => differences(schemas, schema, member, &format!("{place}.{key}"), found),
                None if schema["additionalProperties"] == json!(false) => {
                    found.push(format!("{place}.{key} is not described"))
                }
                None => {}
            }
        }
    }
    for element in value.as_array().into_iter().flatten() {
        if schema["items"].is_object() {
            differences(schemas, &schema["items"], element, &format!("{place}[]"), found);
        }
    }
}

#[actix_web::test]
async fn every_answer_that_has_something_to_tell_is_as_it_is_described() {
    let north = Arc::new(SandboxServer::start().unwrap());
    let control = ControlServer::builder()
        .ehr("north", Arc::clone(&north))
        .start()
        .unwrap();
    let call = async |method: &str, path: &str, body: Value| {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        send(method, &format!("{}{path}", control.url()), &[], &body)
            .await
            .unwrap()
    };
    let document = get(&format!("{}/openapi.json", control.url())).await.json();
    let described = |operation: &Value, status: u16| {
        operation["responses"][status.to_string()]["content"]["application/json"]["schema"].clone()
    };
    let mut seen = BTreeSet::new();
    let mut check = |path: &str, method: &str, answer: super::support::Answer| {
        let operation = &document["paths"][format!("/__sandbox{path}")][method];
        let schema = described(operation, answer.status);
        assert!(schema.is_object(), "{method} {path}: {answer:?}");
        let mut found = Vec::new();
        differences(
            &document["components"]["schemas"],
            &schema,
            &answer.json(),
            path,
            &mut found,
        );
        assert!(found.is_empty(), "{method} {path}: {found:#?}");
        seen.insert(format!("{method} {path}"));
        answer
    };

    let client = json!({"redirect-uris": [CALLBACK], "launch-urls": [LAUNCH], "scopes": ["launch", "patient/*.rs", "offline_access", "launch/patient"]});
    let client_path = "/ehrs/{ehr}/clients/{client}";
    check(
        client_path,
        "put",
        call("PUT", "/ehrs/north/clients/my%20app%2B1", client).await,
    );
    check(
        client_path,
        "get",
        call("GET", "/ehrs/north/clients/my%20app%2B1", Value::Null).await,
    );
    check(
        "/ehrs/{ehr}/clients",
        "get",
        call("GET", "/ehrs/north/clients", Value::Null).await,
    );
    let launch = json!({"launch-url": LAUNCH, "intent": "order", "style": "said", "opened-in": "third-party-frame"});
    check(
        "/ehrs/{ehr}/launches",
        "post",
        call("POST", "/ehrs/north/launches", launch).await,
    );
    let fault = json!({"on": "exchange", "when": "after", "fault": {"delay": 0.5}, "times": "always"});
    check(
        "/ehrs/{ehr}/faults",
        "post",
        call("POST", "/ehrs/north/faults", fault).await,
    );
    check(
        "/ehrs/{ehr}/faults",
        "get",
        call("GET", "/ehrs/north/faults", Value::Null).await,
    );
    call("DELETE", "/ehrs/north/faults", Value::Null).await;

    let request = authorization(&north).with("scope", "launch/patient patient/*.rs offline_access");
    let code = request
        .get(&north.authorization_endpoint())
        .await
        .location("code")
        .unwrap();
    let tokens = exchange(&code)
        .with("client_id", CLIENT)
        .post(&north.token_endpoint(), &[])
        .await;
    let token = json!({"token": tokens.text("access_token")});
    check(
        "/ehrs/{ehr}/grants/of-token",
        "post",
        call("POST", "/ehrs/north/grants/of-token", token).await,
    );
    let grants = check(
        "/ehrs/{ehr}/grants",
        "get",
        call("GET", "/ehrs/north/grants", Value::Null).await,
    );
    assert_eq!(grants.json()["grants"].as_array().unwrap().len(), 1);
    let requests = check(
        "/ehrs/{ehr}/requests",
        "get",
        call("GET", "/ehrs/north/requests", Value::Null).await,
    );
    assert!(requests.json()["requests"].as_array().unwrap().len() >= 2);
    let late = call("GET", "/ehrs/north/requests?at-least=99&timeout=0", Value::Null).await;
    assert_eq!(late.status, 408);
    check("/ehrs/{ehr}/requests", "get", late);

    let settings = json!({"vendor": "epic", "export": {"looks": 2}, "automatic-patient": "bruno-fixture", "key-ids": {"in-tokens": "k"}});
    check(
        "/ehrs/{ehr}/settings",
        "patch",
        call("PATCH", "/ehrs/north/settings", settings).await,
    );
    check(
        "/ehrs/{ehr}/settings",
        "get",
        call("GET", "/ehrs/north/settings", Value::Null).await,
    );
    check(
        "/ehrs/{ehr}/people",
        "get",
        call("GET", "/ehrs/north/people", Value::Null).await,
    );
    check("/ehrs/{ehr}", "get", call("GET", "/ehrs/north", Value::Null).await);
    check("/ehrs", "get", call("GET", "/ehrs", Value::Null).await);
    check("/health", "get", call("GET", "/health", Value::Null).await);
    let rotation = json!({"rotation": "keep-old"});
    check(
        "/ehrs/{ehr}/keys/rotate",
        "post",
        call("POST", "/ehrs/north/keys/rotate", rotation).await,
    );
    assert_eq!(seen.len(), 16);
    let stopped = &document["paths"]["/__sandbox/health"]["get"]["responses"]["503"];
    assert!(stopped.is_object(), "an EHR can stop");
}
