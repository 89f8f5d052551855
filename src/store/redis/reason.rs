//! Why a launch ended, as it stands in Redis in clear: the scripts write two of these themselves.

use crate::store::EndReason;

const NAMES: [(EndReason, &str); 12] = [
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
];

pub(super) const fn name(reason: EndReason) -> &'static str {
    match reason {
        EndReason::LoggedOut => "logged_out",
        EndReason::RefreshRefused => "refresh_refused",
        EndReason::RefreshAnswerLost => "refresh_answer_lost",
        EndReason::TokenExpired => "token_expired",
        EndReason::PatientChanged => "patient_changed",
        EndReason::UserChanged => "user_changed",
        EndReason::Idle => "idle",
        EndReason::TooOld => "too_old",
        EndReason::OtherUser => "other_user",
        EndReason::Replaced => "replaced",
        EndReason::Evicted => "evicted",
        EndReason::RegistrationChanged => "registration_changed",
    }
}

pub(super) fn read(text: &[u8]) -> Option<EndReason> {
    NAMES
        .iter()
        .find(|(_, name)| name.as_bytes() == text)
        .map(|(reason, _)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_as_its_reason_and_nothing_else_does() {
        for (reason, text) in NAMES {
            assert_eq!(name(reason), text);
            assert_eq!(read(text.as_bytes()), Some(reason));
        }
        assert_eq!(read(b"something_newer"), None);
    }
}
