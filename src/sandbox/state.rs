//! What the authorization server remembers, behind one lock that is never held across an await.

mod remembered;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

use crate::time::{Clock, Timestamp};

pub(super) use self::remembered::{
    AccessToken, Agreement, AuthorizationRequest, Code, EhrLaunch, GrantRecord, Pending, RefreshToken, SelfRegistered,
};
use super::{
    answered::Answered,
    assertion::Accepted,
    bulk::Export,
    bulk_settings::ExportFilesAt,
    change::SandboxSettings,
    client::SandboxClient,
    data::SandboxData,
    faults::FaultQueue,
    http::Incoming,
    initial::{Initial, know_whom_they_name},
    log::RequestLog,
    numbered::Numbered,
    pruned::Sizes,
    record::Record,
    records::Records,
    settings::{IdTokenIssuer, Settings},
    start_mistake::StartMistake,
};

/// So many clients that registered themselves are known at a time.
const MOST_SELF_REGISTERED: usize = 2_000;

/// What all workers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) origin: String,
    /// Where the files of exports are, if they are at another port.
    files: Option<FilesPort>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) connections: AtomicU64,
    pub(super) log: RequestLog,
    /// Wakes who waits until something was received or answered.
    pub(super) received: Notify,
    /// How many seconds its clock is ahead: a copy of the setting, for who holds the lock.
    ahead: AtomicI64,
    initial: Initial,
    /// Those of the start.
    records: Records,
    state: Mutex<State>,
}

/// Another port, for the files of exports.
#[derive(Debug)]
pub(super) struct FilesPort {
    pub(super) origin: String,
    pub(super) port: u16,
}

impl Shared {
    pub(super) fn new(
        origin: String,
        files: Option<FilesPort>,
        clock: Arc<dyn Clock>,
        log: RequestLog,
        data: SandboxData,
        initial: Initial,
    ) -> Self {
        let records = data.into_records(fhir_base_of(&origin));
        Self {
            origin,
            files,
            clock,
            connections: AtomicU64::new(0),
            log,
            received: Notify::new(),
            ahead: AtomicI64::new(initial.settings.clock_ahead),
            state: Mutex::new(State::new(&initial, records.clone(), 0)),
            initial,
            records,
        }
    }

    /// # Errors
    /// When a setting names somebody whom the records do not have.
    pub(super) fn knows_whom_it_names(&self) -> Result<(), StartMistake> {
        self.initial.settings.know_whom_they_name(&self.records)
    }

    /// Forgets everything that happened since the start.
    pub(super) fn reset(&self) {
        let mut state = self.state();
        // Requests that are under way keep their numbers.
        let (number, grants, exports) = (state.record.next(), state.grants.emptied(), state.exports.emptied());
        *state = State::new(&self.initial, self.records.clone(), number);
        // Whoever still asks for a grant or an export of before finds none, and no other one.
        (state.grants, state.exports) = (grants, exports);
        self.ahead.store(state.settings.clock_ahead, Ordering::SeqCst);
    }

    /// # Errors
    /// When it names somebody whom the records do not have. Then nothing is changed.
    pub(super) fn change(&self, settings: SandboxSettings) -> Result<(), StartMistake> {
        let mut state = self.state();
        // What was said before is not looked at once more: who it names may have been deleted since.
        know_whom_they_name(settings.automatic_patient(), settings.automatic_user(), &state.records)?;
        state.settings.change(settings);
        let limit = state.settings.record_limit;
        state.record.keep(limit);
        self.ahead.store(state.settings.clock_ahead, Ordering::SeqCst);
        Ok(())
    }

    /// Whether it listens at another port for files.
    pub(super) const fn has_files_port(&self) -> bool {
        self.files.is_some()
    }

    /// One step of the server: everything a request changes is changed under one lock, so counters and single-use values
    /// are right whatever runs at the same time.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All records as they are now. Who looks through many of them takes these, and keeps nobody waiting.
    pub(super) fn records(&self) -> Records {
        self.state().records.clone()
    }

    pub(super) fn now(&self) -> Timestamp {
        let ahead = self.ahead.load(Ordering::SeqCst);
        let by = Duration::from_secs(ahead.unsigned_abs());
        match ahead < 0 {
            true => self.clock.now().saturating_sub(by),
            false => self.clock.now().saturating_add(by),
        }
    }

