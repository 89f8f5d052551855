//! Registers the application at one EHR: [`Registrar`].

use std::{fmt, sync::Arc};

use serde_json::{Map, Value, json};

use super::{
    error::{RegistrationError, RegistrationOperation},
    send::{Call, read},
};
use crate::{
    config::first_use::ToRegister,
    protocol::{
        client_registration::{ClientMetadata, ClientRegistration, Management},
        network_guard::Addresses,
        secret::{InitialAccessToken, RegistrationAccessToken, RegistrationUri, SoftwareStatement},
        transport_error::TransportError,
        urls::EndpointUrl,
    },
    runtime::{Runtime, engine::Engine, handed_over::run_or_undo},
};

/// Registers the application at one EHR, and reads, changes and deletes the registration later.
///
/// Nothing is sent twice. What was begun comes to its end though the future is dropped: a registration that nobody takes any more is
/// deleted again where the server offers that and says that it has just made it (`client_id_issued_at`), and else named in the log. For
/// that it is tried up to five times within an hour. What cannot be known: whether a server has registered
/// something and the answer was lost ([`RegistrationError::may_have_registered`]), and what became of a request when the process was
/// killed after sending it.
///
/// Requests go to the address that you give and to what that server announces. Give no address that a stranger chose.
///
/// # Examples
///
/// ```no_run
/// use actix_smart_auth::{Ehr, PrivateKey, PrivateKeyJwt, SmartConfig, registration::ClientMetadata, store::SealingKeys};
///
/// # async fn run(config: SmartConfig, keys: SealingKeys) -> Result<(), Box<dyn std::error::Error>> {
/// let ehr = Ehr::builder("https://ehr.example/fhir/r4")
///     .client_auth(PrivateKeyJwt::new("key-1", PrivateKey::file("/run/secrets/key.pem")))
///     .redirect_uri("https://app.example/auth/callback")
///     .scopes("openid fhirUser patient/Patient.rs patient/Observation.rs");
/// let metadata = ClientMetadata::for_ehr("Growth charts", &ehr)?.build()?;
/// let registration = config
///     .registrar("https://ehr.example/fhir/r4")
///     .initial_access_token("from the EHR's operator")
///     .register(&metadata)
///     .await?;
/// let for_the_database: Vec<u8> = registration.seal(&keys)?;
/// for change in registration.changes() {
///     println!("{} was registered as {:?}", change.member, change.registered);
/// }
/// config.put_ehr(registration.ehr(ehr))?;
/// # let _ = for_the_database;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Registrar {
    pub(super) runtime: Arc<Runtime>,
    /// Keeps the engine open.
    _engine: Engine,
    pub(super) fhir_base_url: String,
    pub(super) endpoint: Option<String>,
    pub(super) initial_access_token: Option<InitialAccessToken>,
    pub(super) software_statement: Option<SoftwareStatement>,
    pub(super) management_origins: Vec<String>,
    /// Where requests may go.
    pub(super) addresses: Addresses,
}

impl Registrar {
    /// `engine` is an owning handle.
    pub(crate) fn new(runtime: Arc<Runtime>, engine: Engine, fhir_base_url: &str) -> Self {
        Self {
            runtime,
            _engine: engine,
            fhir_base_url: fhir_base_url.to_owned(),
            endpoint: None,
            initial_access_token: None,
            software_statement: None,
            management_origins: Vec::new(),
            addresses: Addresses::Any,
        }
    }

    /// The same, with another rule for where requests may go.
    pub(super) fn reaching(mut self, addresses: Addresses) -> Self {
        self.addresses = addresses;
        self
    }

    /// With the options that are given there.
    pub(super) fn with_options_of(self, to_register: &ToRegister) -> Self {
        Self {
            endpoint: to_register.endpoint.clone(),
            initial_access_token: to_register.initial_access_token.clone(),
            software_statement: to_register.software_statement.clone(),
            management_origins: to_register.management_origins.clone(),
            ..self
        }
    }

