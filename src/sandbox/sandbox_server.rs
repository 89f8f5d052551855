//! The sandbox as a test holds it: its addresses, what it is told to do, and what it has seen ([`SandboxServer`]).

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use serde_json::Value;

use super::{
    AutomaticAnswer, ExportFilesAt, Fault, FaultPoint, IssParameter, ReceivedRequest, SandboxBuilder, SandboxClient,
    SandboxExport, SandboxPatient, SandboxUser, StateParameter, Strictness, Times, When,
    change::{SandboxSettings, SettingsRefused},
    faults::SandboxFault,
    grant::Grant,
    listening::{self, Listening},
    people, server,
    state::{FilesPort, Shared},
    strictness::StrictChecks,
    tls::SandboxTls,
};

/// A running sandbox. It stops, and its connections end, when this is dropped.
///
/// See the [module documentation](super) for what it checks and how to use it.
#[derive(Debug)]
pub struct SandboxServer {
    pub(super) shared: Arc<Shared>,
    local_address: SocketAddr,
    tls: Option<SandboxTls>,
    listening: Listening,
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

    pub(super) fn launch(start: SandboxBuilder) -> io::Result<Self> {
        let scheme = match start.tls {
            Some(_) => "https",
            None => "http",
        };
        let (listener, local) = listening::bind(start.address, start.port, scheme)?;
        let local_address = listener.local_addr()?;
        let wants_other = matches!(
            start.initial.settings.export.files_at,
            ExportFilesAt::OtherPort | ExportFilesAt::Redirected
        );
        let (other, files) = match wants_other {
            true => {
                let (other, origin) = listening::bind(start.address, 0, scheme)?;
                let port = other.local_addr()?.port();
                (Some(other), Some(FilesPort { origin, port }))
            }
            false => (None, None),
        };
        let origin = match start.origin {
            Some(origin) => listening::public_origin(&origin)?,
            None => local,
        };
        start.initial.check()?;
        let shared = Arc::new(Shared::new(
            origin,
            files,
            start.clock,
            start.log,
            start.data,
            start.initial,
        ));
        shared.knows_whom_it_names()?;
        let (tls, serving) = (start.tls.clone(), Arc::clone(&shared));
        let listening = Listening::start("smart-sandbox", move || server::server(listener, other, tls, serving))?;
        Ok(Self {
            shared,
            local_address,
            tls: start.tls,
            listening,
        })
    }

    /// Where it listens, whatever its [`origin`](Self::origin) says.
    #[must_use]
    pub const fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Whether it still answers.
    pub(super) fn is_running(&self) -> bool {
        self.listening.is_running()
    }

    /// What clients have to trust to reach it, in PEM, where it was said ([`SandboxTls::trusted_by`]).
    #[must_use]
    pub fn trusted_certificate(&self) -> Option<&str> {
        self.tls.as_ref()?.trusted()
    }

    /// `http://127.0.0.1:PORT`, or what [`SandboxBuilder::origin`] says. Without a slash at the end.
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
    ///
    /// It is taken as it is: what [`SandboxBuilder::check`] would refuse works as far as it can.
    pub fn register(&self, client: SandboxClient) {
        self.shared.state().clients.insert(client.client_id.clone(), client);
    }

    /// Forgets an application and its launch URLs. Grants that exist stay as they are. Whether there was one with this client id.
    pub fn deregister(&self, client_id: &str) -> bool {
        self.shared.state().remove_client(client_id)
    }

    /// All settings as they are now.
    #[must_use]
    pub fn settings(&self) -> SandboxSettings {
        SandboxSettings::of(&self.shared.state().settings)
    }

    /// Changes what these settings say, and nothing else, for everything that comes from now on.
    ///
    /// # Errors
    ///
    /// When it would need a port that was not opened at the start, and when it names an automatic patient or user whom the FHIR server does not
    /// have. Then nothing is changed.
    pub fn change(&self, settings: SandboxSettings) -> Result<(), SettingsRefused> {
        if settings.wants_files_port() && !self.shared.has_files_port() {
            return Err(SettingsRefused::FilesAtAnotherPort);
        }
        self.shared.change(settings).map_err(SettingsRefused::Nobody)
    }

    /// Goes back to how it started: clients, settings and faults are those of the builder. Grants, tokens, sign-ins, what was
    /// received and what was written to the FHIR server are forgotten.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Shows *Launch* links for that launch URL on the EHR's page. It is taken as it is.
    pub fn register_launch_url(&self, client_id: impl Into<String>, launch_url: impl Into<String>) {
        self.shared.state().add_launch_url(client_id.into(), launch_url.into());
    }

