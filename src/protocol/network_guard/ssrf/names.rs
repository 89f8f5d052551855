//! What can be allowed by name, and what it matches.

use super::{AddressGuard, AllowedHostError};

#[test]
fn a_name_matches_in_every_spelling_of_itself_and_nothing_else() {
    let guard = AddressGuard::new(["FHIR.Hospital.Internal.", "müller.example", "10.1.2.3", "[fd00::7]"]).unwrap();
    for same in [
        "fhir.hospital.internal",
        "fhir.hospital.internal.",
        "FHIR.HOSPITAL.INTERNAL",
        "müller.example",
        "MÜLLER.example",
        "xn--mller-kva.example",
        "10.1.2.3",
        "0xa010203",
        "[fd00::7]",
        "[fd00:0:0::7]",
    ] {
        assert!(guard.is_named(same), "{same}");
    }
    for other in [
        "hospital.internal",
        "x.fhir.hospital.internal",
        "fhir.hospital.internal.evil.example",
        "fhirxhospital.internal",
        "muller.example",
        "10.1.2.4",
        "[::ffff:10.1.2.3]",
        "[fd00::8]",
        "fhir.hospital.internal:443",
        "",
        ".",
    ] {
        assert!(!guard.is_named(other), "{other}");
    }
}

#[test]
fn a_pattern_matches_every_name_below_its_domain_and_not_the_domain() {
    let guard = AddressGuard::new(["*.Hospital.Internal"]).unwrap();
    for below in ["a.hospital.internal", "a.b.HOSPITAL.internal."] {
        assert!(guard.is_named(below), "{below}");
    }
    for other in [
        "hospital.internal",
        ".hospital.internal",
        "xhospital.internal",
        "hospital.internal.evil.example",
        "10.0.0.1",
    ] {
        assert!(!guard.is_named(other), "{other}");
    }
}

#[test]
fn what_is_no_host_is_refused_with_its_text() {
    for text in [
        "",
        ".",
        "https://ehr.example",
        "ehr.example:8443",
        "ehr.example/fhir",
        "user@ehr.example",
        "ehr example",
        "a..example",
        "300.0.0.1",
        "[fd00::7",
    ] {
        let host = text.to_owned();
        assert_eq!(
            AddressGuard::new(["fine.example", text]).unwrap_err(),
            AllowedHostError::NotAHost { host },
            "{text}"
        );
    }
}

#[test]
fn a_pattern_that_is_too_wide_or_none_is_refused_with_its_text() {
    for text in [
        "*",
        "*.",
        "*.example",
        "*.com.",
        "**.hospital.internal",
        "*.*.internal",
        "a.*.internal",
        "*hospital.internal",
        "fhir.*",
        "*.10.0.0.1",
        "*.hospital..internal",
        "*..internal",
        "*.hospital.internal:8443",
    ] {
        let pattern = text.to_owned();
        assert_eq!(
            AddressGuard::new([text]).unwrap_err(),
            AllowedHostError::Pattern { pattern },
            "{text}"
        );
    }
}
