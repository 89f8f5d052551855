//! Checks a registration: [`EhrBuilder::check`].

use super::{EhrBuilder, slips};
use crate::{
    config::{
        backend::BackendRegistration,
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
        client_auth::{ClientAuth, credentials::ClientCredentials},
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
        let backend = self.check_backend(problems);
        let caller_tokens = self.caller_tokens.as_ref();
        let caller_tokens = caller_tokens.and_then(|it| it.check(backend.is_some(), problems));
        let scopes = Scopes::parse(&self.scopes);
        let is_without_launches = self.is_without_launches() && self.redirect_uri.is_empty();
        let redirect_uri = if is_without_launches {
            Some(None)
        } else {
            let redirect_uri = problems.url("redirect_uri", &self.redirect_uri, EndpointUrl::parse);
            if let Some(redirect_uri) = &redirect_uri {
                slips::check_redirect_uri(redirect_uri.url(), problems);
            }
            if scopes.is_empty() {
                problems.missing("scopes");
            }
            redirect_uri.map(Some)
        };
        check_scopes("scopes", &scopes, problems);
        let required_scopes = problems.required_scopes(&self.required_scopes, &scopes);
        let credentials = ClientCredentials::check(&self.client_auth, &self.client_id, &self.quirks.auth, &read_file)
            .map_err(|found| problems.credentials(found))
            .ok();
        let installation = self
            .installation
            .as_ref()
            .map(|installation| installation.check(&self.client_id, &self.quirks.auth, problems));
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
            token_requests_at_once: self.token_requests_at_once,
            endpoints,
            end_session,
            backend,
            caller_tokens,
            installation: match installation {
                None => None,
                Some(checked) => Some(checked?),
            },
            addresses: Addresses::Any,
            origin: self.origin,
        };
        Some(Ehr::new(facts, credentials?))
    }

    /// What the application has for itself.
    fn check_backend(&self, problems: &mut Problems) -> Option<BackendRegistration> {
        if self.backend_scopes.is_empty() {
            return None;
        }
        let scopes = Scopes::parse(&self.backend_scopes);
        if scopes.is_empty() {
            problems.invalid("backend_scopes", InvalidReason::Empty);
        }
        check_scopes("backend_scopes", &scopes, problems);
        if matches!(self.client_auth, ClientAuth::Public) {
            problems.invalid("client_auth", InvalidReason::BackendWithoutCredentials);
        }
        let of_launches = |scope: &str| {
            let context = scope.split_once('/').map_or(scope, |(context, _)| context);
            LAUNCH_SCOPES.contains(&context)
        };
        if let Some(scope) = scopes.iter().find(|scope| of_launches(scope)) {
            let scope = scope.to_owned();
            problems.invalid("backend_scopes", InvalidReason::ScopeOfLaunches { scope });
        }
        Some(BackendRegistration {
            scopes,
            renewal: self.backend_renewal,
        })
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
    if let Some(redirect_uri) = ehr.as_ref().and_then(Ehr::redirect_url) {
        problems.other_callback(redirect_uri, rules);
    }
    ehr.filter(|_| problems.0.is_empty())
        .ok_or_else(|| ConfigError::new(problems.0))
}

/// Scopes that only a person can give, or that are about one.
const LAUNCH_SCOPES: [&str; 8] = [
    "patient",
    "user",
    "launch",
    "openid",
    "fhirUser",
    "profile",
    "offline_access",
    "online_access",
];

fn check_scopes(field: &'static str, scopes: &Scopes, problems: &mut Problems) {
    if !scopes.iter().all(is_scope_token) {
        problems.invalid(field, InvalidReason::ScopeCharacters);
    } else if !scopes.is_empty() {
        slips::check_scopes(field, scopes, problems);
    }
}

/// `scope-token` of RFC 6749, section 3.3.
fn is_scope_token(token: &str) -> bool {
    token.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\'))
}
