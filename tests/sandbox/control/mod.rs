//! The control interface, driven as somebody does who writes in another language.

mod clients;
mod crowds;
mod launches;
mod log;
mod received;
mod settings;
mod who;

use std::sync::Arc;

use actix_smart_auth::sandbox::{SandboxServer, control::ControlServer};

use serde_json::{Value, json};

use crate::support::{Answer, CALLBACK, CLIENT, Form, LAUNCH, authorization, exchange, get, send, token};

/// A sandbox named `north` and the interface to it.
fn driven() -> (Arc<SandboxServer>, ControlServer) {
    let north = Arc::new(SandboxServer::start().unwrap());
    let control = ControlServer::builder()
        .ehr("north", Arc::clone(&north))
        .start()
        .unwrap();
    (north, control)
}

async fn call(control: &ControlServer, method: &str, path: &str, body: Value) -> Answer {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    send(method, &format!("{}{path}", control.url()), &[], &body)
        .await
        .unwrap()
}

#[track_caller]
fn is_refused(answer: &Answer, status: u16, error: &str, says: &str) {
    let body = answer.json();
    assert_eq!(
        (answer.status, body["error"].as_str()),
        (status, Some(error)),
        "{answer:?}"
    );
    assert!(body["message"].as_str().unwrap().contains(says), "{answer:?}");
}

async fn register(control: &ControlServer) {
    let path = "/ehrs/north/clients/my%20app%2B1";
    let answer = call(
        control,
        "PUT",
        path,
        json!({"redirect-uris": [CALLBACK], "launch-urls": [LAUNCH]}),
    )
    .await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[actix_web::test]
async fn a_launch_has_a_visit_an_intent_a_style_and_a_place() {
    let (north, control) = driven();
    register(&control).await;
    let body = json!({"launch-url": LAUNCH, "patient": "bruno-fixture", "encounter": "visit-202", "intent": "order",
        "style": "said", "opened-in": "own-site-frame"});
    let answer = call(&control, "POST", "/ehrs/north/launches", body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let page = get(&answer.text("url")).await;
    assert!(
        answer
            .text("url")
            .starts_with(&format!("{}/ehr/frame?", north.origin()))
    );
    assert!(page.body.contains("Bruno Fixture"), "{}", page.body);
    let wrong = json!({"launch-url": LAUNCH, "opened-in": "window"});
    assert_eq!(call(&control, "POST", "/ehrs/north/launches", wrong).await.status, 400);
}

#[actix_web::test]
async fn a_client_is_registered_launched_given_a_fault_and_looked_at() {
    let (north, control) = driven();
    register(&control).await;
    let launch = call(
        &control,
        "POST",
        "/ehrs/north/launches",
        json!({"launch-url": LAUNCH, "patient": "bruno-fixture"}),
    )
    .await;
    assert_eq!(launch.status, 201);
    let url = url::Url::parse(&launch.text("url")).unwrap();
    let launch = url
        .query_pairs()
        .find(|(name, _)| name == "launch")
        .unwrap()
        .1
        .into_owned();

    let fault = json!({"on": "exchange", "when": "after", "fault": {"unavailable": {"retry-after": "7"}}, "times": 1});
    assert_eq!(call(&control, "POST", "/ehrs/north/faults", fault).await.status, 201);
    let waiting = call(&control, "GET", "/ehrs/north/faults", Value::Null).await.json();
    assert_eq!(waiting["faults"].as_array().unwrap().len(), 1);

    let request = authorization(&north)
        .with("launch", &launch)
        .with("scope", "launch patient/*.rs");
    let code = request
        .get(&north.authorization_endpoint())
        .await
        .location("code")
        .unwrap();
    let answer = exchange(&code)
        .with("client_id", CLIENT)
        .post(&north.token_endpoint(), &[])
        .await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("7")));

    let seen = call(
        &control,
        "GET",
        "/ehrs/north/requests?endpoint=token&grant-type=authorization_code",
        Value::Null,
    )
    .await;
    let seen = seen.json();
    let request = &seen["requests"][0];
    assert_eq!((&request["status"], &request["method"]), (&json!(503), &json!("POST")));
    assert!(
        request["form"].as_array().unwrap().contains(&json!(["code", code])),
        "{request}"
    );
    assert_eq!(
        seen["next"].as_u64(),
        request["number"].as_u64().map(|number| number + 1)
    );

    let grants = call(&control, "GET", "/ehrs/north/grants", Value::Null).await.json();
    assert_eq!(grants["grants"][0]["patient"], "bruno-fixture", "{grants}");
    assert_eq!(grants["grants"][0]["number"], 0);
}

