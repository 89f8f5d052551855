mod frozen;
mod refresh;

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::{
    protocol::{
        launch_request::SignInWish, patient::facts::PatientFacts, scope::Scopes, secret::Nonce, urls::EndpointUrl,
    },
    store::{
        BrowserId, BrowserKey, CredentialKind, EndReason, FailedCallbackKind, FormerPatient, LaunchKind, PatientDigest,
        RefreshFailure, RefreshState, ReturnFor, StoreError,
        acceptance::sample::{self, failed, landed},
    },
    time::Timestamp,
};

const BROWSER: BrowserKey = BrowserKey::from_bytes([1; 32]);
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_123);

/// Base64url of 32 bytes of 1, 5, 6 and 7.
const ONES: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";
const FIVES: &str = "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU";
const SIXES: &str = "BgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgY";
const SEVENS: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

/// A launch in which everything is there.
fn full_launch() -> LaunchRecord {
    let mut record = sample::launch(BROWSER, NOW);
    record.user = Some([7; 32]);
    Arc::make_mut(&mut record.origin).endpoints.introspection =
        Some(EndpointUrl::parse("https://ehr.example/auth/introspect?x=1").unwrap());
    record.refresh = RefreshState {
        last_success: Some(Timestamp::from_millis(1)),
        failures: 2,
        not_before: Some(Timestamp::from_millis(3)),
        unanswered_since: Some(Timestamp::from_millis(4)),
        sent: None,
        last_failure: Some(RefreshFailure::EhrUnavailable),
        refused_at: None,
    };
    let context = json!({
        "patient": "p1", "encounter": "e1", "need_patient_banner": false, "intent": "order", "tenant": "t",
        "smart_style_url": "https://ehr.example/style.json",
        "fhir_context": [{"reference": "ImagingStudy/1", "role": "launch", "x": 1}],
        "other": {"appContext": "é\"\\\u{1}", "n": 1.5}
    });
    record.tokens.context = serde_json::from_value(context).unwrap();
    record.patient_facts = Some(Box::new(facts()));
    record
}

fn facts() -> PatientFacts {
    let resource = json!({
        "resourceType": "Patient", "id": "p1", "birthDate": "1987-02-20", "gender": "female",
        "name": [{"use": "official", "text": "MARKER-name", "given": ["MARKER-given"]}],
        "identifier": [{"system": "urn:mrn", "value": "MARKER-number", "type": {"coding": [{"code": "MR"}]}}],
        "deceasedDateTime": "2025-01-02"
    });
    PatientFacts::read(&resource, "p1").unwrap()
}

#[test]
fn facts_of_a_patient_that_a_later_version_wrote_do_not_make_a_launch_unreadable() {
    let mut later = value(&full_launch().to_bytes());
    for facts in [
        json!({ "id": "p1", "deceased": "a new way" }),
        json!("another form"),
        json!(null),
    ] {
        later["patient_facts"] = facts;
        let read = LaunchRecord::from_bytes(later.to_string().as_bytes()).unwrap();
        assert_eq!(read.patient_facts, None);
        assert_eq!(read.origin, full_launch().origin);
    }
}

/// Written where the application wants it since the version that can; records without it have none.
#[test]
fn the_facts_of_a_patient_are_kept_and_debug_output_shows_none_of_them() {
    let launch = value(&full_launch().to_bytes());
    let read = LaunchRecord::from_bytes(launch.to_string().as_bytes()).unwrap();
    assert_eq!(read.patient_facts.as_deref(), Some(&facts()));
    let mut without = launch;
    without.as_object_mut().unwrap().remove("patient_facts");
    let read = LaunchRecord::from_bytes(without.to_string().as_bytes()).unwrap();
    assert_eq!(read.patient_facts, None);
    assert_eq!(value(&read.to_bytes()), without);
    let shown = format!("{:?}", full_launch());
    assert!(!shown.contains("MARKER"), "{shown}");
}

/// A launch in which everything that can be absent is.
fn bare_launch() -> LaunchRecord {
    let mut record = sample::launch(BROWSER, NOW);
    record.kind = LaunchKind::Standalone;
    let endpoints = &mut Arc::make_mut(&mut record.origin).endpoints;
    endpoints.revocation = None;
    endpoints.issuer = None;
    endpoints.jwks_uri = None;
    record.tokens.refresh_token = None;
    record.tokens.id_token = None;
    record.tokens.context = serde_json::from_value(json!({})).unwrap();
    record.patient = None;
    record
}

fn ended() -> EndedLaunch {
    EndedLaunch::of(&full_launch(), EndReason::OtherUser, NOW)
}