    /// Where to register. https, or http on a loopback host. Default: the `registration_endpoint` of the EHR's metadata, which is
    /// asked for anew each time.
    #[must_use]
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// What the server wants to see before it registers anything, from its operator. It is sent as a bearer token. Default: none.
    #[must_use]
    pub fn initial_access_token(mut self, token: impl Into<InitialAccessToken>) -> Self {
        self.initial_access_token = Some(token.into());
        self
    }

    /// A signed statement about the software, by somebody whom the server trusts; its claims win over the metadata. Default: none.
    #[must_use]
    pub fn software_statement(mut self, statement: impl Into<SoftwareStatement>) -> Self {
        self.software_statement = Some(statement.into());
        self
    }

    /// Another origin, such as `https://api.ehr.example`, at which the server may have the address that a registration is managed at.
    /// The registration access token is sent there. Can be repeated. Default: none, only that of the registration endpoint.
    #[must_use]
    pub fn management_at(mut self, origin: impl Into<String>) -> Self {
        self.management_origins.push(origin.into());
        self
    }

    /// The registration as it is at the server now. Keep what it returns in the place of what you gave: a server may give a new secret
    /// and a new registration access token with any answer, and the old ones may not work any more.
    ///
    /// # Errors
    ///
    /// [`RegistrationError`].
    pub async fn read(&self, registration: &ClientRegistration) -> Result<ClientRegistration, RegistrationError> {
        self.managed(RegistrationOperation::Read, registration, None).await
    }

    /// Replaces the metadata of a registration: what `metadata` does not have, the server forgets. Keep what it returns, as for
    /// [`read`](Self::read).
    ///
    /// # Errors
    ///
    /// [`RegistrationError`]. Where the change may have been made though
    /// ([`may_have_been_done`](RegistrationError::may_have_been_done)), [`read`](Self::read) tells.
    pub async fn update(
        &self,
        registration: &ClientRegistration,
        metadata: &ClientMetadata,
    ) -> Result<ClientRegistration, RegistrationError> {
        self.managed(RegistrationOperation::Update, registration, Some(metadata))
            .await
    }

    /// Deletes a registration. Its tokens stop working at most servers, and so do launches that are open.
    ///
    /// # Errors
    ///
    /// [`RegistrationError`]. [`RefusalMeaning::Gone`](super::RefusalMeaning::Gone) means that there is nothing left to delete.
    pub async fn delete(&self, registration: &ClientRegistration) -> Result<(), RegistrationError> {
        let operation = RegistrationOperation::Delete;
        self.check_ehr(registration)?;
        let call = self.call(operation, registration, None)?;
        let (runtime, registration) = (Arc::clone(&self.runtime), registration.clone());
        let work = async move { delete_now(&runtime, &registration, call).await };
        self.run(operation, work, drop).await
    }

    async fn managed(
        &self,
        operation: RegistrationOperation,
        registration: &ClientRegistration,
        metadata: Option<&ClientMetadata>,
    ) -> Result<ClientRegistration, RegistrationError> {
        self.check_ehr(registration)?;
        let call = self.call(operation, registration, metadata)?;
        let (runtime, before, metadata) = (Arc::clone(&self.runtime), registration.clone(), metadata.cloned());
        let work = async move { managed_now(&runtime, call, &before, metadata.as_ref()).await };
        self.run(operation, work, move |unclaimed| tell_unclaimed(operation, &unclaimed))
            .await
    }

    /// Reads it, without an end of its own where the caller goes.
    pub(super) async fn read_now(
        &self,
        registration: &ClientRegistration,
    ) -> Result<ClientRegistration, RegistrationError> {
        let call = self.call(RegistrationOperation::Read, registration, None)?;
        managed_now(&self.runtime, call, registration, None).await
    }

