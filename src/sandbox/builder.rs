//! Choosing before the start.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;

use crate::time::{Clock, SystemClock};

use super::{
    Peculiarity, SandboxServer, StateParameter, StrictCheck, Strictness,
    bulk_settings::SandboxExport,
    change::SandboxSettings,
    client::SandboxClient,
    data::SandboxData,
    faults::SandboxFault,
    initial::Initial,
    listening,
    log::{RequestLine, RequestLog},
    settings::{
        AutomaticAnswer, ExpiresIn, IdTokens, IssParameter, Mode, RefreshContext, RefreshTokens, SelfRegistration,
    },
    start_mistake::StartMistake,
    state::fhir_base_of,
    strictness::StrictChecks,
    tls::SandboxTls,
};

/// A sandbox that is not running yet. Made by [`SandboxServer::builder`], ended by [`start`](Self::start).
#[derive(Debug)]
#[must_use = "nothing runs before `start`"]
pub struct SandboxBuilder {
    pub(super) address: IpAddr,
    pub(super) port: u16,
    pub(super) origin: Option<String>,
    pub(super) tls: Option<SandboxTls>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) log: RequestLog,
    pub(super) data: SandboxData,
    pub(super) initial: Initial,
}

impl SandboxBuilder {
    pub(super) fn new() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            origin: None,
            tls: None,
            clock: Arc::new(SystemClock),
            log: RequestLog::default(),
            data: SandboxData::made_up(),
            initial: Initial::default(),
        }
    }

    /// The TCP port. Default: 0, a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Listens at this address of the machine. Default: 127.0.0.1.
    ///
    /// Its users have no passwords: whoever reaches another address than a loopback one may sign in as anybody. That is for a network of
    /// containers that nobody else is in.
    pub fn danger_address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// Under which address others reach it, such as `https://ehr.test:9443`. Default: that at which it listens.
    ///
    /// All its own addresses begin with it: the FHIR base URL, the endpoints in the metadata, the issuer of id tokens. No slash at the end.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Serves https with this certificate. Default: http.
    pub fn tls(mut self, tls: SandboxTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Calls this with each request when it is answered. Default: nothing is called.
    ///
    /// It is called in the sandbox's threads: one that waits holds up the sandbox.
    pub fn on_request(mut self, log: impl Fn(&RequestLine) + Send + Sync + 'static) -> Self {
        self.log = RequestLog::to(log);
        self
    }

    /// Changes what these settings say, and nothing else. See [`SandboxServer::change`].
    pub fn change(mut self, settings: SandboxSettings) -> Self {
        self.initial.settings.change(settings);
        self
    }

    /// Queues a fault, as [`SandboxServer::inject`] does. Default: none.
    pub fn fault(mut self, fault: SandboxFault) -> Self {
        self.initial.faults.push(fault);
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

    /// Registers an application. Default: none. See also [`SandboxServer::register`]. [`check`](Self::check) looks at it.
    pub fn client(mut self, client: SandboxClient) -> Self {
        self.initial.clients.push(client);
        self
    }

    /// Shows *Launch* links for that launch URL on the EHR's page. Default: none. [`check`](Self::check) looks at it.
    pub fn launch_url(mut self, client_id: impl Into<String>, launch_url: impl Into<String>) -> Self {
        self.initial.launch_urls.push((client_id.into(), launch_url.into()));
        self
    }

    /// The records of the FHIR server, and so the people of the EHR. Default: [`SandboxData::made_up`].
    pub fn data(mut self, data: SandboxData) -> Self {
        self.data = data;
        self
    }

    /// Default: [`Mode::Automatic`].
    pub fn mode(mut self, mode: Mode) -> Self {
        self.initial.settings.mode = mode;
        self
    }

    /// What is answered in automatic mode. Default: [`AutomaticAnswer::Allow`].
    pub fn automatic_answer(mut self, answer: AutomaticAnswer) -> Self {
        self.initial.settings.automatic_answer = answer;
        self
    }

    /// The patient of standalone launches in automatic mode. Default: the first of [`SandboxServer::patients`].
    pub fn automatic_patient(mut self, patient: impl Into<String>) -> Self {
        self.initial.settings.automatic_patient = Some(patient.into());
        self
    }

    /// Who signs in in automatic mode, as a FHIR reference of [`SandboxServer::users`]. Default: the first of them.
    pub fn automatic_user(mut self, user: impl Into<String>) -> Self {
        self.initial.settings.automatic_user = Some(user.into());
        self
    }

    /// How long an access token works. Default: one hour.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.initial.settings.token_lifetime = lifetime;
        self
    }

    /// How long a code works. Default: 60 seconds.
    pub fn code_lifetime(mut self, lifetime: Duration) -> Self {
        self.initial.settings.code_lifetime = lifetime;
        self
    }

    /// How long a refresh token works after it was issued. Default: for good.
    pub fn refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.initial.settings.refresh_token_lifetime = Some(lifetime);
        self
    }

    /// Default: [`RefreshTokens::Rotating`].
    pub fn refresh_tokens(mut self, refresh_tokens: RefreshTokens) -> Self {
        self.initial.settings.refresh_tokens = refresh_tokens;
        self
    }

    /// Default: [`ExpiresIn::Number`].
    pub fn expires_in(mut self, expires_in: ExpiresIn) -> Self {
        self.initial.settings.expires_in = expires_in;
        self
    }

    /// Default: [`RefreshContext::Omitted`].
    pub fn refresh_context(mut self, context: RefreshContext) -> Self {
        self.initial.settings.refresh_context = context;
        self
    }

    /// Default: [`IdTokens::Issued`].
    pub fn id_tokens(mut self, id_tokens: IdTokens) -> Self {
        self.initial.settings.id_tokens = id_tokens;
        self
    }

    /// How narrowly the specification is read. Takes the place of what was said of single checks before. Default:
    /// [`Strictness::AsRealEhrs`].
    pub fn strictness(mut self, strictness: Strictness) -> Self {
        self.initial.settings.strict = StrictChecks::of(strictness);
        self
    }

    /// Makes this check. Can be repeated.
    pub fn strict_check(mut self, check: StrictCheck) -> Self {
        self.initial.settings.strict.add(check);
        self
    }

    /// Leaves this check out. Can be repeated.
    pub fn without_strict_check(mut self, check: StrictCheck) -> Self {
        self.initial.settings.strict.leave_out(check);
        self
    }

    /// What authorization responses do with `state`. Default: [`StateParameter::Returned`].
    pub fn state_parameter(mut self, state: StateParameter) -> Self {
        self.initial.settings.state_parameter = state;
        self
    }

    /// Default: [`IssParameter::Absent`].
    pub fn iss_parameter(mut self, iss: IssParameter) -> Self {
        self.initial.settings.iss_parameter = iss;
        self
    }

    /// Sets a member of `.well-known/smart-configuration`, over the sandbox's own; [`Value::Null`] removes it.
    pub fn metadata_field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.initial.settings.metadata_fields.push((name.into(), value.into()));
        self
    }

    /// Sets a member of every code exchange's response, over the sandbox's own; [`Value::Null`] removes it. This is the
    /// way to `fhirContext`, `tenant`, `intent`, `smart_style_url` and to wrong answers.
    pub fn token_response_field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.initial.settings.token_fields.push((name.into(), value.into()));
        self
    }

    /// Like [`token_response_field`](Self::token_response_field), for refresh responses.
    pub fn refresh_response_field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.initial.settings.refresh_fields.push((name.into(), value.into()));
        self
    }

    /// Makes the sandbox do one thing as some real servers do it. Can be repeated. Default: none.
    pub fn peculiarity(mut self, peculiarity: Peculiarity) -> Self {
        self.initial.settings.peculiarities.push(peculiarity);
        self
    }

    /// Whether applications can register themselves at `/register` (RFC 7591), and read, change and delete their registration (RFC
    /// 7592). Default: [`SelfRegistration::Off`].
    pub fn self_registration(mut self, who: SelfRegistration) -> Self {
        self.initial.settings.self_registration = who;
        self
    }

    /// How it exports. Default: as a good server does.
    pub fn export(mut self, export: SandboxExport) -> Self {
        self.initial.settings.export = export;
        self
    }

    /// How many received requests are kept; the oldest go first. Default: 100,000. They go too where all together have more than 64 MiB.
    pub fn record_limit(mut self, limit: usize) -> Self {
        self.initial.settings.record_limit = limit;
        self
    }

    /// Finds what [`start`](Self::start) would refuse, without a port that is taken. Nothing is started.
    ///
    /// ```
    /// use actix_smart_auth::sandbox::{SandboxServer, StartMistake};
    ///
    /// let described = SandboxServer::builder().origin("ehr.test");
    /// assert!(matches!(described.check(), Err(StartMistake::Origin { .. })));
    /// ```
    ///
    /// # Errors
    ///
    /// When the origin is none, when an application, one of its launch URLs, a fault or the export cannot be meant, and when the automatic patient, the automatic user or a user of the portal is nobody of the data. The first of
    /// these is told.
    pub fn check(&self) -> Result<(), StartMistake> {
        if let Some(origin) = &self.origin {
            listening::public_origin(origin)?;
        }
        self.initial.check()?;
        // Whatever the base is: no reference of the people begins with it.
        let records = self.data.clone().into_records(fhir_base_of("http://localhost"));
        self.initial.settings.know_whom_they_name(&records)
    }

    /// Starts the sandbox in a thread of its own. It accepts connections when this returns.
    ///
    /// # Errors
    ///
    /// What [`check`](Self::check) finds, as [`io::ErrorKind::InvalidInput`] with the [`StartMistake`] in it. When the port is taken, when the thread cannot be started.
    pub fn start(self) -> io::Result<SandboxServer> {
        SandboxServer::launch(self)
    }
}
