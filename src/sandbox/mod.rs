//! A strict SMART App Launch 2.2 server to try an application against, with a small FHIR server behind it.
//!
//! [`SandboxServer`] is an authorization server, a FHIR R4 server with made-up people, and an EHR's start page, on a
//! loopback port, in a thread of its own. Tests of an application run it in-process; a demo runs it beside the
//! application and opens its pages in a browser.
//!
//! It is **strict**: where the specification says that a client has to do something, a client that does not is refused,
//! with a description of what to change. It keeps what it received, so a test can look at what the application really
//! sent. And it can have a bad day on demand: see [`Fault`].
//!
//! [`Peculiarity`] has what real servers do differently, [`SandboxBuilder::like`] what is known of one vendor. It is for
//! development and tests alone: state is in memory, users have no passwords, and tokens are shown to everybody. It listens on
//! 127.0.0.1 only. Never give it real credentials or real data.
//!
//! # In a test
//!
//! ```
//! use actix_smart_auth::sandbox::{Fault, FaultPoint, SandboxClient, SandboxServer, Times, When};
//!
//! # fn main() -> std::io::Result<()> {
//! let sandbox = SandboxServer::start()?;
//! // An application often learns the sandbox's address before it knows its own, so clients are registered afterwards.
//! sandbox.register(SandboxClient::public("my-app", "http://127.0.0.1:8080/auth/callback"));
//!
//! // What the application is configured with, and how an EHR would open it for a patient:
//! let fhir_base_url = sandbox.fhir_base_url();
//! let patient = &sandbox.patients()[0];
//! let url = sandbox.ehr_launch_url("http://127.0.0.1:8080/auth/launch", patient.id, None);
//! assert!(url.starts_with("http://127.0.0.1:8080/auth/launch?iss="));
//!
//! // The next refresh is carried out, but its answer is lost:
//! sandbox.inject(FaultPoint::Refresh, When::After, Fault::Reset, Times::Once);
//!
//! // … run the application against it, then look at what it did:
//! assert_eq!(sandbox.token_requests_of("refresh_token").len(), 0);
//! assert_eq!(sandbox.reuse_detections(), 0);
//! # Ok(())
//! # }
//! ```
//!
//! # For a person
//!
//! With [`Mode::Interactive`] the authorization endpoint shows pages: sign in as one of the made-up practitioners or as a
//! patient, choose a patient (standalone launch), allow or deny. [`SandboxServer::ehr_url`] lists the patients with a
//! *Launch* link for each registered launch URL.
//!
//! ```no_run
//! use std::time::Duration;
//! use actix_smart_auth::sandbox::{Mode, SandboxClient, SandboxServer};
//!
//! # fn main() -> std::io::Result<()> {
//! let sandbox = SandboxServer::builder()
//!     .port(9090)
//!     .mode(Mode::Interactive)
//!     .token_lifetime(Duration::from_secs(120))
//!     .client(SandboxClient::public("my-app", "http://127.0.0.1:8080/auth/callback"))
//!     .launch_url("my-app", "http://127.0.0.1:8080/auth/launch")
//!     .start()?;
//! println!("Open {}", sandbox.ehr_url());
//! # Ok(())
//! # }
//! ```
//!
//! # What is checked
//!
//! * **Authorization request** (GET or POST): registered client and redirect URI, compared as strings (else a page, and no
//!   redirect); nothing repeated; `response_type=code`; `state` of at least 22 characters; PKCE with `S256`; `aud` equal to
//!   the FHIR base URL; `launch` known and unused, together with the scope `launch`, and neither without the other; scopes
//!   of SMART's grammar; `patient/` scopes only when a patient is in context or asked for.
//! * **Token requests**: form in the body, nothing in the URL, nothing repeated; client authentication exactly as
//!   registered; codes work once, for 60 seconds, with their redirect URI and verifier. A second use of a code revokes what
//!   the first one gave. So does a second use of a rotated refresh token.
//! * **Assertions**: RS384 or ES384, `typ` `JWT`, exactly one published key with that `kid`, `iss` = `sub` = client id,
//!   `aud` the token endpoint as one string, at most 300 seconds of life, a `jti` that was never used before.
//! * **Revocation, introspection**: client authentication as at the token endpoint; of tokens of other clients only a resource
//!   server is told something but that they are not active; introspection also with a live bearer
//!   token instead.
//! * **Registration** (with [`SandboxBuilder::self_registration`]): JSON; the initial access token, if one is wanted; redirect URIs,
//!   grant types, response types and the way to authenticate, which have to fit each other; keys by value or by address, not both. What is
//!   not known is left out of the answer. `client_secret_post` becomes `client_secret_basic`, and each change brings a new registration
//!   access token: servers may.
//! * **Exports** (`$export`): `Prefer: respond-async`, known parameters, a `system/` scope for each type, one export of a client at a
//!   time, the token where the manifest wants it and nowhere else. See [`SandboxExport`].
//! * **FHIR requests**: a live bearer token, a scope that covers type and interaction, and the patient compartment.
//!
//! `launch` values, codes and refresh tokens contain `+`, `/` and `=` on purpose: what is not percent-encoded breaks here.

mod assertion;
mod authorize;
mod backend;
mod builder;
mod bulk;
mod bulk_content;
mod bulk_settings;
mod client;
mod client_auth;
mod clinical;
mod data;
mod faults;
mod fhir;
mod flow;
mod http;
mod identity;
mod installation;
mod jwt;
mod keys;
mod metadata;
mod observations;
mod pages;
mod peculiarity;
mod quirk_checks;
mod random;
mod record;
mod registration;
mod revocation;
mod scopes;
mod server;
mod settings;
mod sign_in;
mod socket;
mod state;
mod token;
mod vendors;

use std::{io, net::TcpListener, sync::Arc, time::Duration};

use serde_json::Value;

use crate::time::Clock;

use self::{server::Listening, settings::Settings, state::Shared};

pub use self::{
    builder::SandboxBuilder,
    bulk_settings::{ExportFiles, ExportFilesAt, ExportFilesToken, SandboxExport},
    client::{Jwks, SandboxClient},
    data::{SandboxEncounter, SandboxPatient, SandboxUser},
    faults::{Fault, FaultPoint, Times, When},
    peculiarity::Peculiarity,
    record::{Endpoint, ReceivedRequest},
    settings::{
        AutomaticAnswer, ExpiresIn, IdTokenIssuer, IdTokens, IssParameter, KeyIds, KeyRotation, Mode, RefreshContext,
        RefreshTokens, SelfRegistration,
    },
    vendors::Vendor,
};

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
/// See the [module documentation](self) for what it checks and how to use it.
#[derive(Debug)]
pub struct SandboxServer {
    shared: Arc<Shared>,
    _listening: Listening,
}

impl SandboxServer {
    /// Starts a sandbox with the defaults: a free port, [`Mode::Automatic`], no clients yet.
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

    fn launch(
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