    pub(super) fn other_origin(&self) -> &str {
        self.files.as_ref().map_or(&self.origin, |files| &files.origin)
    }

    /// Where the manifest says that files are.
    pub(super) fn files_origin(&self) -> String {
        match self.state().settings.export.files_at {
            ExportFilesAt::OtherPort => self.other_origin().to_owned(),
            _ => self.origin.clone(),
        }
    }

    /// Whether a request came to the other port.
    pub(super) fn is_files_port(&self, incoming: &Incoming) -> bool {
        let files = self.files.as_ref();
        files.is_some_and(|files| incoming.port == Some(files.port))
    }

    pub(super) fn fhir_base(&self) -> String {
        fhir_base_of(&self.origin)
    }

    /// The `iss` of id tokens.
    pub(super) fn issuer(&self, issuer: IdTokenIssuer) -> String {
        match issuer {
            IdTokenIssuer::FhirBase => self.fhir_base(),
            IdTokenIssuer::Apart => format!("{}/idp", self.origin),
        }
    }

    pub(super) fn jwks_url(&self, issuer: IdTokenIssuer) -> String {
        format!("{}/.well-known/jwks.json", self.issuer(issuer))
    }

    pub(super) fn registration_endpoint(&self) -> String {
        format!("{}/register", self.origin)
    }

    pub(super) fn token_endpoint(&self) -> String {
        format!("{}/token", self.origin)
    }
}

pub(super) fn fhir_base_of(origin: &str) -> String {
    format!("{origin}/fhir")
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) clients: HashMap<String, SandboxClient>,
    /// Those that registered themselves, by their client ids.
    self_registered: HashMap<String, SelfRegistered>,
    /// How many registered themselves.
    registrations: u64,
    /// Client id and launch URL, in the order of registration.
    pub(super) launch_urls: Vec<(String, String)>,
    pub(super) launches: HashMap<String, EhrLaunch>,
    pub(super) pending: HashMap<String, Pending>,
    /// When each user signed in last.
    pub(super) sign_ins: HashMap<String, Timestamp>,
    pub(super) answered: Answered,
    pub(super) codes: HashMap<String, Code>,
    pub(super) grants: Numbered<GrantRecord>,
    pub(super) access_tokens: HashMap<String, AccessToken>,
    pub(super) refresh_tokens: HashMap<String, RefreshToken>,
    /// Client id and `jti` of every accepted assertion, with the moment from which it would not be accepted anyway.
    pub(super) assertions: HashMap<(String, String), Timestamp>,
    pub(super) exports: Numbered<Export>,
    pub(super) faults: FaultQueue,
    pub(super) records: Records,
    pub(super) record: Record,
    pub(super) sizes: Sizes,
}

impl State {
    /// `number` is that of the first request.
    fn new(initial: &Initial, records: Records, number: u64) -> Self {
        let record = Record::new(initial.settings.record_limit, number);
        let clients = initial.clients.iter();
        let mut state = Self {
            settings: initial.settings.clone(),
            clients: clients
                .map(|client| (client.client_id.clone(), client.clone()))
                .collect(),
            self_registered: HashMap::new(),
            registrations: 0,
            launch_urls: Vec::new(),
            launches: HashMap::new(),
            pending: HashMap::new(),
            sign_ins: HashMap::new(),
            answered: Answered::default(),
            codes: HashMap::new(),
            grants: Numbered::default(),
            access_tokens: HashMap::new(),
            refresh_tokens: HashMap::new(),
            assertions: HashMap::new(),
            exports: Numbered::default(),
            faults: initial.faults.clone(),
            records,
            record,
            sizes: Sizes::default(),
        };
        for (client_id, url) in &initial.launch_urls {
            state.add_launch_url(client_id.clone(), url.clone());
        }
        state
    }

    /// Registers a client with these launch URLs alone, in place of one with the same id.
    pub(super) fn put_client(&mut self, client: SandboxClient, launch_urls: impl IntoIterator<Item = String>) {
        let client_id = client.client_id.clone();
        self.remove_client(&client_id);
        self.clients.insert(client_id.clone(), client);
        for url in launch_urls {
            self.add_launch_url(client_id.clone(), url);
        }
    }

    /// Forgets a client with its launch URLs, and that it registered itself. Whether there was one.
    pub(super) fn remove_client(&mut self, client_id: &str) -> bool {
        self.launch_urls.retain(|(whose, _)| whose != client_id);
        self.self_registered.remove(client_id);
        self.clients.remove(client_id).is_some()
    }

