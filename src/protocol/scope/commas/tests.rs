use super::*;

#[test]
fn commas_between_scopes_separate_them() {
    for (list, scopes) in [
        ("openid,fhirUser,patient/*.rs", "openid fhirUser patient/*.rs"),
        ("openid, fhirUser, patient/*.rs", "openid fhirUser patient/*.rs"),
        ("openid ,fhirUser,,", "openid fhirUser"),
        ("a,b c", "a b c"),
        (
            "patient/Observation.rs?category=a,b,patient/Patient.r,launch/patient",
            "patient/Observation.rs?category=a,b patient/Patient.r launch/patient",
        ),
        (
            "patient/Observation.rs?category=a,openid",
            "patient/Observation.rs?category=a openid",
        ),
    ] {
        assert_eq!(Scopes::without_commas(list), Some(Scopes::parse(scopes)), "{list}");
    }
}

#[test]
fn a_list_without_a_comma_that_separates_is_left_alone() {
    for list in ["", "openid fhirUser", "patient/Observation.rs?category=a,b openid"] {
        assert_eq!(Scopes::without_commas(list), None, "{list}");
    }
}
