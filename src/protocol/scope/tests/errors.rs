//! What may not be written, and what is said about it.

use super::*;

#[track_caller]
fn refused(token: &str, error: ScopeError) {
    assert_eq!(Scope::parse_strict(token), Err(error), "{token}");
}

#[test]
fn an_empty_scope_is_refused() {
    refused("", ScopeError::Empty);
}

#[test]
fn a_scope_with_a_character_that_oauth_forbids_is_refused() {
    for c in [' ', '"', '\\', '\t', '\n', '\u{7f}', 'é', '\0'] {
        refused(
            &format!("patient/Observation.rs?a=b{c}"),
            ScopeError::ForbiddenCharacter(c),
        );
    }
    for c in ['!', '#', '[', ']', '~', '|', '%'] {
        let token = format!("patient/Observation.rs?a=b{c}");
        assert!(Scope::parse_strict(&token).is_ok(), "{token}");
    }
}

#[test]
fn a_scope_with_a_mistyped_context_is_refused() {
    for token in [
        "pateint/Observation.rs",
        "Patient/Observation.rs",
        "*/*.cruds",
        "/Observation.rs",
    ] {
        refused(token, ScopeError::UnknownContext);
    }
}

#[test]
fn a_scope_without_its_context_is_refused() {
    for token in ["Patient.read", "Observation.Rs", "*.read", "Patient.rs?a=b"] {
        refused(token, ScopeError::MissingContext);
    }
}

#[test]
fn a_scope_without_a_resource_type_is_refused() {
    for token in [
        "patient/observation.rs",
        "patient/.rs",
        "user/**.rs",
        "system/Obser/vation.rs",
        "patient/",
    ] {
        refused(token, ScopeError::BadResourceType);
    }
}

#[test]
fn a_scope_that_does_not_say_what_is_allowed_is_refused() {
    for token in [
        "patient/Observation",
        "patient/Observation.",
        "patient/*?a=b",
        "patient/*.?a=b",
    ] {
        refused(token, ScopeError::EmptyPermissions);
    }
}

#[test]
fn a_scope_with_an_unknown_letter_is_refused() {
    refused("patient/Observation.rx", ScopeError::UnknownPermission('x'));
    refused("patient/Observation.Read", ScopeError::UnknownPermission('R'));
    refused("patient/Observation.reads", ScopeError::UnknownPermission('e'));
    refused("patient/Observation.search", ScopeError::UnknownPermission('e'));
    refused("patient/Observation.r.s", ScopeError::UnknownPermission('.'));
}

#[test]
fn a_scope_with_a_letter_twice_is_refused() {
    refused("patient/Observation.rr", ScopeError::RepeatedPermission('r'));
    refused("patient/Observation.crudss", ScopeError::RepeatedPermission('s'));
}

#[test]
fn a_scope_with_letters_out_of_order_is_refused() {
    refused("patient/Observation.sr", ScopeError::PermissionsOutOfOrder('r'));
    refused("patient/Observation.dus", ScopeError::PermissionsOutOfOrder('u'));
    refused("patient/Observation.rc", ScopeError::PermissionsOutOfOrder('c'));
}

#[test]
fn a_scope_of_v1_with_search_parameters_is_refused() {
    for words in ["read", "write", "*"] {
        refused(&format!("patient/Observation.{words}?a=b"), ScopeError::ConstraintInV1);
    }
}

#[test]
fn a_scope_with_an_empty_search_parameter_is_refused() {
    for query in ["", "&", "a=b&", "&a=b", "a=b&&c=d"] {
        refused(&format!("patient/Observation.rs?{query}"), ScopeError::EmptyConstraint);
    }
    refused("launch/imagingstudy?", ScopeError::EmptyConstraint);
}

#[test]
fn a_scope_with_a_search_parameter_without_a_name_is_refused() {
    refused("patient/Observation.rs?=b", ScopeError::EmptyParameterName);
    refused("patient/Observation.rs?a=b&=", ScopeError::EmptyParameterName);
    refused("launch/imagingstudy?=x", ScopeError::EmptyParameterName);
}

#[test]
fn a_scope_with_a_search_parameter_without_a_value_is_refused() {
    refused("patient/Observation.rs?a", ScopeError::EmptyParameterValue);
    refused("patient/Observation.rs?a=b&c=", ScopeError::EmptyParameterValue);
}

#[test]
fn a_launch_scope_that_is_not_in_lower_case_is_refused() {
    for token in [
        "launch/",
        "launch/Patient",
        "launch/patient.read",
        "launch?role=x",
        "launch/a/b",
    ] {
        refused(token, ScopeError::BadLaunchContext);
    }
}

#[test]
fn the_same_rules_hold_for_a_scope_written_as_a_uri() {
    refused(
        "http://smarthealthit.org/fhir/scopes/patient/Observation.sr",
        ScopeError::PermissionsOutOfOrder('r'),
    );
}

#[test]
fn scopes_of_somebodys_own_may_be_written() {
    for token in [
        "__custom/thing.x",
        "https://ehr.example/scopes/a.b",
        "urn:ehr:patient.read",
        "urn:ehr/Observation.rs",
        "a+b-1.c:ehr/Observation.rs",
        "email",
        "athena/service/Athenanet.MDP.*",
    ] {
        assert_eq!(
            Scope::parse_strict(token).map(|scope| scope.kind()),
            Ok(ScopeKind::Other(token))
        );
    }
}

#[test]
fn the_first_wrong_scope_of_a_list_is_named_with_what_to_do() {
    let error = Scopes::parse_strict("openid patient/Observation.sr Patient.read").unwrap_err();
    assert_eq!(error.scope(), "patient/Observation.sr");
    assert_eq!(error.reason(), ScopeError::PermissionsOutOfOrder('r'));
    assert_eq!(
        error.to_string(),
        "the scope `patient/Observation.sr` has the letter 'r' out of order; the order is `cruds`"
    );
    assert_eq!(Scopes::parse_strict(" a  b "), Ok(Scopes::parse("a b")));
    assert_eq!(Scopes::parse_strict(""), Ok(Scopes::default()));
}

#[test]
fn what_stands_before_a_colon_makes_a_uri_only_where_it_is_a_scheme() {
    for token in ["1a:ehr/Observation.rs", "a_b:ehr/Observation.rs", ":ehr/Observation.rs"] {
        refused(token, ScopeError::UnknownContext);
    }
}