    pub(super) fn self_registered(&self, client_id: &str) -> Option<&SelfRegistered> {
        self.self_registered.get(client_id)
    }

    /// Remembers that a client registered itself, and ends the one that did so longest ago where there are too many.
    pub(super) fn put_self_registered(&mut self, client_id: String, known: SelfRegistered) {
        self.registrations += 1;
        let number = self.registrations;
        let known = SelfRegistered { number, ..known };
        self.self_registered.insert(client_id, known);
        if self.self_registered.len() > MOST_SELF_REGISTERED {
            let oldest = self.self_registered.iter().min_by_key(|(_, known)| known.number);
            if let Some(oldest) = oldest.map(|(client_id, _)| client_id.clone()) {
                self.end_client(&oldest);
            }
        }
    }

    /// Forgets a client, and ends its grants.
    pub(super) fn end_client(&mut self, client_id: &str) {
        self.remove_client(client_id);
        for grant in self.grants.iter_mut() {
            grant.revoked |= grant.agreement.client_id == client_id;
        }
    }

    pub(super) fn add_launch_url(&mut self, client_id: String, url: String) {
        let entry = (client_id, url);
        if !self.launch_urls.contains(&entry) {
            self.launch_urls.push(entry);
        }
    }

    /// The client whose launch URL this is, if it is that of one.
    pub(super) fn client_at(&self, launch_url: &str) -> Option<String> {
        let mut clients = self.launch_urls.iter().filter(|(_, url)| url == launch_url);
        match (clients.next(), clients.next()) {
            (Some((client_id, _)), None) => Some(client_id.clone()),
            _ => None,
        }
    }

    /// A new one-time `launch` value.
    pub(super) fn mint_launch(&mut self, launch: EhrLaunch) -> String {
        let value = self.settings.new_value();
        self.launches.insert(value.clone(), launch);
        value
    }

    /// Remembers an assertion. Returns whether it is the first with its `jti`.
    pub(super) fn is_first_use(&mut self, client_id: &str, accepted: Accepted) -> bool {
        let key = (client_id.to_owned(), accepted.jti);
        self.assertions.insert(key, accepted.expires).is_none()
    }

    /// Ends a grant: neither its refresh tokens nor its access tokens work any longer.
    pub(super) fn revoke_grant(&mut self, grant: usize) {
        if let Some(grant) = self.grants.get_mut(grant) {
            grant.revoked = true;
        }
    }

    /// The number of the grant for which an access or refresh token was issued, whether or not it still works.
    pub(super) fn grant_of_token(&self, token: &str) -> Option<usize> {
        let access = self.access_tokens.get(token).map(|access| access.grant);
        access.or_else(|| Some(self.refresh_tokens.get(token)?.grant))
    }

    /// Ends every grant that the user of this one has given to the same client.
    pub(super) fn revoke_all_of_user(&mut self, grant: usize) {
        let Some(one) = self.grants.get(grant) else { return };
        let (client_id, user) = (one.agreement.client_id.clone(), one.agreement.user.clone());
        for other in self.grants.iter_mut() {
            other.revoked |= other.agreement.client_id == client_id && other.agreement.user == user;
        }
    }

    /// The token and its grant, if it works now.
    pub(super) fn usable_access_token(&self, token: &str, now: Timestamp) -> Option<(&AccessToken, &GrantRecord)> {
        let access = self.access_tokens.get(token)?;
        let grant = self.grants.get(access.grant)?;
        (now < access.expires && !access.revoked && !grant.revoked).then_some((access, grant))
    }
}

/// `{launch_url}?iss={FHIR base URL}&launch={value}`, also when the launch URL has a query of its own.
pub(super) fn launch_url_with(launch_url: &str, fhir_base: &str, launch: &str) -> String {
    with_parameters(launch_url, &[("iss", fhir_base), ("launch", launch)])
}

/// Appends form-encoded parameters to the query without touching what is there: URLs are compared as strings.
pub(super) fn with_parameters(url: &str, parameters: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    let (address, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let separator = match address.find('?') {
        None => "?",
        Some(_) if address.ends_with(['?', '&']) => "",
        Some(_) => "&",
    };
    format!("{address}{separator}{query}{fragment}")
}
