use super::*;

#[test]
fn a_scope_guard_that_could_never_let_anything_through_or_guards_nothing_is_refused() {
    for (scopes, scope, reason) in [
        ("", "", ScopeError::Empty),
        ("  ", "", ScopeError::Empty),
        ("Patient.read", "Patient.read", ScopeError::MissingContext),
        (
            "openid patient/Task.sr",
            "patient/Task.sr",
            ScopeError::PermissionsOutOfOrder('r'),
        ),
    ] {
        let error = RequireScope::new(scopes).unwrap_err();
        assert_eq!((error.scope(), error.reason()), (scope, reason), "{scopes}");
    }
    assert!(RequireScope::new("patient/Task.rs user/*.read").is_ok());
}
