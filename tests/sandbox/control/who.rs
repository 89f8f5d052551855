//! Who may drive it.

use super::*;

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
async fn a_body_that_is_not_utf_8_is_refused() {
    use std::io::{Read, Write};

    let (north, control) = driven();
    let address = control.url().replace("http://", "").replace("/__sandbox", "");
    let body = b"{\"redirect-uris\": [\"https://app.example/M\xFCller\"]}";
    let head = format!(
        "PUT /__sandbox/ehrs/north/clients/a HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let answer = actix_web::rt::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    })
    .await
    .unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("\"not-utf-8\""),
        "{answer}"
    );
    assert!(
        answer.contains("the body has bytes that are no UTF-8; send JSON in UTF-8"),
        "{answer}"
    );
    assert!(north.client_ids().is_empty());
}
