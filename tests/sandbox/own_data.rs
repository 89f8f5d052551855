//! People of somebody's own: who is listed, who can sign in, and who sees what.

use std::io::ErrorKind;

use actix_smart_auth::{
    sandbox::{Mode, SandboxBuilder, SandboxData, SandboxServer},
    time::ManualClock,
};
use serde_json::{Value, json};

use crate::support::*;

const JSON: (&str, &str) = ("content-type", "application/fhir+json");

/// A collection of these resources.
fn collection(resources: &[Value]) -> SandboxData {
    let entries: Vec<Value> = resources.iter().map(|it| json!({"resource": it})).collect();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    SandboxData::empty().bundle(&bundle).unwrap()
}

fn with(data: SandboxData) -> SandboxBuilder {
    let sandbox = strict().clock(ManualClock::default()).client(client(Kind::Public));
    sandbox.launch_url(CLIENT, LAUNCH).data(data)
}

fn ward() -> SandboxData {
    let about = |id: &str| json!({"reference": format!("Patient/{id}")});
    collection(&[
        json!({"resourceType": "Practitioner", "id": "dr-ruiz", "name": [{"text": "Dr. Ruiz"}]}),
        json!({"resourceType": "Patient", "id": "nora", "name": [{"given": ["Nora"], "family": "Nobody"}]}),
        json!({"resourceType": "Patient", "id": "omar", "name": [{"text": "Omar Nobody"}], "birthDate": "1970"}),
        json!({"resourceType": "Encounter", "id": "old", "subject": about("nora"), "period": {"start": "2024-01-01"}}),
        json!({"resourceType": "Encounter", "id": "new", "subject": about("nora"), "period": {"start": "2025-01-01"}}),
        json!({"resourceType": "Procedure", "id": "of-nora", "subject": about("nora")}),
        json!({"resourceType": "Procedure", "id": "of-omar", "subject": about("omar")}),
        json!({"resourceType": "Procedure", "id": "of-nobody"}),
        json!({"resourceType": "Coverage", "id": "of-omar", "beneficiary": about("omar"), "meta": {"lastUpdated": "2020-01-01T00:00:00Z"}}),
        json!({"resourceType": "Organization", "id": "clinic"}),
    ])
}

#[actix_web::test]
async fn the_first_people_of_the_data_are_those_of_a_launch_of_which_nobody_is_asked() {
    let sandbox = with(ward()).start().unwrap();
    let names: Vec<_> = sandbox.users().into_iter().map(|user| user.name).collect();
    assert_eq!(names, ["Dr. Ruiz", "Nora Nobody (patient)"]);
    assert_eq!(sandbox.patients()[0].given.as_deref(), Some("Nora"));
    let request = authorization(&sandbox).with("scope", "launch/patient launch/encounter openid fhirUser patient/*.rs");
    let code = code_for(&sandbox, &request).await;
    let form = exchange(&code).with("client_id", CLIENT);
    let answer = form.post(&sandbox.token_endpoint(), &[]).await;
    assert_eq!(
        (answer.text("patient"), answer.text("encounter")),
        ("nora".to_owned(), "new".to_owned())
    );
    assert_eq!(sandbox.grants()[0].user, "Practitioner/dr-ruiz");
}

#[actix_web::test]
async fn a_patient_whom_an_application_created_or_deleted_is_on_the_list_or_not() {
    let (sandbox, _) = sandbox(Kind::Public);
    let bearer = format!("Bearer {}", token(&sandbox, "user/Patient.cruds").await);
    let write = |method: &'static str, path: &'static str, body: Value| {
        let (url, bearer) = (format!("{}/{path}", sandbox.fhir_base_url()), bearer.clone());
        async move {
            let headers = [("authorization", bearer.as_str()), JSON];
            send(method, &url, &headers, &body.to_string()).await.unwrap().status
        }
    };
    let new = json!({"resourceType": "Patient", "id": "zoe", "name": [{"text": "Zoe Recent"}]});
    assert_eq!(write("PUT", "Patient/zoe", new).await, 201);
    assert_eq!(write("DELETE", "Patient/amber-testwood", Value::Null).await, 204);
    let ids: Vec<_> = sandbox.patients().into_iter().map(|patient| patient.id).collect();
    assert!(
        ids.contains(&"zoe".to_owned()) && !ids.contains(&"amber-testwood".to_owned()),
        "{ids:?}"
    );
    let page = get(&sandbox.ehr_url()).await.body;
    assert!(
        page.contains("Zoe Recent") && !page.contains("Amber Testwood"),
        "{page}"
    );
}

