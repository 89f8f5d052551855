use serde_json::json;

use super::*;

const BASE: &str = "http://127.0.0.1:9/fhir";

#[track_caller]
fn meets(resource_type: &str, name: &str, value: &str, resource: &Value, is_met: bool) {
    let criterion = Criterion::parse(resource_type, name, value, BASE).unwrap();
    assert_eq!(criterion.is_met_by(resource), is_met, "{name}={value}");
}

#[test]
fn tokens_are_codes_with_or_without_a_system() {
    let coded = json!({"code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}, {"code": "pulse"}]}});
    for (value, is_met) in [
        ("8867-4", true),
        ("http://loinc.org|8867-4", true),
        ("http://loinc.org|", true),
        ("|pulse", true),
        ("|8867-4", false),
        ("http://snomed.info/sct|8867-4", false),
        ("nothing,8867-4", true),
        ("8867", false),
    ] {
        meets("Observation", "code", value, &coded, is_met);
    }
    meets("Observation", "code:not", "8867-4", &coded, false);
    meets("Observation", "code:not", "1", &coded, true);
    let status = json!({"status": "final"});
    for value in ["final", "|final", "http://hl7.org/fhir/observation-status|final"] {
        meets("Observation", "status", value, &status, true);
    }
    let identifier = json!({"identifier": [{"system": "urn:mr", "value": "1,2"}]});
    meets("Patient", "identifier", "urn:mr|1\\,2", &identifier, true);
    meets("Patient", "identifier", "urn:mr|1,2", &identifier, false);
}

#[test]
fn references_are_ids_relative_or_absolute() {
    let about = json!({"subject": {"reference": "Patient/amber"}});
    for (value, is_met) in [
        ("amber", true),
        ("Patient/amber", true),
        ("http://127.0.0.1:9/fhir/Patient/amber", true),
        ("http://elsewhere.example/fhir/Patient/amber", false),
        ("Group/amber", false),
        ("bruno,amber", true),
        ("amb", false),
    ] {
        meets("Observation", "patient", value, &about, is_met);
        meets("Observation", "subject", value, &about, is_met);
        let absolute = json!({"subject": {"reference": format!("{BASE}/Patient/amber/_history/1")}});
        meets("Observation", "patient", value, &absolute, is_met);
    }
    let foreign = json!({"subject": {"reference": "http://elsewhere.example/fhir/Patient/amber"}});
    let of_a_group = json!({"subject": {"reference": "Group/amber"}});
    for (name, value, of_group) in [
        ("patient", "amber", false),
        ("subject", "amber", true),
        ("subject:Patient", "amber", false),
    ] {
        meets("Observation", name, value, &foreign, false);
        meets("Observation", name, value, &of_a_group, of_group);
    }
}

#[test]
fn dates_are_compared_as_the_time_that_they_stand_for() {
    let resource = json!({"effectiveDateTime": "2025-05-12T09:30:00Z"});
    for (value, is_met) in [
        ("2025-05-12", true),
        ("2025", true),
        ("eq2025-05-12T09:30:00Z", true),
        ("ne2025-05-12", false),
        ("gt2025-05-12", false),
        ("ge2025-05-12", true),
        ("lt2025-05-12", false),
        ("le2025-05-12", true),
        ("gt2025-05-11", true),
        ("sa2025-05-11", true),
        ("lt2025-05-13", true),
        ("eb2025-05-13", true),
    ] {
        meets("Observation", "date", value, &resource, is_met);
    }
}

#[test]
fn a_period_starts_after_and_ends_before_as_a_whole() {
    let open = json!({"period": {"start": "2025-05-12T09:30:00Z"}});
    let closed = json!({"period": {"start": "2025-05-12T09:30:00Z", "end": "2025-05-14T10:00:00Z"}});
    for (value, open_meets, closed_meets) in [
        ("eb2025-05-14", false, false),
        ("eb2025-05-15", false, true),
        ("eb2026-01-01", false, true),
        ("sa2025-05-11", true, true),
        ("sa2025-05-12", false, false),
        ("gt2025-05-12", true, true),
        ("lt2025-05-13", true, true),
    ] {
        meets("Encounter", "date", value, &open, open_meets);
        meets("Encounter", "date", value, &closed, closed_meets);
    }
}

#[test]
fn texts_begin_so_unless_a_modifier_says_otherwise() {
    let resource = json!({"name": [{"text": "Amber Testwood", "family": "Testwood", "given": ["Amber"]}]});
    for (name, value, is_met) in [
        ("name", "test", true),
        ("name", "AMB", true),
        ("name", "wood", false),
        ("name:contains", "wood", true),
        ("family:exact", "Testwood", true),
        ("family:exact", "testwood", false),
    ] {
        meets("Patient", name, value, &resource, is_met);
    }
    let accents = json!({"name": [{"text": "José von Köln", "family": "von Köln", "given": ["José"]}]});
    for (name, value, is_met) in [
        ("name", "JOSE", true),
        ("family", "koeln", true),
        ("family", "Koln", true),
        ("family", "kölm", false),
        ("given:contains", "OSÉ", true),
        ("given:exact", "Jose", false),
        ("given:exact", "José", true),
    ] {
        meets("Patient", name, value, &accents, is_met);
    }
}

#[test]
fn what_is_missing_can_be_asked_for() {
    meets("Patient", "gender:missing", "true", &json!({}), true);
    meets("Patient", "gender:missing", "false", &json!({}), false);
    meets("Patient", "gender:missing", "false", &json!({"gender": "other"}), true);
}

#[test]
fn what_cannot_be_compared_is_an_error() {
    let parse = |name, value| Criterion::parse("Patient", name, value, BASE).unwrap_err();
    assert_eq!(parse("mood", "good"), NoCriterion::Unknown);
    for (name, value) in [
        ("gender:text", "x"),
        ("gender", ""),
        ("gender", "|"),
        ("birthdate", "soon"),
        ("birthdate", "ap2000-01-01"),
        ("name:missing", "x"),
    ] {
        assert!(matches!(parse(name, value), NoCriterion::Invalid(_)), "{name}={value}");
    }
}
