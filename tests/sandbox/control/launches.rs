//! Launches for people of the data alone.

use actix_smart_auth::sandbox::SandboxData;

use super::*;

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