/// Scope, path, status.
#[actix_web::test]
async fn scopes_of_a_patient_reach_that_patients_records_of_every_type_and_no_record_of_nobody() {
    let sandbox = with(ward()).start().unwrap();
    for (scope, path, status) in [
        ("launch/patient patient/*.rs", "Procedure/of-nora", 200),
        ("launch/patient patient/*.rs", "Procedure/of-omar", 403),
        ("launch/patient patient/*.rs", "Procedure/of-nobody", 403),
        ("launch/patient patient/*.rs", "Procedure?patient=omar", 403),
        ("launch/patient patient/*.rs", "Coverage/of-omar", 403),
        ("launch/patient patient/*.rs", "Organization/clinic", 200),
        ("launch/patient patient/*.rs", "Device/x", 404),
        ("user/*.rs", "Procedure/of-nobody", 200),
    ] {
        let answer = fhir(&sandbox, &token(&sandbox, scope).await, path).await;
        assert_eq!(answer.status, status, "{scope} → {path}: {}", answer.body);
    }
    let own = token(&sandbox, "launch/patient patient/*.rs").await;
    assert_eq!(ids(&fhir(&sandbox, &own, "Procedure").await.json()), ["of-nora"]);
    assert_eq!(ids(&fhir(&sandbox, &own, "Coverage").await.json()), [""; 0]);
    sandbox.set_automatic_user("Patient/nora");
    let of_patient = token(&sandbox, "user/*.rs").await;
    assert_eq!(ids(&fhir(&sandbox, &of_patient, "Procedure").await.json()), ["of-nora"]);
}

#[actix_web::test]
async fn a_group_appointment_is_found_by_each_patient_and_shown_to_practitioners_alone() {
    let actor = |reference: &str| json!({"actor": {"reference": reference}});
    let data = ward().bundle(&json!({"resourceType": "Appointment", "id": "both", "status": "booked",
        "participant": [actor("Patient/nora"), actor("Patient/omar"), actor("Practitioner/dr-ruiz")]}));
    let data = data
        .unwrap()
        .bundle(&json!({"resourceType": "Schedule", "id": "s", "actor": [{"reference": "Practitioner/dr-ruiz"}]}));
    let sandbox = with(data.unwrap()).start().unwrap();
    let doctor = token(&sandbox, "user/*.cruds").await;
    for query in [
        "Appointment?patient=nora",
        "Appointment?patient=Patient/omar",
        "Appointment?patient=nora,omar",
        "Appointment",
    ] {
        assert_eq!(ids(&fhir(&sandbox, &doctor, query).await.json()), ["both"], "{query}");
    }
    let nora = token(&sandbox, "launch/patient patient/*.rs").await;
    assert_eq!(ids(&fhir(&sandbox, &nora, "Appointment").await.json()), [""; 0]);
    assert_eq!(
        ids(&fhir(&sandbox, &nora, "Appointment?patient=nora").await.json()),
        [""; 0]
    );
    assert_eq!(fhir(&sandbox, &nora, "Appointment/both").await.status, 403);
    assert_eq!(ids(&fhir(&sandbox, &nora, "Schedule").await.json()), ["s"]);
    let absolute = json!({"resourceType": "Procedure", "id": "absolute", "status": "completed",
        "subject": {"reference": format!("{}/Patient/nora", sandbox.fhir_base_url())}});
    let (url, bearer) = (
        format!("{}/Procedure/absolute", sandbox.fhir_base_url()),
        format!("Bearer {doctor}"),
    );
    let headers = [("authorization", bearer.as_str()), JSON];
    assert_eq!(
        send("PUT", &url, &headers, &absolute.to_string()).await.unwrap().status,
        201
    );
    for (token, query) in [
        (&doctor, "Procedure?patient=Patient/nora"),
        (&nora, "Procedure"),
        (&nora, "Procedure?patient=nora"),
    ] {
        let found = fhir(&sandbox, token, query).await.json();
        assert_eq!(ids(&found), ["of-nora", "absolute"], "{query}");
    }
}

