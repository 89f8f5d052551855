//! What covers what, row by row: from the text and the examples of SMART App Launch 2.2, and from what EHRs send.

use super::*;

/// What is granted; what is needed; whether the first covers the second; whether the second covers the first.
type Row = (&'static str, &'static str, bool, bool);

#[track_caller]
fn check(rows: &[Row]) {
    for (granted, needed, forth, back) in rows {
        let (granted, needed) = (Scopes::parse(granted), Scopes::parse(needed));
        assert_eq!(granted.covers(&needed), *forth, "{granted} covers {needed}");
        assert_eq!(needed.covers(&granted), *back, "{needed} covers {granted}");
        assert_eq!(granted.uncovered(&needed).is_empty(), *forth, "{granted}, {needed}");
        assert_eq!(needed.uncovered(&granted).is_empty(), *back, "{needed}, {granted}");
    }
}

#[rustfmt::skip]
const LETTERS: &[Row] = &[
    // The same, and nothing.
    ("patient/Observation.rs", "patient/Observation.rs", true, true),
    ("patient/Observation.rs", "", true, false),
    ("", "", true, true),
    // Some of the letters.
    ("patient/Observation.rs", "patient/Observation.r", true, false),
    ("patient/Observation.rs", "patient/Observation.s", true, false),
    ("patient/Observation.r", "patient/Observation.s", false, false),
    ("patient/Observation.cruds", "patient/Observation.rs", true, false),
    ("patient/Observation.cruds", "patient/Observation.cud", true, false),
    ("patient/Observation.cu", "patient/Observation.cud", false, true),
    ("patient/Observation.rs", "patient/Observation.cud", false, false),
    ("user/Encounter.cruds", "user/Encounter.d", true, false),
    // Letters add up (scopes › Scope Equivalence).
    ("patient/Observation.r patient/Observation.s", "patient/Observation.rs", true, true),
    ("patient/Observation.rs", "patient/Observation.r patient/Observation.s", true, true),
    ("patient/Observation.rs patient/Observation.cud", "patient/Observation.cruds", true, true),
    ("patient/Observation.c patient/Observation.ud patient/Observation.rs", "patient/Observation.cruds", true, true),
    ("patient/Observation.rs patient/Observation.cu", "patient/Observation.cruds", false, true),
    ("patient/Observation.rs patient/Patient.cud", "patient/Observation.cruds", false, false),
    // Words of v1 (scopes › v1 equivalents).
    ("patient/Observation.read", "patient/Observation.rs", true, true),
    ("patient/Observation.write", "patient/Observation.cud", true, true),
    ("patient/Observation.*", "patient/Observation.cruds", true, true),
    ("patient/Observation.read patient/Observation.write", "patient/Observation.*", true, true),
    ("patient/Observation.read", "patient/Observation.r", true, false),
    ("patient/Observation.write", "patient/Observation.u", true, false),
    ("patient/Observation.*", "patient/Observation.read", true, false),
    ("patient/Observation.read", "patient/Observation.write", false, false),
    ("patient/Observation.cruds", "patient/Observation.read patient/Observation.write", true, true),
    ("user/*.read", "user/*.rs", true, true),
    // `.read` is not `r` and `d`, nor is it of letters at all (scopes › on `.read`).
    ("patient/Observation.read", "patient/Observation.d", false, false),
    ("patient/Observation.read", "patient/Observation.rd", false, false),
    // Capitals: Epic.
    ("patient/Observation.Read", "patient/Observation.rs", true, true),
    ("patient/Observation.READ", "patient/Observation.read", true, true),
    ("patient/Observation.Write", "patient/Observation.cud", true, true),
    ("patient/Observation.RS", "patient/Observation.rs", true, true),
];

