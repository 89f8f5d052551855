use serde_json::json;

use super::*;

fn parse(body: impl ToString) -> Result<Introspection, MalformedIntrospection> {
    let body = body.to_string().into_bytes();
    Introspection::parse(
        &HttpResponse::new(200, Vec::new(), body),
        &FhirBaseUrl::parse("https://ehr.example/fhir").unwrap(),
    )
}

#[test]
fn what_smart_asks_servers_to_say_can_be_read() {
    let said = parse(json!({
        "active": true,
        "scope": "openid fhirUser patient/*.rs",
        "client_id": "my-app",
        "exp": 1_700_000_000,
        "sub": "s-1",
        "iss": "https://ehr.example",
        "fhirUser": "https://ehr.example/fhir/Practitioner/1",
        "patient": "p1",
        "encounter": "e1",
        "intent": "order",
        "token_type": "Bearer",
    }))
    .unwrap();
    assert!(said.active());
    assert!(said.scope().unwrap().contains("patient/*.rs"));
    assert_eq!(said.client_id(), Some("my-app"));
    assert_eq!(said.expires_at(), Some(Timestamp::from_millis(1_700_000_000_000)));
    assert_eq!(
        (said.subject(), said.issuer()),
        (Some("s-1"), Some("https://ehr.example"))
    );
    assert_eq!(said.fhir_user(), Some("https://ehr.example/fhir/Practitioner/1"));
    assert_eq!((said.patient(), said.encounter()), (Some("p1"), Some("e1")));
    assert_eq!(said.launch_context().intent(), Some("order"));
    assert_eq!(said.other().keys().collect::<Vec<_>>(), ["token_type"]);
}

#[test]
fn of_an_inactive_token_nothing_else_is_told() {
    for body in [
        json!({"active": false}),
        json!({"active": "FALSE", "patient": "p1", "sub": "s", "scope": "x", "exp": 1, "x": 1}),
        // Not even a complaint about what stands beside it.
        json!({"active": false, "patient": 7}),
    ] {
        let said = parse(body).unwrap();
        assert_eq!(said, Introspection::inactive());
        assert!(!said.active());
        assert_eq!((said.patient(), said.subject(), said.scope()), (None, None, None));
        assert!(said.other().is_empty());
    }
}

#[test]
fn whether_it_is_active_is_never_guessed() {
    for body in [
        json!({}),
        json!({"active": null}),
        json!({"active": 1}),
        json!({"active": "yes"}),
    ] {
        assert_eq!(parse(&body), Err(MalformedIntrospection::Field("active")), "{body}");
    }
    assert!(parse(json!({"active": " True "})).unwrap().active());
}

#[test]
fn what_is_no_object_is_said_to_be_what_it_is() {
    for (body, kind) in [
        ("", BodyKind::Empty),
        ("[]", BodyKind::Json),
        ("<!doctype html>", BodyKind::Html),
        ("active", BodyKind::Text),
        ("{\"active\":true", BodyKind::BrokenOff),
    ] {
        assert_eq!(parse(body), Err(MalformedIntrospection::NotAnObject(kind)), "{body}");
    }
}

