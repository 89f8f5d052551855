use super::*;

fn allowed(granted: &str, resource_type: &str, permission: Permissions) -> bool {
    Needed::new(resource_type, permission).may_be_allowed_by(&Scopes::parse(granted))
}

#[test]
fn it_may_be_allowed_where_some_scope_names_the_type_and_what_is_done() {
    for granted in [
        "patient/Observation.rs",
        "user/Observation.r",
        "system/*.cruds",
        "patient/*.read",
        "patient/Observation.rs?category=laboratory",
        "launch openid patient/Observation.r",
        // A server's own.
        "athena/service/Athenanet.MDP.Observation",
        "https://ehr.example/scopes/all",
    ] {
        assert!(allowed(granted, "Observation", Permissions::READ), "{granted}");
    }
}

#[test]
fn it_is_certain_that_nothing_allows_it_where_no_scope_does() {
    for granted in [
        "",
        "launch/patient openid fhirUser email",
        "patient/Patient.rs user/Condition.cruds",
        "patient/Observation.s",
        "patient/Observation.write",
    ] {
        assert!(!allowed(granted, "Observation", Permissions::READ), "{granted}");
    }
    assert!(!allowed("patient/Observation.rs", "Observation", Permissions::CREATE));
    assert!(!allowed("patient/*.read", "Observation", Permissions::UPDATE));
}

#[test]
fn the_users_own_resource_may_be_read_with_the_scope_for_that() {
    assert!(allowed("openid fhirUser", "Practitioner", Permissions::READ));
    assert!(!allowed("openid", "Practitioner", Permissions::READ));
    assert!(!allowed("openid fhirUser", "Practitioner", Permissions::SEARCH));
    assert!(!allowed("openid fhirUser", "Observation", Permissions::READ));
}

#[test]
fn a_need_is_written_as_a_scope() {
    let needed = Needed::new("Observation", Permissions::SEARCH);
    assert_eq!(needed.as_scope("patient").to_string(), "patient/Observation.s");
}
