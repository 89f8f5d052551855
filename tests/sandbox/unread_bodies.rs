//! Requests whose body is not taken, and requests that nobody waits for: they are what somebody looks for who wonders where they went.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use actix_smart_auth::sandbox::{
    Endpoint, Fault, FaultPoint, RequestLine, SandboxServer, SelfRegistration, Times, When,
};

use crate::support::*;

type Lines = Arc<Mutex<Vec<RequestLine>>>;

fn logged() -> (SandboxServer, Lines) {
    let lines = Lines::default();
    let kept = Arc::clone(&lines);
    let sandbox = strict()
        .client(client(Kind::Public))
        .self_registration(SelfRegistration::Open)
        .on_request(move |line| kept.lock().unwrap().push(line.clone()))
        .start()
        .unwrap();
    (sandbox, lines)
}

/// Sends this and says that nothing follows; what is answered.
fn raw(sandbox: &SandboxServer, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(sandbox.local_address()).unwrap();
    stream.write_all(request).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    // Where the rest was not read, the connection may end with a reset.
    let _ = stream.read_to_string(&mut answer);
    answer
}

/// Waits for the line: who breaks a connection off is not answered.
fn line(lines: &Lines) -> RequestLine {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        assert!(Instant::now() < until, "nothing was logged");
        if let Some(line) = lines.lock().unwrap().pop() {
            return line;
        }
        std::thread::yield_now();
    }
}

const HEAD: &str = "POST /token?t=1 HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n";
const FORM: &str = "grant_type=refresh_token&refresh_token=half-of-a-secr";

#[test]
fn a_body_that_ends_before_its_end_is_kept_and_logged_as_far_as_it_came() {
    let (sandbox, lines) = logged();
    for (request, came) in [
        (format!("{HEAD}content-length: 1000\r\n\r\n{FORM}"), FORM),
        (
            format!("{HEAD}transfer-encoding: chunked\r\n\r\n5\r\ngrant\r\n"),
            "grant",
        ),
        (
            format!("{HEAD}transfer-encoding: chunked\r\n\r\n5\r\ngrant\r\nnonsense\r\n"),
            "grant",
        ),
    ] {
        raw(&sandbox, request.as_bytes());
        let told = line(&lines);
        assert_eq!(
            (told.endpoint, told.method.as_str(), told.path.as_str(), told.status),
            (Endpoint::Token, "POST", "/token", Some(400)),
            "{request}"
        );
        assert_eq!(
            told.error_description.as_deref(),
            Some("the body ended before its end; send it again")
        );
        assert_eq!(told.parameters.first().map(String::as_str), Some("t"));
        assert!(!format!("{told:?}").contains("half-of"), "{told:?}");
        let kept = sandbox.received_requests().pop().unwrap();
        assert_eq!(
            (kept.endpoint, kept.status, kept.body.as_str(), kept.body_length),
            (Endpoint::Token, Some(400), came, came.len())
        );
        assert_eq!(kept.query, [("t".to_owned(), "1".to_owned())]);
        assert!(kept.header("host").is_some());
    }
    assert_eq!(sandbox.received_requests().len(), 3);
}

#[actix_web::test]
async fn a_body_that_is_too_large_is_kept_and_logged_and_the_largest_is_taken() {
    let (sandbox, lines) = logged();
    let largest = 4 << 20;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let padded = |length: usize| {
        format!(
            "grant_type=odd&client_id=my%20app%2B1&x={}",
            "a".repeat(length - "grant_type=odd&client_id=my%20app%2B1&x=".len())
        )
    };
    let taken = send("POST", &sandbox.token_endpoint(), &form, &padded(largest))
        .await
        .unwrap();
    taken.is_error(400, "unsupported_grant_type");
    assert_eq!(line(&lines).error.as_deref(), Some("unsupported_grant_type"));
    // One byte more; the answer may be lost, as the connection ends.
    let _ = send("POST", &sandbox.token_endpoint(), &form, &padded(largest + 1)).await;
    let told = line(&lines);
    assert_eq!(
        (told.status, told.error_description.as_deref()),
        (Some(413), Some("the body has more than 4 MiB; send less"))
    );
    let kept = sandbox.received_requests().pop().unwrap();
    assert_eq!((kept.status, kept.body.len()), (Some(413), 64 << 10));
    assert!(
        kept.body_length <= largest && kept.body.starts_with("grant_type=odd"),
        "{}",
        kept.body_length
    );
}

