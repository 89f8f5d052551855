//! One EHR with which the application is registered: [`Ehr`].

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use rand::CryptoRng;

use super::{
    backend::BackendRegistration, caller_tokens::CheckedCallerTokens, end_session::CheckedEndSession,
    endpoints::EndpointOverride, error::ConfigError, installation_client::CheckedInstallation, key_file::read_file,
    once_per_hour::OncePerHour, policies::IdTokenPolicy, problems::Problems, quirks::Quirks, sign_in::SignInRules,
};
use crate::{
    protocol::{
        authorization::AuthorizeMethod,
        client_auth::{
            AuthServer, ClientAuth,
            credentials::{Authentication, ClientAuthError, ClientCredentials, CredentialSlot, Unlisted},
        },
        findings::TokenResponseReport,
        metadata::ServerMetadata,
        network_guard::Addresses,
        scope::Scopes,
        urls::{EndpointUrl, FhirBaseUrl},
        visible::in_log,
    },
    store::PinnedClient,
    time::Timestamp,
};

/// One FHIR base URL with everything that belongs to the registration there. Made by building a
/// [`SmartConfig`](crate::SmartConfig).
#[derive(Debug)]
pub struct Ehr {
    facts: EhrFacts,
    credentials: ClientCredentials,
    said: Arc<Said>,
}

/// How many token requests an EHR gets at once where nothing else is said.
pub(crate) const DEFAULT_TOKEN_REQUESTS: u16 = 64;

/// What the log has of an EHR already.
#[derive(Debug, Default)]
struct Said {
    /// The findings in its token responses.
    unusual: AtomicU32,
    unlisted_credentials: AtomicBool,
    previous_credential: OncePerHour,
}

/// Who has registered the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A person.
    Hand,
    /// The application (RFC 7591).
    Itself,
}

/// A registration but for its credentials.
#[derive(Debug, Clone)]
pub(super) struct EhrFacts {
    pub(super) fhir_base: FhirBaseUrl,
    pub(super) name: Option<String>,
    pub(super) client_id: String,
    pub(super) quirks: Quirks,
    pub(super) id_token: IdTokenPolicy,
    pub(super) sign_in: SignInRules,
    /// `None`: nobody launches there.
    pub(super) redirect_uri: Option<EndpointUrl>,
    pub(super) scopes: Scopes,
    pub(super) required_scopes: Scopes,
    pub(super) authorize_method: AuthorizeMethod,
    pub(super) token_requests_at_once: u16,
    pub(super) endpoints: Option<EndpointOverride>,
    pub(super) end_session: Option<CheckedEndSession>,
    pub(super) backend: Option<BackendRegistration>,
    pub(super) caller_tokens: Option<CheckedCallerTokens>,
    pub(super) installation: Option<CheckedInstallation>,
    /// Where requests for this EHR may go.
    pub(super) addresses: Addresses,
    pub(super) origin: Origin,
}

impl Ehr {
    /// Says in the log what is unusual about this EHR's token responses, each thing once.
    pub(crate) fn tell_findings(&self, unusual: TokenResponseReport) {
        let told = self.said.unusual.fetch_or(unusual.bits(), Ordering::Relaxed);
        for finding in unusual.beyond(TokenResponseReport::from_bits(told)) {
            tracing::info!(
                ehr = self.fhir_base_url().as_str(),
                "the token response {finding}; said once"
            );
        }
    }

    /// Warns, once, when the EHR's metadata does not list this client's way of authentication.
    pub(crate) fn compare_credentials(&self, metadata: &ServerMetadata) {
        let Some(unlisted) = self.credentials.unlisted(metadata) else {
            return;
        };
        if self.said.unlisted_credentials.swap(true, Ordering::Relaxed) {
            return;
        }
        match unlisted {
            Unlisted::Method { used, listed } => tracing::warn!(
                ehr = self.key(),
                used,
                listed = in_log(&listed),
                "the EHR does not list this registration's way of client authentication; if it answers invalid_client, \
                 register and configure one of those that it lists"
            ),
            Unlisted::Algorithm { used, listed } => tracing::warn!(
                ehr = self.key(),
                ?used,
                listed = in_log(&listed),
                "the EHR does not list the algorithm of the signing key; if it answers invalid_client, use a key of a listed \
                 one, or add one (`PrivateKeyJwt::or`)"
            ),
        }
    }

    pub(super) fn new(facts: EhrFacts, credentials: ClientCredentials) -> Self {
        Self {
            facts,
            credentials,
            said: Arc::default(),
        }
    }

    /// The same, with another rule for where requests may go.
    pub(super) fn reaching(mut self, addresses: Addresses) -> Self {
        self.facts.addresses = addresses;
        self
    }

    /// The same registration as one before: what was said of that need not be said again.
    pub(crate) fn taking_over_from(mut self, former: &Self) -> Self {
        if self.client() == former.client() {
            self.said = Arc::clone(&former.said);
        }
        self
    }

