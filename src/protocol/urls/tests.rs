//! Which URLs are taken, and which two are the same.

use super::*;

#[test]
fn an_iss_matches_in_spite_of_case_default_port_and_one_slash() {
    let base = FhirBaseUrl::parse("https://ehr.example/fhir/R4").unwrap();
    for same in [
        "https://ehr.example/fhir/R4",
        "https://ehr.example/fhir/R4/",
        "HTTPS://EHR.example/fhir/R4",
        "https://ehr.example:443/fhir/R4",
    ] {
        assert!(base.matches(same), "{same}");
    }
}

#[test]
fn an_iss_that_differs_in_anything_else_does_not_match() {
    let base = FhirBaseUrl::parse("https://ehr.example/fhir/R4").unwrap();
    for other in [
        "https://ehr.example/fhir/r4",
        "https://ehr.example/fhir/R4//",
        "https://ehr.example/fhir/./R4",
        "https://ehr.example/fhir/x/../R4",
        "https://ehr.example/fhir/%524",
        "https://ehr.example./fhir/R4",
        "https://ehr.example:8443/fhir/R4",
        "http://ehr.example/fhir/R4",
        "https://user@ehr.example/fhir/R4",
        "https://ehr.example@evil.example/fhir/R4",
        "https://ehr.example/fhir/R4?x=1",
        "https://ehr.example/fhir/R4#x",
        "https://ehr.example\\fhir\\R4",
        " https://ehr.example/fhir/R4",
        "//ehr.example/fhir/R4",
        "ehr.example/fhir/R4",
        "https:///fhir/R4",
        "",
    ] {
        assert!(!base.matches(other), "{other}");
    }
}

#[test]
fn the_metadata_url_is_appended_to_the_whole_base() {
    for (base, expected) in [
        (
            "https://ehr.example/fhir",
            "https://ehr.example/fhir/.well-known/smart-configuration",
        ),
        (
            "https://ehr.example/fhir/",
            "https://ehr.example/fhir/.well-known/smart-configuration",
        ),
        (
            "https://ehr.example",
            "https://ehr.example/.well-known/smart-configuration",
        ),
    ] {
        assert_eq!(FhirBaseUrl::parse(base).unwrap().metadata_url().as_str(), expected);
    }
}

#[test]
fn plain_http_is_for_loopback_hosts_only() {
    for ok in [
        "http://localhost:1/f",
        "http://127.0.0.1/f",
        "http://127.1.2.3/f",
        "http://[::1]:8/f",
    ] {
        assert!(FhirBaseUrl::parse(ok).is_ok(), "{ok}");
    }
    for bad in [
        "http://ehr.example/f",
        "http://localhost.evil.example/f",
        "ftp://localhost/f",
        "http://128.0.0.1/f",
    ] {
        assert_eq!(FhirBaseUrl::parse(bad), Err(UrlError::NotHttps), "{bad}");
    }
}

#[test]
fn a_base_url_says_which_rule_it_breaks() {
    assert_eq!(FhirBaseUrl::parse("/fhir"), Err(UrlError::NotAbsolute));
    assert_eq!(
        FhirBaseUrl::parse("https://ehr.example/a@b"),
        Err(UrlError::NotAbsolute)
    );
    assert_eq!(
        FhirBaseUrl::parse("https://a:b@ehr.example/f"),
        Err(UrlError::Credentials)
    );
    assert_eq!(FhirBaseUrl::parse("https://ehr.example/f?x"), Err(UrlError::Query));
    assert_eq!(FhirBaseUrl::parse("https://ehr.example/f#x"), Err(UrlError::Fragment));
    assert_eq!(FhirBaseUrl::parse("https://ehr.example/f x"), Err(UrlError::Characters));
    for invisible in ["\u{200B}", "\u{202E}", "\u{FEFF}", "\u{AD}", "\u{2028}"] {
        let text = format!("https://ehr.example/fhir{invisible}");
        assert_eq!(FhirBaseUrl::parse(&text), Err(UrlError::Characters), "{text:?}");
        assert_eq!(EndpointUrl::parse(&text), Err(UrlError::Characters), "{text:?}");
        assert!(!FhirBaseUrl::parse("https://ehr.example/fhir").unwrap().matches(&text));
    }
}

#[test]
fn a_relative_endpoint_resolves_against_the_base_literally() {
    let base = FhirBaseUrl::parse("https://ehr.example/fhir").unwrap();
    let resolve = |text| EndpointUrl::resolve(text, &base).map(|endpoint| endpoint.as_str().to_owned());
    assert_eq!(resolve("/auth/token").unwrap(), "https://ehr.example/auth/token");
    assert_eq!(resolve("auth/token").unwrap(), "https://ehr.example/auth/token");
    assert_eq!(
        resolve("https://sso.example/token?t=1").unwrap(),
        "https://sso.example/token?t=1"
    );
    assert_eq!(resolve("http://sso.example/token"), Err(UrlError::NotHttps));
    assert_eq!(resolve("//sso.example/token").unwrap(), "https://sso.example/token");
}

#[test]
fn an_address_with_a_scheme_and_without_two_slashes_and_a_host_is_none() {
    let base = FhirBaseUrl::parse("https://ehr.example/fhir").unwrap();
    for text in [
        "https:sso.example/token",
        "https:/sso.example/token",
        "https:///sso.example/token",
        "HTTPS:token",
        "http:token",
        "https:",
        "https://",
        "mailto:a@b.example",
    ] {
        assert_eq!(EndpointUrl::parse(text), Err(UrlError::NotAbsolute), "{text}");
        assert_eq!(EndpointUrl::resolve(text, &base), Err(UrlError::NotAbsolute), "{text}");
        assert_eq!(FhirBaseUrl::parse(text), Err(UrlError::NotAbsolute), "{text}");
    }
}
