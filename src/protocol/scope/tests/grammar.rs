//! What a token is read as.

use super::*;

#[track_caller]
fn resource(token: &str) -> ResourceScope<'_> {
    match Scope::parse(token).kind() {
        ScopeKind::Resource(scope) => scope,
        other => panic!("{token} is {other:?}"),
    }
}

#[test]
fn a_resource_scope_has_context_type_permissions_and_search_parameters() {
    let scope = resource("patient/Observation.rs?category=http://a/b|c&code:in=x=y");
    assert_eq!(scope.context(), ScopeContext::Patient);
    assert_eq!(scope.resource_type(), "Observation");
    assert_eq!(scope.permissions(), Permissions::READ.union(Permissions::SEARCH));
    assert_eq!(scope.version(), ScopeVersion::V2);
    assert!(scope.is_constrained());
    assert_eq!(
        scope.constraints().collect::<Vec<_>>(),
        [("category", "http://a/b|c"), ("code:in", "x=y")]
    );
    assert_eq!(
        scope.to_string(),
        "patient/Observation.rs?category=http://a/b|c&code:in=x=y"
    );

    let scope = resource("system/*.*");
    assert_eq!(scope.context(), ScopeContext::System);
    assert_eq!(scope.resource_type(), "*");
    assert_eq!(scope.permissions(), Permissions::ALL);
    assert_eq!(scope.version(), ScopeVersion::V1);
    assert!(!scope.is_constrained());
    assert_eq!(scope.constraints().count(), 0);
    assert_eq!(resource("user/*.c").context(), ScopeContext::User);
}

#[test]
fn every_in_order_subset_of_the_scope_letters_is_read_and_no_other_text() {
    for bits in 1_u8..32 {
        let letters: String = "cruds"
            .chars()
            .enumerate()
            .filter(|(place, _)| bits & (1 << place) != 0)
            .map(|(_, letter)| letter)
            .collect();
        let token = format!("user/Task.{letters}");
        let permissions = resource(&token).permissions();
        assert_eq!(permissions.to_string(), letters);
        assert_eq!(format!("{permissions:?}"), format!("Permissions({letters})"));
        assert!(Scope::parse_strict(&token).is_ok());
        for (letter, permission) in [
            ('c', Permissions::CREATE),
            ('r', Permissions::READ),
            ('u', Permissions::UPDATE),
            ('d', Permissions::DELETE),
            ('s', Permissions::SEARCH),
        ] {
            assert_eq!(permissions.contains(permission), letters.contains(letter), "{token}");
            assert_eq!(permissions.intersects(permission), letters.contains(letter), "{token}");
        }
    }
    assert!(Permissions::NONE.is_empty());
    assert!(!Permissions::SEARCH.is_empty());
}

#[test]
fn words_of_smart_v1_are_sets_of_scope_letters() {
    assert_eq!(resource("user/Task.read").permissions().to_string(), "rs");
    assert_eq!(resource("user/Task.write").permissions().to_string(), "cud");
    assert_eq!(resource("user/Task.*").permissions().to_string(), "cruds");
}

#[test]
fn scopes_that_are_not_about_data_are_told_apart() {
    let kinds = [
        ("openid", ScopeKind::OpenId),
        ("fhirUser", ScopeKind::FhirUser),
        ("profile", ScopeKind::Profile),
        ("online_access", ScopeKind::OnlineAccess),
        ("offline_access", ScopeKind::OfflineAccess),
    ];
    for (token, kind) in kinds {
        assert_eq!(Scope::parse(token).kind(), kind);
        assert_eq!(Scope::parse_strict(token), Ok(Scope::parse(token)));
    }
}

#[test]
fn a_launch_scope_has_a_context_and_parameters() {
    let launch = |token| match Scope::parse(token).kind() {
        ScopeKind::Launch(scope) => scope,
        other => panic!("{token} is {other:?}"),
    };
    assert_eq!(launch("launch").context(), None);
    assert_eq!(launch("launch/patient").context(), Some("patient"));
    assert_eq!(launch("launch/patient").parameters().count(), 0);
    let study = launch("launch/imagingstudy?role=current");
    assert_eq!(study.context(), Some("imagingstudy"));
    assert_eq!(study.parameters().collect::<Vec<_>>(), [("role", "current")]);
}

#[test]
fn what_is_not_understood_is_kept_as_it_is() {
    for token in [
        "",
        "__custom",
        "https://ehr.example/scope",
        "urn:ehr:scope",
        "email",
        "athena/service/Athenanet.MDP.*",
        "Patient.read",
        "patient/Observation.dus",
        "patient/Observation.search",
        "patient/Observation",
        "patient/observation.rs",
        "patient/Obser-vation.rs",
        "patient/Observation.rs?",
        "patient/Observation.rs?=a",
        "patient/Observation.rs?a",
        "patient/Observation.rs?a=",
        "Patient/Observation.rs",
        "patient/",
        "launch/",
        "launch/Patient",
        "launch?role=x",
        "launch/patient?",
        "fhiruser",
        "a b",
        "http://smarthealthit.org/fhir/scopes/",
        "http://smarthealthit.org/fhir/scopes/mine",
        "http://openid.net/specs/openid-connect-core-1_0#launch",
    ] {
        let scope = Scope::parse(token);
        assert_eq!(scope.kind(), ScopeKind::Other(token));
        assert_eq!(scope.spelling(), ScopeSpelling::Short);
        assert_eq!(scope.to_string(), token);
    }
}

#[test]
fn a_scope_written_as_a_uri_is_the_same_scope() {
    for short in [
        "patient/*.read",
        "launch",
        "launch/patient",
        "fhirUser",
        "offline_access",
        "openid",
    ] {
        let long = format!("http://smarthealthit.org/fhir/scopes/{short}");
        let scope = Scope::parse(&long);
        assert_eq!(scope.kind(), Scope::parse(short).kind());
        assert_eq!(scope.spelling(), ScopeSpelling::SmartUri);
        assert_eq!(scope.to_string(), long);
        assert!(Scope::parse_strict(&long).is_ok());
    }
    for short in ["openid", "profile", "offline_access"] {
        let long = format!("http://openid.net/specs/openid-connect-core-1_0#{short}");
        let scope = Scope::parse(&long);
        assert_eq!(scope.kind(), Scope::parse(short).kind());
        assert_eq!(scope.spelling(), ScopeSpelling::OpenIdUri);
        assert_eq!(scope.to_string(), long);
    }
}
