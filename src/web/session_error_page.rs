//! The page of a [`SmartSessionErrorKind`](crate::error::SmartSessionErrorKind).

use super::{
    relaunch::offers_a_new_start,
    session_error_kind::{ContextMember, SmartSessionErrorKind as Kind},
};
use crate::{
    pages::{
        Audience, Page,
        texts::{self, NewStart},
        words::Words,
    },
    protocol::scope::Scopes,
    store::LaunchKind,
};

/// Why a handler did not get its launch. `began` is how that launch began, where there was one, and `relaunch` where a new
/// one would begin.
pub(crate) fn session_error_page(
    kind: Kind,
    words: &Words,
    audience: Audience,
    began: Option<LaunchKind>,
    relaunch: Option<String>,
) -> Page {
    match kind {
        Kind::NotInstalled | Kind::WrappedOnScope => texts::not_installed(words, kind.to_string()),
        Kind::NoLaunch(_) => texts::no_launch(words, audience, began, relaunch),
        Kind::Ended(reason) => texts::ended(words, reason, audience, began, relaunch),
        Kind::CrossSite => texts::cross_site(words),
        Kind::Unavailable { cause, retry_after, .. } => {
            let new_start = match offers_a_new_start(kind) {
                true => NewStart::Offered(relaunch),
                false => NewStart::NotYet,
            };
            texts::unavailable(words, cause, audience, retry_after, new_start)
        }
        Kind::ClientRefused => texts::client_refused(words, audience),
        Kind::MissingContext(ContextMember::Patient) => texts::no_patient(words, audience, relaunch),
        Kind::MissingContext(ContextMember::Encounter) => texts::no_encounter(words, audience, relaunch),
        Kind::MissingContext(ContextMember::FhirUser) => texts::no_fhir_user(words, audience),
        Kind::MissingContext(ContextMember::IdToken) => texts::no_identity(words, audience),
        Kind::InsufficientScope => {
            texts::insufficient_scope(words, &Scopes::default(), &Scopes::default(), audience, relaunch)
        }
    }
}
