//! What people write by mistake is refused with its cure; what only looks like it is not.

use super::{ehr, ehr_at, invalid, logged, refused};
use crate::{
    Quirks, SmartConfig,
    config::{EhrBuilder, InvalidReason},
    options::EndSession,
    protocol::{scope::Scopes, urls::UrlError},
};

fn is_fine(ehr: EhrBuilder) {
    SmartConfig::builder().ehr(ehr).build().unwrap();
}

fn refusal(ehr: EhrBuilder) -> Vec<(&'static str, crate::config::ProblemKind)> {
    refused(SmartConfig::builder().ehr(ehr))
}

#[test]
fn a_fhir_base_url_with_a_piece_too_many_names_the_base() {
    for behind in [
        "/metadata",
        "/metadata/",
        "/Patient",
        "/.well-known/smart-configuration",
        "/.well-known/openid-configuration",
    ] {
        let write = "https://ehr.example/fhir/R4".to_owned();
        let found = refusal(ehr_at(&format!("{write}{behind}")));
        assert_eq!(
            found,
            [invalid("fhir_base_url", InvalidReason::BehindTheBase { write })],
            "{behind}"
        );
    }
    for base in [
        "https://ehr.example/metadata-service/R4",
        "https://ehr.example/Patients/R4",
        "https://metadata/fhir",
        "https://ehr.example/fhir/R4/",
    ] {
        is_fine(ehr_at(base));
    }
}

#[test]
fn blanks_around_a_client_id_are_refused_and_those_within_are_not() {
    for id in [" my-app", "my-app ", "\u{a0}my-app"] {
        assert_eq!(
            refusal(ehr().client_id(id)),
            [invalid("client_id", InvalidReason::Blanks)],
            "{id:?}"
        );
    }
    let with_line_end = refusal(ehr().client_id("my-app\n"));
    assert_eq!(with_line_end, [invalid("client_id", InvalidReason::ControlCharacters)]);
    is_fine(ehr().client_id("my app"));
}

#[test]
fn a_redirect_uri_needs_a_path() {
    for uri in ["https://app.example", "https://app.example/"] {
        let found = refusal(ehr().redirect_uri(uri));
        assert!(
            found.contains(&invalid("redirect_uri", InvalidReason::NoPath)),
            "{found:?}"
        );
        assert!(
            !found
                .iter()
                .any(|(_, kind)| format!("{kind:?}").contains("NotOfRedirectUri")),
            "{found:?}"
        );
    }
    is_fine(ehr().redirect_uri("https://app.example/cb"));
}

#[test]
fn scopes_with_commas_or_a_typing_error_are_refused_and_those_of_a_vendor_are_not() {
    for commas in ["launch/patient,patient/*.rs", "openid, patient/*.rs"] {
        let found = refusal(ehr().scopes(commas));
        assert!(
            found.contains(&invalid("scopes", InvalidReason::CommaInScopes)),
            "{found:?}"
        );
    }
    for wrong in [
        "patient/Observation.sr",
        "patient/Observation.rx",
        "user/observation.rs",
        "system/Patient",
    ] {
        let reason = Scopes::parse_strict(wrong).unwrap_err();
        assert_eq!(
            refusal(ehr().scopes(format!("launch {wrong}"))),
            [invalid("scopes", reason)],
            "{wrong}"
        );
    }
    for good in [
        "launch patient/Observation.rs?category=a,b",
        "launch patient/*.read user/*.write",
        "launch vendor/special.sr https://vendor.example/scope:x",
    ] {
        is_fine(ehr().scopes(good));
    }
}

/// No error: each version of FHIR has types of its own.
#[test]
fn a_resource_type_with_a_typing_error_is_named_in_the_log_with_the_one_that_is_meant() {
    let said = |scopes: &str| logged(|| is_fine(ehr().scopes(scopes))).1;
    for (written, meant) in [
        ("Paitent", "Patient"),
        ("Patients", "Patient"),
        ("Observatoin", "Observation"),
        ("Observtaion", "Observation"),
        ("Condtion", "Condition"),
        ("MedicationRequests", "MedicationRequest"),
        ("Practicioner", "Practitioner"),
        ("Imunisation", "Immunization"),
    ] {
        let text = said(&format!("launch patient/{written}.rs"));
        let sentence = format!(
            "the scope `patient/{written}.rs`: `{written}` is no resource type of FHIR that is known here; did you mean \
             `{meant}`?"
        );
        assert_eq!(text.matches("did you mean").count(), 1, "{text}");
        assert!(text.contains("WARN") && text.contains(&sentence), "{text}");
    }
    for good in [
        "launch patient/Patient.rs user/*.rs patient/DeviceRequest.rs patient/ServiceRequest.rs",
        // Known elsewhere, or an EHR's own.
        "launch patient/EnrollmentRequest.rs patient/Slot.rs patient/Task.rs patient/VisionPrescription.rs",
        "openid fhirUser launch/patient vendor/Paitent.rs",
    ] {
        let text = said(good);
        assert!(!text.contains("did you mean"), "{text}");
    }
}

#[test]
fn what_is_added_to_token_requests_has_a_name_of_its_own() {
    let quirks = |quirks: Quirks| refusal(ehr().quirks(quirks));
    for name in ["", "code", "client_secret", "scope"] {
        let found = quirks(Quirks::none().token_parameter(name, "x"));
        assert_eq!(
            found,
            [invalid("token_parameter", InvalidReason::TokenParameter { name })]
        );
    }
    let twice = Quirks::none()
        .token_parameter("resource", "a")
        .token_parameter("resource", "b");
    assert_eq!(
        quirks(twice),
        [invalid(
            "token_parameter",
            InvalidReason::TokenParameter { name: "resource" }
        )]
    );
    let empty = quirks(Quirks::none().token_parameter("resource", ""));
    assert_eq!(empty, [invalid("token_parameter", InvalidReason::Empty)]);
    for name in ["Authorization", "content-type", "", "a b"] {
        let found = quirks(Quirks::none().token_header(name, "x"));
        assert_eq!(found, [invalid("token_header", InvalidReason::HeaderName { name })]);
    }
    let twice = Quirks::none().token_header("X-Key", "a").token_header("x-key", "b");
    assert_eq!(
        quirks(twice),
        [invalid("token_header", InvalidReason::RepeatedHeader { name: "x-key" })]
    );
    for value in ["", "a\nb", " a", "é"] {
        let found = quirks(Quirks::none().token_header("X-Key", value));
        assert_eq!(
            found,
            [invalid("token_header", InvalidReason::HeaderCharacters)],
            "{value:?}"
        );
    }
    is_fine(
        ehr().quirks(
            Quirks::none()
                .token_parameter("resource", "a")
                .token_header("X-Key", "a b"),
        ),
    );
}

#[test]
fn the_addresses_of_a_sign_out_at_the_ehr_are_addresses() {
    let plain = EndSession::at("http://ehr.example/logout");
    assert_eq!(
        refusal(ehr().end_session(plain)),
        [invalid("end_session", UrlError::NotHttps)]
    );
    let relative = EndSession::at("https://ehr.example/logout").returning_to("/auth/logout");
    assert_eq!(
        refusal(ehr().end_session(relative)),
        [invalid("end_session", UrlError::NotAbsolute)]
    );
    is_fine(ehr().end_session(EndSession::at("https://ehr.example/logout")));
}
