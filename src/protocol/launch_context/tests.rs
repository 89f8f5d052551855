use serde_json::json;

use super::*;
use crate::transport::captured_logs::capture_logs;

fn read(members: Value) -> Result<LaunchContext, &'static str> {
    noted(members).0
}

/// Also what is unusual about it.
fn noted(members: Value) -> (Result<LaunchContext, &'static str>, Vec<TokenResponseFinding>) {
    let base = FhirBaseUrl::parse("https://ehr.example/fhir").unwrap();
    let mut unusual = TokenResponseReport::default();
    let context = LaunchContext::from_members(members.as_object().unwrap().clone(), &base, &mut unusual);
    (context, unusual.beyond(TokenResponseReport::default()).collect())
}

const MEMBERS: [(&str, &str); 2] = [("patient", "Patient"), ("encounter", "Encounter")];

fn id_of<'a>(context: &'a LaunchContext, member: &str) -> Option<&'a str> {
    match member {
        "patient" => context.patient(),
        _ => context.encounter(),
    }
}

#[test]
fn a_patient_or_encounter_is_an_id_or_what_can_only_mean_one() {
    for (member, resource_type) in MEMBERS {
        let longest = "a".repeat(128);
        for (value, id, findings) in [
            (json!("123"), Some("123"), &[][..]),
            (json!("a.b-c_d~e"), Some("a.b-c_d~e"), &[]),
            (json!("..."), Some("..."), &[]),
            (
                json!("Tbt3KuCY0B5PSrJvCu2j-PlK.aiHsu2xUjUM8bWpetXoB"),
                Some("Tbt3KuCY0B5PSrJvCu2j-PlK.aiHsu2xUjUM8bWpetXoB"),
                &[],
            ),
            (json!(longest), Some(longest.as_str()), &[]),
            (json!(" 1"), Some("1"), &[]),
            (json!("1\n"), Some("1"), &[]),
            (json!(null), None, &[]),
            (json!(""), None, &[]),
            (json!(" "), None, &[]),
            (json!(123), Some("123"), &[TokenResponseFinding::IdIsNumber]),
            (
                json!(format!("{resource_type}/123")),
                Some("123"),
                &[TokenResponseFinding::IdIsReference],
            ),
            (
                json!(format!("https://ehr.example/fhir/{resource_type}/123")),
                Some("123"),
                &[TokenResponseFinding::IdIsReference],
            ),
        ] {
            let (context, noted) = noted(json!({ member: value }));
            assert_eq!(id_of(&context.unwrap(), member), id, "{member}, {value}");
            assert_eq!(noted, findings, "{member}, {value}");
        }
    }
}

#[test]
fn a_patient_that_is_no_id_is_an_error_and_an_encounter_is_left_out() {
    for (member, resource_type) in MEMBERS {
        for wrong in [
            json!(true),
            json!(1.5),
            json!({"reference": format!("{resource_type}/1")}),
            json!(["1"]),
            json!("Group/123"),
            json!(format!("https://elsewhere.example/fhir/{resource_type}/123")),
            json!("."),
            json!(".."),
            json!("1?x=2"),
            json!("1/../2"),
            json!("1%2F2"),
            json!("é"),
            json!("a".repeat(129)),
        ] {
            let (context, noted) = noted(json!({ member: wrong, "tenant": "t" }));
            if member == "patient" {
                assert_eq!(context, Err("patient"), "{wrong}");
            } else {
                let context = context.unwrap();
                assert_eq!((context.encounter(), context.tenant()), (None, Some("t")), "{wrong}");
                assert_eq!(noted, [TokenResponseFinding::UnusableEncounter], "{wrong}");
                assert_eq!(context.other().get("encounter"), None);
            }
        }
    }
}

