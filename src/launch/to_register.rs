//! What has to be registered at an EHR for this application: [`ToRegister`].

use crate::{
    config::{Ehr, scopes_of_any_launch},
    protocol::scope::Scopes,
    runtime::Runtime,
    store::CredentialKind,
};

/// What has to be registered at an EHR, in the spelling in which it is sent there.
pub(crate) struct ToRegister {
    pub(crate) client_id: String,
    /// Where people launch.
    pub(crate) launch_url: Option<String>,
    pub(crate) redirect_uri: Option<String>,
    /// For clients with a key.
    pub(crate) jwks_url: Option<String>,
    /// Where the EHR sends the browser after it has signed the person out, if it is told to.
    pub(crate) post_logout_redirect_uri: Option<String>,
    pub(crate) scopes: Scopes,
    /// Of the application itself.
    pub(crate) backend_scopes: Option<Scopes>,
}

impl ToRegister {
    pub(crate) fn at(runtime: &Runtime, ehr: &Ehr) -> Self {
        let has_key = ehr.client().credentials == CredentialKind::PrivateKey;
        let jwks_url = || {
            ehr.credentials()
                .jku()
                .map_or_else(|| runtime.own_jwks_url(), str::to_owned)
        };
        let signed_out = ehr.end_session().and_then(|at| at.return_to.as_ref());
        Self {
            client_id: ehr.client_id().to_owned(),
            launch_url: ehr.takes_launches().then(|| runtime.launch_url()),
            redirect_uri: ehr.redirect_uri().map(str::to_owned),
            jwks_url: has_key.then(jwks_url).filter(|url| !url.starts_with('/')),
            post_logout_redirect_uri: signed_out.map(|to| to.as_str().to_owned()),
            scopes: if ehr.takes_launches() {
                scopes_of_any_launch(ehr.quirks(), ehr.scopes())
            } else {
                Scopes::default()
            },
            backend_scopes: ehr.backend_scopes().cloned(),
        }
    }
}
