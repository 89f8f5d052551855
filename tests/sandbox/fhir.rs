//! The FHIR server: who may see what.

use std::time::Duration;

use serde_json::json;

use crate::support::*;

#[actix_web::test]
async fn only_the_capability_statement_is_open() {
    let (sandbox, _) = sandbox(Kind::Public);
    let base = sandbox.fhir_base_url();
    let answer = get(&format!("{base}/metadata")).await;
    assert_eq!(answer.json()["fhirVersion"], "4.0.1");
    let answer = get(&format!("{base}/Patient/amber-testwood")).await;
    is_outcome(&answer, 401);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"sandbox\""));
    let answer = fhir(&sandbox, "made-up", "Patient/amber-testwood").await;
    is_outcome(&answer, 401);
    assert!(
        answer
            .header("www-authenticate")
            .unwrap()
            .contains("error=\"invalid_token\"")
    );
}

#[actix_web::test]
async fn an_access_token_works_until_its_last_moment() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let token = token(&sandbox, SCOPE).await;
    clock.advance(Duration::from_millis(3_599_999));
    assert_eq!(fhir(&sandbox, &token, "Patient/amber-testwood").await.status, 200);
    clock.advance(Duration::from_millis(1));
    is_outcome(&fhir(&sandbox, &token, "Patient/amber-testwood").await, 401);
}

/// Scope, path, status.
#[actix_web::test]
async fn scopes_decide_what_is_read_and_searched() {
    let (sandbox, _) = sandbox(Kind::Public);
    let observation = "Observation/amber-testwood-8867-4-20250512";
    let laboratory = "Observation/amber-testwood-4548-4-20250512";
    let lab_scope = "launch/patient patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory";
    let cases = [
        ("launch/patient patient/Patient.r", "Patient/amber-testwood", 200),
        ("launch/patient patient/Patient.r", "Patient?_id=amber-testwood", 403),
        ("launch/patient patient/Patient.s", "Patient?_id=amber-testwood", 200),
        ("launch/patient patient/Patient.s", "Patient/amber-testwood", 403),
        ("launch/patient patient/Patient.rs", observation, 403),
        (
            "launch/patient patient/Patient.rs",
            "Observation?patient=amber-testwood",
            403,
        ),
        ("launch/patient patient/*.rs", observation, 200),
        (
            "launch/patient patient/*.read",
            "Observation?patient=amber-testwood",
            200,
        ),
        ("launch/patient patient/*.write", observation, 403),
        ("launch/patient patient/*.*", observation, 200),
        (
            "launch/patient patient/*.cruds",
            "Encounter?subject=Patient/amber-testwood",
            200,
        ),
        ("launch/patient patient/*.rs", "Encounter/visit-101", 200),
        ("launch/patient patient/*.rs", "Encounter/visit-201", 403),
        ("launch/patient patient/*.rs", "Patient/bruno-fixture", 403),
        ("launch/patient patient/*.rs", "Observation?patient=bruno-fixture", 403),
        ("launch/patient patient/*.rs", "Observation?patient=nobody", 403),
        ("launch/patient patient/*.rs", "Practitioner/otto-outline", 200),
        ("launch/patient patient/*.rs", "Patient/nobody", 404),
        ("launch/patient patient/*.rs", "Medication/x", 404),
        ("launch/patient patient/*.rs", "", 404),
        ("launch/patient patient/*.rs", "Patient/a/b/c", 404),
        ("launch/patient patient/*.rs", "Observation?mood=good", 200),
        ("launch/patient patient/*.rs", "Observation?_count=0", 200),
        ("user/*.rs", "Patient/bruno-fixture", 200),
        ("user/Patient.rs", "Patient", 200),
        ("user/Patient.rs", "Encounter?patient=bruno-fixture", 403),
        ("user/Observation.rs", "Observation?patient=bruno-fixture", 200),
        ("openid fhirUser", "Practitioner/paula-pretend", 200),
        ("openid fhirUser", "Practitioner/otto-outline", 403),
        ("openid", "Practitioner/paula-pretend", 403),
        (lab_scope, laboratory, 200),
        (lab_scope, observation, 403),
        ("launch/patient patient/Observation.rs?code=8867-4", observation, 200),
    ];
    for (scope, path, status) in cases {
        let answer = fhir(&sandbox, &token(&sandbox, scope).await, path).await;
        assert_eq!(answer.status, status, "{scope} → {path}: {}", answer.body);
        if status != 200 {
            is_outcome(&answer, status);
        }
    }
}

