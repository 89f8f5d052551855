//! Each fault, as a client meets it.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use actix_smart_auth::{
    sandbox::{Fault, FaultPoint, SandboxFault, SandboxServer, Times, When},
    time::ManualClock,
};
use serde_json::json;

use crate::support::*;

/// Sends the bytes of a GET and returns what came back: the bytes until the end, and how it ended.
fn raw_get(sandbox: &SandboxServer, path: &str) -> (String, Option<ErrorKind>) {
    let mut stream = TcpStream::connect(sandbox.origin().strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: sandbox\r\n\r\n").unwrap();
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return (String::from_utf8(received).unwrap(), None),
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) => return (String::from_utf8(received).unwrap(), Some(error.kind())),
        }
    }
}

const METADATA: &str = "/fhir/.well-known/smart-configuration";

#[test]
fn a_reset_is_a_tcp_reset_without_a_single_byte() {
    let sandbox = strict().start().unwrap();
    for when in [When::Before, When::After] {
        sandbox.inject(FaultPoint::Metadata, when, Fault::Reset, Times::Once);
        assert_eq!(
            raw_get(&sandbox, METADATA),
            (String::new(), Some(ErrorKind::ConnectionReset)),
            "{when:?}"
        );
    }
    assert_eq!(sandbox.received_requests()[0].status, None);
}

#[test]
fn a_hang_ends_in_an_orderly_close_without_a_single_byte() {
    let sandbox = strict().start().unwrap();
    let pause = Duration::from_millis(150);
    sandbox.inject(FaultPoint::Metadata, When::Before, Fault::Hang(pause), Times::Once);
    let started = Instant::now();
    assert_eq!(raw_get(&sandbox, METADATA), (String::new(), None));
    assert!(started.elapsed() >= pause);
}

#[test]
fn a_truncated_answer_promises_more_than_comes() {
    let sandbox = strict().start().unwrap();
    for when in [When::Before, When::After] {
        sandbox.inject(FaultPoint::Metadata, when, Fault::Truncated, Times::Once);
        let (received, _) = raw_get(&sandbox, METADATA);
        let (head, body) = received.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        let lengths = head.lines().filter_map(|line| line.strip_prefix("content-length: "));
        let promised: Vec<usize> = lengths.map(|length| length.parse().unwrap()).collect();
        assert_eq!(promised.len(), 1);
        assert!(
            !body.is_empty() && body.len() < promised[0],
            "{} of {promised:?}",
            body.len()
        );
        assert_eq!(body.contains("authorization_endpoint"), when == When::After);
    }
}

#[actix_web::test]
async fn a_lost_answer_still_used_the_code_and_rotated_the_token() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let url = sandbox.token_endpoint();
    let post = |form: Form| {
        let (url, form) = (url.clone(), form.with("client_id", CLIENT));
        async move { form.try_post(&url, &[]).await }
    };
    let first = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox)).await;
    let form = refresh(&first.text("refresh_token"));
    sandbox.inject(FaultPoint::Refresh, When::After, Fault::Reset, Times::Once);
    post(form.clone()).await.unwrap_err();
    assert_eq!(sandbox.grants()[0].refreshes, 1);
    post(form).await.unwrap().is_error(400, "invalid_grant");
    assert_eq!(sandbox.reuse_detections(), 1);

    let code = code_for(&sandbox, &authorization(&sandbox)).await;
    sandbox.inject(FaultPoint::Exchange, When::After, Fault::Status(502), Times::Once);
    assert_eq!(post(exchange(&code)).await.unwrap().status, 502);
    post(exchange(&code)).await.unwrap().is_error(400, "invalid_grant");
}