#[actix_web::test]
async fn a_fault_is_not_used_up_by_a_body_that_is_not_taken() {
    let (sandbox, lines) = logged();
    sandbox.inject(FaultPoint::Refresh, When::Before, Fault::InvalidGrant, Times::Once);
    raw(&sandbox, format!("{HEAD}content-length: 1000\r\n\r\n{FORM}").as_bytes());
    line(&lines);
    let answer = refresh("t")
        .with("client_id", CLIENT)
        .post(&sandbox.token_endpoint(), &[])
        .await;
    answer.is_error(400, "invalid_grant");
}

#[test]
fn json_that_is_not_utf_8_is_refused_and_kept() {
    let (sandbox, lines) = logged();
    let json = b"{\"redirect_uris\": [\"https://app.example/cb\"], \"client_name\": \"M\xFCller\"}";
    let head = format!(
        "POST /register HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        json.len()
    );
    let answer = raw(&sandbox, &[head.as_bytes(), json].concat());
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(
        answer.contains("The body has bytes that are no UTF-8; JSON is UTF-8."),
        "{answer}"
    );
    assert_eq!(line(&lines).error.as_deref(), Some("invalid_client_metadata"));
    let kept = sandbox.received_requests().pop().unwrap();
    assert!(kept.body.contains("M\u{fffd}ller"), "{}", kept.body);
}

#[test]
fn a_resource_that_is_not_utf_8_is_not_written() {
    let (sandbox, _) = logged();
    let token = actix_web::rt::System::new().block_on(token(&sandbox, "launch/patient patient/*.cruds"));
    let before = "{\"resourceType\": \"Observation\", \"status\": \"final\", \"code\": {\"text\": \"M";
    let behind = "ller\"}, \"subject\": {\"reference\": \"Patient/amber-testwood\"}}";
    for (byte, status) in [(&b"\xC3\xBC"[..], "HTTP/1.1 201"), (&b"\xFC"[..], "HTTP/1.1 400")] {
        let json = [before.as_bytes(), byte, behind.as_bytes()].concat();
        let head = format!(
            "POST /fhir/Observation HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-type: application/fhir+json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            json.len()
        );
        let answer = raw(&sandbox, &[head.as_bytes(), &json].concat());
        assert!(answer.starts_with(status), "{answer}");
    }
}

#[actix_web::test]
async fn a_request_whose_client_reset_its_connection_is_logged_without_a_status() {
    use tokio::io::AsyncWriteExt as _;

    let (sandbox, lines) = logged();
    let pause = Duration::from_secs(600);
    sandbox.inject(FaultPoint::Metadata, When::Before, Fault::Delay(pause), Times::Once);
    let mut stream = tokio::net::TcpStream::connect(sandbox.local_address()).await.unwrap();
    let path = "/fhir/.well-known/smart-configuration";
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    while sandbox.received_requests().is_empty() {
        std::thread::yield_now();
    }
    assert!(lines.lock().unwrap().is_empty());
    stream.set_zero_linger().unwrap();
    drop(stream);
    let told = line(&lines);
    assert_eq!(
        (told.endpoint, told.path.as_str(), told.status),
        (Endpoint::Metadata, path, None)
    );
    drop(sandbox);
}

#[test]
fn a_request_that_the_end_of_the_sandbox_cuts_is_logged_without_a_status() {
    let (sandbox, lines) = logged();
    let pause = Duration::from_secs(600);
    sandbox.inject(FaultPoint::Metadata, When::Before, Fault::Delay(pause), Times::Once);
    let mut stream = TcpStream::connect(sandbox.local_address()).unwrap();
    let path = "/fhir/.well-known/smart-configuration";
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    while sandbox.received_requests().is_empty() {
        std::thread::yield_now();
    }
    drop(sandbox);
    let told = line(&lines);
    assert_eq!((told.path.as_str(), told.status), (path, None));
}

/// Longer than Actix waits by itself, which has no clock of ours.
const LATE: Duration = Duration::from_millis(5_500);

#[test]
fn a_request_of_a_slow_machine_is_answered_however_late_its_head_comes() {
    use actix_smart_auth::sandbox::control::ControlServer;

    let sandbox = Arc::new(strict().start().unwrap());
    let control = ControlServer::builder()
        .ehr("north", Arc::clone(&sandbox))
        .start()
        .unwrap();
    let of_control = url::Url::parse(&control.url()).unwrap().socket_addrs(|| None).unwrap()[0];
    let addresses = [(sandbox.local_address(), "/health"), (of_control, "/__sandbox/health")];
    let begun = addresses.map(|(address, path)| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nhost: local").as_bytes())
            .unwrap();
        stream
    });
    std::thread::sleep(LATE);
    for mut stream in begun {
        stream.write_all(b"host\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
