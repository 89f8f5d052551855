//! Says in the log, once, what has to be registered at the EHRs for this application: most sign-ins that fail do so because
//! something is registered there in another spelling.

use crate::{config::Ehr, launch::to_register::ToRegister, runtime::Runtime, smart_config::SmartConfig};

/// A line for each of these many EHRs; more would hide what else the log says at the start.
const MOST: usize = 8;

/// Writes a line for each EHR of the configuration, and one for those past the eighth together.
pub(super) fn say(config: &SmartConfig) {
    let runtime = config.runtime();
    let ehrs = runtime.registrations.listed();
    for ehr in ehrs.iter().take(MOST) {
        say_for(runtime, ehr);
    }
    let launch_url = runtime.launch_url();
    if ehrs.is_empty() {
        tracing::info!(
            launch_url,
            jwks_url = runtime.own_jwks_url(),
            "to be registered at each EHR of the resolver"
        );
    }
    let more = ehrs.len().saturating_sub(MOST);
    if more > 0 {
        tracing::info!(more, launch_url, "to be registered at the other EHRs too");
    }
}

fn say_for(runtime: &Runtime, ehr: &Ehr) {
    let to_register = ToRegister::at(runtime, ehr);
    tracing::info!(
        ehr = ehr.key(),
        client_id = to_register.client_id,
        launch_url = to_register.launch_url,
        redirect_uri = to_register.redirect_uri,
        jwks_url = to_register.jwks_url,
        post_logout_redirect_uri = to_register.post_logout_redirect_uri,
        scopes = %to_register.scopes,
        backend_scopes = to_register.backend_scopes.map(tracing::field::display),
        "to be registered at the EHR, spelled like this"
    );
}

#[cfg(test)]
mod tests;
