//! What an EHR received, as it is asked for and waited for.

use super::*;

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
async fn the_health_route_of_an_ehr_is_not_kept_among_what_it_received() {
    let north = SandboxServer::start().unwrap();
    assert_eq!(get(&format!("{}/health", north.origin())).await.status, 200);
    assert_eq!(north.received_requests(), []);
}
