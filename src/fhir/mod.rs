//! Requests to the FHIR server of a launch: [`Fhir`].
//!
//! The token goes to that server and nowhere else, is refreshed when it runs out on the way, and no patient stands in a log line.

mod audited;
mod batch;
mod conditional;
mod contained;
mod error;
mod needed_scope;
mod operation;
mod pages;
mod parameters;
mod patient;
mod request;
mod response;
mod search;
mod token;

use std::{fmt, sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use url::Url;

pub(crate) use self::request::CutOff;
pub use self::{
    batch::BatchEntry,
    error::FhirError,
    operation::OperationOn,
    pages::FhirPages,
    parameters::Parameters,
    request::{FhirRequest, Repeat},
    response::FhirResponse,
    search::FhirSearch,
};
use self::{needed_scope::Needed, token::CurrentToken};
pub use crate::protocol::fhir::outcome::{OperationOutcome, OutcomeIssue};
use crate::{
    backend::BackendClient,
    launch::session::SmartSession,
    protocol::{
        fhir::address::{FhirAddressError, below, check_type, loggable_path, within},
        http::Method,
        launch_context::is_id,
        scope::Permissions,
    },
};

/// The FHIR server of a launch, or of the application itself ([`BackendClient::fhir`]).
///
/// Cheap to clone; clones share the token. For as long as a page is made, or a job runs: a launch that ends meanwhile is an error of
/// the next request.
///
/// # Examples
///
/// ```no_run
/// use actix_smart_auth::{Patient, SmartSession, fhir::FhirError};
/// use serde_json::Value;
///
/// async fn vitals(session: SmartSession, patient: Patient) -> Result<String, FhirError> {
///     let found = session.fhir().search("Observation").param("patient", patient.id()).param("category", "vital-signs");
///     let observations: Vec<Value> = found.all(500).await?;
///     Ok(format!("{} vital signs", observations.len()))
/// }
/// ```
#[derive(Clone)]
pub struct Fhir {
    server: Arc<Server>,
    timeout: Duration,
    body_limit: usize,
    longest_wait: Duration,
    scope_check: ScopeCheck,
}

/// Whether granted scopes are looked at before a request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ScopeCheck {
    /// Where no granted scope can allow it, nothing is sent. The default.
    #[default]
    WhereCertain,
    /// The server decides alone: for one that grants more than it says.
    LeftToServer,
}

/// What clones share.
struct Server {
    /// `None`: the launch's is no address, and nothing is sent.
    base: Option<Url>,
    token: CurrentToken,
}

impl SmartSession {
    /// The FHIR server of this launch.
    #[must_use]
    pub fn fhir(&self) -> Fhir {
        Fhir::of(self.fhir_base_url(), CurrentToken::of_launch(self.clone()))
    }
}

impl BackendClient {
    /// The FHIR server of this EHR, asked by the application itself. A token that runs out on the way is renewed.
    #[must_use]
    pub fn fhir(&self) -> Fhir {
        Fhir::of(self.fhir_base_url(), CurrentToken::of_backend(self.clone()))
    }
}

impl Fhir {
    fn of(base: &str, token: CurrentToken) -> Self {
        Self {
            server: Arc::new(Server {
                base: Url::parse(base).ok(),
                token,
            }),
            timeout: Duration::from_secs(30),
            body_limit: 16 * 1024 * 1024,
            longest_wait: Duration::from_secs(5),
            scope_check: ScopeCheck::WhereCertain,
        }
    }

    /// The time for one request, from sending to the last byte of the answer. Default: 30 s.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The largest answer in bytes, decoded. Default: 16 MiB.
    #[must_use]
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The longest `Retry-After` (429, 503) that is waited for, once, before a request that only reads is sent again. Default: 5 s;
    /// zero never waits.
    #[must_use]
    pub const fn longest_wait(mut self, wait: Duration) -> Self {
        self.longest_wait = wait;
        self
    }

    /// Whether granted scopes are looked at before a request is sent. Default: [`ScopeCheck::WhereCertain`].
    #[must_use]
    pub const fn scope_check(mut self, check: ScopeCheck) -> Self {
        self.scope_check = check;
        self
    }

    /// Reads a resource.
    ///
    /// # Errors
    ///
    /// [`FhirError`]; a resource that is not there is [`FhirError::Outcome`] or [`FhirError::Status`] with 404 or 410.
    pub async fn read<T: DeserializeOwned>(&self, resource_type: &str, id: &str) -> Result<T, FhirError> {
        self.get(resource_type, id).send().await?.json()
    }