#[actix_web::test]
async fn a_launch_of_which_nobody_is_asked_lets_no_patient_into_the_chart_of_another() {
    let sandbox = with(ward()).start().unwrap();
    sandbox.set_automatic_user("Patient/nora");
    for (patient, error) in [("omar", Some("access_denied")), ("nora", None)] {
        let url = url::Url::parse(&sandbox.ehr_launch_url(LAUNCH, patient, None)).unwrap();
        let (_, launch) = url.query_pairs().find(|(name, _)| name == "launch").unwrap();
        let request = authorization(&sandbox)
            .with("launch", &launch)
            .with("scope", "launch patient/*.rs");
        let answer = request.get(&sandbox.authorization_endpoint()).await;
        assert_eq!(answer.location("error").as_deref(), error, "{patient}");
        assert_eq!(answer.location("code").is_some(), error.is_none(), "{patient}");
    }
}

#[actix_web::test]
async fn types_of_which_no_parameters_are_known_are_found_by_id_patient_and_time() {
    let sandbox = with(ward()).start().unwrap();
    let token = token(&sandbox, "user/*.rs").await;
    for (query, found) in [
        ("Procedure?patient=omar", ["of-omar"].as_slice()),
        ("Procedure?patient=Patient/omar,nora", &["of-nora", "of-omar"]),
        ("Procedure?_id=of-nobody", &["of-nobody"]),
        ("Coverage?patient=omar&_lastUpdated=lt2020-01-02", &["of-omar"]),
        ("Coverage?_lastUpdated=gt2020-01-02", &[]),
        ("Organization?_id=clinic", &["clinic"]),
    ] {
        assert_eq!(ids(&fhir(&sandbox, &token, query).await.json()), found, "{query}");
    }
    let said = get(&format!("{}/metadata", sandbox.fhir_base_url())).await.json();
    let resources = said["rest"][0]["resource"].as_array().unwrap();
    let parameters = |wanted: &str| {
        let one = resources.iter().find(|it| it["type"] == wanted).unwrap();
        let all = one["searchParam"].as_array().unwrap().iter();
        all.map(|it| it["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(parameters("Procedure"), ["_id", "_lastUpdated", "_tag", "patient"]);
    assert_eq!(parameters("Organization"), ["_id", "_lastUpdated", "_tag"]);
}

#[actix_web::test]
async fn a_sandbox_that_is_to_answer_for_somebody_who_is_not_there_does_not_start() {
    for (sandbox, named) in [
        (
            with(ward()).automatic_patient("amber-testwood"),
            "Patient/amber-testwood",
        ),
        (
            with(ward()).automatic_user("Practitioner/paula-pretend"),
            "Practitioner/paula-pretend",
        ),
        (
            with(ward()).automatic_user("Organization/clinic"),
            "Organization/clinic",
        ),
        (with(ward().portal_user("Patient/nobody")), "Patient/nobody"),
        (with(ward().portal_user("nobody")), "Patient/nobody"),
        (with(ward().portal_user("Practitioner/dr-ruiz")), "Practitioner/dr-ruiz"),
    ] {
        let error = sandbox.start().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(named), "{error}");
    }
    for sandbox in [
        with(ward()).automatic_patient("omar"),
        with(ward().portal_user("Patient/omar")),
        with(ward().portal_user("omar")),
    ] {
        assert!(sandbox.start().is_ok());
    }
    let error = with(ward().portal_user("Practitioner/dr-ruiz")).start().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the sandbox's user of the portal is Practitioner/dr-ruiz, and its data have no patient with this reference: name one of them, or \
         add the file that has this resource"
    );
}

#[actix_web::test]
async fn without_a_patient_the_application_is_told_so() {
    let sandbox = with(SandboxData::empty()).start().unwrap();
    assert_eq!((sandbox.patients().len(), sandbox.users().len()), (0, 2));
    let answer = authorization(&sandbox).get(&sandbox.authorization_endpoint()).await;
    assert_eq!(answer.location("error").as_deref(), Some("server_error"));
    assert!(answer.location("error_description").unwrap().contains("no patient"));
    assert_eq!(get(&sandbox.ehr_url()).await.status, 200);
}

/// All pages on which people are named.
async fn pages(sandbox: &SandboxServer, user: &str, patient: &str) -> Vec<String> {
    let mut pages = vec![get(&sandbox.ehr_url()).await.body];
    for path in [
        format!("ehr/patient?id={patient}"),
        format!("ehr/launch?client=my%20app%2B1&patient={patient}&open=own-site-frame"),
    ] {
        let answer = get(&format!("{}{path}", sandbox.ehr_url())).await;
        pages.push(match answer.header("location") {
            Some(frame) => get(frame).await.body,
            None => answer.body,
        });
    }
    let sign_in = authorization(sandbox).get(&sandbox.authorization_endpoint()).await.body;
    let (_, rest) = sign_in.split_once("name=\"request\" value=\"").unwrap();
    let request = rest.split('"').next().unwrap().to_owned();
    pages.push(sign_in);
    for (step, name, value) in [("sign-in", "user", user), ("patient", "patient", patient)] {
        let form = Form::of(&[("request", &request), (name, value)]);
        let answer = form.post(&format!("{}/authorize/{step}", sandbox.origin()), &[]).await;
        let next = answer.header("location").unwrap_or_else(|| panic!("{answer:?}"));
        pages.push(get(&format!("{}{next}", sandbox.origin())).await.body);
    }
    pages
}

#[actix_web::test]
async fn what_somebody_is_called_is_text_on_every_page() {
    let name = "<script>alert('x')</script>\"&";
    let escaped = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;";
    let data = collection(&[
        json!({"resourceType": "Practitioner", "id": "d", "name": [{"text": name}]}),
        json!({"resourceType": "Patient", "id": "p", "name": [{"text": name}], "gender": name, "birthDate": "<b>",
            "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": name}]}),
        json!({"resourceType": "Encounter", "id": "e", "subject": {"reference": "Patient/p"}, "reasonCode": [{"text": name}],
            "period": {"start": name}}),
    ]);
    let sandbox = with(data).mode(Mode::Interactive).start().unwrap();
    for page in pages(&sandbox, "Practitioner/d", "p").await {
        assert!(
            page.contains(escaped) && !page.contains("<script") && !page.contains("<b>"),
            "{page}"
        );
    }
}

