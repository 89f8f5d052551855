use super::*;

const ISSUER: Option<&str> = Some("https://ehr.example/fhir");

fn check(query: &str, issuer: Option<&str>, promise: IssParameter, known: KnownEhrs) -> Result<(), IssProblem> {
    check_iss(
        &CallbackQuery::parse(&format!("state=s&{query}")).unwrap(),
        issuer,
        promise,
        known,
    )
}

#[test]
fn an_iss_has_to_be_the_issuer_character_for_character_in_a_mix_up_check_of_codes_and_errors() {
    use IssParameter::{NotPromised, Promised};
    for answer in ["code=c", "error=access_denied", "x=y"] {
        for promise in [Promised, NotPromised] {
            for known in [KnownEhrs::One, KnownEhrs::Several] {
                let with = |iss: &str| check(&format!("{answer}&iss={iss}"), ISSUER, promise, known);
                assert_eq!(with("https%3A%2F%2Fehr.example%2Ffhir"), Ok(()));
                for other in [
                    "https://ehr.example/fhir/",
                    "https://EHR.example/fhir",
                    "https://ehr.example:443/fhir",
                    "https://evil.example",
                    "x",
                ] {
                    assert_eq!(with(other), Err(IssProblem::Other), "{other}");
                }
            }
        }
    }
}

#[test]
fn a_promised_iss_has_to_be_there_with_a_code_in_a_mix_up_check_and_an_error_does_without() {
    for issuer in [ISSUER, None] {
        let check = |query, promise| check(query, issuer, promise, KnownEhrs::Several);
        assert_eq!(check("code=c", IssParameter::Promised), Err(IssProblem::Missing));
        assert_eq!(check("code=c&iss=", IssParameter::Promised), Err(IssProblem::Missing));
        assert_eq!(check("code=c", IssParameter::NotPromised), Ok(()));
        assert_eq!(check("error=access_denied", IssParameter::Promised), Ok(()));
        assert_eq!(check("", IssParameter::Promised), Ok(()));
    }
}

#[test]
fn an_iss_with_nothing_to_compare_is_refused_in_a_mix_up_check_where_several_ehrs_are_known() {
    let check = |known| check("code=c&iss=https://a.example", None, IssParameter::Promised, known);
    assert_eq!(check(KnownEhrs::One), Ok(()));
    assert_eq!(check(KnownEhrs::Several), Err(IssProblem::NothingToCompare));
}
