use std::time::Duration;

use super::*;
use crate::{
    fhir::OperationOutcome,
    launch::{error::LaunchError, insufficient_scope::InsufficientScope},
    pages::words::ENGLISH,
    protocol::{body_kind::BodyKind, scope::Scopes, transport_error::TransportError},
    store::EndReason,
};

fn answered(status: u16, retry_after: Option<Duration>) -> FhirError {
    FhirError::Status {
        status,
        body: BodyKind::Html,
        retry_after,
    }
}

fn no_token(failure: BackendFailure) -> FhirError {
    let retry_after = Duration::from_secs(9);
    BackendError::NoToken { failure, retry_after }.into()
}

fn all() -> Vec<(FhirError, u16, &'static str)> {
    let unavailable = LaunchError::no_token(RefreshFailure::EhrUnavailable, Duration::from_secs(9));
    let lack = InsufficientScope::check(&Scopes::default(), &Scopes::parse("patient/Condition.r")).unwrap_err();
    let other_server = FhirAddressError::OtherServer {
        origin: "https://evil.example".to_owned(),
    };
    vec![
        (LaunchError::Ended(EndReason::LoggedOut).into(), 401, "signed-out"),
        (LaunchError::NotFound.into(), 401, "no-launch"),
        (unavailable.into(), 503, "ehr-unavailable"),
        (LaunchError::ClientRefused.into(), 500, "client-refused"),
        (lack.into(), 403, "insufficient-scope"),
        (EhrLookupError::NotRegistered.into(), 503, "not-offered"),
        (EhrLookupError::Unavailable.into(), 503, "ehrs-unavailable"),
        (EhrLookupError::Invalid.into(), 503, "ehrs-unavailable"),
        (FhirAddressError::NoId.into(), 404, "record-not-found"),
        (FhirAddressError::NoResourceType.into(), 500, "internal"),
        (FhirError::Unwritable, 500, "internal"),
        (other_server.into(), 502, "ehr-error"),
        (FhirAddressError::Contained.into(), 502, "ehr-error"),
        (FhirError::Circle, 502, "ehr-error"),
        (no_token(BackendFailure::NoAnswer), 503, "ehr-unavailable"),
        (no_token(BackendFailure::EhrTrouble), 503, "ehr-unavailable"),
        (no_token(BackendFailure::NoEndpoint), 503, "ehr-unavailable"),
        (no_token(BackendFailure::Busy), 503, "busy"),
        (no_token(BackendFailure::NotSigned), 503, "not-signed"),
        (no_token(BackendFailure::UnusableAnswer), 502, "ehr-error"),
        (no_token(BackendFailure::ClientRefused), 500, "internal"),
        (BackendError::NotInTime.into(), 503, "ehr-unavailable"),
        (BackendError::StoreUnavailable.into(), 503, "store-unavailable"),
        (BackendError::ShuttingDown.into(), 503, "store-unavailable"),
        (BackendError::Interrupted.into(), 503, "store-unavailable"),
        (BackendError::NotABackend.into(), 500, "internal"),
        (FhirError::OtherResource, 502, "ehr-error"),
        (TransportError::Timeout.into(), 503, "ehr-unavailable"),
        (TransportError::Dns.into(), 503, "ehr-unavailable"),
        (TransportError::BodyTooLarge.into(), 502, "ehr-error"),
        (answered(400, None), 502, "ehr-error"),
        (answered(401, None), 403, "record-refused"),
        (answered(403, None), 403, "record-refused"),
        (answered(404, None), 404, "record-not-found"),
        (answered(405, None), 502, "ehr-error"),
        (answered(409, None), 409, "record-changed"),
        (answered(410, None), 404, "record-not-found"),
        (answered(412, None), 409, "record-changed"),
        (answered(422, None), 502, "ehr-error"),
        (answered(429, None), 503, "ehr-unavailable"),
        (answered(500, None), 503, "ehr-unavailable"),
        (answered(503, None), 503, "ehr-unavailable"),
        (
            FhirError::Outcome {
                status: 404,
                outcome: OperationOutcome::default(),
                retry_after: None,
            },
            404,
            "record-not-found",
        ),
    ]
}

#[test]
fn every_error_has_its_status_and_its_code_for_everybody() {
    for (error, status, code) in all() {
        for audience in [Audience::Document, Audience::Form, Audience::Api] {
            let page = fhir_error_page(&error, &ENGLISH, audience);
            assert_eq!((page.status, page.code), (status, code), "{error:?} {audience:?}");
            assert_eq!(page.retry_after.is_some(), status == 503, "{error:?}");
        }
    }
}

#[test]
fn the_server_says_when_to_come_again_and_otherwise_it_is_soon() {
    for (retry_after, expected) in [(Some(Duration::from_secs(77)), 77), (None, 5)] {
        for status in [429, 503] {
            let page = fhir_error_page(&answered(status, retry_after), &ENGLISH, Audience::Api);
            assert_eq!(page.retry_after, Some(Duration::from_secs(expected)));
        }
    }
}

#[test]
fn a_person_who_sent_a_form_is_told_to_look_before_it_is_sent_again_where_the_launch_goes_on() {
    for (error, status, _) in all() {
        let is_about_the_record = !matches!(
            error,
            FhirError::Launch(_) | FhirError::Registration(_) | FhirError::InsufficientScope(_)
        );
        let form = fhir_error_page(&error, &ENGLISH, Audience::Form).message;
        let looks = [
            "look in the record before you enter it again.",
            "look at what it says now, and enter your change only if it is missing.",
        ];
        let told = looks.iter().filter(|look| form.contains(**look)).count();
        assert_eq!(told, usize::from(is_about_the_record), "{error:?}");
        if is_about_the_record {
            assert!(!form.contains("was not saved"), "nobody knows: {form}");
            assert!(!form.contains("go back:"), "{form}");
        }
        let document = fhir_error_page(&error, &ENGLISH, Audience::Document);
        assert!(!document.message.contains("entered"), "{error:?}");
        assert_eq!(
            document.action.is_some_and(|action| action.href.is_empty()),
            matches!(status, 503) || matches!(error, FhirError::Launch(LaunchError::ClientRefused)),
            "{error:?}"
        );
    }
}
