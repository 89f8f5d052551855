//! Choosing before the start.

use std::{io, sync::Arc, time::Duration};

use serde_json::Value;

use crate::time::{Clock, SystemClock};

use super::{
    Peculiarity, SandboxServer,
    bulk_settings::SandboxExport,
    client::SandboxClient,
    settings::{
        AutomaticAnswer, ExpiresIn, IdTokens, IssParameter, Mode, RefreshContext, RefreshTokens, SelfRegistration,
        Settings,
    },
};

/// A sandbox that is not running yet. Made by [`SandboxServer::builder`], ended by [`start`](Self::start).
#[derive(Debug)]
#[must_use = "nothing runs before `start`"]
pub struct SandboxBuilder {
    port: u16,
    clock: Arc<dyn Clock>,
    settings: Settings,
    clients: Vec<SandboxClient>,
    launch_urls: Vec<(String, String)>,
}

impl SandboxBuilder {
    pub(super) fn new() -> Self {
        Self {
            port: 0,
            clock: Arc::new(SystemClock),
            settings: Settings::default(),
            clients: Vec::new(),
            launch_urls: Vec::new(),
        }
    }

    /// The TCP port on 127.0.0.1. Default: 0, a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Where the sandbox learns the time. Default: the system's clock.
    ///
    /// It rules the life of codes, access tokens and assertions. Give the application the same clock, or its assertions
    /// look expired.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Registers an application. Default: none. See also [`SandboxServer::register`].
    pub fn client(mut self, client: SandboxClient) -> Self {
        self.clients.push(client);
        self
    }

    /// Shows *Launch* links for that launch URL on the EHR's page. Default: none.
    pub fn launch_url(mut self, client_id: impl Into<String>, launch_url: impl Into<String>) -> Self {
        self.launch_urls.push((client_id.into(), launch_url.into()));
        self
    }

    /// Default: [`Mode::Automatic`].
    pub fn mode(mut self, mode: Mode) -> Self {
        self.settings.mode = mode;
        self
    }

    /// What is answered in automatic mode. Default: [`AutomaticAnswer::Allow`].
    pub fn automatic_answer(mut self, answer: AutomaticAnswer) -> Self {
        self.settings.automatic_answer = answer;
        self
    }

    /// The patient of standalone launches in automatic mode. Default: the first of [`SandboxServer::patients`].
    pub fn automatic_patient(mut self, patient: impl Into<String>) -> Self {
        self.settings.automatic_patient = patient.into();
        self
    }

    /// Who signs in in automatic mode, as a FHIR reference of [`SandboxServer::users`]. Default: the first of them.
    pub fn automatic_user(mut self, user: impl Into<String>) -> Self {
        self.settings.automatic_user = user.into();
        self
    }

    /// How long an access token works. Default: one hour.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.token_lifetime = lifetime;
        self
    }

    /// How long a code works. Default: 60 seconds.
    pub fn code_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.code_lifetime = lifetime;
        self
    }

    /// Default: [`RefreshTokens::Rotating`].
    pub fn refresh_tokens(mut self, refresh_tokens: RefreshTokens) -> Self {
        self.settings.refresh_tokens = refresh_tokens;
        self
    }

    /// Default: [`ExpiresIn::Number`].
    pub fn expires_in(mut self, expires_in: ExpiresIn) -> Self {
        self.settings.expires_in = expires_in;
        self
    }

    /// Default: [`RefreshContext::Omitted`].
    pub fn refresh_context(mut self, context: RefreshContext) -> Self {
        self.settings.refresh_context = context;
        self
    }

    /// Default: [`IdTokens::Issued`].
    pub fn id_tokens(mut self, id_tokens: IdTokens) -> Self {
        self.settings.id_tokens = id_tokens;
        self
    }

    /// Default: [`IssParameter::Absent`].
    pub fn iss_parameter(mut self, iss: IssParameter) -> Self {
        self.settings.iss_parameter = iss;
        self
    }

    /// Sets a member of `.well-known/smart-configuration`, over the sandbox's own; [`Value::Null`] removes it.
    pub fn metadata_field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.settings.metadata_fields.push((name.into(), value.into()));
        self
    }

    /// Sets a member of every code exchange's response, over the sandbox's own; [`Value::Null`] removes it. This is the
    /// way to `fhirContext`, `tenant`, `intent`, `smart_style_url` and to wrong answers.
    pub fn token_response_field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.settings.token_fields.push((name.into(), value.into()));
        self
    }

    /// Like [`token_response_field`](Self::token_response_field), for refresh responses.
    pub fn refresh_response_field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.settings.refresh_fields.push((name.into(), value.into()));
        self
    }

    /// Makes the sandbox do one thing as some real servers do it. Can be repeated. Default: none.
    pub fn peculiarity(mut self, peculiarity: Peculiarity) -> Self {
        self.settings.peculiarities.push(peculiarity);
        self
    }

    /// Whether applications can register themselves at `/register` (RFC 7591), and read, change and delete their registration (RFC
    /// 7592). Default: [`SelfRegistration::Off`].
    pub fn self_registration(mut self, who: SelfRegistration) -> Self {
        self.settings.self_registration = who;
        self
    }

    /// How it exports. Default: as a good server does.
    pub fn export(mut self, export: SandboxExport) -> Self {
        self.settings.export = export;
        self
    }

    /// How many received requests are kept; the oldest go first. Default: 100,000.
    pub fn record_limit(mut self, limit: usize) -> Self {
        self.settings.record_limit = limit;
        self
    }

    /// Starts the sandbox in a thread of its own. It accepts connections when this returns.
    ///
    /// # Errors
    ///
    /// When the port is taken, or the thread cannot be started.
    pub fn start(self) -> io::Result<SandboxServer> {
        SandboxServer::launch(self.port, self.clock, self.settings, self.clients, self.launch_urls)
    }
}