    /// What an EHR opens to launch an application for a patient: `{launch_url}?iss=…&launch=…`.
    ///
    /// Every call makes a new `launch` value, which works for one authorization. `patient` and `encounter` are ids; they
    /// need not exist, so that a test can see what an application does then. What else a launch can say, and frames:
    /// [`ehr_launch`](Self::ehr_launch).
    #[must_use]
    pub fn ehr_launch_url(&self, launch_url: &str, patient: &str, encounter: Option<&str>) -> String {
        let launch = self.ehr_launch(launch_url, patient);
        match encounter {
            Some(encounter) => launch.encounter(encounter).url(),
            None => launch.url(),
        }
    }

    /// The patients whom the FHIR server has now, in the order in which they came.
    #[must_use]
    pub fn patients(&self) -> Vec<SandboxPatient> {
        people::patients(&self.shared.records(), self.shared.now())
    }

    /// Who can sign in now: the practitioners whom the FHIR server has, then the patients of the portal ([`SandboxData::portal_user`](super::SandboxData::portal_user)).
    #[must_use]
    pub fn users(&self) -> Vec<SandboxUser> {
        people::users(&self.shared.records(), self.shared.now())
    }

    /// Changes how coming requests of exports are answered. Another port for the files has to be chosen before the start.
    ///
    /// # Panics
    ///
    /// When its `Retry-After` has a character that no header can have.
    #[track_caller]
    #[expect(clippy::panic, reason = "it fails where the test says what cannot be")]
    pub fn set_export(&self, export: SandboxExport) {
        if let Err(mistake) = export.check() {
            panic!("the export: {mistake}");
        }
        self.shared.state().settings.export = export;
    }

    /// Changes the patient of coming standalone launches in automatic mode.
    pub fn set_automatic_patient(&self, patient: impl Into<String>) {
        self.shared.state().settings.automatic_patient = Some(patient.into());
    }

    /// Changes who signs in in automatic mode, as a FHIR reference.
    pub fn set_automatic_user(&self, user: impl Into<String>) {
        self.shared.state().settings.automatic_user = Some(user.into());
    }

    /// Changes what is answered in automatic mode.
    pub fn set_automatic_answer(&self, answer: AutomaticAnswer) {
        self.shared.state().settings.automatic_answer = answer;
    }

    /// Changes how long access tokens work that are issued from now on.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        self.shared.state().settings.token_lifetime = lifetime;
    }

    /// Changes what coming authorization responses do with `state`.
    pub fn set_state_parameter(&self, state: StateParameter) {
        self.shared.state().settings.state_parameter = state;
    }

    /// Changes whether coming authorization responses, and the metadata, have `iss`.
    pub fn set_iss_parameter(&self, iss: IssParameter) {
        self.shared.state().settings.iss_parameter = iss;
    }

    /// Changes how narrowly the specification is read. Takes the place of what was said of single checks before.
    pub fn set_strictness(&self, strictness: Strictness) {
        self.shared.state().settings.strict = StrictChecks::of(strictness);
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
    ///
    /// # Panics
    ///
    /// When HTTP cannot send it as it is described ([`Fault::check`]).
    #[track_caller]
    #[expect(clippy::panic, reason = "it fails where the test says what cannot be")]
    pub fn inject(&self, on: FaultPoint, when: When, fault: Fault, times: Times) {
        if let Err(mistake) = fault.check() {
            panic!("the fault: {mistake}");
        }
        self.shared
            .state()
            .faults
            .push(SandboxFault::new(on, when, fault, times));
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

    /// All grants, oldest first. Of a server that runs for long, those are forgotten of which every token has been over for a day.
    #[must_use]
    pub fn grants(&self) -> Vec<Grant> {
        self.shared.state().grants.iter().map(Grant::of).collect()
    }

    /// Which grant an access or refresh token was issued for, by its place in [`grants`](Self::grants), whether or not
    /// the token still works. `None` for a token that this sandbox did not issue.
    #[must_use]
    pub fn grant_of_token(&self, token: &str) -> Option<usize> {
        let state = self.shared.state();
        state.grants.place_of(state.grant_of_token(token)?)
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
        for grant in self.shared.state().grants.iter_mut() {
            grant.revoked = true;
        }
    }

    /// Ends one grant, by its place in [`grants`](Self::grants). Without effect if there is none.
    pub fn revoke_grant(&self, index: usize) {
        let mut state = self.shared.state();
        if let Some(number) = state.grants.number_at(index) {
            state.revoke_grant(number);
        }
    }

    /// Makes every access token issued so far expire now. Refresh tokens go on working.
    pub fn expire_access_tokens(&self) {
        let now = self.shared.now();
        for token in self.shared.state().access_tokens.values_mut() {
            token.expires = token.expires.min(now);
        }
    }
}
