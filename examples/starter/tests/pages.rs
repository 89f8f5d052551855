//! One page at a time: no EHR, no sockets. What the page asks for is prepared, and looked at.

use std::error::Error;

use actix_smart_auth::testing::{TestAnswer, TestLaunch};
use actix_web::{body::to_bytes, dev::ServiceResponse};
use serde_json::{Value, json};

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

fn part(code: &str, display: &str, value: Value) -> Value {
    json!({"code": {"coding": [{"system": "http://loinc.org", "code": code, "display": display}]}, "valueQuantity": value})
}

fn mmhg(value: f64) -> Value {
    json!({"value": value, "unit": "mmHg"})
}

/// The page of a patient with these parts of one measurement.
async fn page_with(parts: Value) -> Result<String, Box<dyn Error>> {
    let launch = TestLaunch::of_patient("p1").open().await?;
    let pressure = json!({"resourceType": "Observation", "code": {"text": "Blood pressure"}, "component": parts});
    launch
        .answers("Patient/p1", json!({"resourceType": "Patient", "id": "p1"}))
        .answers(SEARCH, TestAnswer::bundle([pressure]));
    text(launch.call(smart_app::routes, launch.request("/")).await).await
}

#[actix_web::test]
async fn a_blood_pressure_is_shown_as_people_write_it() -> Result<(), Box<dyn Error>> {
    let systolic = part("8480-6", "Systolic", mmhg(120.0));
    let diastolic = part("8462-4", "Diastolic", mmhg(80.5));
    for parts in [json!([systolic, diastolic]), json!([diastolic, systolic])] {
        let page = page_with(parts).await?;
        assert!(page.contains("<td>120/80.5 mmHg</td>"), "{page}");
    }
    Ok(())
}

#[actix_web::test]
async fn what_is_not_a_whole_blood_pressure_is_shown_with_the_names_of_its_parts() -> Result<(), Box<dyn Error>> {
    let systolic = part("8480-6", "Systolic", mmhg(120.0));
    let page = page_with(json!([systolic])).await?;
    assert!(page.contains("<td>Systolic 120 mmHg</td>"), "{page}");

    let other_unit = part("8462-4", "Diastolic", json!({"value": 10.7, "unit": "kPa"}));
    let page = page_with(json!([systolic, other_unit])).await?;
    assert!(
        page.contains("<td>Systolic 120 mmHg, Diastolic 10.7 kPa</td>"),
        "{page}"
    );

    let low = part(
        "8462-4",
        "Diastolic",
        json!({"value": 30, "unit": "mmHg", "comparator": "<"}),
    );
    let page = page_with(json!([systolic, low])).await?;
    assert!(
        page.contains("<td>Systolic 120 mmHg, Diastolic &lt; 30 mmHg</td>"),
        "{page}"
    );

    let page = page_with(json!([{"code": {"text": "Systolic"}, "dataAbsentReason": {"text": "refused"}}])).await?;
    assert!(page.contains("<td>–</td>"), "{page}");
    Ok(())
}

#[actix_web::test]
async fn what_was_entered_in_error_is_not_shown() -> Result<(), Box<dyn Error>> {
    let launch = TestLaunch::of_patient("p1").open().await?;
    let weight = json!({"resourceType": "Observation", "status": "entered-in-error", "code": {"text": "Weight"},
        "valueQuantity": {"value": 720, "unit": "kg"}});
    launch
        .answers("Patient/p1", json!({"resourceType": "Patient", "id": "p1"}))
        .answers(SEARCH, TestAnswer::bundle([weight]));

    let page = text(launch.call(smart_app::routes, launch.request("/")).await).await?;

    assert!(page.contains("No vital signs") && !page.contains("720"), "{page}");
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
