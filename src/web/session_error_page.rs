//! The page of a [`SmartSessionErrorKind`].

use super::session_error_kind::{ContextMember, SmartSessionErrorKind as Kind};
use crate::{
    pages::{Audience, Page, texts},
    protocol::scope::Scopes,
    store::LaunchKind,
};

/// Why a handler did not get its launch. `began` is how that launch began, where it is known, and `relaunch` where a new one
/// would begin.
pub(crate) fn session_error_page(
    kind: Kind,
    audience: Audience,
    began: Option<LaunchKind>,
    relaunch: Option<String>,
) -> Page {
    match kind {
        Kind::NotInstalled | Kind::WrappedOnScope => texts::not_installed(),
        Kind::NoLaunch(_) => texts::no_launch(audience, relaunch),
        Kind::Ended(reason) => texts::ended(reason, audience, began, relaunch),
        Kind::CrossSite => texts::cross_site(),
        Kind::Unavailable { cause, retry_after } => texts::unavailable(cause, audience, retry_after),
        Kind::ClientRefused => texts::client_refused(audience),
        Kind::MissingContext(ContextMember::Patient) => texts::no_patient(audience),
        Kind::MissingContext(ContextMember::Encounter) => texts::no_encounter(audience),
        Kind::MissingContext(ContextMember::FhirUser) => texts::no_fhir_user(audience),
        Kind::MissingContext(ContextMember::IdToken) => texts::no_identity(audience),
        Kind::InsufficientScope => texts::insufficient_scope(&Scopes::default(), audience),
    }
}
