//! Says in the log, once, what has to be registered at the EHRs for this application: most sign-ins that fail do so because
//! something is registered there in another spelling.

use crate::{config::Ehr, launch::begin::scopes_of_any_launch, smart_config::SmartConfig, store::CredentialKind};

/// Who has hundreds of EHRs has tools for it.
const MOST: usize = 8;

/// Writes a line for each EHR of the configuration.
pub(super) fn say(config: &SmartConfig) {
    let runtime = config.runtime();
    let paths = &runtime.settings.paths;
    let outside = |path: &str| format!("{}{}", runtime.own_origin, paths.external(path));
    let (launch_url, jwks) = (outside(paths.launch()), outside(paths.jwks()));
    let ehrs = runtime.registrations.listed();
    for ehr in ehrs.iter().take(MOST) {
        say_for(ehr, &launch_url, &jwks);
    }
    match ehrs.len().checked_sub(MOST) {
        None if ehrs.is_empty() => tracing::info!(launch_url, jwks_url = jwks, "to be registered at each EHR"),
        Some(more @ 1..) => tracing::info!(more, launch_url, "to be registered at the other EHRs"),
        _ => {}
    }
}

fn say_for(ehr: &Ehr, launch_url: &str, jwks: &str) {
    let jwks_url = (ehr.client().credentials == CredentialKind::PrivateKey).then_some(jwks);
    let signed_out = ehr.end_session().and_then(|at| at.return_to.as_ref());
    tracing::info!(
        ehr = ehr.key(),
        client_id = ehr.client_id(),
        launch_url,
        redirect_uri = ehr.redirect_uri(),
        jwks_url,
        post_logout_redirect_uri = signed_out.map(|to| to.as_str()),
        scopes = %scopes_of_any_launch(ehr),
        "to be registered at the EHR, exactly like this"
    );
}
