//! Granted scopes without their context.

use super::*;

#[test]
fn a_scope_without_a_context_gets_those_under_which_its_type_was_asked_for() {
    for (requested, granted, prefixed) in [
        ("patient/Patient.rs", "Patient.read", "patient/Patient.read"),
        ("patient/Patient.rs", "Patient.Read", "patient/Patient.Read"),
        (
            "patient/*.read",
            "Patient.read Task.rs",
            "patient/Patient.read patient/Task.rs",
        ),
        (
            "user/Task.rs patient/Task.rs",
            "Task.read",
            "patient/Task.read user/Task.read",
        ),
        (
            "user/*.rs patient/Task.r",
            "Task.read",
            "patient/Task.read user/Task.read",
        ),
        ("system/*.rs", "*.read", "system/*.read"),
        (
            "patient/Observation.rs?category=lab",
            "Observation.rs?category=lab",
            "patient/Observation.rs?category=lab",
        ),
        (
            "http://smarthealthit.org/fhir/scopes/user/Task.rs",
            "Task.read",
            "user/Task.read",
        ),
    ] {
        let granted = Scopes::parse(granted).with_prefixes_of(&Scopes::parse(requested));
        assert_eq!(granted.as_str(), prefixed, "{requested}");
    }
}

#[test]
fn no_other_granted_scope_is_touched() {
    for (requested, granted) in [
        ("patient/Patient.rs", "Task.read"),
        ("patient/Patient.rs", "*.read"),
        ("launch/patient openid", "Patient.read"),
        ("Patient.rs", "Patient.read"),
        ("patient/*.rs", "user/Task.read patient/Task.sr openid launch"),
        (
            "patient/*.rs",
            "patient.read Patient Patient. Patient.dus Patient.search __Patient.read",
        ),
        ("patient/*.rs", "urn:Patient.read a/Patient.read"),
    ] {
        let granted = Scopes::parse(granted);
        assert_eq!(
            granted.with_prefixes_of(&Scopes::parse(requested)),
            granted,
            "{requested}"
        );
    }
}