#[actix_web::test]
async fn people_of_whom_little_is_known_and_people_with_odd_names_break_no_page() {
    let long = "Bartholomew ".repeat(17);
    let data = collection(&[
        json!({"resourceType": "Practitioner", "id": "d"}),
        json!({"resourceType": "Patient", "id": "nothing-known"}),
        json!({"resourceType": "Patient", "id": "rtl", "name": [{"text": "\u{202e}עמית ירוק"}]}),
        json!({"resourceType": "Patient", "id": "long", "name": [{"text": long.trim()}]}),
        json!({"resourceType": "Patient", "id": "married", "name": [
            {"use": "maiden", "text": "Anna Before"},
            {"use": "official", "text": "Anna Wrong", "period": {"end": "2020-01-01"}},
            {"use": "usual", "text": "Anna Now"},
        ]}),
        json!({"resourceType": "Encounter", "id": "e", "subject": {"reference": "Patient/nothing-known"}}),
    ]);
    let sandbox = with(data).mode(Mode::Interactive).start().unwrap();
    let pages = pages(&sandbox, "Practitioner/d", "nothing-known").await;
    assert!(pages[3].contains("Practitioner without a name (d)"), "{}", pages[3]);
    for page in [&pages[0], &pages[4]] {
        for shown in [
            "<bdi>Patient without a name (nothing-known)</bdi>",
            "<bdi>עמית ירוק</bdi>",
            &format!("<bdi>{}</bdi>", long.trim()),
            "<bdi>Anna Now</bdi>",
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert!(!page.contains("Anna Before") && !page.contains("Anna Wrong"));
    }
}
