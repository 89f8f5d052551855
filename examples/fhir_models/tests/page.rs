//! The page, with an EHR that says what a test has prepared, and with the sandbox.

mod support;

use std::error::Error;

use actix_smart_auth::testing::{TestAnswer, TestLaunch};
use actix_web::body::to_bytes;
use fhir_models::routes;
use serde_json::{Value, json};
use support::start;

const SEARCH: &str = "Observation?patient=p1&code=http://loinc.org|85354-9&_sort=-date";

fn part(code: &str, value: f64, unit: &str) -> Value {
    json!({"code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": {"value": value, "unit": unit}})
}

fn observation(status: &str, parts: &[Value]) -> Value {
    json!({"resourceType": "Observation", "status": status, "code": {"text": "Blood pressure"}, "component": parts})
}

async fn page(found: Vec<Value>) -> Result<(u16, String), Box<dyn Error>> {
    let launch = TestLaunch::of_patient("p1").open().await?;
    let person =
        json!({"resourceType": "Patient", "id": "p1", "name": [{"given": ["Ada", null], "family": "Example"}]});
    launch
        .answers("Patient/p1", person)
        .answers(SEARCH, TestAnswer::bundle(found));
    let answer = launch.call(routes, launch.request("/")).await;
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body()).await?;
    Ok((status, String::from_utf8(body.to_vec())?))
}

#[actix_web::test]
async fn the_page_has_the_name_and_the_pressures_in_the_order_of_the_server() -> Result<(), Box<dyn Error>> {
    let (systolic, diastolic) = (part("8480-6", 120.0, "mmHg"), part("8462-4", 80.5, "mmHg"));
    let (_, page) = page(vec![
        observation("final", &[diastolic.clone(), systolic.clone()]),
        observation("entered-in-error", &[systolic.clone(), diastolic]),
        observation("final", &[systolic.clone(), part("8462-4", 10.7, "kPa")]),
        observation("amended", &[systolic]),
    ])
    .await?;
    assert_eq!(page, "Ada Example\n120/80.5 mmHg");
    Ok(())
}

#[actix_web::test]
async fn one_resource_that_is_not_of_this_fhir_fails_the_page_and_shows_nothing_of_it() -> Result<(), Box<dyn Error>> {
    let (status, page) = page(vec![observation("final", &[]), observation("sort-of-final", &[])]).await?;
    assert!(status >= 500 && !page.contains("sort-of-final"), "{status} {page}");
    Ok(())
}

#[actix_web::test]
async fn the_page_shows_a_patient_of_the_sandbox() -> Result<(), Box<dyn Error>> {
    let started = start(routes, |config| config)?;
    let page = started.browser.launch(&started.sandbox, "amber-testwood").await?;
    let newest = "Amber Testwood\n134/82 mmHg\n142/88 mmHg";
    assert!(page.text().starts_with(newest), "{page}");
    Ok(())
}