#[test]
fn a_reference_to_the_type_of_the_other_member_is_not_understood() {
    assert_eq!(read(json!({ "patient": "Encounter/1" })), Err("patient"));
    let (context, noted) = noted(json!({ "patient": "1", "encounter": "Patient/1" }));
    assert_eq!(context.unwrap().encounter(), None);
    assert_eq!(noted, [TokenResponseFinding::UnusableEncounter]);
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

#[test]
fn items_of_the_fhir_context_are_found_by_role_and_by_type_also_where_only_the_reference_says_it() {
    let context = read(json!({ "fhirContext": [
        { "reference": "ImagingStudy/1" },
        { "reference": "https://ehr.example/fhir/ImagingStudy/2/_history/3", "role": "https://ehr.example/prior" },
        { "canonical": "https://ehr.example/Questionnaire/q", "type": "Questionnaire" },
        { "identifier": { "value": "x" } },
        "DiagnosticReport/4",
        { "reference": "urn:uuid:1" },
        { "reference": "#contained" },
    ] }))
    .unwrap();
    let of_type = |name: &str| context.fhir_context_of_type(name).count();
    assert_eq!(
        (
            of_type("ImagingStudy"),
            of_type("Questionnaire"),
            of_type("DiagnosticReport")
        ),
        (2, 1, 1)
    );
    assert_eq!((of_type("Patient"), of_type("")), (0, 0));
    let with_role = |role: &str| context.fhir_context_with_role(role).count();
    assert_eq!(
        (
            with_role("launch"),
            with_role("https://ehr.example/prior"),
            with_role("x")
        ),
        (6, 1, 0)
    );
}

#[test]
fn the_application_context_is_read_as_what_the_application_expects() {
    #[derive(serde::Deserialize, PartialEq, Debug)]
    struct Order {
        order: u32,
    }
    let of = |value: Value| read(json!({ "appContext": value })).unwrap();
    for value in [json!("{\"order\":7}"), json!({ "order": 7 })] {
        assert_eq!(of(value).app_context::<Order>(), Ok(Some(Order { order: 7 })));
    }
    for absent in [json!(null), json!(""), json!(" ")] {
        assert_eq!(of(absent).app_context::<Order>(), Ok(None));
    }
    assert_eq!(LaunchContext::default().app_context::<Order>(), Ok(None));
    for other in [
        json!("order 7"),
        json!("{\"order\":\"MARKER\"}"),
        json!(["MARKER"]),
        json!(7),
    ] {
        let context = of(other);
        let error = context.app_context::<Order>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("MARKER"), "{error}");
    }
    assert_eq!(of(json!("order 7")).app_context_text(), Some("order 7"));
    assert_eq!(of(json!({ "order": 7 })).app_context_text(), None);
}

#[test]
fn a_member_of_the_wrong_type_is_left_out_with_a_line_in_the_log_and_an_empty_one_without() {
    for (member, empty, wrong) in [
        ("intent", vec![json!(null), json!(""), json!(" ")], json!(7)),
        ("need_patient_banner", vec![json!(null)], json!("maybe")),
        ("fhirContext", vec![json!(null), json!([])], json!("Observation/1")),
    ] {
        let logged = |value: Value| {
            capture_logs(tracing::Level::DEBUG, || {
                let context = read(json!({ member: value })).unwrap();
                assert_eq!((context.intent(), context.need_patient_banner()), (None, None));
                assert!(context.fhir_context().is_empty());
            })
        };
        for value in empty {
            assert_eq!(logged(value.clone()), "", "{member}: {value}");
        }
        let line = logged(wrong);
        assert!(line.contains("wrong type") && line.contains(member), "{line}");
    }
}

#[test]
fn who_named_the_patient_comes_back_from_the_store() {
    for source in [ContextSource::Ehr, ContextSource::Application] {
        let context = LaunchContext {
            patient: Some("p1".to_owned()),
            patient_source: source,
            ..LaunchContext::default()
        };
        let stored = serde_json::to_string(&context).unwrap();
        let back: LaunchContext = serde_json::from_str(&stored).unwrap();
        assert_eq!(
            (back.patient(), back.patient_source()),
            (Some("p1"), source),
            "{stored}"
        );
    }
}
