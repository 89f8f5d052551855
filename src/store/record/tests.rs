use super::*;
use crate::{
    store::{BrowserKey, acceptance::sample},
    time::Timestamp,
};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
/// Bytes that stand nowhere else in a sample: 238 in decimal, ee in hexadecimal.
const PATIENT: PatientDigest = PatientDigest([0xee; 32]);

fn launch() -> LaunchRecord {
    let mut record = sample::launch(BrowserKey::from_bytes([1; 32]), NOW);
    record.patient = Some(PATIENT);
    record
}

#[test]
fn debug_output_shows_no_digest_of_a_patient() {
    let record = launch();
    let ended = EndedLaunch::of(&record, EndReason::LoggedOut, NOW);
    assert_eq!(ended.patient, FormerPatient::Patient(PATIENT));
    let mut pending = sample::pending(NOW);
    pending.return_for = ReturnFor::Patient(PATIENT);
    for shown in [
        format!("{PATIENT:?} {PATIENT:#?}"),
        format!("{:?}", ended.patient),
        format!("{:?}", pending.return_for),
        format!("{record:?} {record:#?}"),
        format!("{ended:?} {ended:#?}"),
        format!("{pending:?} {pending:#?}"),
    ] {
        assert!(shown.contains("PatientDigest([redacted])"), "{shown}");
        for digest in ["238", "0xee", "eeee", "EEEE", "7u7u"] {
            assert!(!shown.contains(digest), "{digest} stands in {shown}");
        }
    }
}

#[test]
fn debug_output_of_a_landing_shows_neither_secret_nor_the_new_id_of_the_browser() {
    let shown = format!("{:?}", sample::landed("/x"));
    assert!(
        shown.contains("new_browser: Some(") && !shown.contains("MARKER"),
        "{shown}"
    );
}

#[test]
fn of_a_patient_without_a_digest_nothing_is_known_and_without_a_patient_that_there_is_none() {
    let mut record = launch();
    assert_eq!(FormerPatient::of(&record), FormerPatient::Patient(PATIENT));
    record.patient = None;
    assert_eq!(FormerPatient::of(&record), FormerPatient::Unknown);
    record.tokens.context.patient = None;
    assert_eq!(FormerPatient::of(&record), FormerPatient::None);
    // What the tokens say counts: a refresh that names another patient is refused, so the two cannot differ otherwise.
    record.patient = Some(PATIENT);
    assert_eq!(FormerPatient::of(&record), FormerPatient::None);
}
