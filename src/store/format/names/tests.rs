use super::*;

/// Stores of running installations hold these names, and the scripts of the Redis store write five of them.
#[test]
fn every_name_reads_as_its_reason_and_nothing_else_does() {
    for (reason, name) in [
        (EndReason::LoggedOut, "logged_out"),
        (EndReason::RefreshRefused, "refresh_refused"),
        (EndReason::RefreshAnswerLost, "refresh_answer_lost"),
        (EndReason::TokenExpired, "token_expired"),
        (EndReason::PatientChanged, "patient_changed"),
        (EndReason::UserChanged, "user_changed"),
        (EndReason::Idle, "idle"),
        (EndReason::TooOld, "too_old"),
        (EndReason::OtherUser, "other_user"),
        (EndReason::Replaced, "replaced"),
        (EndReason::Evicted, "evicted"),
        (EndReason::RegistrationChanged, "registration_changed"),
    ] {
        assert_eq!(reason.stored_name(), name);
        assert_eq!(EndReason::from_stored_name(name), Some(reason));
    }
    assert_eq!(EndReason::from_stored_name("something_newer"), None);
}
