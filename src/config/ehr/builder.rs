//! [`EhrBuilder`]: collects and checks what belongs to an [`Ehr`].

use std::{fmt, time::Duration};

use super::Ehr;
use crate::{
    config::{
        error::{ConfigError, InvalidReason},
        hourly::Hourly,
        key_file::read_file,
        policies::IdTokenPolicy,
        problems::Problems,
        quirks::{Quirks, Registration},
        redirect_uris::RedirectRules,
        sign_in::{SignIn, SignInRules},
    },
    protocol::{
        address::{AddressGuard, Addresses},
        authorization::AuthorizeMethod,
        client_auth::{ClientAuth, credentials::ClientCredentials},
        scope::Scopes,
        urls::{EndpointUrl, FhirBaseUrl},
    },
};

/// Collects what belongs to an [`Ehr`]. Nothing is checked before [`SmartConfigBuilder::build`].
///
/// [`SmartConfigBuilder::build`]: crate::SmartConfigBuilder::build
#[derive(Clone)]
#[must_use = "give it to `SmartConfigBuilder::ehr`"]
pub struct EhrBuilder {
    fhir_base_url: String,
    name: Option<String>,
    client_id: String,
    client_auth: ClientAuth,
    quirks: Quirks,
    id_token: IdTokenPolicy,
    sign_in: SignInRules,
    redirect_uri: String,
    scopes: String,
    required_scopes: String,
    authorize_method: AuthorizeMethod,
    endpoints: Option<(String, String)>,
    revocation_endpoint: Option<String>,
    /// Set when the environment names two ways of authenticating.
    conflict: Option<InvalidReason>,
}

impl EhrBuilder {
    pub(in crate::config) fn new(fhir_base_url: impl Into<String>) -> Self {
        Self {
            fhir_base_url: fhir_base_url.into(),
            name: None,
            client_id: String::new(),
            client_auth: ClientAuth::Public,
            quirks: Quirks::default(),
            id_token: IdTokenPolicy::default(),
            sign_in: SignInRules::default(),
            redirect_uri: String::new(),
            scopes: String::new(),
            required_scopes: String::new(),
            authorize_method: AuthorizeMethod::default(),
            endpoints: None,
            revocation_endpoint: None,
            conflict: None,
        }
    }