#[rustfmt::skip]
const TYPES_AND_CONTEXTS: &[Row] = &[
    ("patient/*.rs", "patient/Observation.rs", true, false),
    ("patient/*.read", "patient/Observation.rs", true, false),
    ("patient/*.*", "patient/Observation.cruds", true, false),
    ("patient/*.rs", "patient/SomethingOfTheFuture.rs", true, false),
    ("patient/*.rs", "patient/Observation.rs patient/Patient.rs", true, false),
    ("patient/*.rs", "patient/Observation.cruds", false, false),
    ("patient/*.rs patient/Observation.cud", "patient/Observation.cruds", true, false),
    ("patient/*.r patient/*.s", "patient/*.rs", true, true),
    ("patient/*.r patient/Observation.s", "patient/Observation.rs", true, false),
    ("patient/*.r patient/Observation.s", "patient/*.rs", false, true),
    ("patient/*.cruds", "patient/*.rs", true, false),
    // No list of types is all of them (scopes › Wildcard scopes).
    ("patient/Observation.rs patient/Patient.rs", "patient/*.rs", false, true),
    ("patient/Observation.rs", "patient/Patient.rs", false, false),
    ("patient/Medication.rs", "patient/MedicationRequest.rs", false, false),
    ("patient/Observation.rs", "patient/observation.rs", false, false),
    // None of the contexts stands for another.
    ("patient/Observation.rs", "user/Observation.rs", false, false),
    ("user/Observation.rs", "system/Observation.rs", false, false),
    ("system/*.cruds", "patient/Observation.r", false, false),
    ("user/*.cruds", "patient/*.rs", false, false),
    ("user/*.rs patient/Observation.cud", "patient/Observation.cruds", false, false),
    ("patient/*.rs user/*.rs", "user/Practitioner.rs patient/Observation.r", true, false),
    ("system/*.rs", "system/*.rs", true, true),
];

const LAB: &str = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory";

#[rustfmt::skip]
const CONSTRAINTS: &[Row] = &[
    ("patient/Observation.rs", "patient/Observation.rs?category=laboratory", true, false),
    ("patient/*.rs", "patient/Observation.rs?category=laboratory", true, false),
    ("patient/Observation.rs?category=lab", "patient/Observation.rs?category=lab", true, true),
    ("patient/Observation.rs?category=lab", "patient/Observation.rs?category=vital-signs", false, false),
    ("patient/Observation.rs?category=lab", "patient/Observation.r?category=lab", true, false),
    ("patient/Observation.rs?category=lab", "patient/Observation.cruds?category=lab", false, true),
    ("patient/Observation.rs?category=lab", "patient/Condition.rs?category=lab", false, false),
    ("patient/*.rs?_security=N", "patient/Condition.rs?_security=N", true, false),
    // All parameters apply, in any order; one more is narrower.
    ("patient/Observation.rs?category=lab", "patient/Observation.rs?category=lab&status=final", true, false),
    ("patient/Observation.rs?category=lab&status=final", "patient/Observation.rs?status=final&category=lab", true, true),
    ("patient/Observation.rs?a=1&b=2&c=3", "patient/Observation.rs?c=3&a=1", false, true),
    ("patient/Observation.rs?a=1", "patient/Observation.rs?a=1&a=2", true, false),
    ("patient/Observation.rs?a=1&a=1", "patient/Observation.rs?a=1", true, true),
    // Values of a comma list are alternatives.
    ("patient/Observation.rs?category=a,b", "patient/Observation.rs?category=a", true, false),
    ("patient/Observation.rs?category=a,b", "patient/Observation.rs?category=b,a", true, true),
    ("patient/Observation.rs?category=a,b,c", "patient/Observation.rs?category=c,a", true, false),
    ("patient/Observation.rs?category=a,b", "patient/Observation.rs?category=a,c", false, false),
    ("patient/Observation.rs?category=a patient/Observation.rs?category=b", "patient/Observation.rs?category=a,b", true, true),
    ("patient/Observation.r?category=a patient/Observation.s?category=b", "patient/Observation.rs?category=a,b", false, true),
    ("patient/Observation.r?category=a patient/Observation.s?category=a", "patient/Observation.rs?category=a", true, true),
    ("patient/Observation.rs?category=a patient/Observation.rs?status=final", "patient/Observation.rs?category=a&status=final", true, false),
    ("patient/Observation.rs?category=a patient/Observation.rs?category=b", "patient/Observation.rs", false, true),
    ("patient/Observation.rs?category=a,b&status=x,y", "patient/Observation.rs?status=y&category=b", true, false),
    ("patient/Observation.r patient/Observation.s?category=a", "patient/Observation.rs?category=a", true, false),
    ("patient/Observation.r patient/Observation.s?category=a", "patient/Observation.rs", false, true),
    ("patient/*.s?category=a patient/Observation.r", "patient/Observation.rs?category=a", true, false),
    // An escaped comma is part of a value, and an escaped backslash escapes nothing.
    (r"patient/Observation.rs?note=a\,b", "patient/Observation.rs?note=a", false, false),
    (r"patient/Observation.rs?note=a\,b", "patient/Observation.rs?note=b", false, false),
    (r"patient/Observation.rs?note=a\,b,c", r"patient/Observation.rs?note=a\,b", true, false),
    (r"patient/Observation.rs?note=a\\,b", "patient/Observation.rs?note=b", true, false),
    (r"patient/Observation.rs?note=a\\,b", r"patient/Observation.rs?note=a\,b", false, false),
    // Where a comma may mean something else, the whole value is compared.
    ("patient/Observation.rs?code:not=a,b", "patient/Observation.rs?code:not=a", false, false),
    ("patient/Observation.rs?code:not=a,b", "patient/Observation.rs?code:not=a,b", true, true),
    ("patient/Observation.rs?subject.name=a,b", "patient/Observation.rs?subject.name=a", false, false),
    ("patient/Observation.rs?_filter=a,b", "patient/Observation.rs?_filter=a", false, false),
    ("patient/Observation.rs?code=a,b%5C,c", "patient/Observation.rs?code=c", false, false),
    ("patient/Observation.rs?code=a,,b", "patient/Observation.rs?code=a", false, false),
    ("patient/Observation.rs?code=a%7Cb", "patient/Observation.rs?code=a|b", false, false),
    ("patient/Observation.rs?code=http://loinc.org|1", "patient/Observation.rs?code=1", false, false),
    ("patient/Observation.rs?code=a", "patient/Observation.rs?Code=a", false, false),
    ("patient/Observation.rs?code=a", "patient/Observation.rs?code:in=a", false, false),
    ("patient/Observation.rs?code=a", "patient/Observation.rs?code=a=b", false, false),
    // v1 has none, but what a server sends is understood.
    ("patient/Observation.read?category=a", "patient/Observation.rs?category=a", true, true),
    ("patient/Observation.read", "patient/Observation.read?category=a", true, false),
];