    /// Reads a resource by a request, for its version ([`FhirResponse::version`]) or with a condition
    /// ([`FhirRequest::if_none_match`]).
    pub fn get(&self, resource_type: &str, id: &str) -> FhirRequest {
        self.on_resource(Method::Get, resource_type, &[id], Permissions::READ)
    }

    /// Reads one version of a resource.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn vread<T: DeserializeOwned>(
        &self,
        resource_type: &str,
        id: &str,
        version: &str,
    ) -> Result<T, FhirError> {
        self.on_resource(
            Method::Get,
            resource_type,
            &[id, "_history", version],
            Permissions::READ,
        )
        .send()
        .await?
        .json()
    }

    /// The versions of a resource, newest first.
    pub fn history(&self, resource_type: &str, id: &str) -> FhirSearch {
        FhirSearch::new(self.on_resource(Method::Get, resource_type, &[id, "_history"], Permissions::READ))
    }

    /// Searches the resources of a type.
    pub fn search(&self, resource_type: &str) -> FhirSearch {
        FhirSearch::new(self.on_resource(Method::Get, resource_type, &[], Permissions::SEARCH))
    }

    /// Creates a resource. [`FhirRequest::if_none_exist`] makes it conditional.
    pub fn create(&self, resource_type: &str, resource: &impl Serialize) -> FhirRequest {
        self.on_resource(Method::Post, resource_type, &[], Permissions::CREATE)
            .json(resource)
    }

    /// Replaces a resource. [`FhirRequest::if_match`] replaces only the version that was read: without it, what somebody else has
    /// written since is lost.
    pub fn update(&self, resource_type: &str, id: &str, resource: &impl Serialize) -> FhirRequest {
        self.on_resource(Method::Put, resource_type, &[id], Permissions::UPDATE)
            .json(resource)
    }

    /// Changes a part of a resource, by a JSON Patch (RFC 6902).
    pub fn patch(&self, resource_type: &str, id: &str, patch: &impl Serialize) -> FhirRequest {
        self.on_resource(Method::Patch, resource_type, &[id], Permissions::UPDATE)
            .json_patch(patch)
    }

    /// Removes a resource.
    pub fn delete(&self, resource_type: &str, id: &str) -> FhirRequest {
        self.on_resource(Method::Delete, resource_type, &[id], Permissions::DELETE)
    }

    /// Sends a `Bundle` of the type `batch` or `transaction` to the server. [`FhirResponse::entries`] reads the answer.
    pub fn bundle(&self, bundle: &impl Serialize) -> FhirRequest {
        FhirRequest::new(self.clone(), Method::Post, self.base().cloned(), None).json(bundle)
    }

    /// Reads what a reference leads to: `Patient/1`, with or without a version, or its whole address on this server.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read). [`FhirError::Address`] when it is at another server, or contained in the resource that has the
    /// reference ([`FhirAddressError::Contained`]): [`follow_from`](Self::follow_from) finds that.
    pub async fn follow<T: DeserializeOwned>(&self, reference: &str) -> Result<T, FhirError> {
        self.request(Method::Get, reference).send().await?.json()
    }

    /// Any request: what has no method here. `path` is seen from the FHIR base URL,
    /// or a whole address on this server.
    pub fn request(&self, method: Method, path: &str) -> FhirRequest {
        let address = if path.starts_with('#') {
            Err(FhirAddressError::Contained)
        } else {
            self.base().and_then(|base| within(base, path))
        };
        FhirRequest::new(self.clone(), method, address, None)
    }

    fn base(&self) -> Result<&Url, FhirAddressError> {
        self.server.base.as_ref().ok_or(FhirAddressError::Malformed)
    }

    /// The path of an address as a line of the log may have it.
    fn loggable(&self, address: &Url) -> String {
        self.base()
            .map_or_else(|_| "…".to_owned(), |base| loggable_path(base, address))
    }

    /// A request about resources of a type: `rest` are the segments after it.
    fn on_resource(&self, method: Method, resource_type: &str, rest: &[&str], permission: Permissions) -> FhirRequest {
        let address = check_type(resource_type).and_then(|()| {
            if !rest.iter().all(|segment| is_id(segment)) {
                return Err(FhirAddressError::NoId);
            }
            let segments: Vec<_> = [resource_type].into_iter().chain(rest.iter().copied()).collect();
            Ok(below(self.base()?, &segments))
        });
        let needed = Needed::new(resource_type, permission);
        FhirRequest::new(self.clone(), method, address, Some(needed))
    }
}

impl fmt::Debug for Fhir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fhir")
            .field("server", &self.server.base.as_ref().map(Url::as_str))
            .field("timeout", &self.timeout)
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}
