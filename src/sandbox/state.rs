//! What the authorization server remembers, behind one lock that is never held across an await.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
};

use crate::time::{Clock, Timestamp};

use super::{
    bulk::Export,
    bulk_settings::ExportFilesAt,
    client::SandboxClient,
    faults::FaultQueue,
    http::Incoming,
    random,
    record::Record,
    settings::{IdTokenIssuer, Settings},
    sign_in::SignInRequest,
};

/// What all workers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) origin: String,
    /// Where the files of exports are, if they are at another port.
    other_origin: Option<String>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) connections: AtomicU64,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn new(origin: String, other_origin: Option<String>, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        Self {
            origin,
            other_origin,
            clock,
            connections: AtomicU64::new(0),
            state: Mutex::new(State::new(settings)),
        }
    }

    /// One step of the server: everything a request changes is changed under one lock, so counters and single-use values
    /// are right whatever runs at the same time.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn other_origin(&self) -> &str {
        self.other_origin.as_deref().unwrap_or(&self.origin)
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
        let host = incoming.header("host").unwrap_or_default();
        self.other_origin.is_some() && self.other_origin() == format!("http://{host}")
    }

    pub(super) fn fhir_base(&self) -> String {
        format!("{}/fhir", self.origin)
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

#[derive(Debug)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) clients: HashMap<String, SandboxClient>,
    /// Those that registered themselves, by their client ids.
    pub(super) self_registered: HashMap<String, SelfRegistered>,
    /// Client id and launch URL, in the order of registration.
    pub(super) launch_urls: Vec<(String, String)>,
    pub(super) launches: HashMap<String, EhrLaunch>,
    pub(super) pending: HashMap<String, Pending>,
    /// When each user signed in last.
    pub(super) sign_ins: HashMap<String, Timestamp>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) grants: Vec<GrantRecord>,
    pub(super) access_tokens: HashMap<String, AccessToken>,
    pub(super) refresh_tokens: HashMap<String, RefreshToken>,
    /// (client id, jti) of every accepted assertion.
    pub(super) assertions: std::collections::HashSet<(String, String)>,
    pub(super) exports: Vec<Export>,
    pub(super) faults: FaultQueue,
    pub(super) record: Record,
}

/// A client that registered itself.
#[derive(Debug, Clone)]
pub(super) struct SelfRegistered {
    /// Its registration access token.
    pub(super) token: String,
    /// What it is told.
    pub(super) answer: serde_json::Map<String, serde_json::Value>,
}

/// The context behind a `launch` value.
#[derive(Debug, Clone)]
pub(super) struct EhrLaunch {
    pub(super) patient: String,
    pub(super) encounter: Option<String>,
    pub(super) used: bool,
}

/// An authorization request that passed all checks.
#[derive(Debug, Clone)]
pub(super) struct AuthorizationRequest {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) state: String,
    /// What will be granted if the user agrees.
    pub(super) scopes: Vec<String>,
    pub(super) code_challenge: String,
    pub(super) nonce: Option<String>,
    pub(super) launch: Option<String>,
    pub(super) sign_in: SignInRequest,
}

/// An authorization request while a person answers questions about it.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) request: AuthorizationRequest,
    /// FHIR reference of the user who signed in.
    pub(super) user: Option<String>,
    pub(super) signed_in_at: Option<Timestamp>,
    pub(super) patient: Option<String>,
    pub(super) encounter: Option<String>,
}

/// What the user agreed to.
#[derive(Debug, Clone)]
pub(super) struct Agreement {
    pub(super) client_id: String,
    pub(super) scopes: Vec<String>,
    pub(super) user: String,
    pub(super) patient: Option<String>,
    pub(super) encounter: Option<String>,
    pub(super) nonce: Option<String>,
    /// `state` of the authorization request.
    pub(super) state: String,
    /// When the user signed in, if id tokens have to say it.
    pub(super) auth_time: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub(super) struct Code {
    pub(super) agreement: Agreement,
    pub(super) redirect_uri: String,
    pub(super) code_challenge: String,
    pub(super) expires: Timestamp,
    pub(super) used: bool,
    /// Index into `grants`, once exchanged.
    pub(super) grant: Option<usize>,
}

#[derive(Debug, Clone)]
pub(super) struct GrantRecord {
    pub(super) agreement: Agreement,
    pub(super) refreshes: u32,
    /// When a refresh was tried last.
    pub(super) tried: Option<Timestamp>,
    pub(super) reuse_detected: bool,
    pub(super) revoked: bool,
}

#[derive(Debug, Clone)]
pub(super) struct AccessToken {
    pub(super) grant: usize,
    pub(super) scopes: Vec<String>,
    pub(super) expires: Timestamp,
    pub(super) revoked: bool,
}

#[derive(Debug, Clone)]
pub(super) struct RefreshToken {
    pub(super) grant: usize,
    /// Whether a newer one took its place.
    pub(super) replaced: bool,
}

impl State {
    fn new(settings: Settings) -> Self {
        let record = Record::new(settings.record_limit);
        Self {
            settings,
            clients: HashMap::new(),
            self_registered: HashMap::new(),
            launch_urls: Vec::new(),
            launches: HashMap::new(),
            pending: HashMap::new(),
            sign_ins: HashMap::new(),
            codes: HashMap::new(),
            grants: Vec::new(),
            access_tokens: HashMap::new(),
            refresh_tokens: HashMap::new(),
            assertions: std::collections::HashSet::new(),
            exports: Vec::new(),
            faults: FaultQueue::default(),
            record,
        }
    }

    pub(super) fn add_launch_url(&mut self, client_id: String, url: String) {
        let entry = (client_id, url);
        if !self.launch_urls.contains(&entry) {
            self.launch_urls.push(entry);
        }
    }

    /// A new one-time `launch` value.
    pub(super) fn mint_launch(&mut self, patient: &str, encounter: Option<&str>) -> String {
        let value = random::awkward();
        self.launches.insert(
            value.clone(),
            EhrLaunch {
                patient: patient.to_owned(),
                encounter: encounter.map(str::to_owned),
                used: false,
            },
        );
        value
    }

    /// Ends a grant: neither its refresh tokens nor its access tokens work any longer.
    pub(super) fn revoke_grant(&mut self, grant: usize) {
        if let Some(grant) = self.grants.get_mut(grant) {
            grant.revoked = true;
        }
    }

    /// Ends every grant that the user of this one has given to the same client.
    pub(super) fn revoke_all_of_user(&mut self, grant: usize) {
        let Some(one) = self.grants.get(grant) else { return };
        let (client_id, user) = (one.agreement.client_id.clone(), one.agreement.user.clone());
        for other in &mut self.grants {
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

/// Appends form-encoded parameters without touching what is there: URLs are compared as strings.
pub(super) fn with_parameters(url: &str, parameters: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    let separator = match url.find('?') {
        None => "?",
        Some(_) if url.ends_with(['?', '&']) => "",
        Some(_) => "&",
    };
    format!("{url}{separator}{query}")
}