    /// A name for people and logs. Default: none.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The client id that the EHR assigned. Required.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = client_id.into();
        self
    }

    /// How the client authenticates. Default: [`ClientAuth::Public`].
    pub fn client_auth(mut self, auth: impl Into<ClientAuth>) -> Self {
        self.client_auth = auth.into();
        self
    }

    /// What this EHR does differently. Default: nothing, [`Quirks::none`].
    pub fn quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    /// What an id token has to be for a launch to open. Default: [`IdTokenPolicy::IfPresent`].
    pub const fn id_token(mut self, policy: IdTokenPolicy) -> Self {
        self.id_token = policy;
        self
    }

    /// When a person has to sign in anew. Default: [`SignIn::AsTheEhrDecides`].
    ///
    /// Anything else needs the scope `openid` and id tokens that are looked at ([`id_token`](Self::id_token)).
    pub const fn sign_in(mut self, when: SignIn) -> Self {
        self.sign_in.sign_in = when;
        self
    }

    /// How long ago a person may have signed in at the EHR when a launch begins, in whole seconds; a fraction is dropped.
    /// Default: however long the EHR allows.
    ///
    /// It goes along with every authorization request (`max_age`; OpenID Connect Core 1.0, section 3.1.2.1), and the EHR
    /// asks whoever signed in before that to do so again. A launch opens only if its id token says that it was so
    /// (`auth_time`, give or take the 60 s by which clocks may differ). Zero asks at each launch. It needs what
    /// [`sign_in`](Self::sign_in) needs. Where both are set, a launch after a time-out demands the stricter of the two.
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.sign_in.max_age = Some(age);
        self
    }

    /// The redirect URI as registered, byte for byte; its path is the callback route. Required.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = uri.into();
        self
    }

    /// The scopes to ask for, separated by spaces. Required. `launch` is added to a launch from the EHR, and `launch/patient`
    /// to a launch that begins at the application if a scope begins with `patient/`.
    ///
    /// A server may follow OpenID Connect Core 1.0, section 11, to the letter and ignore `offline_access` where
    /// `prompt=consent` does not come with it; launches there have no refresh token. SMART knows no `prompt`:
    /// [`Quirks::authorization_parameter`] adds it.
    pub fn scopes(mut self, scopes: impl AsRef<str>) -> Self {
        scopes.as_ref().clone_into(&mut self.scopes);
        self
    }

    /// The scopes without which no launch opens, separated by spaces; [`scopes`](Self::scopes) has to ask for them.
    /// Default: none, and the application looks at what was granted
    /// ([`SmartSession::denied_scopes`](crate::SmartSession::denied_scopes)).
    ///
    /// A launch for which the EHR did not grant something that covers them ([`Scopes::covers`]) is refused with a page
    /// that names what is missing; `on_launch` does not run. Later refreshes are not judged by this: `RequireScope`
    /// looks at what is granted at the moment.
    ///
    /// Do not require `launch`, `openid`, `online_access` or `offline_access`: many EHRs give what these ask for and do
    /// not repeat them in the granted scopes.
    pub fn required_scopes(mut self, scopes: impl AsRef<str>) -> Self {
        scopes.as_ref().clone_into(&mut self.required_scopes);
        self
    }

    /// How the browser is sent to the EHR. Default: [`AuthorizeMethod::Auto`].
    pub const fn authorize_method(mut self, method: AuthorizeMethod) -> Self {
        self.authorize_method = method;
        self
    }

    /// Authorization and token endpoint, for a server without usable metadata, which is then never asked.
    /// Default: taken from `.well-known/smart-configuration`.
    pub fn endpoints(mut self, authorization: impl Into<String>, token: impl Into<String>) -> Self {
        self.endpoints = Some((authorization.into(), token.into()));
        self
    }

    /// The revocation endpoint beside [`endpoints`](Self::endpoints). Default: none.
    pub fn revocation_endpoint(mut self, revocation: impl Into<String>) -> Self {
        self.revocation_endpoint = Some(revocation.into());
        self
    }

    pub(in crate::config) fn conflicting(mut self, reason: InvalidReason) -> Self {
        self.conflict = Some(reason);
        self
    }

    /// The FHIR base URL, if it is one: EHRs are compared even when something else is wrong with them.
    pub(in crate::config) fn parsed_fhir_base(&self) -> Option<FhirBaseUrl> {
        FhirBaseUrl::parse(&self.fhir_base_url).ok()
    }

    /// The redirect URI, if it is one.
    pub(in crate::config) fn parsed_redirect_uri(&self) -> Option<EndpointUrl> {
        EndpointUrl::parse(&self.redirect_uri).ok()
    }

    /// Takes the redirect URI of the configuration, unless it has one of its own.
    pub(in crate::config) fn or_redirect_uri(mut self, default: Option<&str>) -> Self {
        if let Some(default) = default.filter(|_| self.redirect_uri.is_empty()) {
            default.clone_into(&mut self.redirect_uri);
        }
        self
    }

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
        let mut ehr = finished(ehr, rules, problems)?;
        ehr.addresses = Addresses::Guarded(guard.clone());
        Ok(ehr)
    }

    pub(in crate::config) fn given_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Checks everything; problems go to the list.
    pub(in crate::config) fn check(self, problems: &mut Problems) -> Option<Ehr> {
        let fhir_base = problems.url("fhir_base_url", &self.fhir_base_url, FhirBaseUrl::parse);
        if self.client_id.is_empty() {
            problems.missing("client_id");
        } else if self.client_id.chars().any(char::is_control) {
            problems.invalid("client_id", InvalidReason::ControlCharacters);
        }
        let redirect_uri = problems.url("redirect_uri", &self.redirect_uri, EndpointUrl::parse);
        let scopes = Scopes::parse(&self.scopes);
        if scopes.is_empty() {
            problems.missing("scopes");
        } else if !scopes.iter().all(is_scope_token) {
            problems.invalid("scopes", InvalidReason::ScopeCharacters);
        }
        let required_scopes = problems.required_scopes(&self.required_scopes, &scopes);
        let credentials = ClientCredentials::check(&self.client_auth, &self.client_id, self.quirks.auth, &read_file)
            .map_err(|found| problems.credentials(found))
            .ok();
        if let Some(reason) = self.conflict {
            problems.invalid("client_auth", reason);
        }
        let registration = Registration {
            client_id: &self.client_id,
            scopes: &scopes,
            has_endpoints: self.endpoints.is_some(),
        };
        self.quirks.check(&registration, problems);
        let endpoints = problems.endpoints(self.endpoints, self.revocation_endpoint);
        if let Some(issuer) = &self.quirks.id_token_issuer {
            problems.url("id_token_issuer", issuer, FhirBaseUrl::parse);
        }
        if let Some(keys) = &self.quirks.id_token_jwks_uri {
            problems.url("id_token_jwks_uri", keys, EndpointUrl::parse);
        }
        self.sign_in.check(&scopes, self.id_token, &self.quirks, problems);
        let asks_who = scopes.contains("openid");
        if self.id_token == IdTokenPolicy::Required && !asks_who {
            problems.invalid("id_token", InvalidReason::RequiredWithoutOpenid);
        }
        let looks = self.id_token == IdTokenPolicy::Required || self.id_token == IdTokenPolicy::IfPresent && asks_who;
        if looks && endpoints.is_some() && self.quirks.id_token_issuer.is_none() {
            problems.invalid("id_token_issuer", InvalidReason::NoIssuer);
        }
        Some(Ehr {
            fhir_base: fhir_base?,
            name: self.name,
            client_id: self.client_id,
            credentials: credentials?,
            quirks: self.quirks,
            id_token: self.id_token,
            sign_in: self.sign_in,
            redirect_uri: redirect_uri?,
            scopes,
            required_scopes,
            authorize_method: self.authorize_method,
            endpoints,
            addresses: Addresses::Any,
            hourly: Hourly::default(),
        })
    }
}

fn finished(ehr: Option<Ehr>, rules: &RedirectRules, mut problems: Problems) -> Result<Ehr, ConfigError> {
    if let Some(ehr) = &ehr
        && !rules.allow(ehr.redirect_url())
    {
        let callback = rules.callback();
        problems.invalid("redirect_uri", InvalidReason::OtherCallback { callback });
    }
    ehr.filter(|_| problems.0.is_empty())
        .ok_or_else(|| ConfigError::new(problems.0))
}

/// URLs are left out: one that is not checked yet may have a password in it.
impl fmt::Debug for EhrBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EhrBuilder")
            .field("name", &self.name)
            .field("client_id", &self.client_id)
            .field("client_auth", &self.client_auth)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// `scope-token` of RFC 6749, section 3.3.
fn is_scope_token(token: &str) -> bool {
    token.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\'))
}
