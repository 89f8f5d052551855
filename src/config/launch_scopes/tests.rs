use super::*;

#[test]
fn a_launch_from_the_ehr_asks_for_the_launch_scope() {
    let scopes = scopes_for(LaunchKind::Ehr, &Scopes::parse("openid launch/patient patient/*.rs"));
    assert_eq!(scopes.to_string(), "openid launch/patient patient/*.rs launch");
}

#[test]
fn a_standalone_launch_asks_for_a_patient_instead_of_the_launch_scope() {
    let scopes = scopes_for(LaunchKind::Standalone, &Scopes::parse("launch openid patient/*.rs"));
    assert_eq!(scopes.to_string(), "openid patient/*.rs launch/patient");
    let scopes = scopes_for(LaunchKind::Standalone, &Scopes::parse("launch openid user/*.rs"));
    assert_eq!(scopes.to_string(), "openid user/*.rs");
}
