//! What a test can see of the requests.

use actix_smart_auth::{
    sandbox::{Endpoint, Fault, FaultPoint, Times, When},
    time::Clock,
};

use crate::support::*;

#[actix_web::test]
async fn everything_that_came_in_is_kept_with_its_answer() {
    let (sandbox, clock) = sandbox(Kind::Secret);
    let answer = tokens(Kind::Secret, &sandbox, &clock, &authorization(&sandbox)).await;
    fhir(&sandbox, &answer.text("access_token"), "Patient/bruno-fixture?x=%2B").await;
    get(&format!("{}/nowhere", sandbox.origin())).await;
    let requests = sandbox.received_requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|r| (r.endpoint, r.method.as_str(), r.status))
        .collect();
    assert_eq!(
        seen,
        [
            (Endpoint::Authorize, "GET", Some(302)),
            (Endpoint::Token, "POST", Some(200)),
            (Endpoint::Fhir, "GET", Some(403)),
            (Endpoint::Unknown, "GET", Some(404)),
        ]
    );
    assert!(requests.iter().all(|request| request.at == clock.now()));
    assert_eq!(requests[0].parameter("state").as_deref(), Some(STATE));
    assert_eq!(requests[1].parameter("code_verifier").as_deref(), Some(VERIFIER));
    assert_eq!(requests[1].form().len(), 4);
    assert_eq!(
        requests[1].header("authorization"),
        Some(basic(CLIENT, SECRET).as_str())
    );
    assert_eq!(requests[2].query, [("x".to_owned(), "+".to_owned())]);
    assert_eq!(requests[2].path, "/fhir/Patient/bruno-fixture");
    assert_eq!(sandbox.token_requests().len(), 1);
    assert_eq!(sandbox.token_requests_of("authorization_code").len(), 1);
    assert_eq!(sandbox.token_requests_of("refresh_token").len(), 0);
    sandbox.clear_received_requests();
    assert!(sandbox.received_requests().is_empty());
}

#[actix_web::test]
async fn requests_on_one_connection_share_its_number() {
    let sandbox = strict().start().unwrap();
    let client = awc::Client::builder().finish();
    for _ in 0..2 {
        let mut response = client.get(sandbox.ehr_url()).send().await.unwrap();
        response.body().await.unwrap();
    }
    get(&sandbox.ehr_url()).await;
    let numbers: Vec<u64> = sandbox
        .received_requests()
        .iter()
        .map(|request| request.connection)
        .collect();
    assert_eq!(numbers, [0, 0, 1]);
}

#[actix_web::test]
async fn the_oldest_requests_go_when_the_record_is_full() {
    let sandbox = strict().record_limit(2).start().unwrap();
    for path in ["a", "b", "c"] {
        get(&format!("{}/{path}", sandbox.origin())).await;
    }
    let paths: Vec<_> = sandbox
        .received_requests()
        .into_iter()
        .map(|r| (r.path, r.status))
        .collect();
    assert_eq!(paths, [("/b".to_owned(), Some(404)), ("/c".to_owned(), Some(404))]);
}

#[actix_web::test]
async fn a_request_is_seen_before_it_is_answered() {
    let sandbox = strict().start().unwrap();
    let pause = std::time::Duration::from_secs(30);
    sandbox.inject(FaultPoint::Fhir, When::Before, Fault::Hang(pause), Times::Once);
    let url = format!("{}/Patient", sandbox.fhir_base_url());
    let waiting = actix_web::rt::spawn(async move { send("GET", &url, &[], "").await });
    while sandbox.received_requests().is_empty() {
        actix_web::rt::task::yield_now().await;
    }
    assert_eq!(sandbox.received_requests()[0].status, None);
    waiting.abort();
}
