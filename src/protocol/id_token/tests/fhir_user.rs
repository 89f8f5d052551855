//! `fhirUser` in all its forms.

use serde_json::{Value, json};

use super::support::*;
use crate::protocol::{
    id_token::{FhirUserError, FhirUserReference, FhirUserType},
    urls::UrlError,
};

fn parse(text: &str) -> Result<FhirUserReference, FhirUserError> {
    FhirUserReference::parse(text, BASE)
}

#[test]
fn every_resource_type_of_a_user_is_read_relative_and_absolute() {
    for (name, kind) in [
        ("Patient", FhirUserType::Patient),
        ("Practitioner", FhirUserType::Practitioner),
        ("PractitionerRole", FhirUserType::PractitionerRole),
        ("RelatedPerson", FhirUserType::RelatedPerson),
        ("Person", FhirUserType::Person),
    ] {
        for text in [format!("{name}/1-a.B"), format!("{BASE}/{name}/1-a.B")] {
            let user = parse(&text).unwrap();
            assert_eq!(user.resource_type(), kind);
            assert_eq!(user.id(), "1-a.B");
            assert_eq!(user.reference(), format!("{name}/1-a.B"));
            assert_eq!(user.url(), format!("{BASE}/{name}/1-a.B"));
            assert!(user.is_on(BASE));
        }
    }
}

#[test]
fn a_relative_reference_is_put_behind_the_base_with_one_slash() {
    for (base, url) in [
        ("https://ehr.example/fhir", "https://ehr.example/fhir/Patient/1"),
        ("https://ehr.example/fhir/", "https://ehr.example/fhir/Patient/1"),
        ("https://ehr.example", "https://ehr.example/Patient/1"),
        ("http://127.0.0.1:8080/f", "http://127.0.0.1:8080/f/Patient/1"),
    ] {
        let user = FhirUserReference::parse("Patient/1", base).unwrap();
        assert_eq!(user.url(), url);
        assert!(user.is_on(base));
    }
}

#[test]
fn only_a_resource_on_the_same_server_may_get_the_token() {
    let on = |text: &str| parse(text).unwrap().is_on(BASE);
    assert!(on("HTTPS://EHR.example:443/fhir/r4/Patient/1"));
    for elsewhere in [
        "https://evil.example/fhir/r4/Patient/1",
        "https://ehr.example/Patient/1",
        "https://ehr.example/fhir/R4/Patient/1",
        "https://ehr.example/fhir/r4/x/Patient/1",
        "https://ehr.example:8443/fhir/r4/Patient/1",
        "https://ehr.example.evil.example/fhir/r4/Patient/1",
    ] {
        assert!(!on(elsewhere), "{elsewhere}");
    }
    assert!(!parse("Patient/1").unwrap().is_on("not a url"));
}

#[test]
fn a_version_is_dropped() {
    for text in ["Patient/1/_history/3", &format!("{BASE}/Patient/1/_history/3")] {
        assert_eq!(parse(text).unwrap().url(), format!("{BASE}/Patient/1"), "{text}");
    }
    assert_eq!(parse("Patient/1/_history/"), Err(FhirUserError::NotAReference));
    assert_eq!(
        parse("Patient/1/_history"),
        Err(FhirUserError::BadBase(UrlError::NotAbsolute))
    );
}

#[test]
fn what_is_no_reference_to_a_user_is_refused() {
    let long = format!("Patient/{}", "a".repeat(129));
    for (text, error) in [
        ("", FhirUserError::NotAReference),
        ("Patient", FhirUserError::NotAReference),
        ("Patient/", FhirUserError::NotAReference),
        ("/1", FhirUserError::NotAReference),
        ("Patient//1", FhirUserError::NotAReference),
        ("Group/1", FhirUserError::OtherType),
        ("patient/1", FhirUserError::OtherType),
        ("https://ehr.example/fhir/Device/1", FhirUserError::OtherType),
        ("Patient/a%20b", FhirUserError::BadId),
        ("Patient/ü", FhirUserError::BadId),
        (&long, FhirUserError::BadId),
        ("Patient/..", FhirUserError::DotSegment),
        ("https://ehr.example/fhir/../Patient/1", FhirUserError::DotSegment),
        ("https://ehr.example/%2E%2e/Patient/1", FhirUserError::DotSegment),
        ("./Patient/1", FhirUserError::DotSegment),
        ("Patient/1?_format=json", FhirUserError::Characters),
        ("Patient/1#a", FhirUserError::Characters),
        ("#contained", FhirUserError::Characters),
        ("Patient/1 ", FhirUserError::Characters),
        ("Patient\\1", FhirUserError::Characters),
        ("Patient/1\0", FhirUserError::Characters),
        ("/Patient/1", FhirUserError::BadBase(UrlError::NotAbsolute)),
        ("fhir/Patient/1", FhirUserError::BadBase(UrlError::NotAbsolute)),
        (
            "//evil.example/Patient/1",
            FhirUserError::BadBase(UrlError::NotAbsolute),
        ),
        (
            "http://ehr.example/fhir/Patient/1",
            FhirUserError::BadBase(UrlError::NotHttps),
        ),
        (
            "ftp://ehr.example/Patient/1",
            FhirUserError::BadBase(UrlError::NotHttps),
        ),
        ("javascript://x/Patient/1", FhirUserError::BadBase(UrlError::NotHttps)),
        (
            "https://a:b@ehr.example/fhir/Patient/1",
            FhirUserError::BadBase(UrlError::Credentials),
        ),
        (
            "urn:uuid:3a3d6c0e-0000-0000-0000-000000000000",
            FhirUserError::NotAReference,
        ),
    ] {
        assert_eq!(parse(text), Err(error), "{text}");
    }
}