#[test]
fn a_standard_member_must_not_come_twice() {
    for field in ONCE {
        let body = format!(r#"{{"active":true,"x":1,"x":2,"{field}":"a","{field}":"b"}}"#);
        assert_eq!(parse(body), Err(MalformedIntrospection::Field(field)));
    }
}

#[test]
fn a_patient_that_is_no_id_of_this_ehr_is_an_error_and_not_a_guess_and_an_encounter_is_left_out() {
    for value in [
        json!("Group/1"),
        json!("https://elsewhere.example/fhir/Patient/1"),
        json!("https://elsewhere.example/fhir/Encounter/1"),
        json!(1.5),
        json!(["p1"]),
    ] {
        let body = json!({"active": true, "patient": value});
        assert_eq!(parse(&body), Err(MalformedIntrospection::Field("patient")), "{body}");
        let body = json!({"active": true, "patient": "p", "encounter": value});
        let said = parse(&body).unwrap();
        let context = said.launch_context();
        assert_eq!((context.patient(), context.encounter()), (Some("p"), None), "{body}");
    }
}

#[test]
fn a_reference_to_this_ehr_and_a_number_mean_an_id() {
    for (patient, encounter) in [
        (json!("Patient/1"), json!("Encounter/1")),
        (
            json!("https://ehr.example/fhir/Patient/1"),
            json!("https://ehr.example/fhir/Encounter/1"),
        ),
        (json!(1), json!(1)),
    ] {
        let said = parse(json!({"active": true, "patient": patient, "encounter": encounter})).unwrap();
        let context = said.launch_context();
        assert_eq!(
            (context.patient(), context.encounter()),
            (Some("1"), Some("1")),
            "{patient}"
        );
    }
}

#[test]
fn other_members_of_the_wrong_type_are_left_out() {
    let said = parse(json!({
        "active": true, "scope": 1, "client_id": [], "exp": "soon", "sub": 1, "iss": " ", "fhirUser": {},
    }))
    .unwrap();
    assert_eq!(said.unreadable(), Some("exp"));
    let only_active = Introspection {
        active: false,
        unreadable: None,
        size: 0,
        ..said
    };
    assert_eq!(
        only_active,
        Introspection::inactive(),
        "nothing is known but that it is active"
    );
}

#[test]
fn a_time_that_is_there_and_cannot_be_read_is_told_from_one_that_is_not_there() {
    for (members, unreadable) in [
        (json!({"active": true}), None),
        (json!({"active": true, "exp": null, "nbf": 7}), None),
        (json!({"active": true, "exp": "7", "nbf": 7.5}), None),
        (json!({"active": true, "exp": -1}), Some("exp")),
        (json!({"active": true, "exp": 1e300}), Some("exp")),
        (json!({"active": true, "nbf": [7]}), Some("nbf")),
        (json!({"active": false, "exp": "soon"}), None),
    ] {
        assert_eq!(parse(&members).unwrap().unreadable(), unreadable, "{members}");
    }
}

#[test]
fn a_token_is_bound_to_a_key_when_anything_but_null_says_so() {
    for (members, is_bound) in [
        (json!({"active": true}), false),
        (json!({"active": true, "cnf": null}), false),
        (json!({"active": true, "cnf": {}}), true),
        (json!({"active": true, "cnf": {"x5t#S256": "t"}}), true),
        (json!({"active": true, "cnf": false}), true),
        (json!({"active": false, "cnf": {"jkt": "t"}}), false),
    ] {
        assert_eq!(parse(&members).unwrap().is_bound_to_key(), is_bound, "{members}");
    }
}

#[test]
fn a_token_is_a_bearer_token_when_its_type_is_that_or_nobody_says_it() {
    for (members, is_bearer) in [
        (json!({"active": true}), true),
        (json!({"active": true, "token_type": null}), true),
        (json!({"active": true, "token_type": "bearer"}), true),
        (json!({"active": true, "token_type": "DPoP"}), false),
        (json!({"active": true, "token_type": 7}), false),
    ] {
        let said = parse(&members).unwrap();
        assert_eq!(said.is_bearer(TokenType::default()), is_bearer, "{members}");
    }
}

#[test]
fn an_audience_is_one_text_or_a_list_and_stays_among_the_other_members() {
    for (aud, audiences) in [
        (json!("a"), vec!["a"]),
        (json!(["a", 7, "b"]), vec!["a", "b"]),
        (json!({}), vec![]),
    ] {
        let said = parse(json!({"active": true, "aud": aud})).unwrap();
        assert_eq!(said.audiences(), audiences);
        assert_eq!(said.other().get("aud"), Some(&aud));
    }
}

#[test]
fn scope_and_expiry_come_in_more_than_one_form() {
    let said = parse(json!({"active": true, "scope": ["a", "b c"], "exp": " 12.5 "})).unwrap();
    assert_eq!(said.scope().unwrap().to_string(), "a b c");
    assert_eq!(said.expires_at(), Some(Timestamp::from_millis(12_500)));
    for (exp, expected) in [
        (json!(-1), None),
        (json!(1e300), None),
        (json!(0), Some(Timestamp::from_millis(0))),
    ] {
        assert_eq!(
            parse(json!({"active": true, "exp": exp})).unwrap().expires_at(),
            expected,
            "{exp}"
        );
    }
}

#[test]
fn a_token_says_before_when_it_is_not_to_be_used() {
    let said = parse(json!({"active": true, "nbf": 7})).unwrap();
    assert_eq!(said.not_before(), Some(Timestamp::from_millis(7_000)));
    assert_eq!(parse(json!({"active": true})).unwrap().not_before(), None);
}

#[test]
fn debug_output_shows_no_person() {
    let said = parse(json!({
        "active": true, "sub": "MARKER", "fhirUser": "Patient/MARKER", "patient": "MARKER", "x": "MARKER",
    }))
    .unwrap();
    let shown = format!("{said:?}");
    assert!(!shown.contains("MARKER") && shown.contains("patient"), "{shown}");
}

#[test]
fn the_size_is_that_of_the_answer() {
    let body = json!({ "active": true, "scope": "openid" }).to_string();
    assert_eq!(parse(&body).unwrap().size(), body.len());
    assert_eq!(parse(format!("{body}  ")).unwrap().size(), body.len() + 2);
}