fn bytes_of_each() -> Vec<Vec<u8>> {
    vec![
        sample::pending(NOW).to_bytes(),
        landed("/~AAAAAAAAAAAAAAAAAAAAAA/").to_bytes(),
        failed(FailedCallbackKind::EhrUnavailable).to_bytes(),
        full_launch().to_bytes(),
        bare_launch().to_bytes(),
        ended().to_bytes(),
    ]
}

fn value(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn errors(bytes: &[u8]) -> [Option<FormatError>; 4] {
    [
        PendingRecord::from_bytes(bytes).err(),
        CallbackOutcome::from_bytes(bytes).err(),
        LaunchRecord::from_bytes(bytes).err(),
        EndedLaunch::from_bytes(bytes).err(),
    ]
}

#[test]
fn a_launch_is_read_as_it_was_written() {
    for record in [full_launch(), bare_launch()] {
        let read = LaunchRecord::from_bytes(&record.to_bytes()).unwrap();
        assert_eq!(read.browser, record.browser);
        assert_eq!(read.proof, record.proof);
        assert_eq!(read.origin, record.origin);
        assert_eq!((read.kind, read.user), (record.kind, record.user));
        assert_eq!(read.patient, record.patient);
        assert_eq!((read.opened_at, read.refresh), (record.opened_at, record.refresh));
        let (read, tokens) = (read.tokens, record.tokens);
        assert_eq!(read.access_token.expose_secret(), tokens.access_token.expose_secret());
        assert_eq!(
            read.refresh_token.as_ref().map(|token| token.expose_secret()),
            tokens.refresh_token.as_ref().map(|token| token.expose_secret())
        );
        assert_eq!(
            read.id_token.as_ref().map(|token| token.expose_secret()),
            tokens.id_token.as_ref().map(|token| token.expose_secret())
        );
        assert_eq!(
            (read.granted, read.requested_at, read.expires_at, read.context),
            (tokens.granted, tokens.requested_at, tokens.expires_at, tokens.context)
        );
    }
}

#[test]
fn no_number_of_a_context_changes_its_last_digit_in_the_store() {
    for number in [9.146_527_170_691_669e184, 3.389_009_742_602_352_7e-118, 0.1, 1e300] {
        let mut record = bare_launch();
        record.tokens.context = serde_json::from_value(json!({ "other": { "n": number } })).unwrap();
        let read = LaunchRecord::from_bytes(&record.to_bytes()).unwrap();
        assert_eq!(read.tokens.context.other().get("n"), Some(&json!(number)));
    }
}

#[test]
fn a_pending_authorization_is_read_as_it_was_written() {
    let full = sample::pending(NOW);
    let mut bare = full.clone();
    (bare.nonce, bare.return_to) = (None, None);
    bare.return_for = ReturnFor::Anyone;
    let mut without_patient = full.clone();
    without_patient.return_for = ReturnFor::NoPatient;
    for record in [full, bare, without_patient] {
        let read = PendingRecord::from_bytes(&record.to_bytes()).unwrap();
        assert_eq!((&read.ehr, read.kind), (&record.ehr, record.kind));
        assert_eq!(read.endpoints, record.endpoints);
        assert_eq!((&read.redirect_uri, &read.aud), (&record.redirect_uri, &record.aud));
        assert_eq!(read.code_verifier.expose_secret(), record.code_verifier.expose_secret());
        assert_eq!(
            read.nonce.as_ref().map(Nonce::expose_secret),
            record.nonce.as_ref().map(Nonce::expose_secret)
        );
        assert_eq!(
            (&read.requested, &read.return_to),
            (&record.requested, &record.return_to)
        );
        assert_eq!(
            (read.return_for, read.started_at),
            (record.return_for, record.started_at)
        );
    }
}

#[test]
fn an_outcome_is_read_as_it_was_written() {
    match CallbackOutcome::from_bytes(&landed("/x").to_bytes()).unwrap() {
        CallbackOutcome::Landed {
            launch,
            secret,
            location,
            new_browser,
        } => {
            assert_eq!(launch.as_str(), "AAAAAAAAAAAAAAAAAAAAAA");
            assert_eq!((secret.expose_secret(), location.as_str()), ("MARKER-secret", "/x"));
            assert_eq!(
                new_browser.as_ref().map(BrowserId::expose_secret),
                Some("MARKER-browser-cookie")
            );
        }
        CallbackOutcome::Failed(failed) => panic!("{failed:?}"),
    }
    for kind in [
        FailedCallbackKind::AccessDenied,
        FailedCallbackKind::EhrError,
        FailedCallbackKind::NoCode,
        FailedCallbackKind::WrongIssuer,
        FailedCallbackKind::CodeRefused,
        FailedCallbackKind::ClientRefused,
        FailedCallbackKind::BadTokenResponse,
        FailedCallbackKind::EhrUnavailable,
        FailedCallbackKind::EhrTroubled,
        FailedCallbackKind::IdentityRefused,
        FailedCallbackKind::SignInNotFresh,
        FailedCallbackKind::StoreUnavailable,
        FailedCallbackKind::ScopesNotGranted,
        FailedCallbackKind::RefusedByApplication,
        FailedCallbackKind::Internal,
    ] {
        let CallbackOutcome::Failed(expected) = failed(kind) else {
            panic!("the sample is a failure")
        };
        match CallbackOutcome::from_bytes(&failed(kind).to_bytes()).unwrap() {
            CallbackOutcome::Failed(read) => assert_eq!(read, expected),
            CallbackOutcome::Landed { .. } => panic!("read as a landing"),
        }
    }
}

#[test]
fn a_failure_for_want_of_scopes_is_read_with_the_scopes_that_are_missing() {
    let CallbackOutcome::Failed(mut written) = failed(FailedCallbackKind::ScopesNotGranted) else {
        panic!("the sample is a failure")
    };
    written.missing_scopes = Some(Scopes::parse("patient/Observation.rs user/*.r"));
    let bytes = CallbackOutcome::Failed(written.clone()).to_bytes();
    assert_eq!(value(&bytes)["failed"]["kind"], "scopes_not_granted");
    assert_eq!(
        value(&bytes)["failed"]["missing_scopes"],
        "patient/Observation.rs user/*.r"
    );
    match CallbackOutcome::from_bytes(&bytes).unwrap() {
        CallbackOutcome::Failed(read) => assert_eq!(read, written),
        CallbackOutcome::Landed { .. } => panic!("read as a landing"),
    }
}

#[test]
fn an_ended_launch_is_read_as_it_was_written_whatever_the_reason() {
    for reason in [
        EndReason::LoggedOut,
        EndReason::RefreshRefused,
        EndReason::RefreshAnswerLost,
        EndReason::TokenExpired,
        EndReason::PatientChanged,
        EndReason::UserChanged,
        EndReason::Idle,
        EndReason::TooOld,
        EndReason::OtherUser,
        EndReason::Replaced,
        EndReason::Evicted,
    ] {
        for record in [full_launch(), bare_launch()] {
            let written = EndedLaunch::of(&record, reason, NOW);
            let read = EndedLaunch::from_bytes(&written.to_bytes()).unwrap();
            assert_eq!((read.browser, read.proof), (written.browser, written.proof));
            assert_eq!((read.kind, &read.ehr), (written.kind, &written.ehr));
            assert_eq!((read.patient, read.reason), (written.patient, reason));
            assert_eq!(read.ended_at, NOW);
        }
    }
}

/// Written since the version that can demand a new sign-in; records without it demand none.
#[test]
fn a_demand_for_a_new_sign_in_is_kept_and_its_absence_is_none() {
    let mut pending = value(&sample::pending(NOW).to_bytes());
    assert_eq!(pending.get("signed_in_since"), None);
    pending["signed_in_since"] = json!(1_700_000_000_120_u64);
    let read = PendingRecord::from_bytes(pending.to_string().as_bytes()).unwrap();
    assert_eq!(read.signed_in_since, Some(Timestamp::from_millis(1_700_000_000_120)));
    assert_eq!(value(&read.to_bytes()), pending);
    for absent in [json!(null), json!("soon")] {
        pending["signed_in_since"] = absent.clone();
        let read = PendingRecord::from_bytes(pending.to_string().as_bytes());
        match absent.is_null() {
            true => assert_eq!(read.unwrap().signed_in_since, None),
            // It must not be overlooked.
            false => assert_eq!(read.unwrap_err(), FormatError::Malformed),
        }
    }
}

/// Written since the version that notes the wish; records without it had none, and versions before skip it.
#[test]
fn a_wish_for_a_new_sign_in_is_kept_and_its_absence_is_none() {
    let mut pending = value(&sample::pending(NOW).to_bytes());
    assert_eq!(pending.get("sign_in_again"), None);
    pending["sign_in_again"] = json!(true);
    let read = PendingRecord::from_bytes(pending.to_string().as_bytes()).unwrap();
    assert_eq!(read.sign_in, SignInWish::Again);
    assert_eq!(value(&read.to_bytes()), pending);
    for absent in [json!(null), json!(false)] {
        pending["sign_in_again"] = absent;
        let read = PendingRecord::from_bytes(pending.to_string().as_bytes()).unwrap();
        assert_eq!(read.sign_in, SignInWish::None);
        assert_eq!(value(&read.to_bytes()).get("sign_in_again"), None);
    }
    pending["sign_in_again"] = json!("yes");
    assert_eq!(
        PendingRecord::from_bytes(pending.to_string().as_bytes()).unwrap_err(),
        FormatError::Malformed
    );
}

#[test]
fn members_that_this_version_does_not_know_are_ignored() {
    let mut launch = value(&full_launch().to_bytes());
    launch["later"] = json!({"a": [1]});
    launch["tokens"]["later"] = json!(null);
    launch["endpoints"]["later"] = json!("x");
    let read = LaunchRecord::from_bytes(launch.to_string().as_bytes()).unwrap();
    assert_eq!(read.to_bytes(), full_launch().to_bytes());
    let mut outcome = value(&landed("/x").to_bytes());
    outcome["later"] = json!(1);
    assert!(CallbackOutcome::from_bytes(outcome.to_string().as_bytes()).is_ok());
}

#[test]
fn another_version_is_named_whatever_else_the_record_holds() {
    for (version, expected) in [(0, 0), (2, 2), (u64::MAX, u64::MAX)] {
        let bytes = json!({"v": version, "x": "y"}).to_string();
        assert_eq!(errors(bytes.as_bytes()), [Some(FormatError::Version(expected)); 4]);
    }
}

#[test]
fn bytes_that_are_no_record_are_malformed() {
    let deep = format!(r#"{{"v":1,"x":{}"#, "[".repeat(100_000));
    for bytes in [
        "",
        " ",
        "{",
        "{}",
        "null",
        "1",
        "\"v\"",
        r#"{"v":1}"#,
        r#"{"v":"1"}"#,
        r#"{"v":1.0}"#,
        r#"{"v":-1}"#,
        r#"{"v":null}"#,
        r#"{"v":1,"v":1}"#,
        r#"{"v":1}x"#,
        "\u{0}\u{1}",
        deep.as_str(),
    ] {
        assert_eq!(
            errors(bytes.as_bytes()),
            [Some(FormatError::Malformed); 4],
            "{bytes:.40}"
        );
    }
    assert_eq!(errors(&[0xff, 0xfe]), [Some(FormatError::Malformed); 4]);
}

#[test]
fn a_record_of_one_type_is_not_read_as_another() {
    for (own, bytes) in [0, 1, 1, 2, 2, 3].into_iter().zip(bytes_of_each()) {
        for (type_number, error) in errors(&bytes).into_iter().enumerate() {
            let expected = (type_number != own).then_some(FormatError::Malformed);
            assert_eq!(error, expected, "bytes of type {own} read as type {type_number}");
        }
    }
}

#[test]
fn a_member_of_the_wrong_form_is_malformed() {
    for (member, wrong) in [
        ("/browser", json!("AQEB")),
        ("/browser", json!("!")),
        ("/proof", json!(5)),
        ("/kind", json!("other")),
        ("/endpoints/token", json!("http://ehr.example/token")),
        ("/endpoints/revocation", json!("not a url")),
        ("/user", json!("AQEB")),
        ("/patient_digest", json!("AQEB")),
        ("/opened_at", json!("1700000000123")),
        ("/opened_at", json!(-1)),
        ("/tokens/access_token", json!(null)),
        ("/tokens/context", json!("x")),
        ("/refresh/failures", json!(4_294_967_296_u64)),
    ] {
        let mut launch = value(&full_launch().to_bytes());
        *launch.pointer_mut(member).unwrap() = wrong;
        let error = LaunchRecord::from_bytes(launch.to_string().as_bytes()).unwrap_err();
        assert_eq!(error, FormatError::Malformed, "{member}");
    }
    let mut outcome = value(&landed("/x").to_bytes());
    outcome["failed"] = json!({"kind": "internal"});
    let error = CallbackOutcome::from_bytes(outcome.to_string().as_bytes()).unwrap_err();
    assert_eq!(error, FormatError::Malformed);
}

#[test]
fn a_record_that_is_cut_off_anywhere_is_malformed() {
    for bytes in bytes_of_each() {
        for length in 0..bytes.len() {
            assert_eq!(errors(&bytes[..length]), [Some(FormatError::Malformed); 4]);
        }
    }
}

#[test]
fn a_record_with_any_byte_damaged_never_panics_and_no_error_shows_content() {
    for bytes in bytes_of_each() {
        for at in 0..bytes.len() {
            for flip in [0x01, 0x20, 0x80] {
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                for error in errors(&damaged).into_iter().flatten() {
                    assert!(!format!("{error} {error:?}").contains("MARKER"));
                }
            }
        }
    }
}

#[test]
fn a_backend_reports_an_unreadable_record_as_such() {
    assert_eq!(StoreError::from(FormatError::Malformed), StoreError::Unreadable);
    assert_eq!(StoreError::from(FormatError::Version(2)), StoreError::Unreadable);
}