    fn check_ehr(&self, registration: &ClientRegistration) -> Result<(), RegistrationError> {
        match registration.parts.fhir_base_url.matches(&self.fhir_base_url) {
            true => Ok(()),
            false => Err(RegistrationError::OtherEhr),
        }
    }

    /// To its end, also when the caller goes.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        operation: RegistrationOperation,
        work: impl Future<Output = Result<T, RegistrationError>> + Send + 'static,
        undo: impl FnOnce(T) + Send + 'static,
    ) -> Result<T, RegistrationError> {
        let stopped = |source: TransportError| RegistrationError::Transport { operation, source };
        run_or_undo(&self.runtime.engine, "client registration", work, undo, stopped).await
    }

    /// The request that manages a registration.
    pub(super) fn call(
        &self,
        operation: RegistrationOperation,
        registration: &ClientRegistration,
        metadata: Option<&ClientMetadata>,
    ) -> Result<Call, RegistrationError> {
        let access = registration.access().map_err(RegistrationError::NotManageable)?;
        let body = metadata.map(|metadata| {
            let mut body = metadata.members().clone();
            body.insert("client_id".to_owned(), json!(registration.client_id()));
            body
        });
        self.call_at(operation, access, body)
    }

    /// The same, where no more than address and token are known.
    pub(super) fn call_at(
        &self,
        operation: RegistrationOperation,
        (uri, token): (&RegistrationUri, &RegistrationAccessToken),
        body: Option<Map<String, Value>>,
    ) -> Result<Call, RegistrationError> {
        let unusable = |_| RegistrationError::NotManageable(Management::UnusableAddress);
        let url = EndpointUrl::parse(uri.expose_secret()).map_err(unusable)?.url().clone();
        Ok(Call {
            ehr: self.fhir_base_url.clone(),
            operation,
            url,
            addresses: self.addresses.clone(),
            bearer: Some(token.expose_secret().to_owned()),
            body,
            secrets: Vec::new(),
            secret_address: Some(uri.expose_secret().to_owned()),
        })
    }

    /// For work on the engine, which must not keep it open.
    pub(super) fn clone_detached(&self) -> Self {
        Self {
            _engine: self._engine.detached(),
            ..self.clone()
        }
    }
}

async fn managed_now(
    runtime: &Runtime,
    call: Call,
    before: &ClientRegistration,
    metadata: Option<&ClientMetadata>,
) -> Result<ClientRegistration, RegistrationError> {
    let (operation, sent) = (call.operation, call.sent());
    let response = call.send(runtime).await?;
    let answer = read(operation, &response, &sent)?;
    let after = before.after(metadata.map(ClientMetadata::members), answer);
    let after = after.ok_or_else(|| RegistrationError::Unusable {
        operation,
        status: response.status,
        member: "client_id",
        received_fields: Vec::new(),
    })?;
    tracing::info!(
        ehr = after.fhir_base_url(),
        client_id = after.client_id(),
        "{operation}: done"
    );
    Ok(after)
}

async fn delete_now(runtime: &Runtime, registration: &ClientRegistration, call: Call) -> Result<(), RegistrationError> {
    call.send(runtime).await?;
    let (ehr, client_id) = (registration.fhir_base_url(), registration.client_id());
    tracing::info!(ehr, client_id, "the client was deleted at the EHR");
    Ok(())
}

fn tell_unclaimed(operation: RegistrationOperation, registration: &ClientRegistration) {
    let (ehr, client_id) = (registration.fhir_base_url(), registration.client_id());
    tracing::warn!(
        ehr,
        client_id,
        "{operation}: the answer came when its caller had gone, and a new secret or registration access token in it is lost"
    );
}

impl fmt::Debug for Registrar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registrar")
            .field("fhir_base_url", &self.fhir_base_url)
            .field("endpoint", &self.endpoint)
            .field("has_initial_access_token", &self.initial_access_token.is_some())
            .field("has_software_statement", &self.software_statement.is_some())
            .finish_non_exhaustive()
    }
}
