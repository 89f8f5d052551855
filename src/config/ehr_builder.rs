//! [`EhrBuilder`]: collects and checks what belongs to an [`Ehr`].

mod check;
mod slips;
mod to_register;

use std::{fmt, time::Duration};

use super::ehr::{DEFAULT_TOKEN_REQUESTS, Ehr, Origin};
use crate::{
    config::{
        backend::BackendRenewal,
        caller_tokens::CallerTokens,
        end_session::EndSession,
        endpoints::EndpointsUse,
        error::InvalidReason,
        installation_client::InstallationClient,
        policies::IdTokenPolicy,
        quirks::Quirks,
        sign_in::{SignIn, SignInRules},
    },
    protocol::{
        authorization::AuthorizeMethod,
        client_auth::ClientAuth,
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
    backend_scopes: String,
    backend_renewal: BackendRenewal,
    caller_tokens: Option<CallerTokens>,
    installation: Option<InstallationClient>,
    authorize_method: AuthorizeMethod,
    token_requests_at_once: u16,
    endpoints: Option<(String, String)>,
    endpoints_use: EndpointsUse,
    end_session: Option<EndSession>,
    revocation_endpoint: Option<String>,
    endpoints_issuer: Option<String>,
    origin: Origin,
    /// Set when the environment names two ways of authenticating.
    conflict: Option<InvalidReason>,
    /// How long it may be remembered, at most.
    remembered_for: Option<Duration>,
}

impl Ehr {
    /// Starts the registration of the EHR with this FHIR base URL, for example `https://ehr.example/fhir/r4`.
    pub fn builder(fhir_base_url: impl Into<String>) -> EhrBuilder {
        EhrBuilder::new(fhir_base_url)
    }
}

impl EhrBuilder {
    pub(super) fn new(fhir_base_url: impl Into<String>) -> Self {
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
            backend_scopes: String::new(),
            backend_renewal: BackendRenewal::default(),
            caller_tokens: None,
            installation: None,
            authorize_method: AuthorizeMethod::default(),
            token_requests_at_once: DEFAULT_TOKEN_REQUESTS,
            endpoints: None,
            endpoints_use: EndpointsUse::default(),
            end_session: None,
            revocation_endpoint: None,
            endpoints_issuer: None,
            origin: Origin::Hand,
            conflict: None,
            remembered_for: None,
        }
    }

    /// The same, which is not remembered for longer than this.
    pub(crate) const fn remembered_for(mut self, longest: Option<Duration>) -> Self {
        self.remembered_for = longest;
        self
    }

    /// How long it may be remembered, where it says so.
    pub(crate) const fn longest(&self) -> Option<Duration> {
        self.remembered_for
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

    /// What a launch needs of an id token to open. Default: [`IdTokenPolicy::IfPresent`].
    pub const fn id_token(mut self, policy: IdTokenPolicy) -> Self {
        self.id_token = policy;
        self
    }

    /// When a person has to sign in again. Default: [`SignIn::AsTheEhrDecides`].
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
    /// asks a person who signed in before that to do so again. A launch opens only if its id token says that it was so
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
    /// A launch for which the EHR did not grant something that covers them ([`Scopes::covers`](crate::scope::Scopes::covers)) is refused with a page
    /// that names what is missing; `on_launch` does not run. Later refreshes are not judged by this: `RequireScope`
    /// looks at what is granted at the moment.
    ///
    /// Do not require `launch`, `openid`, `online_access` or `offline_access`: many EHRs give what these ask for and do
    /// not repeat them in the granted scopes.
    pub fn required_scopes(mut self, scopes: impl AsRef<str>) -> Self {
        scopes.as_ref().clone_into(&mut self.required_scopes);
        self
    }

    /// The scopes that the application has for itself, without a user, separated by spaces, such as `system/Patient.rs`
    /// ([`SmartConfig::backend`](crate::SmartConfig::backend)). Default: none.
    ///
    /// A registration with these and without [`scopes`](Self::scopes) is for that alone: nobody launches there, and it needs no
    /// [`redirect_uri`](Self::redirect_uri). With both, launches and the application itself are the same client.
    ///
    /// It needs credentials: a key (SMART App Launch 2.2, Backend Services), or a secret at servers that take one.
    pub fn backend_scopes(mut self, scopes: impl AsRef<str>) -> Self {
        scopes.as_ref().clone_into(&mut self.backend_scopes);
        self
    }

    /// When a token for [`backend_scopes`](Self::backend_scopes) is renewed. Default: [`BackendRenewal::WhenAsked`].
    pub const fn backend_renewal(mut self, renewal: BackendRenewal) -> Self {
        self.backend_renewal = renewal;
        self
    }

    /// Takes calls of others with access tokens of this EHR's authorization server, and says how these are checked
    /// ([`SmartConfig::resource_server`](crate::SmartConfig::resource_server)). Default: not.
    ///
    /// A registration with these and without [`scopes`](Self::scopes) needs no [`redirect_uri`](Self::redirect_uri): nobody launches
    /// there.
    pub fn caller_tokens(mut self, caller_tokens: CallerTokens) -> Self {
        self.caller_tokens = Some(caller_tokens);
        self
    }

    /// How launches are renewed at an EHR that gives this client no refresh token and makes a client for each launch instead (Epic's
    /// dynamic clients). Default: not; such a launch ends with its first access token.
    pub fn installation_client(mut self, client: InstallationClient) -> Self {
        self.installation = Some(client);
        self
    }

    /// How the browser is sent to the EHR. Default: [`AuthorizeMethod::Auto`].
    /// [`Quirks::posted_launches`](crate::Quirks::posted_launches) can keep launches that begin at the application from
    /// being posted.
    pub const fn authorize_method(mut self, method: AuthorizeMethod) -> Self {
        self.authorize_method = method;
        self
    }

    /// How many token requests of this process the EHR gets at once, refreshes and code exchanges together; exchanges take half of them at
    /// most, as strangers can cause those. As many again wait, for at most 5 s; what comes beyond that is refused before anything is
    /// sent, and a token that still works is used meanwhile. So of tokens that run out together, an EHR that takes 2 s for each renews 32
    /// in a second with the default. At least 1. Default: 64. More need an EHR that takes more: ask it.
    pub const fn token_requests_at_once(mut self, requests: u16) -> Self {
        self.token_requests_at_once = if requests == 0 { 1 } else { requests };
        self
    }

    /// Authorization and token endpoint, for a server without usable metadata, which is then never asked, unless
    /// [`endpoints_use`](Self::endpoints_use) says otherwise. Default: taken from `.well-known/smart-configuration`.
    pub fn endpoints(mut self, authorization: impl Into<String>, token: impl Into<String>) -> Self {
        self.endpoints = Some((authorization.into(), token.into()));
        self
    }

    /// When [`endpoints`](Self::endpoints) are used. Default: [`EndpointsUse::Always`].
    pub const fn endpoints_use(mut self, used: EndpointsUse) -> Self {
        self.endpoints_use = used;
        self
    }

    /// Signs people out at the EHR too, after they have signed out here. Default: not.
    pub fn end_session(mut self, end_session: EndSession) -> Self {
        self.end_session = Some(end_session);
        self
    }

    /// The revocation endpoint beside [`endpoints`](Self::endpoints). Default: none.
    pub fn revocation_endpoint(mut self, revocation: impl Into<String>) -> Self {
        self.revocation_endpoint = Some(revocation.into());
        self
    }

    /// The issuer of the authorization server beside [`endpoints`](Self::endpoints), exactly as the server writes it: what the `iss`
    /// of a callback is compared with (RFC 9207). Default: none, and where several EHRs are registered a callback with `iss` is
    /// refused, because it may be another's.
    pub fn endpoints_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.endpoints_issuer = Some(issuer.into());
        self
    }

    pub(super) fn conflicting(mut self, reason: InvalidReason) -> Self {
        self.conflict = Some(reason);
        self
    }

    /// The FHIR base URL, if it is one: EHRs are compared even when something else is wrong with them.
    pub(super) fn parsed_fhir_base(&self) -> Option<FhirBaseUrl> {
        FhirBaseUrl::parse(&self.fhir_base_url).ok()
    }

    /// The redirect URI, if it is one.
    pub(super) fn parsed_redirect_uri(&self) -> Option<EndpointUrl> {
        EndpointUrl::parse(&self.redirect_uri).ok()
    }

    /// Takes the redirect URI of the configuration, unless it has one of its own.
    pub(super) fn or_redirect_uri(mut self, default: Option<&str>) -> Self {
        if let Some(default) = default.filter(|_| self.redirect_uri.is_empty() && !self.is_without_launches()) {
            default.clone_into(&mut self.redirect_uri);
        }
        self
    }

    /// Whether nobody launches there.
    pub(super) fn is_without_launches(&self) -> bool {
        (!self.backend_scopes.is_empty() || self.caller_tokens.is_some()) && self.scopes.is_empty()
    }

    pub(super) fn given_name(&self) -> Option<&str> {
        self.name.as_deref()
    }
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