#[actix_web::test]
async fn searches_stay_in_the_compartment_and_in_the_constraint() {
    let (sandbox, _) = sandbox(Kind::Public);
    let all = token(&sandbox, "launch/patient patient/*.rs").await;
    let bundle = fhir(&sandbox, &all, "Observation").await.json();
    assert!(ids(&bundle).iter().all(|id| id.starts_with("amber-testwood-")));
    assert_eq!((&bundle["total"], ids(&bundle).len()), (&json!(17), 17));
    assert_eq!(ids(&fhir(&sandbox, &all, "Patient").await.json()), ["amber-testwood"]);
    assert_eq!(
        ids(&fhir(&sandbox, &all, "Encounter").await.json()),
        ["visit-101", "visit-102"]
    );
    let labs = fhir(
        &sandbox,
        &all,
        "Observation?category=laboratory&code=http://loinc.org|4548-4&_count=2",
    )
    .await
    .json();
    assert_eq!(
        ids(&labs),
        ["amber-testwood-4548-4-20250512", "amber-testwood-4548-4-20241104"]
    );
    let narrow = token(&sandbox, "launch/patient patient/Observation.rs?category=laboratory").await;
    assert_eq!(fhir(&sandbox, &narrow, "Observation").await.json()["total"], 6);
    let user = token(&sandbox, "user/*.rs").await;
    assert_eq!(
        fhir(&sandbox, &user, "Patient").await.json()["total"],
        sandbox.patients().len()
    );
    assert_eq!(
        ids(&fhir(&sandbox, &user, "Patient?name=Demo").await.json()),
        ["felix-demostein"]
    );
    let empty = fhir(&sandbox, &user, "Encounter?patient=greta-o-placeholder")
        .await
        .json();
    assert_eq!((&empty["total"], empty.get("entry")), (&json!(0), None));
}

#[actix_web::test]
async fn long_results_come_in_pages_and_by_post_as_well() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, "launch/patient patient/*.rs").await;
    let bearer = format!("Bearer {token}");
    let mut url = format!(
        "{}/Observation?patient=amber-testwood&_count=4",
        sandbox.fhir_base_url()
    );
    let mut seen = Vec::new();
    let mut pages = 0;
    loop {
        let bundle = send("GET", &url, &[("authorization", &bearer)], "")
            .await
            .unwrap()
            .json();
        seen.extend(ids(&bundle).into_iter().map(str::to_owned));
        pages += 1;
        match bundle["link"]
            .as_array()
            .unwrap()
            .iter()
            .find(|link| link["relation"] == "next")
        {
            Some(next) => url = next["url"].as_str().unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!((seen.len(), pages), (17, 5));
    seen.dedup();
    assert_eq!(seen.len(), 17);
    let url = format!("{}/Observation/_search", sandbox.fhir_base_url());
    let form = Form::of(&[("patient", "Patient/amber-testwood")]);
    let answer = form.post(&url, &[("authorization", &bearer)]).await;
    assert_eq!(answer.json()["total"], 17);
    let url = format!("{}/Patient", sandbox.fhir_base_url());
    is_outcome(&form.post(&url, &[("authorization", &bearer)]).await, 403);
}

#[actix_web::test]
async fn problems_prescriptions_and_allergies_are_found_by_patient_and_status() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, "launch/patient patient/*.rs").await;
    for (query, found) in [
        (
            "Condition?patient=amber-testwood&clinical-status=active",
            ["problem-101", "problem-102"].as_slice(),
        ),
        ("Condition?clinical-status=resolved", &["problem-103"]),
        ("Condition?code=E11.9&category=problem-list-item", &["problem-101"]),
        (
            "MedicationRequest?subject=Patient/amber-testwood&status=active,on-hold&intent=order",
            &["prescription-101", "prescription-102"],
        ),
        ("MedicationRequest?status=stopped", &["prescription-103"]),
        (
            "AllergyIntolerance?patient=amber-testwood&clinical-status=active",
            &["allergy-101"],
        ),
        ("AllergyIntolerance?clinical-status=resolved", &[]),
    ] {
        assert_eq!(ids(&fhir(&sandbox, &token, query).await.json()), found, "{query}");
    }
    for (query, status) in [
        ("Condition?patient=bruno-fixture", 403),
        ("AllergyIntolerance?patient=edda-mockingham", 403),
        ("Condition/problem-201", 403),
    ] {
        is_outcome(&fhir(&sandbox, &token, query).await, status);
    }
}

#[actix_web::test]
async fn the_people_are_distinct_and_the_values_differ() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, "user/*.rs").await;
    let patients = sandbox.patients();
    let mut seen = std::collections::HashSet::new();
    for patient in &patients {
        assert!(seen.insert(patient.name()) && seen.insert(patient.birth_date.clone().unwrap()));
        let resource = fhir(&sandbox, &token, &format!("Patient/{}", patient.id)).await.json();
        assert_eq!(resource["name"][0]["text"], patient.name());
        // By its type an application knows the record number among the identifiers.
        let identifier = &resource["identifier"][0];
        assert_eq!(identifier["value"], *patient.record_number.as_ref().unwrap());
        assert_eq!(
            identifier["type"]["coding"][0],
            json!({
                "system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                "code": "MR",
                "display": "Medical record number",
            })
        );
        assert!(seen.insert(patient.record_number.clone().unwrap()));
        let values = fhir(&sandbox, &token, &format!("Observation?patient={}", patient.id))
            .await
            .json();
        assert!(ids(&values).len() >= 3, "{}", patient.id);
        assert!(seen.insert(values["entry"].to_string()));
    }
    assert!(patients.len() >= 6 && patients.iter().map(|p| p.encounters.len()).sum::<usize>() >= 3);
    let observations = fhir(&sandbox, &token, "Observation").await.json();
    let unique: std::collections::HashSet<&str> = ids(&observations).into_iter().collect();
    assert_eq!(json!(unique.len()), observations["total"]);
    for id in unique {
        assert!(
            id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)),
            "{id}"
        );
    }
}
