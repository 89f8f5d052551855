//! The sandbox as a test holds it: its addresses, what it is told to do, and what it has seen ([`SandboxServer`]).

use std::{io, net::TcpListener, sync::Arc, time::Duration};

use serde_json::Value;

use super::{
    AutomaticAnswer, ExportFilesAt, Fault, FaultPoint, ReceivedRequest, SandboxBuilder, SandboxClient, SandboxExport,
    SandboxPatient, SandboxUser, Times, When, data,
    server::Listening,
    settings::Settings,
    state::{self, Shared},
};
use crate::time::Clock;

/// One completed authorization, as the sandbox sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grant {
    /// Which client it was given to.
    pub client_id: String,
    /// FHIR reference of the user who gave it; empty where the application asked for itself.
    pub user: String,
    /// The patient in context.
    pub patient: Option<String>,
    /// The encounter in context.
    pub encounter: Option<String>,
    /// The granted scopes, separated by spaces.
    pub scope: String,
    /// How often it was refreshed with success.
    pub refreshes: u32,
    /// Whether a refresh token that had been replaced was presented again.
    pub reuse_detected: bool,
    /// Whether its tokens have stopped working before their time.
    pub revoked: bool,
}

/// A running sandbox. It stops, and its connections end, when this is dropped.
///
/// See the [module documentation](super) for what it checks and how to use it.
#[derive(Debug)]
pub struct SandboxServer {
    pub(super) shared: Arc<Shared>,
    _listening: Listening,
}

