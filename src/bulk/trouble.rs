//! Whether a request of an export is worth being sent again: [`trouble`].

use std::time::Duration;

use super::options::Options;
use crate::{
    backend::{BackendError, BackendFailure},
    fhir::FhirError,
    protocol::transport_error::TransportError,
};

/// Before a request is sent again, where nobody says.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What an error says of the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The same request may succeed later. `wait` is how long the server asks to wait, where it says that.
    Passes { wait: Option<Duration> },
    /// It will not before somebody mends something.
    Stays,
}

/// For a request that may be repeated: one for the status, for a page of the manifest, for a file.
pub(super) fn trouble(error: &FhirError) -> Trouble {
    let passes = Trouble::Passes { wait: None };
    match error {
        FhirError::Transport(TransportError::ShutDown) => Trouble::Stays,
        FhirError::Transport(error) if error.is_temporary() => passes,
        FhirError::Backend(BackendError::NoToken { failure, retry_after }) if is_over_soon(*failure) => {
            Trouble::Passes {
                wait: Some(*retry_after),
            }
        }
        FhirError::Backend(BackendError::NotInTime | BackendError::StoreUnavailable) => passes,
        FhirError::Backend(BackendError::Ehr(error)) | FhirError::Registration(error) if error.is_temporary() => passes,
        FhirError::Status {
            status: 429 | 502 | 503 | 504,
            retry_after,
            ..
        }
        | FhirError::Outcome {
            status: 429 | 502 | 503 | 504,
            retry_after,
            ..
        } => Trouble::Passes { wait: *retry_after },
        FhirError::Outcome {
            outcome, retry_after, ..
        } if outcome.issues().iter().any(|issue| is_transient(issue.code.as_str())) => {
            Trouble::Passes { wait: *retry_after }
        }
        _ => Trouble::Stays,
    }
}

/// How long to wait before a request is sent again that has failed so often in a row. `None`: that is no use, or was often enough.
pub(super) fn pause_before_again(options: &Options, error: &FhirError, failures: u32) -> Option<Duration> {
    match trouble(error) {
        Trouble::Passes { wait } if failures < options.attempts => Some(options.pause(failures, wait, LONGEST_PAUSE)),
        _ => None,
    }
}

/// Whether an error says for certain that its request did not reach the FHIR server, or that its token was refused there: it began
/// nothing.
pub(super) const fn began_nothing(error: &FhirError) -> bool {
    match error {
        FhirError::Backend(_) | FhirError::Registration(_) => true,
        FhirError::Transport(error) => error.was_not_sent(),
        _ => false,
    }
}

/// Whether the EHR gave no token for a reason that ends without anybody's doing.
const fn is_over_soon(failure: BackendFailure) -> bool {
    matches!(
        failure,
        BackendFailure::NoAnswer | BackendFailure::EhrTrouble | BackendFailure::NoEndpoint | BackendFailure::Busy
    )
}

/// The issue type `transient`, or one below it (FHIR R4, value set issue-type).
fn is_transient(code: &str) -> bool {
    matches!(
        code,
        "transient" | "lock-error" | "no-store" | "timeout" | "incomplete" | "throttled"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSES: Trouble = Trouble::Passes { wait: None };
    const SECOND: Duration = Duration::from_secs(1);

    fn no_token(failure: BackendFailure) -> FhirError {
        let retry_after = SECOND;
        BackendError::NoToken { failure, retry_after }.into()
    }

    #[test]
    fn what_is_over_soon_passes() {
        let passing = [
            TransportError::Disconnected.into(),
            TransportError::Timeout.into(),
            BackendError::StoreUnavailable.into(),
            BackendError::NotInTime.into(),
        ];
        for error in passing {
            assert_eq!(trouble(&error), PASSES, "{error}");
        }
        for failure in [
            BackendFailure::NoAnswer,
            BackendFailure::EhrTrouble,
            BackendFailure::NoEndpoint,
            BackendFailure::Busy,
        ] {
            assert_eq!(trouble(&no_token(failure)), Trouble::Passes { wait: Some(SECOND) });
        }
    }

    #[test]
    fn what_somebody_has_to_mend_stays() {
        let staying = [
            TransportError::ShutDown.into(),
            TransportError::Tls.into(),
            TransportError::BodyTooLarge.into(),
            TransportError::NoLength.into(),
            no_token(BackendFailure::ClientRefused),
            no_token(BackendFailure::ScopesRefused),
            no_token(BackendFailure::NotSigned),
            BackendError::ShuttingDown.into(),
        ];
        for error in staying {
            assert_eq!(trouble(&error), Trouble::Stays, "{error}");
        }
    }

    #[test]
    fn what_was_not_sent_began_nothing_and_what_may_have_come_there_may_have_begun() {
        for error in [
            no_token(BackendFailure::NoAnswer),
            BackendError::NotInTime.into(),
            TransportError::Refused.into(),
            TransportError::ConnectTimeout.into(),
        ] {
            assert!(began_nothing(&error), "{error}");
        }
        for error in [
            TransportError::Disconnected.into(),
            TransportError::Timeout.into(),
            TransportError::DamagedBody.into(),
            TransportError::BodyTooLarge.into(),
            FhirError::OtherResource,
        ] {
            assert!(!began_nothing(&error), "{error}");
        }
    }
}
