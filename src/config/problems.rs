//! Collects what is wrong while values are parsed: [`Problems`].

use url::Url;

use super::{
    endpoints::{EndpointOverride, EndpointsUse},
    error::{ConfigProblem, InvalidReason, ProblemKind},
    redirect_uris::RedirectRules,
};
use crate::protocol::{
    client_auth::credentials::CredentialProblem,
    scope::Scopes,
    urls::{EndpointUrl, UrlError},
};

/// The problems found so far, not yet labelled with the EHR they belong to.
#[derive(Debug, Default)]
pub(super) struct Problems(pub(super) Vec<ConfigProblem>);

impl Problems {
    pub(super) fn missing(&mut self, field: &'static str) {
        self.add(field, ProblemKind::Missing);
    }

    pub(super) fn invalid(&mut self, field: &'static str, reason: impl Into<InvalidReason>) {
        self.add(field, ProblemKind::Invalid(reason.into()));
    }

    fn add(&mut self, field: &'static str, kind: ProblemKind) {
        self.0.push(ConfigProblem { ehr: None, field, kind });
    }

    pub(super) fn url<T>(
        &mut self,
        field: &'static str,
        text: &str,
        parse: fn(&str) -> Result<T, UrlError>,
    ) -> Option<T> {
        if text.is_empty() {
            self.missing(field);
            return None;
        }
        parse(text).map_err(|error| self.invalid(field, error)).ok()
    }

    /// Endpoints that were configured: authorization and token together, revocation only beside them.
    pub(super) fn endpoints(
        &mut self,
        endpoints: Option<&(String, String)>,
        revocation: Option<&str>,
        issuer: Option<&str>,
        used: EndpointsUse,
    ) -> Option<EndpointOverride> {
        let revocation = revocation.map(|text| self.url("revocation_endpoint", text, EndpointUrl::parse));
        let issuer = issuer.map(|text| self.url("endpoints_issuer", text, EndpointUrl::parse));
        if endpoints.is_none() && revocation.is_none() && issuer.is_none() {
            return None;
        }
        let (authorization, token) = endpoints.map_or(("", ""), |(authorization, token)| (authorization, token));
        let authorization = self.url("authorization_endpoint", authorization, EndpointUrl::parse);
        let token = self.url("token_endpoint", token, EndpointUrl::parse);
        Some(EndpointOverride {
            used,
            authorization: authorization?,
            token: token?,
            revocation: revocation.flatten(),
            issuer: issuer.flatten().map(|issuer| issuer.as_str().to_owned()),
        })
    }

    /// A redirect URI has to lead to the callback of the application.
    pub(super) fn other_callback(&mut self, redirect_uri: &Url, rules: &RedirectRules) {
        if !rules.allow(redirect_uri) {
            let callback = rules.callback();
            self.invalid("redirect_uri", InvalidReason::OtherCallback { callback });
        }
    }

    /// Scopes that a launch requires have to be well-formed, and requested.
    pub(super) fn required_scopes(&mut self, text: &str, requested: &Scopes) -> Scopes {
        if has_commas(&Scopes::parse(text)) {
            self.invalid("required_scopes", InvalidReason::CommaInScopes);
            return Scopes::default();
        }
        match Scopes::parse_strict(text) {
            Err(error) => {
                self.invalid("required_scopes", error);
                Scopes::default()
            }
            Ok(required) => {
                let scopes = requested.uncovered(&required);
                if !scopes.is_empty() {
                    self.invalid("required_scopes", InvalidReason::NotRequested { scopes });
                }
                required
            }
        }
    }

    pub(super) fn credentials(&mut self, found: Vec<CredentialProblem>) {
        for problem in found {
            match problem {
                CredentialProblem::Missing(field) => self.missing(field),
                CredentialProblem::Key { field, kid, error } => self.invalid(field, InvalidReason::Key { kid, error }),
                CredentialProblem::Jku(error) => self.invalid("jku", error),
                CredentialProblem::Lifetime => self.invalid("assertion_lifetime", InvalidReason::AssertionLifetime),
                CredentialProblem::DuplicateKid(duplicate) => {
                    self.invalid("kid", InvalidReason::DuplicateKid { kid: duplicate.0 });
                }
                CredentialProblem::SeveralPrevious => {
                    self.invalid("previous_private_key", InvalidReason::SeveralPrevious);
                }
                CredentialProblem::SeveralPreviousSecrets => {
                    self.invalid("previous_client_secret", InvalidReason::SeveralPreviousSecrets);
                }
                CredentialProblem::SameAlgorithm => self.invalid("other_private_key", InvalidReason::SameAlgorithm),
                CredentialProblem::ColonInClientId => self.invalid("client_id", InvalidReason::ColonInClientId),
            }
        }
    }
}

/// Whether commas stand between scopes. In the query of a scope they have a meaning.
pub(super) fn has_commas(scopes: &Scopes) -> bool {
    scopes.iter().any(|scope| scope.contains(',') && !scope.contains('?'))
}
