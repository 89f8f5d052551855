//! Everything about one EHR, in the order in which a launch needs it: [`Subject::look`].

use super::{
    announced, backend_token, callers,
    check::Check,
    finding::{Finding, Findings},
    id_token_keys, own_keys, reach, redirect_uri,
    report::Registration,
    scopes, sign_in_page,
    subject::Subject,
    token_endpoint,
};
use crate::{
    config::{Ehr, EndpointsUse},
    launch::{
        announced::{configured, pinned_by},
        begin::StartError,
        to_register::ToRegister,
    },
    runtime::{
        Runtime,
        clocks::Clocks,
        discovery::{DiscoveryError, authorization_endpoint},
    },
    store::PinnedEndpoints,
};

impl Subject {
    /// Looks at everything. What cannot be looked at without something that is missing is left out, and that is said.
    pub(super) async fn look(self) -> Vec<Finding> {
        let mut findings = Findings::about(self.ehr.key());
        let Some(redirect_uri) = self.ehr.redirect_url() else {
            own_keys::look(&self.runtime, &self.ehr, &mut findings).await;
            backend_token::look(&self, &mut findings).await;
            callers::look(&self, &mut findings).await;
            return findings.into_list();
        };
        redirect_uri::look(&self.ehr, redirect_uri, &mut findings);
        let (endpoints, clocks) = self.endpoints(&mut findings).await;
        own_keys::look(&self.runtime, &self.ehr, &mut findings).await;
        if self.ehr.backend().is_some() {
            backend_token::look(&self, &mut findings).await;
        }
        callers::look(&self, &mut findings).await;
        if let Some(endpoints) = &endpoints {
            id_token_keys::look(&self.verifier, &self.ehr, endpoints, &mut findings).await;
            sign_in_page::look(&self, &mut findings).await;
            token_endpoint::look(&self, endpoints, clocks, &mut findings).await;
        }
        findings.into_list()
    }

    /// Where a launch would send its requests, as the registration or the metadata says it.
    async fn endpoints(&self, findings: &mut Findings) -> (Option<PinnedEndpoints>, Clocks) {
        let (runtime, ehr) = (&*self.runtime, &*self.ehr);
        let own = ehr.endpoints();
        if let Some(own) = own.filter(|own| own.used == EndpointsUse::Always) {
            findings.not_checked(
                Check::Metadata,
                "The endpoints are configured by hand, so that a launch never asks for the metadata.",
            );
            scopes::look(ehr, None, findings);
            return (Some(configured(own)), Clocks::Unknown);
        }
        let Some((metadata, clocks)) = reach::look(runtime, ehr, findings).await else {
            scopes::look(ehr, None, findings);
            if let Some(own) = own {
                return (Some(configured(own)), Clocks::Unknown);
            }
            findings.not_checked(
                Check::Metadata,
                "Without the metadata nothing can be said of capabilities, client authentication, PKCE, keys, the sign-in page and the \
                 token endpoint.",
            );
            return (None, Clocks::Unknown);
        };
        announced::look(ehr, &runtime.settings, &metadata, findings);
        scopes::look(ehr, Some(&metadata), findings);
        let pinned = authorization_endpoint(&metadata)
            .map_err(StartError::from)
            .and_then(|_| pinned_by(runtime, ehr, &metadata));
        match pinned {
            Ok(pinned) => (Some(pinned), clocks),
            // Said by what looked at the members.
            Err(StartError::Discovery(DiscoveryError::MissingEndpoint { .. })) => (None, clocks),
            Err(error) => {
                findings.failure(
                    Check::Metadata,
                    format!("A launch would not begin: {error}."),
                    "Ask the administrators of both EHRs which of the two is right.",
                );
                (None, clocks)
            }
        }
    }
}

impl Registration {
    pub(super) fn at(runtime: &Runtime, ehr: &Ehr) -> Self {
        let to_register = ToRegister::at(runtime, ehr);
        Self {
            ehr: ehr.key().to_owned(),
            client_id: to_register.client_id,
            launch_url: to_register.launch_url,
            redirect_uri: to_register.redirect_uri,
            jwks_url: to_register.jwks_url,
            post_logout_redirect_uri: to_register.post_logout_redirect_uri,
            scopes: to_register.scopes.to_string(),
            backend_scopes: to_register.backend_scopes.map(|scopes| scopes.to_string()),
        }
    }
}
