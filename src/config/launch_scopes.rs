//! Which scopes a launch asks for, and so which a registration has to have.

use super::quirks::Quirks;
use crate::{
    protocol::{metadata::ServerMetadata, scope::Scopes},
    store::LaunchKind,
};

/// What is really asked for where `wanted` is: fitting how the launch begins, and as this EHR spells it. Without metadata where the
/// endpoints are configured, or nothing has been fetched yet.
pub(crate) fn scopes_to_ask(
    quirks: &Quirks,
    kind: LaunchKind,
    wanted: &Scopes,
    metadata: Option<&ServerMetadata>,
) -> Scopes {
    quirks.scopes_to_request(scopes_for(kind, wanted), metadata)
}

/// All scopes that a launch may ask for where `wanted` is, however it begins, as far as that is known without the EHR's metadata.
pub(crate) fn scopes_of_any_launch(quirks: &Quirks, wanted: &Scopes) -> Scopes {
    let of = |kind| scopes_to_ask(quirks, kind, wanted, None);
    let mut scopes = of(LaunchKind::Ehr);
    for scope in of(LaunchKind::Standalone).iter() {
        scopes.insert(scope);
    }
    scopes
}

/// The scopes that fit how the launch begins.
///
/// From the EHR: with `launch`, which hands over the context that the EHR chose. Standalone: without it, as there is
/// no context to hand over; patient scopes then need `launch/patient`, with which the EHR lets the person pick one.
fn scopes_for(kind: LaunchKind, configured: &Scopes) -> Scopes {
    let mut scopes = configured.clone();
    match kind {
        LaunchKind::Ehr => scopes.insert("launch"),
        LaunchKind::Standalone => {
            scopes.remove("launch");
            if scopes.iter().any(|scope| scope.starts_with("patient/")) {
                scopes.insert("launch/patient");
            }
        }
    }
    scopes
}

#[cfg(test)]
mod tests;