#[actix_web::test]
async fn a_request_that_failed_before_it_was_processed_can_be_repeated() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let url = sandbox.token_endpoint();
    let first = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox)).await;
    let form = refresh(&first.text("refresh_token")).with("client_id", CLIENT);
    for fault in [Fault::Reset, Fault::Hang(Duration::ZERO)] {
        sandbox.inject(FaultPoint::Refresh, When::Before, fault, Times::Once);
        form.try_post(&url, &[]).await.unwrap_err();
    }
    sandbox.inject(FaultPoint::Refresh, When::Before, Fault::InvalidGrant, Times::Once);
    form.post(&url, &[]).await.is_error(400, "invalid_grant");
    sandbox.inject(FaultPoint::Refresh, When::Before, Fault::InvalidClient, Times::Once);
    form.post(&url, &[]).await.is_error(401, "invalid_client");
    assert_eq!(sandbox.grants()[0].refreshes, 0);
    assert_eq!(form.post(&url, &[]).await.status, 200);
}

#[actix_web::test]
async fn answers_take_the_shape_that_was_asked_for() {
    let sandbox = strict().start().unwrap();
    let url = format!("{}{METADATA}", sandbox.origin());
    let meet = async |fault: Fault| {
        sandbox.inject(FaultPoint::Metadata, When::Before, fault, Times::Once);
        get(&url).await
    };
    let answer = meet(Fault::Status(418)).await;
    assert_eq!((answer.status, answer.body.as_str()), (418, ""));
    let answer = meet(Fault::Unavailable {
        retry_after: Some("7".to_owned()),
    })
    .await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("7")));
    let answer = meet(Fault::TooManyRequests { retry_after: None }).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, None));
    let fault = Fault::OAuthError {
        status: 400,
        error: "temporarily_unavailable".to_owned(),
        description: Some("<b>later</b>".to_owned()),
    };
    assert_eq!(meet(fault).await.text("error_description"), "<b>later</b>");
    let answer = meet(Fault::HtmlBody { status: 502 }).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (502, Some("text/html; charset=utf-8"))
    );
    let answer = meet(Fault::HugeBody(3_000_000)).await;
    assert!(answer.body.len() >= 3_000_000);
    answer.json();
    let redirect = Fault::Redirect {
        status: 307,
        location: "https://elsewhere.example.com/".to_owned(),
    };
    let answer = meet(redirect).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (307, Some("https://elsewhere.example.com/"))
    );
    let answer = meet(Fault::EmptyBody).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    let answer = meet(Fault::OperationOutcome { status: 500 }).await;
    assert_eq!(
        (answer.status, answer.text("resourceType").as_str()),
        (500, "OperationOutcome")
    );
    let raw = Fault::Raw {
        status: 201,
        content_type: "text/csv".to_owned(),
        body: b"a,b".to_vec(),
    };
    let answer = meet(raw).await;
    assert_eq!(
        (answer.status, answer.header("content-type"), answer.body.as_str()),
        (201, Some("text/csv"), "a,b")
    );
    let answer = meet(Fault::WrongContentType).await;
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.text("issuer"), sandbox.fhir_base_url());
    let answer = meet(Fault::OmitFields(vec!["issuer".to_owned()])).await.json();
    assert!(answer.get("issuer").is_none() && answer.get("token_endpoint").is_some());
    let fields = json!({"token_endpoint": "ftp://x", "issuer": null})
        .as_object()
        .unwrap()
        .clone();
    let answer = meet(Fault::SetFields(fields)).await.json();
    assert_eq!(
        (&answer["token_endpoint"], answer.get("issuer")),
        (&json!("ftp://x"), None)
    );
    let started = Instant::now();
    assert_eq!(meet(Fault::Delay(Duration::from_millis(120))).await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(120));
}

#[actix_web::test]
async fn faults_are_counted_queued_and_kept_to_their_point() {
    let sandbox = strict().start().unwrap();
    let url = format!("{}{METADATA}", sandbox.origin());
    sandbox.inject(FaultPoint::Metadata, When::Before, Fault::Status(500), Times::N(2));
    sandbox.inject(FaultPoint::Metadata, When::Before, Fault::Status(501), Times::Once);
    sandbox.inject(FaultPoint::Metadata, When::Before, Fault::Status(599), Times::N(0));
    sandbox.inject(FaultPoint::Jwks, When::Before, Fault::Status(502), Times::Always);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(get(&url).await.status);
    }
    assert_eq!(seen, [500, 500, 501, 200]);
    let jwks = format!("{}/.well-known/jwks.json", sandbox.fhir_base_url());
    for _ in 0..3 {
        assert_eq!(get(&jwks).await.status, 502);
    }
    sandbox.clear_faults();
    assert_eq!(get(&jwks).await.status, 200);
}

