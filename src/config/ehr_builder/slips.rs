//! What people write by mistake, each with its cure.

use crate::{
    config::{
        error::InvalidReason,
        problems::{Problems, has_commas},
    },
    protocol::scope::{InvalidScope, Scope, Scopes},
};

/// What is appended to a FHIR base URL for one of its documents or resources.
const BEHIND_THE_BASE: [&str; 3] = ["/.well-known/", "/metadata", "/Patient"];

/// A FHIR base URL with a piece too many.
pub(super) fn check_fhir_base(text: &str, problems: &mut Problems) {
    let path = text.trim_end_matches('/');
    let base = BEHIND_THE_BASE.iter().find_map(|behind| {
        let at = path.find(behind)?;
        let is_end = behind.ends_with('/') || at + behind.len() == path.len();
        path.get(..at).filter(|_| is_end)
    });
    // What is in front has to be more than `https://`.
    if let Some(base) = base.filter(|base| !base.ends_with('/') && !base.ends_with(':')) {
        let write = base.to_owned();
        problems.invalid("fhir_base_url", InvalidReason::BehindTheBase { write });
    }
}

/// A client id that was copied with the blanks around it.
pub(super) fn check_client_id(client_id: &str, problems: &mut Problems) {
    if client_id.chars().any(char::is_control) {
        problems.invalid("client_id", InvalidReason::ControlCharacters);
    } else if client_id.trim() != client_id {
        problems.invalid("client_id", InvalidReason::Blanks);
    }
}

/// A redirect URI that is the address of the whole site.
pub(super) fn check_redirect_uri(redirect_uri: &url::Url, problems: &mut Problems) {
    if matches!(redirect_uri.path(), "" | "/") {
        problems.invalid("redirect_uri", InvalidReason::NoPath);
    }
}

/// Scopes that no server can grant: with commas between them, or resource scopes with a typing error.
///
/// Other scopes are the EHR's own business.
pub(super) fn check_scopes(field: &'static str, scopes: &Scopes, problems: &mut Problems) {
    if has_commas(scopes) {
        problems.invalid(field, InvalidReason::CommaInScopes);
        return;
    }
    let is_resource = |scope: &str| {
        ["patient/", "user/", "system/"]
            .iter()
            .any(|context| scope.starts_with(context))
    };
    for scope in scopes.iter().filter(|scope| is_resource(scope)) {
        if let Err(reason) = Scope::parse_strict(scope) {
            problems.invalid(field, InvalidScope::new(scope, reason));
            return;
        }
    }
}
