//! Says in the log, once, what has to be registered at the EHRs for this application: most sign-ins that fail do so because
//! something is registered there in another spelling.

use crate::{config::Ehr, launch::scopes::scopes_of_any_launch, smart_config::SmartConfig, store::CredentialKind};

/// A line for each of these many EHRs; more would hide what else the log says at the start.
const MOST: usize = 8;

/// Writes a line for each EHR of the configuration, and one for those past the eighth together.
pub(super) fn say(config: &SmartConfig) {
    let runtime = config.runtime();
    let paths = &runtime.settings.paths;
    let outside = |path: &str| format!("{}{}", runtime.own_origin, paths.external(path));
    let (launch_url, own_jwks) = (outside(paths.launch()), outside(paths.jwks()));
    let ehrs = runtime.registrations.listed();
    for ehr in ehrs.iter().take(MOST) {
        say_for(ehr, &launch_url, &own_jwks);
    }
    if ehrs.is_empty() {
        tracing::info!(
            launch_url,
            jwks_url = own_jwks,
            "to be registered at each EHR of the resolver"
        );
    }
    let more = ehrs.len().saturating_sub(MOST);
    if more > 0 {
        tracing::info!(more, launch_url, "to be registered at the other EHRs too");
    }
}

fn say_for(ehr: &Ehr, launch_url: &str, own_jwks: &str) {
    let has_key = ehr.client().credentials == CredentialKind::PrivateKey;
    let jwks_url = has_key.then(|| ehr.credentials().jku().unwrap_or(own_jwks));
    let signed_out = ehr.end_session().and_then(|at| at.return_to.as_ref());
    tracing::info!(
        ehr = ehr.key(),
        client_id = ehr.client_id(),
        launch_url,
        redirect_uri = ehr.redirect_uri(),
        jwks_url,
        post_logout_redirect_uri = signed_out.map(|to| to.as_str()),
        scopes = %scopes_of_any_launch(ehr),
        "to be registered at the EHR, spelled like this"
    );
}

#[cfg(test)]
mod tests;