#[test]
fn a_user_relative_to_a_base_with_dot_segments_is_refused_because_it_could_not_be_stored() {
    for base in [
        "https://ehr.example/a/../fhir",
        "https://ehr.example/%2e/",
        "https://ehr.example/..",
    ] {
        let refused = FhirUserReference::parse("Patient/1", base);
        assert_eq!(refused, Err(FhirUserError::DotSegment), "{base}");
    }
    assert!(FhirUserReference::parse(&format!("{BASE}/Patient/1"), "https://ehr.example/..").is_ok());
}

#[test]
fn ids_are_as_long_as_those_of_patients_may_be() {
    assert!(parse(&format!("Patient/{}", "a".repeat(128))).is_ok());
    assert!(parse("Patient/a_b~c").is_ok());
}

#[test]
fn a_reference_has_at_most_2048_bytes_with_its_base() {
    let base = |length: usize| format!("https://ehr.example/{}", "a".repeat(length - 20));
    let limit = 2_048 - "/Patient/1".len();
    assert!(FhirUserReference::parse("Patient/1", &base(limit)).is_ok());
    assert_eq!(
        FhirUserReference::parse("Patient/1", &base(limit + 1)),
        Err(FhirUserError::TooLong)
    );
    assert_eq!(parse(&"a".repeat(2_049)), Err(FhirUserError::TooLong));
}

#[test]
fn debug_output_of_a_user_shows_the_type_only() {
    assert_eq!(
        format!("{:?}", parse("Patient/MARKER").unwrap()),
        "FhirUserReference(Patient/…)"
    );
}

#[test]
fn a_bad_fhir_user_reads_as_absent_and_fails_nothing() {
    for bad in [
        json!("Group/1"),
        json!(1),
        json!({}),
        json!("http://ehr.example/Patient/1"),
    ] {
        let said = with(claims_with("fhirUser", bad.clone()), "profile", json!("Patient/2"));
        let user = accepted(&said);
        assert_eq!(user.fhir_user(), None, "{bad}");
        assert_eq!(user.claim("fhirUser"), Some(&bad));
    }
}

#[test]
fn the_only_user_of_an_array_is_the_user_and_of_several_none_is() {
    let user = |fhir_user: Value| {
        let said = with(claims_with("fhirUser", fhir_user), "profile", json!("Patient/2"));
        accepted(&said).fhir_user().map(FhirUserReference::reference)
    };
    assert_eq!(user(json!(["Patient/1"])), Some("Patient/1".to_owned()));
    let absolute = format!("{BASE}/Practitioner/1");
    assert_eq!(user(json!([absolute])), Some("Practitioner/1".to_owned()));
    for none in [
        json!(["Patient/1", "Patient/3"]),
        json!(["Patient/1", "Patient/1"]),
        json!([]),
        json!([1]),
        json!([["Patient/1"]]),
        json!([null]),
        json!(["Group/1"]),
        json!([""]),
    ] {
        assert_eq!(user(none.clone()), None, "{none}");
    }
}

#[test]
fn the_profile_counts_only_without_a_fhir_user() {
    let user = |fhir_user: Value, profile: Value| {
        let said = with(claims_with("fhirUser", fhir_user), "profile", profile);
        accepted(&said).fhir_user().map(FhirUserReference::reference)
    };
    let reference = |text: &str| Some(text.to_owned());
    assert_eq!(user(json!("Patient/1"), json!("Patient/2")), reference("Patient/1"));
    assert_eq!(user(Value::Null, json!("Patient/2")), reference("Patient/2"));
    assert_eq!(user(json!(""), json!("Patient/2")), reference("Patient/2"));
    // The page about a person of OpenID Connect.
    assert_eq!(user(Value::Null, json!("https://people.example/ada")), None);
    assert_eq!(user(Value::Null, json!(1)), None);
    assert_eq!(user(Value::Null, Value::Null), None);
}

#[test]
fn a_reference_has_at_most_2048_bytes() {
    let of = |length: usize| {
        let rest = length - "https://ehr.example//Patient/1".len();
        parse(&format!("https://ehr.example/{}/Patient/1", "a".repeat(rest)))
    };
    assert_eq!(of(2_048).unwrap().url().len(), 2_048);
    assert_eq!(of(2_049), Err(FhirUserError::TooLong));
}
