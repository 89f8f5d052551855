//! Registers the application: the request, and what comes of it ([`Registered`], [`NotRegistered`]).

use serde_json::json;
use url::Url;

use super::{
    deletion::NoRecord,
    error::{RegistrationError, RegistrationOperation},
    newness::{Answered, Asked},
    registrar::Registrar,
    send::{Call, read},
    why_unwanted::WhyUnwanted,
    withdraw::Unwanted,
};
use crate::{
    protocol::{
        client_registration::{ClientMetadata, ClientRegistration, Leftover, MetadataChange, Server},
        urls::{EndpointUrl, FhirBaseUrl},
    },
    runtime::discovery::DocumentRequest,
};

/// A client that an answer names, and when that came.
pub(super) struct Registered {
    pub(super) registration: ClientRegistration,
    pub(super) answered: Answered,
}

/// Why there is no client that can be used.
pub(super) struct NotRegistered {
    pub(super) error: RegistrationError,
    /// The client of an answer that cannot be used. `None` where there was none.
    pub(super) left: Option<Unwanted>,
}

impl From<RegistrationError> for NotRegistered {
    fn from(error: RegistrationError) -> Self {
        Self { error, left: None }
    }
}

impl Registrar {
    /// Registers a client. The server has a minute for it, or
    /// [`request_timeout`](crate::SmartConfigBuilder::request_timeout) if that is longer. Each call makes another one: do it once, and keep what it returns
    /// ([`ClientRegistration::seal`]).
    ///
    /// # Errors
    ///
    /// [`RegistrationError`].
    pub async fn register(&self, metadata: &ClientMetadata) -> Result<ClientRegistration, RegistrationError> {
        let operation = RegistrationOperation::Register;
        let (registrar, metadata) = (self.clone_detached(), metadata.clone());
        let undo = self.clone_detached();
        let work = async move {
            let endpoint = registrar.own_endpoint().await?;
            let registered = registrar.register_at(&endpoint, &metadata).await;
            registered.map_err(|NotRegistered { error, left }| {
                left.iter().for_each(|unwanted| registrar.tell_unusable(unwanted));
                error
            })
        };
        let undo = move |registered: Registered| {
            let unwanted = Unwanted::of(&registered.registration, registered.answered);
            undo.withdraw(unwanted, WhyUnwanted::CallerGone, &[], NoRecord);
        };
        let registered = self.run(operation, work, undo).await?;
        Ok(registered.registration)
    }

    /// Registers there, without an end of its own where the caller goes.
    ///
    /// # Errors
    ///
    /// [`NotRegistered`], whose client is the caller's to delete.
    pub(super) async fn register_at(
        &self,
        endpoint: &EndpointUrl,
        metadata: &ClientMetadata,
    ) -> Result<Registered, NotRegistered> {
        let operation = RegistrationOperation::Register;
        let fhir_base_url = self.base()?;
        let mut body = metadata.members().clone();
        let mut secrets = Vec::new();
        if let Some(statement) = &self.software_statement {
            secrets.push(statement.expose_secret().to_owned());
            body.insert("software_statement".to_owned(), json!(statement.expose_secret()));
        }
        let initial = self.initial_access_token.as_ref();
        let call = Call {
            ehr: self.fhir_base_url.clone(),
            operation,
            url: endpoint.url().clone(),
            addresses: self.addresses.clone(),
            bearer: initial.map(|token| token.expose_secret().to_owned()),
            body: Some(body),
            secrets,
            secret_address: None,
        };
        let sent = call.sent();
        let asked = Asked::now(&self.runtime);
        let response = call.send(&self.runtime).await?;
        let answered = asked.answered(&self.runtime);
        let server = Server {
            fhir_base_url,
            endpoint: endpoint.clone(),
            management_origins: self.management_origins.iter().filter_map(|text| origin(text)).collect(),
        };
        let answer = read(operation, &response, &sent).map_err(|error| NotRegistered {
            error,
            left: Some(Unwanted::of_unusable(Leftover::read(&response, &server), answered)),
        })?;
        let registration = ClientRegistration::new(server, metadata.members(), answer);
        tell_registered(&registration);
        Ok(Registered { registration, answered })
    }

    fn base(&self) -> Result<FhirBaseUrl, RegistrationError> {
        FhirBaseUrl::parse(&self.fhir_base_url).map_err(RegistrationError::FhirBaseUrl)
    }

    /// Where to register: as it is given, or as the EHR announces it now.
    pub(super) async fn own_endpoint(&self) -> Result<EndpointUrl, RegistrationError> {
        let base = self.base()?;
        if let Some(endpoint) = &self.endpoint {
            return EndpointUrl::parse(endpoint).map_err(RegistrationError::Endpoint);
        }
        let wanted = DocumentRequest::metadata_of(&base).reaching(self.addresses.clone());
        // As it is now: an operator who has just switched it on is believed at once.
        let metadata = self.runtime.current(&wanted).await?;
        let endpoint = metadata.document.registration_endpoint().cloned();
        endpoint.ok_or(RegistrationError::NoEndpoint)
    }
}

fn tell_registered(registration: &ClientRegistration) {
    let changes = registration.changes();
    let changed: Vec<_> = changes.iter().map(MetadataChange::in_log).collect();
    let (ehr, client_id, changed) = (
        registration.fhir_base_url(),
        registration.client_id(),
        changed.join("; "),
    );
    let management = registration.management();
    if changes.iter().any(MetadataChange::is_about_use) {
        tracing::warn!(
            ehr,
            client_id,
            ?management,
            changed,
            "a client was registered at the EHR, and not as it was asked to; see whether the application works with that"
        );
    } else {
        tracing::info!(
            ehr,
            client_id,
            ?management,
            changed,
            "a client was registered at the EHR"
        );
    }
}

fn origin(text: &str) -> Option<String> {
    let origin = Url::parse(text).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}
