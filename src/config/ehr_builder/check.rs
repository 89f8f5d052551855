//! Checks a registration: [`EhrBuilder::check`].

use super::{EhrBuilder, slips};
use crate::{
    config::{
        ehr::{Ehr, EhrFacts},
        endpoints::EndpointsUse,
        error::{ConfigError, InvalidReason},
        key_file::read_file,
        policies::IdTokenPolicy,
        problems::Problems,
        quirks::check::Registration,
        redirect_uris::RedirectRules,
    },
    protocol::{
        client_auth::credentials::ClientCredentials,
        network_guard::{AddressGuard, Addresses},
        scope::Scopes,
        urls::{EndpointUrl, FhirBaseUrl},
    },
};

impl EhrBuilder {
    /// Builds a registration that joins others at run time.
    pub(crate) fn build_alone(self, rules: &RedirectRules) -> Result<Ehr, ConfigError> {
        let mut problems = Problems::default();
        let ehr = self.or_redirect_uri(rules.default()).check(&mut problems);
        finished(ehr, rules, problems)
    }

    /// Builds a registration that a resolver gave when it was asked for the EHR with that address.
    pub(crate) fn build_resolved(
        self,
        asked: &FhirBaseUrl,
        rules: &RedirectRules,
        guard: &AddressGuard,
    ) -> Result<Ehr, ConfigError> {
        let mut problems = Problems::default();
        if !asked.matches(&self.fhir_base_url) {
            problems.invalid("fhir_base_url", InvalidReason::NotTheOneAsked);
        }
        let ehr = self.or_redirect_uri(rules.default()).check(&mut problems);
        let ehr = ehr.map(|ehr| ehr.reaching(Addresses::Guarded(guard.clone())));
        finished(ehr, rules, problems)
    }

    /// Checks everything; problems go to the list.
    pub(in crate::config) fn check(self, problems: &mut Problems) -> Option<Ehr> {
        let fhir_base = problems.url("fhir_base_url", &self.fhir_base_url, FhirBaseUrl::parse);
        slips::check_fhir_base(&self.fhir_base_url, problems);
        if self.client_id.is_empty() {
            problems.missing("client_id");
        } else {
            slips::check_client_id(&self.client_id, problems);
        }
        let redirect_uri = problems.url("redirect_uri", &self.redirect_uri, EndpointUrl::parse);
        if let Some(redirect_uri) = &redirect_uri {
            slips::check_redirect_uri(redirect_uri.url(), problems);
        }
        let scopes = Scopes::parse(&self.scopes);
        if scopes.is_empty() {
            problems.missing("scopes");
        } else if !scopes.iter().all(is_scope_token) {
            problems.invalid("scopes", InvalidReason::ScopeCharacters);
        } else {
            slips::check_scopes(&scopes, problems);
        }
        let required_scopes = problems.required_scopes(&self.required_scopes, &scopes);
        let credentials = ClientCredentials::check(&self.client_auth, &self.client_id, &self.quirks.auth, &read_file)
            .map_err(|found| problems.credentials(found))
            .ok();
        if let Some(reason) = &self.conflict {
            problems.invalid("client_auth", reason.clone());
        }
        let registration = Registration {
            client_id: &self.client_id,
            scopes: &scopes,
            may_go_without_metadata: self.endpoints.is_some(),
            has_endpoints: self.endpoints.is_some() && self.endpoints_use == EndpointsUse::Always,
        };
        self.quirks.check(&registration, problems);
        let endpoints = problems.endpoints(
            self.endpoints.as_ref(),
            self.revocation_endpoint.as_deref(),
            self.endpoints_issuer.as_deref(),
            self.endpoints_use,
        );
        let end_session = self.end_session.as_ref().and_then(|it| it.check(problems));
        self.check_identity(&scopes, endpoints.is_some(), problems);
        let facts = EhrFacts {
            fhir_base: fhir_base?,
            name: self.name,
            client_id: self.client_id,
            quirks: self.quirks,
            id_token: self.id_token,
            sign_in: self.sign_in,
            redirect_uri: redirect_uri?,
            scopes,
            required_scopes,
            authorize_method: self.authorize_method,
            endpoints,
            end_session,
            addresses: Addresses::Any,
        };
        Some(Ehr::new(facts, credentials?))
    }

    /// What id tokens and new sign-ins need.
    fn check_identity(&self, scopes: &Scopes, has_endpoints: bool, problems: &mut Problems) {
        if let Some(issuer) = &self.quirks.id_token_issuer {
            problems.url("id_token_issuer", issuer, FhirBaseUrl::parse);
        }
        if let Some(keys) = &self.quirks.id_token_jwks_uri {
            problems.url("id_token_jwks_uri", keys, EndpointUrl::parse);
        }
        self.sign_in.check(scopes, self.id_token, &self.quirks, problems);
        let asks_who = scopes.contains("openid");
        if self.id_token == IdTokenPolicy::Required && !asks_who {
            problems.invalid("id_token", InvalidReason::RequiredWithoutOpenid);
        }
        let looks = self.id_token == IdTokenPolicy::Required || self.id_token == IdTokenPolicy::IfPresent && asks_who;
        if looks && has_endpoints && self.quirks.id_token_issuer.is_none() {
            problems.invalid("id_token_issuer", InvalidReason::NoIssuer);
        }
    }
}

fn finished(ehr: Option<Ehr>, rules: &RedirectRules, mut problems: Problems) -> Result<Ehr, ConfigError> {
    if let Some(ehr) = &ehr {
        problems.other_callback(ehr.redirect_url(), rules);
    }
    ehr.filter(|_| problems.0.is_empty())
        .ok_or_else(|| ConfigError::new(problems.0))
}

/// `scope-token` of RFC 6749, section 3.3.
fn is_scope_token(token: &str) -> bool {
    token.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\'))
}
