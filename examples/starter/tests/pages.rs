//! One page at a time: no EHR, no sockets. What the page asks for is prepared, and looked at.

use std::error::Error;

use actix_smart_auth::testing::{TestAnswer, TestLaunch};
use actix_web::{body::to_bytes, dev::ServiceResponse};
use serde_json::json;

const SEARCH: &str = "Observation?patient=p1&category=vital-signs&_sort=-date";

async fn text(answer: ServiceResponse) -> Result<String, Box<dyn Error>> {
    let body = to_bytes(answer.into_body()).await?;
    Ok(String::from_utf8(body.to_vec())?)
}

#[actix_web::test]
async fn the_page_has_the_name_and_the_measurements_of_the_patient() -> Result<(), Box<dyn Error>> {
    let launch = TestLaunch::of_patient("p1")
        .scopes("patient/Patient.rs patient/Observation.rs")
        .open()
        .await?;
    let person = json!({"resourceType": "Patient", "id": "p1", "birthDate": "1950-02-03",
        "name": [{"given": ["Ada"], "family": "<Example>"}]});
    let pulse = json!({"resourceType": "Observation", "code": {"text": "Pulse"}, "effectiveDateTime": "2026-05-04T10:00:00Z",
        "valueQuantity": {"value": 64, "unit": "/min"}});
    launch
        .answers("Patient/p1", person)
        .answers(SEARCH, TestAnswer::bundle([pulse]));

    let page = text(launch.call(smart_app::routes, launch.request("/")).await).await?;

    assert!(page.contains("<h1>Ada &lt;Example&gt;</h1>"), "{page}");
    assert!(
        page.contains("<td>2026-05-04</td><td>Pulse</td><td>64 /min</td>"),
        "{page}"
    );
    Ok(())
}

#[actix_web::test]
async fn an_ehr_that_fails_is_named_to_the_person_as_that() -> Result<(), Box<dyn Error>> {
    let launch = TestLaunch::of_patient("p1").open().await?;
    launch.answers("Patient/p1", TestAnswer::outcome(500, "exception", "out of memory"));

    let answer = launch.call(smart_app::routes, launch.request("/")).await;

    assert_eq!(answer.status(), 503);
    let page = text(answer).await?;
    assert!(page.contains("ehr-unavailable"), "{page}");
    Ok(())
}

#[actix_web::test]
async fn what_was_not_allowed_is_not_asked_for() -> Result<(), Box<dyn Error>> {
    let launch = TestLaunch::of_patient("p1")
        .scopes("patient/Observation.rs")
        .open()
        .await?;

    let answer = launch.call(smart_app::routes, launch.request("/")).await;

    assert_eq!(answer.status(), 403);
    assert!(launch.sent().is_empty());
    Ok(())
}
