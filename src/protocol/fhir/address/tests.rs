use super::*;

const BASE: &str = "https://ehr.example/fhir/R4";

fn base() -> Url {
    Url::parse(BASE).unwrap()
}

#[track_caller]
fn is(text: &str, address: &str) {
    assert_eq!(
        within(&base(), text).map(String::from),
        Ok(address.to_owned()),
        "{text}"
    );
}

#[test]
fn what_is_the_base_or_below_it_is_the_servers() {
    is("Patient/1", "https://ehr.example/fhir/R4/Patient/1");
    is(
        "https://ehr.example/fhir/R4/Patient/1",
        "https://ehr.example/fhir/R4/Patient/1",
    );
    is(
        "HTTPS://EHR.example:443/fhir/R4?_getpages=1",
        "https://ehr.example/fhir/R4?_getpages=1",
    );
    is("?_getpages=1", "https://ehr.example/fhir/R4/?_getpages=1");
    is("/fhir/R4/Patient?page=2", "https://ehr.example/fhir/R4/Patient?page=2");
    is(
        "https://ehr.example/fhir/R4/a/../Patient/1#x",
        "https://ehr.example/fhir/R4/Patient/1",
    );
    is(
        "https://ehr.example/fhir/R4/Patient?name=a%2Fb&next=https://other.example/",
        "https://ehr.example/fhir/R4/Patient?name=a%2Fb&next=https://other.example/",
    );
    is(" Patient/1 ", "https://ehr.example/fhir/R4/Patient/1");
}

#[test]
fn a_base_with_a_slash_or_at_the_root_is_the_same() {
    for base in ["https://ehr.example/fhir/", "https://ehr.example/fhir"] {
        let base = Url::parse(base).unwrap();
        let address = within(&base, "Patient/1").unwrap();
        assert_eq!(address.as_str(), "https://ehr.example/fhir/Patient/1");
        assert_eq!(below(&base, &["Patient", "1"]).as_str(), address.as_str());
        assert_eq!(
            within(&base, "https://ehr.example/fhir-other/Patient/1"),
            Err(FhirAddressError::OutsideBase)
        );
    }
    let root = Url::parse("https://ehr.example").unwrap();
    assert_eq!(
        within(&root, "Patient").unwrap().as_str(),
        "https://ehr.example/Patient"
    );
}

/// At least twenty ways to have a token sent somewhere else.
#[test]
fn a_token_goes_nowhere_else() {
    for elsewhere in [
        "https://ehr.example.evil/fhir/R4/Patient",
        "https://evil.example/fhir/R4/Patient",
        "https://sub.ehr.example/fhir/R4/Patient",
        "http://ehr.example/fhir/R4/Patient",
        "https://ehr.example:8443/fhir/R4/Patient",
        "https://ehr.example@evil.example/fhir/R4/Patient",
        "https://user@ehr.example/fhir/R4/Patient",
        "https://user:secret@ehr.example/fhir/R4/Patient",
        "https://:secret@ehr.example/fhir/R4/Patient",
        "//evil.example/fhir/R4/Patient",
        "//user@ehr.example/fhir/R4/Patient",
        "https:evil.example/fhir/R4/Patient",
        "ftp://ehr.example/fhir/R4/Patient",
        "http://ehr.example:443/fhir/R4/Patient",
        "file:///fhir/R4/Patient",
        "data:text/plain,x",
        "javascript:alert(1)",
        "urn:uuid:0b3f6a1c-3d7e-4a52-9b1f-2f7a90c1d2e3",
        "https://ehr.exampl\u{435}/fhir/R4/Patient",
        "https://127.0.0.1/fhir/R4",
    ] {
        let refused = within(&base(), elsewhere);
        assert!(
            matches!(refused, Err(FhirAddressError::OtherServer { .. })),
            "{elsewhere}: {refused:?}"
        );
    }
    for outside in [
        "/other/Patient",
        "/",
        "https://ehr.example/",
        "https://ehr.example/fhir/R4evil/Patient",
        "https://ehr.example/fhir/R40",
        "https://ehr.example/fhir/r4/Patient",
        "../Patient",
        "https://ehr.example/fhir/R4/../R5/Patient",
        "https://ehr.example/fhir/R4/%2e%2e/admin",
        "https://ehr.example/fhir/R4/Patient/../../admin",
        "/fhir//R4/Patient",
    ] {
        let refused = within(&base(), outside);
        assert_eq!(refused, Err(FhirAddressError::OutsideBase), "{outside}");
    }
    for ambiguous in [
        "Patient/..%2f..%2fadmin",
        "Patient/..%5cadmin",
        "Patient/%2e%2e%2fadmin",
        "Patient/%252e%252e/admin",
        "Patient/..;/admin",
        "Patient/1%2fPatient/2",
        "Patient/a%00b",
        "Patient/%0d%0ax",
    ] {
        let refused = within(&base(), ambiguous);
        assert_eq!(refused, Err(FhirAddressError::Ambiguous), "{ambiguous}");
    }
    for malformed in [
        "",
        " ",
        "https://ehr.example\\fhir/R4/Patient",
        "\\\\evil.example\\x",
        "https://ehr.ex\tample/fhir/R4",
        "https://ehr\n.example/fhir/R4",
        "Patient/1 2",
        "https://",
        "https://xn--ehr-example/fhir/R4",
        "https://ehr.example:port/fhir/R4",
    ] {
        let refused = within(&base(), malformed);
        assert_eq!(refused, Err(FhirAddressError::Malformed), "{malformed}");
    }
}

#[test]
fn a_type_begins_with_a_capital_and_has_letters_and_digits() {
    for good in ["Patient", "X1"] {
        assert_eq!(check_type(good), Ok(()), "{good}");
    }
    for bad in [
        "",
        "patient",
        "Patient/1",
        "$everything",
        "Pa tient",
        "Pätient",
        "..",
        "Patient?x",
    ] {
        assert_eq!(check_type(bad), Err(FhirAddressError::NoResourceType), "{bad}");
    }
}

#[test]
fn an_operation_begins_with_a_letter_with_or_without_its_sign() {
    for (good, name) in [
        ("$everything", "everything"),
        ("everything", "everything"),
        ("a-b_c.d1", "a-b_c.d1"),
    ] {
        assert_eq!(check_operation(good), Ok(name), "{good}");
    }
    for bad in ["", "$", "$$x", "1x", "-x", "x/y", "x y", "x?y", "xä"] {
        assert_eq!(check_operation(bad), Err(FhirAddressError::NoOperation), "{bad}");
    }
}

#[test]
fn a_log_line_has_the_type_and_no_id() {
    for (address, logged) in [
        ("Patient/secret-1", "/fhir/R4/Patient/…"),
        ("Patient", "/fhir/R4/Patient"),
        ("Patient/secret-1/$everything?x=1", "/fhir/R4/Patient/…"),
        ("$export", "/fhir/R4/$export"),
        ("?_getpages=secret", "/fhir/R4"),
        ("a%20secret", "/fhir/R4/…"),
    ] {
        let address = within(&base(), address).unwrap();
        assert_eq!(loggable_path(&base(), &address), logged);
    }
}