#[rustfmt::skip]
const OTHERS: &[Row] = &[
    ("launch/patient", "launch/patient", true, true),
    ("launch", "launch/patient", false, false),
    ("launch/patient", "launch/encounter", false, false),
    ("launch/patient", "patient/Patient.rs", false, false),
    ("launch/imagingstudy?role=a", "launch/imagingstudy", false, false),
    ("launch/imagingstudy?role=a", "launch/imagingstudy?role=a", true, true),
    ("openid fhirUser", "openid", true, false),
    ("fhirUser", "profile", false, false),
    ("fhirUser", "fhiruser", false, false),
    ("offline_access", "online_access", false, false),
    ("__mine", "__mine", true, true),
    ("__mine", "__Mine", false, false),
    ("https://ehr.example/scopes/a", "https://ehr.example/scopes/a", true, true),
    ("https://ehr.example/scopes/*", "https://ehr.example/scopes/a", false, false),
    ("patient/*.rs openid launch __mine", "launch openid", true, false),
    // As a URI (scopes › Appendix: URI representation).
    ("http://smarthealthit.org/fhir/scopes/patient/*.rs", "patient/*.rs", true, true),
    ("http://smarthealthit.org/fhir/scopes/patient/*.read", "patient/Observation.r", true, false),
    ("http://smarthealthit.org/fhir/scopes/launch/patient", "launch/patient", true, true),
    ("http://smarthealthit.org/fhir/scopes/fhirUser", "fhirUser", true, true),
    ("http://openid.net/specs/openid-connect-core-1_0#openid", "openid", true, true),
    ("https://smarthealthit.org/fhir/scopes/patient/*.rs", "patient/*.rs", false, false),
    ("http://openid.net/specs/openid-connect-core-1_0#patient/*.rs", "patient/*.rs", false, false),
    // Malformed or unknown: for itself alone.
    ("patient/Observation.sr", "patient/Observation.sr", true, true),
    ("patient/Observation.sr", "patient/Observation.rs", false, false),
    ("patient/Observation.dus", "patient/Observation.d", false, false),
    ("patient/Observation.rr", "patient/Observation.r", false, false),
    ("patient/Observation.", "patient/Observation.r", false, false),
    ("patient/Observation.search", "patient/Observation.s", false, false),
    ("patient/*.cruds", "patient/Observation.sr", false, false),
    ("patient/*.cruds", "patient/Observation.rs?", false, false),
    ("patient/Observation.rs?", "patient/Observation.rs", false, false),
    ("patient/*", "patient/*.rs", false, false),
    ("*/*.cruds", "patient/Observation.r", false, false),
    ("Patient/Observation.rs", "patient/Observation.rs", false, false),
    ("Observation.read", "patient/Observation.read", false, false),
];