    #[cfg(test)]
    pub(crate) fn says_together_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.said, &other.said)
    }

    /// The FHIR base URL as it was registered.
    #[must_use]
    pub const fn fhir_base_url(&self) -> &FhirBaseUrl {
        &self.facts.fhir_base
    }

    /// The name for people and logs, if one was given.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.facts.name.as_deref()
    }

    /// The client id at this EHR.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.facts.client_id
    }

    /// The redirect URI, exactly as it was given. `None` where nobody launches: the registration is for the application itself
    /// ([`EhrBuilder::backend_scopes`](crate::EhrBuilder::backend_scopes)).
    #[must_use]
    pub fn redirect_uri(&self) -> Option<&str> {
        self.facts.redirect_uri.as_ref().map(EndpointUrl::as_str)
    }

    /// The scopes that the application has for itself, without a user; none by default.
    #[must_use]
    pub fn backend_scopes(&self) -> Option<&Scopes> {
        self.backend().map(|backend| &backend.scopes)
    }

    /// What there is for the application itself.
    pub(crate) const fn backend(&self) -> Option<&BackendRegistration> {
        self.facts.backend.as_ref()
    }

    /// How the tokens of those are checked who call the application. `None`: nobody does with tokens of this EHR.
    pub(crate) const fn caller_tokens(&self) -> Option<&CheckedCallerTokens> {
        self.facts.caller_tokens.as_ref()
    }

    /// How launches without a refresh token are renewed.
    pub(crate) const fn installation(&self) -> Option<&CheckedInstallation> {
        self.facts.installation.as_ref()
    }

    /// Whether anybody can launch there.
    pub(crate) const fn takes_launches(&self) -> bool {
        self.facts.redirect_uri.is_some()
    }

    /// The scopes that a launch asks for.
    #[must_use]
    pub const fn scopes(&self) -> &Scopes {
        &self.facts.scopes
    }

    /// The scopes without which no launch opens; none by default.
    #[must_use]
    pub const fn required_scopes(&self) -> &Scopes {
        &self.facts.required_scopes
    }

    /// What every record and cache is kept under: the registered text.
    pub(crate) fn key(&self) -> &str {
        self.facts.fhir_base.as_str()
    }

    /// How many token requests it gets at once.
    pub(crate) fn token_requests_at_once(&self) -> usize {
        self.facts.token_requests_at_once.into()
    }

    /// Where requests for this EHR may go.
    pub(crate) const fn addresses(&self) -> &Addresses {
        &self.facts.addresses
    }

    pub(crate) const fn origin(&self) -> Origin {
        self.facts.origin
    }

    /// The redirect URI, parsed.
    pub(crate) fn redirect_url(&self) -> Option<&url::Url> {
        self.facts.redirect_uri.as_ref().map(EndpointUrl::url)
    }

    pub(crate) const fn credentials(&self) -> &ClientCredentials {
        &self.credentials
    }

    /// The client of this registration, as what begins now pins it.
    pub(crate) fn client(&self) -> PinnedClient {
        PinnedClient {
            client_id: self.facts.client_id.clone(),
            credentials: self.credentials.kind(),
        }
    }

    pub(crate) const fn quirks(&self) -> &Quirks {
        &self.facts.quirks
    }

    pub(crate) const fn id_token_policy(&self) -> IdTokenPolicy {
        self.facts.id_token
    }

    pub(crate) const fn sign_in(&self) -> SignInRules {
        self.facts.sign_in
    }

    pub(crate) const fn authorize_method(&self) -> AuthorizeMethod {
        self.facts.authorize_method
    }

    pub(crate) const fn endpoints(&self) -> Option<&EndpointOverride> {
        self.facts.endpoints.as_ref()
    }

    pub(crate) const fn end_session(&self) -> Option<&CheckedEndSession> {
        self.facts.end_session.as_ref()
    }

    /// The credential to try first, and the one to try when that is definitely refused.
    pub(crate) fn credential_order(&self, server: &AuthServer<'_>) -> &'static [CredentialSlot] {
        self.credentials.attempts(server.assertion_algorithm)
    }

    /// Notes that a credential worked.
    pub(crate) fn credential_worked(&self, slot: CredentialSlot, now: Timestamp) {
        self.credentials.worked(slot);
        if slot == CredentialSlot::Previous && self.said.previous_credential.is_due(now) {
            tracing::warn!(
                ehr = self.key(),
                "the EHR accepts the previous credential only; make it accept the new one, then remove the previous"
            );
        }
    }

    /// What authenticates a token request. Made for each request.
    ///
    /// # Errors
    ///
    /// [`ClientAuthError`] when the slot is empty or signing fails.
    pub(crate) fn authenticate(
        &self,
        slot: CredentialSlot,
        server: &AuthServer<'_>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Authentication, ClientAuthError> {
        self.credentials.authenticate(slot, server, now, rng)
    }

    /// The same registration with other credentials.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] when something is missing in them or wrong with them.
    pub(crate) fn with_client_auth(&self, auth: &ClientAuth) -> Result<Self, ConfigError> {
        Ok(Self::new(self.facts.clone(), self.check_credentials(auth)?).taking_over_from(self))
    }

    /// Other credentials of the same client, for one call.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] when something is missing in them or wrong with them.
    pub(crate) fn check_credentials(&self, auth: &ClientAuth) -> Result<ClientCredentials, ConfigError> {
        ClientCredentials::check(auth, &self.facts.client_id, &self.facts.quirks.auth, &read_file).map_err(|problems| {
            let mut list = Problems::default();
            list.credentials(problems);
            ConfigError::new(list.0)
        })
    }
}
