//! One EHR with which the application is registered: [`Ehr`], built by [`EhrBuilder`].

mod builder;

use rand::CryptoRng;

pub use self::builder::EhrBuilder;
use super::{
    error::ConfigError, hourly::Hourly, key_file::read_file, policies::IdTokenPolicy, problems::Problems,
    quirks::Quirks, sign_in::SignInRules,
};
use crate::{
    protocol::{
        authorization::AuthorizeMethod,
        client_auth::{
            ClientAuth,
            credentials::{AppliedAuth, ClientAuthError, ClientCredentials, CredentialSlot},
        },
        network_guard::Addresses,
        scope::Scopes,
        urls::{EndpointUrl, FhirBaseUrl},
    },
    store::PinnedClient,
    time::Timestamp,
};

/// One FHIR base URL with everything that belongs to the registration there. Made by building a
/// [`SmartConfig`](crate::SmartConfig).
#[derive(Debug)]
pub struct Ehr {
    fhir_base: FhirBaseUrl,
    name: Option<String>,
    client_id: String,
    credentials: ClientCredentials,
    quirks: Quirks,
    id_token: IdTokenPolicy,
    sign_in: SignInRules,
    redirect_uri: EndpointUrl,
    scopes: Scopes,
    required_scopes: Scopes,
    authorize_method: AuthorizeMethod,
    endpoints: Option<EndpointOverride>,
    /// Where requests for this EHR may go.
    addresses: Addresses,
    hourly: Hourly,
}

/// Endpoints that are used without asking the EHR's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EndpointOverride {
    pub(crate) authorization: EndpointUrl,
    pub(crate) token: EndpointUrl,
    pub(crate) revocation: Option<EndpointUrl>,
}

impl Ehr {
    /// Starts the registration of the EHR with this FHIR base URL, for example `https://ehr.example/fhir/r4`.
    pub fn builder(fhir_base_url: impl Into<String>) -> EhrBuilder {
        EhrBuilder::new(fhir_base_url)
    }

    /// The FHIR base URL as it was registered.
    #[must_use]
    pub const fn fhir_base_url(&self) -> &FhirBaseUrl {
        &self.fhir_base
    }

    /// The name for people and logs, if one was given.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The client id at this EHR.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The redirect URI, exactly as it was given.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        self.redirect_uri.as_str()
    }

    /// The scopes that a launch asks for.
    #[must_use]
    pub const fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// The scopes without which no launch opens; none by default.
    #[must_use]
    pub const fn required_scopes(&self) -> &Scopes {
        &self.required_scopes
    }

    /// What every record and cache is kept under: the registered text.
    pub(crate) fn key(&self) -> &str {
        self.fhir_base.as_str()
    }

    /// Where requests for this EHR may go.
    pub(crate) const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The redirect URI, parsed.
    pub(crate) const fn redirect_url(&self) -> &url::Url {
        self.redirect_uri.url()
    }

    pub(crate) const fn credentials(&self) -> &ClientCredentials {
        &self.credentials
    }

    /// The client of this registration, as what begins now pins it.
    pub(crate) fn client(&self) -> PinnedClient {
        PinnedClient {
            client_id: self.client_id.clone(),
            credentials: self.credentials.kind(),
        }
    }

    pub(crate) const fn quirks(&self) -> &Quirks {
        &self.quirks
    }

    pub(crate) const fn id_token_policy(&self) -> IdTokenPolicy {
        self.id_token
    }

    pub(crate) const fn sign_in(&self) -> SignInRules {
        self.sign_in
    }

    pub(crate) const fn authorize_method(&self) -> AuthorizeMethod {
        self.authorize_method
    }

    pub(crate) const fn endpoints(&self) -> Option<&EndpointOverride> {
        self.endpoints.as_ref()
    }

    /// The credential to try first, and the one to try when that is definitely refused.
    pub(crate) fn credential_order(&self) -> &'static [CredentialSlot] {
        self.credentials.attempts()
    }

    /// Notes that a credential worked.
    pub(crate) fn credential_worked(&self, slot: CredentialSlot, now: Timestamp) {
        self.credentials.worked(slot);
        if slot == CredentialSlot::Previous && self.hourly.is_due(now) {
            tracing::warn!(
                ehr = self.key(),
                "the EHR accepts the previous credential only; make it accept the new one, then remove the previous"
            );
        }
    }

    /// What has to be added to a token request. Anew for every request.
    ///
    /// # Errors
    ///
    /// [`ClientAuthError`] when the slot is empty or signing fails.
    pub(crate) fn authenticate(
        &self,
        slot: CredentialSlot,
        token_endpoint: &EndpointUrl,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<AppliedAuth, ClientAuthError> {
        self.credentials
            .authenticate(slot, &self.client_id, token_endpoint, None, now, rng)
    }

    /// The same registration with other credentials.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] when something is missing in them or wrong with them.
    pub(crate) fn with_client_auth(&self, auth: &ClientAuth) -> Result<Self, ConfigError> {
        Ok(Self {
            fhir_base: self.fhir_base.clone(),
            name: self.name.clone(),
            client_id: self.client_id.clone(),
            credentials: self.check_credentials(auth)?,
            quirks: self.quirks.clone(),
            id_token: self.id_token,
            sign_in: self.sign_in,
            redirect_uri: self.redirect_uri.clone(),
            scopes: self.scopes.clone(),
            required_scopes: self.required_scopes.clone(),
            authorize_method: self.authorize_method,
            endpoints: self.endpoints.clone(),
            addresses: self.addresses.clone(),
            hourly: Hourly::default(),
        })
    }

    /// Other credentials of the same client, for one call.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] when something is missing in them or wrong with them.
    pub(crate) fn check_credentials(&self, auth: &ClientAuth) -> Result<ClientCredentials, ConfigError> {
        ClientCredentials::check(auth, &self.client_id, self.quirks.auth, &read_file).map_err(|problems| {
            let mut list = Problems::default();
            list.credentials(problems);
            ConfigError::new(list.0)
        })
    }
}
