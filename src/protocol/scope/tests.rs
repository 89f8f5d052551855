use super::*;

mod cover;
mod errors;
mod grammar;
mod prefix;
mod properties;
mod version;

#[test]
fn a_scope_list_with_stray_spaces_and_repetitions_keeps_each_token_once_and_in_order() {
    let scopes = Scopes::parse("  openid  patient/*.rs openid\tPatient.Read ");
    assert_eq!(scopes.to_string(), "openid patient/*.rs Patient.Read");
    assert_eq!(
        scopes.iter().collect::<Vec<_>>(),
        ["openid", "patient/*.rs", "Patient.Read"]
    );
    assert!(scopes.contains("patient/*.rs"));
    assert!(!scopes.contains("patient/*.r"));
    assert!(Scopes::parse(" ").is_empty());
    assert_eq!(Scopes::parse(" ").iter().count(), 0);
}

#[test]
fn scopes_go_in_and_out_of_a_list_by_their_exact_text() {
    let mut scopes = Scopes::default();
    for token in ["launch", "launch/patient", "launch", "a b", " "] {
        scopes.insert(token);
    }
    assert_eq!(scopes.as_str(), "launch launch/patient a b");
    scopes.remove("launch");
    scopes.remove("patient");
    assert_eq!(scopes.as_str(), "launch/patient a b");
    assert_eq!(["b", "a", "b"].into_iter().collect::<Scopes>().as_str(), "b a");
}

#[test]
fn a_scope_list_is_its_text() {
    assert_eq!(String::from(Scopes::parse("b  a b")), "b a");
}

#[test]
fn a_scope_list_is_stored_as_one_text() {
    let scopes = Scopes::parse("launch patient/*.rs?a=\"b\"");
    let stored = serde_json::to_string(&scopes).unwrap();
    assert_eq!(stored, r#""launch patient/*.rs?a=\"b\"""#);
    assert_eq!(serde_json::from_str::<Scopes>(&stored).unwrap(), scopes);
    assert_eq!(
        serde_json::from_str::<Scopes>(r#"" b  a b ""#).unwrap(),
        Scopes::parse("b a"),
        "read as leniently as ever"
    );
    assert_eq!(format!("{scopes:?}"), "Scopes(launch patient/*.rs?a=\"b\")");
}

#[test]
fn half_a_million_scopes_are_read() {
    let text: String = (0..500_000).map(|n| format!("{n:x} ")).collect();
    // Looking through the list for each token would take minutes, and be noticed.
    assert_eq!(Scopes::parse(&text).iter().count(), 500_000);
}
