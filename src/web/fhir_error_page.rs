//! The page of a [`FhirError`].

use std::time::Duration;

use super::{session_error_kind::SmartSessionErrorKind as Kind, session_error_page::session_error_page};
use crate::{
    backend::{BackendError, BackendFailure},
    fhir::FhirError,
    pages::{Audience, Page, texts, words::Words},
    protocol::{fhir::address::FhirAddressError, reach::Reach, scope::Scopes},
    runtime::registrations::EhrLookupError,
    store::RefreshFailure,
};

/// When the same is worth asking again, where the server does not say.
const SOON: Duration = Duration::from_secs(5);

/// Why a handler's FHIR request gave nothing, for somebody of whom no more is known than who they are.
pub(crate) fn fhir_error_page(error: &FhirError, words: &Words, audience: Audience) -> Page {
    match error {
        FhirError::Launch(error) => session_error_page((*error).into(), words, audience, None, None),
        FhirError::InsufficientScope(lack) => {
            texts::insufficient_scope(words, lack.missing(), &Scopes::default(), audience, None)
        }
        FhirError::Backend(error) => backend_error_page(error, words, audience),
        FhirError::Registration(error) => {
            let (cause, retry_after) = match error {
                EhrLookupError::NotRegistered => (RefreshFailure::NotOffered, SOON),
                EhrLookupError::RegistrationFailed { retry_after } => {
                    (RefreshFailure::RegistrationFailed, *retry_after)
                }
                EhrLookupError::Unavailable | EhrLookupError::Invalid => {
                    (RefreshFailure::RegistrationUnavailable, SOON)
                }
            };
            let kind = Kind::Unavailable {
                cause,
                retry_after,
                failures: 0,
            };
            session_error_page(kind, words, audience, None, None)
        }
        // An id comes from an address or a form as often as from the application.
        FhirError::Address(FhirAddressError::NoId) => texts::record_not_found(words, audience),
        FhirError::Address(
            FhirAddressError::NoResourceType | FhirAddressError::NoOperation | FhirAddressError::NoCondition,
        )
        | FhirError::Unwritable => texts::record_mistake(words, audience),
        // References, and links to the next page, are the server's.
        FhirError::Address(_) | FhirError::Unreadable { .. } | FhirError::OtherResource | FhirError::Circle => {
            texts::record_unusable(words, audience)
        }
        FhirError::Transport(error) => match Reach::of_transport(*error) {
            Reach::Silent => texts::record_silent(words, audience, SOON),
            Reach::Troubled => texts::record_troubled(words, audience, SOON),
            Reach::Unusable => texts::record_unusable(words, audience),
        },
        FhirError::Outcome {
            status, retry_after, ..
        }
        | FhirError::Status {
            status, retry_after, ..
        } => match status {
            // With a token that is new: this resource, or this server, is not for it.
            401 | 403 => texts::record_refused(words, audience),
            404 | 410 => texts::record_not_found(words, audience),
            409 | 412 => texts::record_changed(words, audience),
            status if Reach::of_status(*status) == Reach::Troubled => {
                texts::record_troubled(words, audience, retry_after.unwrap_or(SOON))
            }
            _ => texts::record_unusable(words, audience),
        },
    }
}

/// Why the application has no token of its own, for somebody who can do nothing about it.
pub(crate) fn backend_error_page(error: &BackendError, words: &Words, audience: Audience) -> Page {
    match error {
        BackendError::NoToken { failure, retry_after } => match failure {
            BackendFailure::NoAnswer => texts::record_silent(words, audience, *retry_after),
            BackendFailure::EhrTrouble | BackendFailure::NoEndpoint => {
                texts::record_troubled(words, audience, *retry_after)
            }
            BackendFailure::Busy => texts::record_busy(words, audience, *retry_after),
            BackendFailure::NotSigned => texts::record_not_signed(words, audience, *retry_after),
            BackendFailure::UnusableAnswer => texts::record_unusable(words, audience),
            // What somebody has to mend here, or have mended in the registration.
            _ => texts::record_mistake(words, audience),
        },
        BackendError::NotInTime => texts::record_silent(words, audience, SOON),
        BackendError::StoreUnavailable
        | BackendError::ShuttingDown
        | BackendError::Interrupted
        | BackendError::Ehr(EhrLookupError::Unavailable) => texts::record_own_data_away(words, audience, SOON),
        BackendError::Ehr(EhrLookupError::RegistrationFailed { retry_after }) => {
            texts::record_not_set_up(words, audience, *retry_after)
        }
        _ => texts::record_mistake(words, audience),
    }
}

#[cfg(test)]
mod tests;