#[test]
fn letters_of_granted_scopes_add_up() {
    check(LETTERS);
}

#[test]
fn wildcards_cover_every_type_and_no_context_stands_for_another() {
    check(TYPES_AND_CONTEXTS);
}

#[test]
fn search_parameters_narrow_what_a_scope_covers() {
    check(CONSTRAINTS);
}

#[test]
fn every_other_scope_covers_itself_alone() {
    check(OTHERS);
}

#[test]
fn the_specifications_scope_with_a_system_and_a_code_is_compared_as_a_whole() {
    let granted = Scopes::parse(&format!("patient/Observation.rs?category={LAB}"));
    assert!(granted.covers(&granted));
    assert!(granted.covers(&Scopes::parse(&format!(
        "patient/Observation.r?status=final&category={LAB}"
    ))));
    assert!(!granted.covers(&Scopes::parse("patient/Observation.rs?category=laboratory")));
    assert!(!granted.covers(&Scopes::parse("patient/Observation.rs")));
}

#[test]
fn the_scope_table_has_at_least_eighty_rows() {
    let rows = LETTERS.len() + TYPES_AND_CONTEXTS.len() + CONSTRAINTS.len() + OTHERS.len();
    assert!(rows >= 120, "{rows}");
}

#[test]
fn uncovered_scopes_are_named_as_they_were_written_and_in_order() {
    let granted = Scopes::parse("openid patient/*.Read patient/Task.c");
    let needed = Scopes::parse("patient/Task.cud launch/patient patient/Task.rs user/*.READ openid");
    assert_eq!(
        granted.uncovered(&needed).as_str(),
        "patient/Task.cud launch/patient user/*.READ"
    );
}

#[test]
fn one_scope_can_be_asked_for() {
    let granted = Scopes::parse("patient/*.rs openid");
    assert!(granted.covers_scope(&Scope::parse("patient/Task.r")));
    assert!(granted.covers_scope(&Scope::parse("openid")));
    assert!(!granted.covers_scope(&Scope::parse("patient/Task.u")));
}

/// 256 combinations are taken apart, so that grants may share them; with more, one grant has to cover them all.
#[test]
fn a_need_with_very_many_alternatives_is_not_taken_apart() {
    let list = |values: usize| (0..values).map(|n| format!("v{n}")).collect::<Vec<_>>().join(",");
    let granted = |values: usize| {
        (0..values)
            .map(|n| format!("patient/Observation.rs?code=v{n}"))
            .collect::<Scopes>()
    };
    let needed = |values: usize| Scopes::parse(&format!("patient/Observation.rs?code={}", list(values)));
    assert!(granted(256).covers(&needed(256)));
    assert!(!granted(257).covers(&needed(257)));
    assert!(needed(1000).covers(&needed(257)), "one grant");
    assert!(!needed(257).covers(&needed(258)));
    let twelve: Vec<String> = (0..12).map(|n| format!("p{n}={}", list(40))).collect();
    let huge = Scopes::parse(&format!("patient/Observation.rs?{}", twelve.join("&")));
    assert!(huge.covers(&huge));
    assert!(Scopes::parse("patient/*.rs").covers(&huge));
}