impl SandboxServer {
    /// Starts a sandbox with the defaults: a free port, [`Mode::Automatic`](super::Mode::Automatic), no clients yet.
    ///
    /// # Errors
    ///
    /// When no port is free or no thread can be started.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// A sandbox with other choices.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::new()
    }

    pub(super) fn launch(
        port: u16,
        clock: Arc<dyn Clock>,
        settings: Settings,
        clients: Vec<SandboxClient>,
        launch_urls: Vec<(String, String)>,
    ) -> io::Result<Self> {
        // The system's words alone do not say which address.
        let listener = TcpListener::bind(("127.0.0.1", port)).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("the sandbox cannot listen at 127.0.0.1:{port}: {error}"),
            )
        })?;
        let origin = format!("http://{}", listener.local_addr()?);
        let wants_other = matches!(
            settings.export.files_at,
            ExportFilesAt::OtherPort | ExportFilesAt::Redirected
        );
        let other = match wants_other {
            true => Some(TcpListener::bind(("127.0.0.1", 0))?),
            false => None,
        };
        let other_origin = match &other {
            Some(other) => Some(format!("http://{}", other.local_addr()?)),
            None => None,
        };
        let shared = Arc::new(Shared::new(origin, other_origin, clock, settings));
        {
            let mut state = shared.state();
            state.clients = clients
                .into_iter()
                .map(|client| (client.client_id.clone(), client))
                .collect();
            for (client_id, url) in launch_urls {
                state.add_launch_url(client_id, url);
            }
        }
        let listening = Listening::start(listener, other, Arc::clone(&shared))?;
        Ok(Self {
            shared,
            _listening: listening,
        })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    #[must_use]
    pub fn origin(&self) -> String {
        self.shared.origin.clone()
    }

    /// The FHIR base URL: `iss` of an EHR launch and `aud` of an authorization request. No slash at the end.
    #[must_use]
    pub fn fhir_base_url(&self) -> String {
        self.shared.fhir_base()
    }

    /// The EHR's start page, for a browser.
    #[must_use]
    pub fn ehr_url(&self) -> String {
        format!("{}/", self.shared.origin)
    }

    /// The authorization endpoint.
    #[must_use]
    pub fn authorization_endpoint(&self) -> String {
        format!("{}/authorize", self.shared.origin)
    }

    /// The token endpoint, which is also the `aud` of assertions.
    #[must_use]
    pub fn token_endpoint(&self) -> String {
        self.shared.token_endpoint()
    }

    /// The revocation endpoint (RFC 7009).
    #[must_use]
    pub fn revocation_endpoint(&self) -> String {
        format!("{}/revoke", self.shared.origin)
    }

    /// The introspection endpoint (RFC 7662).
    #[must_use]
    pub fn introspection_endpoint(&self) -> String {
        format!("{}/introspect", self.shared.origin)
    }

    /// The registration endpoint (RFC 7591), for [`SandboxBuilder::self_registration`].
    #[must_use]
    pub fn registration_endpoint(&self) -> String {
        self.shared.registration_endpoint()
    }

    /// The ids of all registered clients, sorted: those of [`register`](Self::register), and those that registered themselves.
    #[must_use]
    pub fn client_ids(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.shared.state().clients.keys().cloned().collect();
        ids.sort_unstable();
        ids
    }

    /// Registers an application, in place of one with the same client id. Grants that exist stay as they are.
    pub fn register(&self, client: SandboxClient) {
        self.shared.state().clients.insert(client.client_id.clone(), client);
    }

    /// Shows *Launch* links for that launch URL on the EHR's page.
    pub fn register_launch_url(&self, client_id: impl Into<String>, launch_url: impl Into<String>) {
        self.shared.state().add_launch_url(client_id.into(), launch_url.into());
    }

    /// What an EHR opens to launch an application for a patient: `{launch_url}?iss=…&launch=…`.
    ///
    /// Every call makes a new `launch` value, which works for one authorization. `patient` and `encounter` are ids; they
    /// need not exist, so that a test can see what an application does then.
    #[must_use]
    pub fn ehr_launch_url(&self, launch_url: &str, patient: &str, encounter: Option<&str>) -> String {
        let value = self.shared.state().mint_launch(patient, encounter);
        state::launch_url_with(launch_url, &self.shared.fhir_base(), &value)
    }

    /// The made-up patients.
    #[must_use]
    pub fn patients(&self) -> &'static [SandboxPatient] {
        &data::PATIENTS
    }

    /// Who can sign in: practitioners first, then a patient.
    #[must_use]
    pub fn users(&self) -> &'static [SandboxUser] {
        &data::USERS
    }

    /// Changes how coming requests of exports are answered. Another port for the files has to be chosen before the start.
    pub fn set_export(&self, export: SandboxExport) {
        self.shared.state().settings.export = export;
    }

    /// Changes the patient of coming standalone launches in automatic mode.
    pub fn set_automatic_patient(&self, patient: impl Into<String>) {
        self.shared.state().settings.automatic_patient = patient.into();
    }

    /// Changes who signs in in automatic mode, as a FHIR reference.
    pub fn set_automatic_user(&self, user: impl Into<String>) {
        self.shared.state().settings.automatic_user = user.into();
    }

    /// Changes what is answered in automatic mode.
    pub fn set_automatic_answer(&self, answer: AutomaticAnswer) {
        self.shared.state().settings.automatic_answer = answer;
    }

    /// Changes how long access tokens work that are issued from now on.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        self.shared.state().settings.token_lifetime = lifetime;
    }

    /// Sets a member of `.well-known/smart-configuration`; [`Value::Null`] removes it.
    pub fn set_metadata_field(&self, name: impl Into<String>, value: impl Into<Value>) {
        let field = (name.into(), value.into());
        self.shared.state().settings.metadata_fields.push(field);
    }

    /// Sets a member of coming code exchange responses; [`Value::Null`] removes it.
    pub fn set_token_response_field(&self, name: impl Into<String>, value: impl Into<Value>) {
        let field = (name.into(), value.into());
        self.shared.state().settings.token_fields.push(field);
    }

    /// Sets a member of coming refresh responses; [`Value::Null`] removes it.
    pub fn set_refresh_response_field(&self, name: impl Into<String>, value: impl Into<Value>) {
        let field = (name.into(), value.into());
        self.shared.state().settings.refresh_fields.push(field);
    }

    /// Queues a fault. A request meets at most one: the one that has waited longest at its point.
    pub fn inject(&self, on: FaultPoint, when: When, fault: Fault, times: Times) {
        self.shared.state().faults.push(on, when, fault, times);
    }

    /// Takes all waiting faults away.
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear();
    }

    /// Everything that came in, oldest first, requests without an answer yet included.
    #[must_use]
    pub fn received_requests(&self) -> Vec<ReceivedRequest> {
        self.shared.state().record.all()
    }

    /// The requests to the token endpoint, oldest first.
    #[must_use]
    pub fn token_requests(&self) -> Vec<ReceivedRequest> {
        self.shared.state().record.token_requests(None)
    }

    /// The requests to the token endpoint with that `grant_type`, oldest first.
    #[must_use]
    pub fn token_requests_of(&self, grant_type: &str) -> Vec<ReceivedRequest> {
        self.shared.state().record.token_requests(Some(grant_type))
    }

    /// Forgets what came in so far.
    pub fn clear_received_requests(&self) {
        self.shared.state().record.clear();
    }

    /// All grants, oldest first.
    #[must_use]
    pub fn grants(&self) -> Vec<Grant> {
        let state = self.shared.state();
        let summary = |grant: &state::GrantRecord| Grant {
            client_id: grant.agreement.client_id.clone(),
            user: grant.agreement.user.clone(),
            patient: grant.agreement.patient.clone(),
            encounter: grant.agreement.encounter.clone(),
            scope: grant.agreement.scopes.join(" "),
            refreshes: grant.refreshes,
            reuse_detected: grant.reuse_detected,
            revoked: grant.revoked,
        };
        state.grants.iter().map(summary).collect()
    }

    /// Which grant an access or refresh token was issued for, by its place in [`grants`](Self::grants), whether or not
    /// the token still works. `None` for a token that this sandbox did not issue.
    #[must_use]
    pub fn grant_of_token(&self, token: &str) -> Option<usize> {
        let state = self.shared.state();
        let access = state.access_tokens.get(token).map(|access| access.grant);
        access.or_else(|| state.refresh_tokens.get(token).map(|refresh| refresh.grant))
    }

    /// On how many grants a replaced refresh token was presented again.
    #[must_use]
    pub fn reuse_detections(&self) -> usize {
        self.shared
            .state()
            .grants
            .iter()
            .filter(|grant| grant.reuse_detected)
            .count()
    }

    /// Ends every grant, as an administrator can: all tokens stop working, and a refresh gets `invalid_grant`.
    pub fn revoke_everything(&self) {
        for grant in &mut self.shared.state().grants {
            grant.revoked = true;
        }
    }

    /// Ends one grant, by its place in [`grants`](Self::grants). Without effect if there is none.
    pub fn revoke_grant(&self, index: usize) {
        self.shared.state().revoke_grant(index);
    }

    /// Makes every access token issued so far expire now. Refresh tokens go on working.
    pub fn expire_access_tokens(&self) {
        let now = self.shared.now();
        for token in self.shared.state().access_tokens.values_mut() {
            token.expires = token.expires.min(now);
        }
    }
}