#[actix_web::test]
async fn every_point_can_fail() {
    let (sandbox, _) = sandbox(Kind::Public);
    let fhir = sandbox.fhir_base_url();
    let post = async |url: String, form: Form| form.post(&url, &[]).await.status;
    let points = [
        FaultPoint::Metadata,
        FaultPoint::OpenIdConfiguration,
        FaultPoint::Jwks,
        FaultPoint::Authorize,
        FaultPoint::Exchange,
        FaultPoint::Refresh,
        FaultPoint::Revocation,
        FaultPoint::Introspection,
        FaultPoint::Fhir,
    ];
    for point in points {
        sandbox.inject(point, When::Before, Fault::Status(599), Times::Once);
        let status = match point {
            FaultPoint::Metadata => get(&format!("{fhir}/.well-known/smart-configuration")).await.status,
            FaultPoint::OpenIdConfiguration => get(&format!("{fhir}/.well-known/openid-configuration")).await.status,
            FaultPoint::Jwks => get(&format!("{fhir}/.well-known/jwks.json")).await.status,
            FaultPoint::Authorize => get(&sandbox.authorization_endpoint()).await.status,
            FaultPoint::Exchange => post(sandbox.token_endpoint(), exchange("x")).await,
            FaultPoint::Refresh => post(sandbox.token_endpoint(), refresh("x")).await,
            FaultPoint::Revocation => post(sandbox.revocation_endpoint(), Form::default()).await,
            FaultPoint::Introspection => post(sandbox.introspection_endpoint(), Form::default()).await,
            _ => get(&format!("{fhir}/Patient/x")).await.status,
        };
        assert_eq!(status, 599, "{point:?}");
    }
}

#[actix_web::test]
async fn the_other_worker_answers_while_one_request_hangs_and_dropping_does_not_wait() {
    let (sandbox, _): (_, ManualClock) = sandbox(Kind::Public);
    let url = format!("{}{METADATA}", sandbox.origin());
    sandbox.inject(
        FaultPoint::Metadata,
        When::Before,
        Fault::Hang(Duration::from_secs(60)),
        Times::N(5),
    );
    for _ in 0..5 {
        let url = url.clone();
        actix_web::rt::spawn(async move { send("GET", &url, &[], "").await });
    }
    while sandbox.received_requests().len() < 5 {
        actix_web::rt::task::yield_now().await;
    }
    assert_eq!(get(&url).await.status, 200);
    let started = Instant::now();
    drop(sandbox);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn every_point_and_every_fault_of_the_guide_can_be_written_as_it_stands_there() {
    let guide = include_str!("../../src/guide/sandbox_program.md");
    let rows = |head: &str| -> Vec<String> {
        let (_, table) = guide.split_once(head).unwrap();
        let rows = table.lines().skip(2).take_while(|line| line.starts_with("| `"));
        let first = rows.map(|row| row.split('`').nth(1).unwrap().to_owned());
        first.collect()
    };
    let (points, faults) = (rows("| `on` | the requests |"), rows("| `fault` | what happens |"));
    assert_eq!((points.len(), faults.len()), (15, 19));
    for point in points {
        let written = serde_json::json!({"on": point, "fault": "reset"});
        serde_json::from_value::<SandboxFault>(written).unwrap();
    }
    for fault in faults {
        let written = format!(r#"{{"on": "fhir", "fault": {fault}}}"#);
        serde_json::from_str::<SandboxFault>(&written).unwrap_or_else(|error| panic!("{fault}: {error}"));
    }
}
