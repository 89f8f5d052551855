//! SMART v1 and v2.

use super::*;

#[track_caller]
fn check(version: ScopeVersion, rows: &[(&str, &str)]) {
    for (from, to) in rows {
        let said = Scopes::parse(from).in_version(version);
        assert_eq!(said.as_str(), *to, "{from}");
        assert_eq!(said.in_version(version), said, "said once, said for good");
    }
}

#[test]
fn scopes_are_widened_to_what_smart_v1_can_say() {
    check(
        ScopeVersion::V1,
        &[
            ("patient/Observation.rs", "patient/Observation.read"),
            ("patient/Observation.cud", "patient/Observation.write"),
            ("patient/*.cruds", "patient/*.*"),
            ("patient/Observation.r", "patient/Observation.read"),
            ("patient/Observation.s", "patient/Observation.read"),
            ("patient/Observation.c", "patient/Observation.write"),
            ("patient/Observation.ud", "patient/Observation.write"),
            (
                "patient/Observation.crs",
                "patient/Observation.read patient/Observation.write",
            ),
            (
                "patient/Observation.crud",
                "patient/Observation.read patient/Observation.write",
            ),
            (
                "patient/Observation.r patient/Observation.s",
                "patient/Observation.read",
            ),
            ("patient/Observation.rs?category=lab", "patient/Observation.read"),
            ("patient/Observation.read?category=lab", "patient/Observation.read"),
            (
                "patient/Observation.rs?a=b patient/Observation.rs?a=c",
                "patient/Observation.read",
            ),
            ("user/Observation.Read system/*.*", "user/Observation.Read system/*.*"),
            (
                "http://smarthealthit.org/fhir/scopes/patient/*.rs",
                "http://smarthealthit.org/fhir/scopes/patient/*.read",
            ),
        ],
    );
}

#[test]
fn scopes_of_smart_v1_are_said_exactly_in_v2() {
    check(
        ScopeVersion::V2,
        &[
            ("patient/Observation.read", "patient/Observation.rs"),
            ("patient/Observation.write", "patient/Observation.cud"),
            ("patient/*.*", "patient/*.cruds"),
            ("patient/Observation.Read", "patient/Observation.rs"),
            (
                "patient/Observation.read?category=lab",
                "patient/Observation.rs?category=lab",
            ),
            (
                "patient/Observation.crs?category=lab&a=b",
                "patient/Observation.crs?category=lab&a=b",
            ),
            (
                "http://smarthealthit.org/fhir/scopes/user/Task.write",
                "http://smarthealthit.org/fhir/scopes/user/Task.cud",
            ),
        ],
    );
}

#[test]
fn scopes_that_are_not_about_data_have_no_version() {
    let others =
        "launch launch/patient openid fhirUser offline_access __x Patient.read patient/Task.sr https://e/a.read";
    for version in [ScopeVersion::V1, ScopeVersion::V2] {
        check(version, &[(others, others), ("", "")]);
    }
}