#[actix_web::test]
async fn tokens_expire_and_grants_end_on_demand() {
    let (north, control) = driven();
    register(&control).await;
    let scope = "launch/patient patient/*.rs";
    let read = async |access: &str| {
        crate::support::fhir(&north, access, "Patient/amber-testwood")
            .await
            .status
    };
    let (first, second) = (token(&north, scope).await, token(&north, scope).await);
    let of = call(
        &control,
        "POST",
        "/ehrs/north/grants/of-token",
        json!({ "token": second }),
    )
    .await;
    assert_eq!(of.json()["number"], 1);
    let of_none = call(&control, "POST", "/ehrs/north/grants/of-token", json!({"token": "t"})).await;
    is_refused(&of_none, 404, "no-such-token", "did not issue");
    assert_eq!(
        call(&control, "DELETE", "/ehrs/north/grants/1", Value::Null)
            .await
            .status,
        204
    );
    is_refused(
        &call(&control, "DELETE", "/ehrs/north/grants/2", Value::Null).await,
        404,
        "no-such-grant",
        "\"2\"",
    );
    assert_eq!((read(&first).await, read(&second).await), (200, 401));
    assert_eq!(
        call(&control, "POST", "/ehrs/north/access-tokens/expire", Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(read(&first).await, 401);
    let third = token(&north, scope).await;
    assert_eq!(
        call(&control, "DELETE", "/ehrs/north/grants", Value::Null).await.status,
        204
    );
    assert_eq!(read(&third).await, 401);
}

#[actix_web::test]
async fn a_path_an_ehr_a_method_and_a_query_that_are_none_are_refused_with_what_there_is() {
    let (_north, control) = driven();
    let get = async |path: &str| call(&control, "GET", path, Value::Null).await;
    is_refused(&get("/clients").await, 404, "no-such-path", "openapi.json");
    is_refused(
        &get("/ehrs/south/clients").await,
        404,
        "no-such-ehr",
        "there are: north",
    );
    is_refused(
        &get("/ehrs/north/requests?endpoint=tokens").await,
        400,
        "invalid-query",
        "`token`",
    );
    is_refused(
        &get("/ehrs/north/requests?at-last=2").await,
        400,
        "invalid-query",
        "at-least",
    );
    is_refused(
        &get("/ehrs/north/requests?timeout=301").await,
        400,
        "invalid-query",
        "from 0 to 300",
    );
    assert_eq!(get("/ehrs/north/requests?timeout=300").await.status, 200);
    let answer = call(&control, "PUT", "/ehrs/north/settings", Value::Null).await;
    is_refused(&answer, 405, "no-such-method", "GET, PATCH");
    assert_eq!(answer.header("allow"), Some("GET, PATCH"));
    let large = call(&control, "PATCH", "/ehrs/north/settings", json!("x".repeat(5 << 20))).await;
    is_refused(&large, 413, "too-large", "4 MiB");
}

#[actix_web::test]
async fn the_description_has_every_route_and_each_route_of_it_answers() {
    let (_north, control) = driven();
    register(&control).await;
    let document = call(&control, "GET", "/openapi.json", Value::Null).await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut answered = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/__sandbox").unwrap();
        let path = path
            .replace("{ehr}", "north")
            .replace("{client}", "my%20app%2B1")
            .replace("{grant}", "0");
        for method in methods.as_object().unwrap().keys().filter(|it| *it != "parameters") {
            let answer = call(&control, &method.to_uppercase(), &path, Value::Null).await;
            let takes_a_body = methods[method].get("requestBody").is_some();
            let is_said = methods[method]["responses"].get(answer.status.to_string()).is_some();
            match answer.status {
                // There is no body, and no grant.
                400 => assert!(takes_a_body, "{method} {path}: {answer:?}"),
                // Some are gone by what came before.
                404 => assert!(
                    ["no-such-grant", "no-such-client"].contains(&answer.text("error").as_str()),
                    "{method} {path}: {answer:?}"
                ),
                _ => assert!(is_said, "{method} {path}: {answer:?}"),
            }
            answered += 1;
        }
    }
    assert_eq!(answered, 25, "a test of the library holds that no route is missing");
    // Whoever reads it has to find what it refers to.
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
    }
}

#[actix_web::test]
async fn its_own_addresses_begin_with_the_origin_that_was_given() {
    let north = SandboxServer::builder()
        .origin("https://ehr.test:9443")
        .start()
        .unwrap();
    assert_eq!(north.fhir_base_url(), "https://ehr.test:9443/fhir");
    for wrong in [
        "ehr.test",
        "ftp://ehr.test",
        "https://ehr.test/",
        "https://ehr.test/fhir",
        "https://ehr.test:443",
    ] {
        let refused = SandboxServer::builder().origin(wrong).start().unwrap_err();
        assert!(
            refused.to_string().contains("scheme, host and port alone"),
            "{wrong}: {refused}"
        );
    }
}

#[test]
fn certificates_that_are_none_are_refused() {
    use actix_smart_auth::sandbox::{SandboxTls, TlsFilesError};
    let (certificate, key) = (
        include_str!("../../fixtures/tls/server.pem"),
        include_str!("../../fixtures/tls/server.key"),
    );
    let other = include_str!("../../fixtures/keys/p384-pkcs8.pem");
    assert!(SandboxTls::pem(certificate, key).is_ok());
    assert!(matches!(SandboxTls::pem("", key), Err(TlsFilesError::NoCertificate)));
    assert!(matches!(SandboxTls::pem(certificate, ""), Err(TlsFilesError::NoKey)));
    assert!(matches!(
        SandboxTls::pem(certificate, other),
        Err(TlsFilesError::NotAPair(_))
    ));
}

#[actix_web::test]
async fn a_body_of_another_kind_is_refused_without_words_of_the_program() {
    let (_north, control) = driven();
    for (method, path) in [
        ("PATCH", "/ehrs/north/settings"),
        ("POST", "/ehrs/north/faults"),
        ("POST", "/ehrs/north/launches"),
        ("POST", "/ehrs/north/grants/of-token"),
        ("POST", "/ehrs/north/keys/rotate"),
    ] {
        let answer = call(&control, method, path, json!("text")).await;
        is_refused(&answer, 400, "invalid-body", "expected");
        assert!(!answer.body.contains("struct"), "{answer:?}");
    }
}
