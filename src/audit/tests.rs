use serde_json::{Value, json};

use super::{instant::instant, *};
use crate::{
    store::{
        EndReason, EndedRecord, FailedCallback, FailedCallbackKind, LaunchKey, LaunchKind, RefreshFailure,
        acceptance::sample::{browser, launch},
    },
    time::Timestamp,
};

/// 2026-01-31T08:15:00.250Z.
const AT: Timestamp = Timestamp::from_millis(1_769_847_300_250);

fn key() -> LaunchKey {
    LaunchKey::from_bytes([0xab; 32])
}

fn user() -> AuditUser {
    AuditUser {
        issuer: "https://ehr.example".to_owned(),
        subject: "MARKER-subject".to_owned(),
        fhir_user: Some("Practitioner/MARKER-user".to_owned()),
    }
}

/// What a sink may write down, but for the random id.
fn written(event: &AuditEvent) -> Value {
    let mut json = serde_json::to_value(event).unwrap();
    let id = json.as_object_mut().unwrap().remove("id").unwrap();
    assert_eq!(id.as_str().map(str::len), Some(22));
    json
}

#[test]
fn a_moment_is_written_as_fhir_writes_it() {
    let cases = [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_769_847_300_250, "2026-01-31T08:15:00.250Z"),
        (u64::MAX, "9999-12-31T23:59:59.999Z"),
    ];
    for (millis, text) in cases {
        assert_eq!(instant(Timestamp::from_millis(millis)), text);
    }
}

#[test]
fn a_sign_in_is_written_with_who_where_and_what_was_granted() {
    let record = launch(browser(), AT);
    let mut event = AuditEvent::signed_in(AT, key(), &record);
    event.user = Some(user());
    assert_eq!(
        written(&event),
        json!({
            "at": "2026-01-31T08:15:00.250Z",
            "ehr": "https://ehr.example/fhir",
            "launch": "abababab",
            "user": {
                "issuer": "https://ehr.example",
                "subject": "MARKER-subject",
                "fhir_user": "Practitioner/MARKER-user",
            },
            "patient": "p1",
            "event": "sign_in",
            "kind": "ehr",
            "granted": "launch openid fhirUser patient/*.rs",
        })
    );
}

#[test]
fn a_refusal_is_written_with_its_reason_and_the_code_of_the_ehr() {
    let failed = FailedCallback {
        error_code: Some("access_denied".to_owned()),
        description: Some("MARKER-words".to_owned()),
        ..FailedCallback::new(FailedCallbackKind::AccessDenied, LaunchKind::Standalone)
    };
    let event = AuditEvent::refused(AT, "https://ehr.example/fhir", &failed);
    assert_eq!(
        written(&event),
        json!({
            "at": "2026-01-31T08:15:00.250Z",
            "ehr": "https://ehr.example/fhir",
            "event": "sign_in_refused",
            "kind": "standalone",
            "why": "access_denied",
            "error_code": "access_denied",
        })
    );
}

#[test]
fn each_result_of_a_refresh_has_a_name_of_its_own() {
    let results = [
        (RefreshResult::Refreshed, "refreshed"),
        (RefreshResult::Refused, "refresh_token_refused"),
        (RefreshResult::OtherPatient, "other_patient"),
        (RefreshResult::OtherUser, "other_user"),
        (RefreshResult::Failed(RefreshFailure::Refused), "refused"),
        (RefreshResult::Failed(RefreshFailure::EhrUnavailable), "ehr_unavailable"),
    ];
    for (result, name) in results {
        let event = AuditEvent::refreshed(AT, key(), &launch(browser(), AT), result);
        assert_eq!(written(&event)["result"], name);
    }
}

#[test]
fn an_end_is_written_with_its_reason_and_one_that_was_found_with_its_moment() {
    let ended = EndedRecord::new(key(), launch(browser(), AT).into());
    let now = written(&AuditEvent::ended(AT, &ended, EndReason::LoggedOut));
    assert_eq!((&now["event"], &now["reason"]), (&json!("end"), &json!("logged_out")));
    assert_eq!((now.get("ended_at"), &now["patient"]), (None, &json!("p1")));
    let memory = crate::store::EndedLaunch::of(&ended, EndReason::Idle, Timestamp::from_millis(0));
    let found = written(&AuditEvent::found_ended(AT, key(), &memory));
    assert_eq!(found["reason"], "idle");
    assert_eq!(found["ended_at"], "1970-01-01T00:00:00.000Z");
    assert_eq!((found.get("patient"), &found["launch"]), (None, &json!("abababab")));
}

#[test]
fn debug_shows_nobody() {
    let record = launch(browser(), AT);
    let mut event = AuditEvent::signed_in(AT, key(), &record);
    event.user = Some(user());
    event.patient = Some("MARKER-patient".to_owned());
    let shown = format!("{event:?} {:?}", user());
    assert!(!shown.contains("MARKER"), "{shown}");
    let access = AuditedFhirAccess {
        method: "GET",
        interaction: "read",
        resource_type: Some("Patient".to_owned()),
        resource_id: Some("MARKER-patient".to_owned()),
        status: Some(200),
    };
    let shown = format!("{:?}", Audited::FhirAccess(access));
    assert!(!shown.contains("MARKER") && shown.contains("Patient"), "{shown}");
}

#[test]
fn each_event_has_an_id_of_its_own() {
    let record = launch(browser(), AT);
    let one = || AuditEvent::signed_in(AT, key(), &record).id;
    assert_ne!(one(), one());
}
