use serde_json::json;

use super::*;

fn read(members: Value) -> Result<LaunchContext, &'static str> {
    LaunchContext::from_members(members.as_object().unwrap().clone())
}

#[test]
fn a_patient_or_encounter_is_exactly_an_id() {
    for field in ["patient", "encounter"] {
        let id = |value: Value| {
            read(json!({ field: value })).map(|context| match field {
                "patient" => context.patient,
                _ => context.encounter,
            })
        };
        let longest = "a".repeat(128);
        for good in [
            "123",
            "a.b-c_d~e",
            "...",
            "Tbt3KuCY0B5PSrJvCu2j-PlK.aiHsu2xUjUM8bWpetXoB",
            &longest,
        ] {
            assert_eq!(id(json!(good)), Ok(Some(good.to_owned())));
        }
        for absent in [json!(null), json!(""), json!(" ")] {
            assert_eq!(id(absent), Ok(None));
        }
        for wrong in [
            json!(123),
            json!(true),
            json!({"reference": "Patient/1"}),
            json!(["1"]),
            json!("Patient/123"),
            json!("https://ehr.example/Patient/123"),
            json!("."),
            json!(".."),
            json!("1?x=2"),
            json!("1/../2"),
            json!("1%2F2"),
            json!(" 1"),
            json!("1\n"),
            json!("é"),
            json!("a".repeat(129)),
        ] {
            assert_eq!(id(wrong.clone()), Err(field), "{wrong}");
        }
    }
}

#[test]
fn a_patient_banner_may_come_as_a_text() {
    for (value, expected) in [
        (json!(true), Some(true)),
        (json!(false), Some(false)),
        (json!("true"), Some(true)),
        (json!("False"), Some(false)),
        (json!("no"), None),
        (json!(0), None),
        (json!(null), None),
    ] {
        let context = read(json!({ "need_patient_banner": value })).unwrap();
        assert_eq!(context.need_patient_banner(), expected, "{value}");
    }
}

#[test]
fn fhir_context_may_be_objects_or_references_and_other_items_are_left_out() {
    let context = read(json!({"fhirContext": [
        "DiagnosticReport/1",
        {"reference": "ImagingStudy/2", "role": "https://r", "x": 1},
        {"canonical": "https://c|1", "type": "Questionnaire"},
        {"identifier": {"value": "v"}, "role": null},
        {"reference": 5},
        7,
        null,
    ]}))
    .unwrap();
    let items = context.fhir_context();
    assert_eq!(items.len(), 4);
    assert_eq!(items[0].reference(), Some("DiagnosticReport/1"));
    assert_eq!(items[0].role(), "launch");
    assert_eq!(
        (items[1].role(), items[1].other()["x"].clone()),
        ("https://r", json!(1))
    );
    assert_eq!(
        (items[2].canonical(), items[2].resource_type()),
        (Some("https://c|1"), Some("Questionnaire"))
    );
    assert_eq!(items[3].identifier(), Some(&json!({"value": "v"})));
    assert_eq!(items[3].role(), "launch");
    for none in [json!(null), json!("x"), json!({}), json!(1)] {
        assert_eq!(read(json!({ "fhirContext": none })).unwrap().fhir_context, None);
    }
}

#[test]
fn display_members_of_the_wrong_type_are_left_out_and_unknown_members_kept() {
    let context =
        read(json!({"intent": 1, "smart_style_url": {}, "tenant": [], "appContext": "x", "n": null})).unwrap();
    assert_eq!(
        (context.intent(), context.smart_style_url(), context.tenant()),
        (None, None, None)
    );
    assert_eq!(
        Value::Object(context.other().clone()),
        json!({"appContext": "x", "n": null})
    );
    assert_eq!(read(json!({"intent": ""})).unwrap().intent(), None);
}

#[test]
fn merging_keeps_what_the_newer_context_does_not_say() {
    let launch = read(
        json!({"patient": "p", "encounter": "e", "fhirContext": ["A/1"], "need_patient_banner": true,
        "intent": "i", "smart_style_url": "s1", "tenant": "t", "a": 1, "b": 1}),
    )
    .unwrap();
    assert_eq!(launch.merged_with(LaunchContext::default()), launch);

    let newer = read(json!({"smart_style_url": "s2", "fhirContext": [], "need_patient_banner": false, "b": 2, "c": 3}));
    let merged = launch.merged_with(newer.unwrap());
    assert_eq!((merged.patient(), merged.encounter()), (Some("p"), Some("e")));
    assert_eq!(merged.smart_style_url(), Some("s2"));
    assert_eq!(merged.fhir_context, Some(Vec::new()));
    assert_eq!(merged.need_patient_banner(), Some(false));
    assert_eq!(Value::Object(merged.other), json!({"a": 1, "b": 2, "c": 3}));
}

#[test]
fn a_context_survives_its_stored_form() {
    let context = read(json!({"patient": "p", "fhirContext": ["A/1", {"canonical": "c", "y": 1}], "x": {"z": [1]}}));
    let context = context.unwrap();
    let stored = serde_json::to_string(&context).unwrap();
    assert_eq!(serde_json::from_str::<LaunchContext>(&stored).unwrap(), context);
}
