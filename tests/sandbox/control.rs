//! The control interface, driven as somebody does who writes in another language.

use std::sync::Arc;

use actix_smart_auth::sandbox::{SandboxData, SandboxServer, control::ControlServer};
use serde_json::{Value, json};

use super::support::{Answer, CALLBACK, CLIENT, Form, LAUNCH, authorization, exchange, get, send, token};

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
async fn who_waits_for_a_request_is_answered_when_it_comes() {
    let (north, control) = driven();
    let waiting = call(
        &control,
        "GET",
        "/ehrs/north/requests?endpoint=metadata&at-least=2&timeout=60",
        Value::Null,
    );
    let metadata = format!("{}/.well-known/smart-configuration", north.fhir_base_url());
    let sent = async {
        get(&metadata).await;
        get(&metadata).await
    };
    let (seen, _) = tokio::join!(waiting, sent);
    assert_eq!(seen.status, 200);
    assert_eq!(seen.json()["requests"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn who_waits_in_vain_is_told_what_did_come() {
    let (north, control) = driven();
    get(&format!("{}/.well-known/smart-configuration", north.fhir_base_url())).await;
    let answer = call(
        &control,
        "GET",
        "/ehrs/north/requests?at-least=2&timeout=0.01",
        Value::Null,
    )
    .await;
    is_refused(&answer, 408, "not-yet", "1 of 2");
    assert_eq!(answer.json()["requests"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn only_what_came_since_and_was_answered_is_listed_where_that_is_asked() {
    let (north, control) = driven();
    let metadata = format!("{}/.well-known/smart-configuration", north.fhir_base_url());
    get(&metadata).await;
    let next = call(&control, "GET", "/ehrs/north/requests", Value::Null).await.json()["next"].clone();
    let fault = json!({"on": "metadata", "fault": "reset"});
    call(&control, "POST", "/ehrs/north/faults", fault).await;
    assert!(send("GET", &metadata, &[], "").await.is_err());
    let count = async |query: &str| {
        let answer = call(&control, "GET", &format!("/ehrs/north/requests?{query}"), Value::Null).await;
        answer.json()["requests"].as_array().unwrap().len()
    };
    assert_eq!(count("").await, 2);
    assert_eq!(count(&format!("since={next}")).await, 1);
    assert_eq!(count("until=answered").await, 1);
    assert_eq!(count("method=post").await, 0);
    assert_eq!(
        call(&control, "DELETE", "/ehrs/north/requests", Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(count("").await, 0);
}

#[actix_web::test]
async fn settings_are_changed_while_it_runs_and_given_as_they_are() {
    let (north, control) = driven();
    let change =
        json!({"token-lifetime": 5, "metadata-fields": {"extra": true}, "peculiarities": [{"unlisted": "jwks_uri"}]});
    let answer = call(&control, "PATCH", "/ehrs/north/settings", change).await;
    assert_eq!((answer.status, &answer.json()["token-lifetime"]), (200, &json!(5)));
    let metadata = get(&format!("{}/.well-known/smart-configuration", north.fhir_base_url()))
        .await
        .json();
    assert_eq!((&metadata["extra"], metadata.get("jwks_uri")), (&json!(true), None));
    let now = call(&control, "GET", "/ehrs/north/settings", Value::Null).await;
    assert_eq!(now.json(), answer.json());
}

#[actix_web::test]
async fn a_setting_that_is_none_is_refused_with_its_key_and_the_choices() {
    let (_north, control) = driven();
    for (change, says) in [
        (
            json!({"mode": "fast"}),
            "mode: unknown variant `fast`, expected `automatic` or `interactive`",
        ),
        (json!({"mod": "automatic"}), "`mode`"),
        (json!({"token-lifetime": -1}), "token-lifetime: -1 is no time"),
        (
            json!({"peculiarities": ["no-revocation", "odd"]}),
            "peculiarities[1]: unknown variant `odd`",
        ),
        (json!("mode"), "expected settings by their keys"),
    ] {
        let answer = call(&control, "PATCH", "/ehrs/north/settings", change).await;
        is_refused(&answer, 400, "invalid-body", says);
    }
    let other_port = json!({"mode": "interactive", "export": {"files-at": "other-port"}});
    let answer = call(&control, "PATCH", "/ehrs/north/settings", other_port).await;
    is_refused(&answer, 409, "needs-a-restart", "opened at the start");
    let now = call(&control, "GET", "/ehrs/north/settings", Value::Null).await.json();
    assert_eq!(now["mode"], "automatic", "nothing of it was changed");
}

#[actix_web::test]
async fn a_clock_that_is_ahead_makes_tokens_old() {
    let (north, control) = driven();
    register(&control).await;
    let access = token(&north, "launch/patient patient/*.rs").await;
    let read = async || {
        super::support::fhir(&north, &access, "Patient/amber-testwood")
            .await
            .status
    };
    assert_eq!(read().await, 200);
    call(&control, "PATCH", "/ehrs/north/settings", json!({"clock-ahead": 3599})).await;
    assert_eq!(read().await, 200);
    call(&control, "PATCH", "/ehrs/north/settings", json!({"clock-ahead": 3601})).await;
    assert_eq!(read().await, 401);
}

#[actix_web::test]
async fn tokens_expire_and_grants_end_on_demand() {
    let (north, control) = driven();
    register(&control).await;
    let scope = "launch/patient patient/*.rs";
    let read = async |access: &str| {
        super::support::fhir(&north, access, "Patient/amber-testwood")
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
async fn another_key_signs_when_that_is_asked() {
    let (north, control) = driven();
    let before = get(&north.jwks_url()).await.json();
    let answer = call(
        &control,
        "POST",
        "/ehrs/north/keys/rotate",
        json!({"rotation": "drop-old"}),
    )
    .await;
    let after = get(&answer.text("jwks-url")).await.json();
    assert_ne!(before, after);
    assert_eq!(after["keys"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_reset_forgets_what_happened_and_goes_back_to_the_start() {
    let settings = serde_json::from_value(json!({"token-lifetime": 77})).unwrap();
    let fault = serde_json::from_value(json!({"on": "jwks", "fault": "empty-body"})).unwrap();
    let north = SandboxServer::builder().change(settings).fault(fault).start().unwrap();
    let north = Arc::new(north);
    let control = ControlServer::builder()
        .ehr("north", Arc::clone(&north))
        .start()
        .unwrap();
    register(&control).await;
    token(&north, "launch/patient patient/*.rs").await;
    call(
        &control,
        "PATCH",
        "/ehrs/north/settings",
        json!({"token-lifetime": 5, "mode": "interactive"}),
    )
    .await;
    call(&control, "DELETE", "/ehrs/north/faults", Value::Null).await;
    let next = call(&control, "GET", "/ehrs/north/requests", Value::Null).await.json()["next"].clone();

    for path in ["/ehrs/north/reset", "/reset"] {
        assert_eq!(call(&control, "POST", path, Value::Null).await.status, 204);
        assert!(north.client_ids().is_empty() && north.grants().is_empty());
        let now = call(&control, "GET", "/ehrs/north/settings", Value::Null).await.json();
        assert_eq!(
            (&now["token-lifetime"], &now["mode"]),
            (&json!(77), &json!("automatic"))
        );
        let faults = call(&control, "GET", "/ehrs/north/faults", Value::Null).await.json();
        assert_eq!(faults["faults"][0]["fault"], "empty-body");
        let seen = call(&control, "GET", "/ehrs/north/requests", Value::Null).await.json();
        assert_eq!((&seen["requests"], &seen["next"]), (&json!([]), &next), "numbers go on");
    }
}

#[actix_web::test]
async fn clients_are_listed_without_secrets_and_forgotten() {
    let (north, control) = driven();
    let secret = json!({"client-id": "b", "redirect-uris": [CALLBACK], "secret": "s3cret", "scopes": ["launch"]});
    call(&control, "PUT", "/ehrs/north/clients/b", secret).await;
    let listed = call(&control, "GET", "/ehrs/north/clients", Value::Null).await;
    assert!(!listed.body.contains("s3cret"));
    assert_eq!(listed.json()["clients"][0]["authentication"], "secret");
    let again = json!({"redirect-uris": [CALLBACK], "launch-urls": [LAUNCH]});
    call(&control, "PUT", "/ehrs/north/clients/b", again).await;
    let one = call(&control, "GET", "/ehrs/north/clients/b", Value::Null).await.json();
    assert_eq!(
        (&one["authentication"], &one["launch-urls"]),
        (&json!("public"), &json!([LAUNCH]))
    );
    let other = json!({"client-id": "c", "redirect-uris": [CALLBACK]});
    is_refused(
        &call(&control, "PUT", "/ehrs/north/clients/b", other).await,
        400,
        "invalid-body",
        "client-id is not b",
    );
    let none = json!({"redirect-uris": []});
    is_refused(
        &call(&control, "PUT", "/ehrs/north/clients/b", none).await,
        400,
        "invalid-body",
        "redirect-uris is empty",
    );
    assert_eq!(
        call(&control, "DELETE", "/ehrs/north/clients/b", Value::Null)
            .await
            .status,
        204
    );
    is_refused(
        &call(&control, "DELETE", "/ehrs/north/clients/b", Value::Null).await,
        404,
        "no-such-client",
        "\"b\"",
    );
    assert!(north.client_ids().is_empty());
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
async fn a_page_in_a_browser_does_not_drive_it() {
    let (_north, control) = driven();
    let url = format!("{}/ehrs/north/reset", control.url());
    let of_page = send("POST", &url, &[("origin", "http://evil.example")], "")
        .await
        .unwrap();
    is_refused(&of_page, 403, "from-a-page", "from a test or a script");
    let rebound = send("POST", &url, &[("host", "evil.example")], "").await.unwrap();
    is_refused(&rebound, 403, "foreign-host", "evil.example");
}

#[actix_web::test]
async fn it_answers_to_a_name_that_was_given() {
    let control = ControlServer::builder().host_name("ehr").start().unwrap();
    let answer = send("GET", &format!("{}/health", control.url()), &[("host", "ehr:9091")], "")
        .await
        .unwrap();
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("ok")));
}

#[test]
fn two_ehrs_of_one_name_are_refused() {
    let ehr = Arc::new(SandboxServer::start().unwrap());
    let two = ControlServer::builder()
        .ehr("a", Arc::clone(&ehr))
        .ehr("a", ehr)
        .start();
    assert!(two.unwrap_err().to_string().contains("two EHRs are named a"));
}

#[actix_web::test]
async fn it_stops_at_once_while_somebody_waits() {
    let (_north, control) = driven();
    let url = format!("{}/ehrs/north/requests?at-least=1&timeout=300", control.url());
    let waiting = actix_web::rt::spawn(async move { send("GET", &url, &[], "").await });
    // Its answer shows that the interface runs; the question before it is under way.
    call(&control, "GET", "/health", Value::Null).await;
    actix_web::rt::task::spawn_blocking(move || drop(control))
        .await
        .unwrap();
    assert!(waiting.await.unwrap().is_err());
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
async fn the_health_route_of_an_ehr_is_not_kept_among_what_it_received() {
    let north = SandboxServer::start().unwrap();
    assert_eq!(get(&format!("{}/health", north.origin())).await.status, 200);
    assert_eq!(north.received_requests(), []);
}

#[actix_web::test]
async fn a_log_has_no_token_code_secret_or_value_of_a_search() {
    let lines = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let north = SandboxServer::builder()
        .client(super::support::client(super::support::Kind::Secret))
        .on_request(move |line| kept.lock().unwrap().push(serde_json::to_value(line).unwrap()))
        .start()
        .unwrap();
    let basic = super::support::basic(CLIENT, super::support::SECRET);
    let code = authorization(&north)
        .get(&north.authorization_endpoint())
        .await
        .location("code")
        .unwrap();
    let answer = exchange(&code)
        .post(&north.token_endpoint(), &[("authorization", &basic)])
        .await;
    let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
    super::support::fhir(&north, &access, "Observation?patient=amber-testwood").await;
    exchange(&code)
        .post(&north.token_endpoint(), &[("authorization", &basic)])
        .await;
    Form::of(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)])
        .with("client_secret", super::support::SECRET)
        .post(&north.token_endpoint(), &[])
        .await;
    let lines = lines.lock().unwrap();
    let log = json!(*lines).to_string();
    for secret in [
        &code,
        &access,
        &refresh,
        super::support::SECRET,
        super::support::VERIFIER,
        super::support::STATE,
    ] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
    assert!(!log.contains("amber"), "{log}");
    let second = &lines[3];
    assert_eq!(
        (&second["endpoint"], &second["grant-type"]),
        (&json!("token"), &json!("authorization_code"))
    );
    assert_eq!(
        (&second["status"], &second["error"]),
        (&json!(400), &json!("invalid_grant")),
        "{second}"
    );
    assert_eq!(lines[0]["client-id"], CLIENT);
    assert_eq!(lines[2]["parameters"], json!(["patient"]));
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
        include_str!("../fixtures/tls/server.pem"),
        include_str!("../fixtures/tls/server.key"),
    );
    let other = include_str!("../fixtures/keys/p384-pkcs8.pem");
    assert!(SandboxTls::pem(certificate, key).is_ok());
    assert!(matches!(SandboxTls::pem("", key), Err(TlsFilesError::NoCertificate)));
    assert!(matches!(SandboxTls::pem(certificate, ""), Err(TlsFilesError::NoKey)));
    assert!(matches!(
        SandboxTls::pem(certificate, other),
        Err(TlsFilesError::NotAPair(_))
    ));
}

#[actix_web::test]
async fn faults_that_cannot_be_are_refused_with_what_may_be() {
    let (_north, control) = driven();
    for (fault, says) in [
        (json!({"on": "fhir", "fault": {"status": 99}}), "from 100 to 599"),
        (json!({"on": "fhir", "fault": {"status": 600}}), "from 100 to 599"),
        (
            json!({"on": "fhir", "fault": {"html-body": {"status": 42}}}),
            "from 100 to 599",
        ),
        (
            json!({"on": "fhir", "fault": {"huge-body": u64::MAX}}),
            "at most 67108864",
        ),
        (
            json!({"on": "fhir", "fault": {"huge-body": 67_108_865}}),
            "at most 67108864",
        ),
        (json!({"on": "fhir", "fault": "reset", "times": 0}), "give 1 or more"),
    ] {
        let answer = call(&control, "POST", "/ehrs/north/faults", fault).await;
        is_refused(&answer, 400, "invalid-body", says);
    }
    for fault in [
        json!({"on": "fhir", "fault": {"status": 100}}),
        json!({"on": "fhir", "fault": {"status": 599}}),
        json!({"on": "fhir", "fault": {"huge-body": 67_108_864}}),
        json!({"on": "fhir", "fault": "reset", "times": 1}),
    ] {
        let answer = call(&control, "POST", "/ehrs/north/faults", fault).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
}

#[actix_web::test]
async fn a_page_that_is_open_while_clients_change_opens_the_application_that_it_names() {
    let (north, control) = driven();
    register(&control).await;
    let other = json!({"redirect-uris": [CALLBACK], "launch-urls": ["http://127.0.0.1:7/other"]});
    call(&control, "PUT", "/ehrs/north/clients/other", other).await;
    let page = get(&format!("{}ehr/patient?id=amber-testwood", north.ehr_url())).await;
    assert!(page.body.contains("name=\"client\" value=\"other\""), "{}", page.body);
    // Registered anew, it goes to the end of the list.
    register(&control).await;
    let query = "client=other&launch-url=http://127.0.0.1:7/other&patient=amber-testwood";
    let launched = get(&format!("{}ehr/launch?{query}", north.ehr_url())).await;
    assert!(
        launched
            .header("location")
            .unwrap()
            .starts_with("http://127.0.0.1:7/other?iss=")
    );
    call(&control, "DELETE", "/ehrs/north/clients/other", Value::Null).await;
    assert_eq!(get(&format!("{}ehr/launch?{query}", north.ehr_url())).await.status, 404);
}

#[actix_web::test]
async fn who_asks_with_head_launches_nothing() {
    let (north, control) = driven();
    register(&control).await;
    let url = format!(
        "{}ehr/launch?client=my%20app%2B1&patient=amber-testwood",
        north.ehr_url()
    );
    let answer = send("HEAD", &url, &[], "").await.unwrap();
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET")));
    assert_eq!(get(&url).await.status, 302);
}

#[actix_web::test]
async fn settings_that_name_somebody_who_is_not_there_are_refused_as_at_the_start() {
    let (north, control) = driven();
    let before = north.settings();
    for settings in [
        json!({"automatic-patient": "nobody", "token-lifetime": 1}),
        json!({"automatic-user": "Practitioner/nobody", "token-lifetime": 1}),
    ] {
        let answer = call(&control, "PATCH", "/ehrs/north/settings", settings).await;
        is_refused(&answer, 409, "nobody", "name one of them");
    }
    assert_eq!(north.settings(), before);
    let known = json!({"automatic-patient": "bruno-fixture", "automatic-user": "Practitioner/otto-outline"});
    assert_eq!(call(&control, "PATCH", "/ehrs/north/settings", known).await.status, 200);
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

#[actix_web::test]
async fn a_launch_for_somebody_who_is_not_there_is_refused_and_says_who_is() {
    let (north, control) = driven();
    register(&control).await;
    let launch = async |patient: Value, encounter: Value| {
        let mut body = json!({"launch-url": LAUNCH});
        for (key, value) in [("patient", patient), ("encounter", encounter)] {
            if !value.is_null() {
                body[key] = value;
            }
        }
        call(&control, "POST", "/ehrs/north/launches", body).await
    };
    let known: Vec<String> = north.patients().into_iter().map(|patient| patient.id).collect();
    let answer = launch(json!("amber"), Value::Null).await;
    is_refused(
        &answer,
        409,
        "no-such-patient",
        &format!(
            "no patient of the data has the id \"amber\"; there are: {}",
            known.join(", ")
        ),
    );
    for (encounter, patient, visits) in [
        ("visit-9", "bruno-fixture", "visit-202"),
        ("visit-202", "amber-testwood", "visit-101"),
    ] {
        let answer = launch(json!(patient), json!(encounter)).await;
        let says = format!("no encounter of the patient {patient} has the id \"{encounter}\"; there are: ");
        is_refused(&answer, 409, "no-such-encounter", &says);
        assert!(answer.body.contains(visits), "{answer:?}");
    }
    for (patient, encounter) in [
        (Value::Null, Value::Null),
        (json!("bruno-fixture"), Value::Null),
        (json!("bruno-fixture"), json!("visit-202")),
    ] {
        assert_eq!(launch(patient, encounter).await.status, 201);
    }
}

#[actix_web::test]
async fn of_many_patients_a_refusal_names_ten() {
    let entries: Vec<Value> = (1..=11)
        .map(|number| json!({"resource": {"resourceType": "Patient", "id": format!("p{number}")}}))
        .collect();
    for (count, says) in [(10, "p9, p10\""), (11, "p9, p10 and 1 more\"")] {
        let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries[..count]});
        let data = SandboxData::empty().bundle(&bundle).unwrap();
        let north = Arc::new(SandboxServer::builder().data(data).start().unwrap());
        let control = ControlServer::builder().ehr("north", north).start().unwrap();
        let body = json!({"launch-url": LAUNCH, "patient": "p0"});
        let answer = call(&control, "POST", "/ehrs/north/launches", body).await;
        is_refused(&answer, 409, "no-such-patient", "there are: p1, p2");
        assert!(answer.body.contains(says), "{answer:?}");
    }
}
