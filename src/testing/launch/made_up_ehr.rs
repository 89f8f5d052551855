//! An EHR in memory: a FHIR server that says what was prepared, and a token endpoint: [`MadeUpEhr`].

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

use super::{
    answer::TestAnswer,
    requested::{Parameters, Requested},
    sent::SentRequest,
};
use crate::{
    protocol::{
        http::{HttpRequest, HttpResponse, Method},
        transport_error::TransportError,
    },
    time::{Clock as _, ManualClock, Timestamp},
    transport::{HttpTransport, TransportFuture},
};

pub(super) const FHIR_BASE_URL: &str = "https://ehr.example/fhir";
pub(super) const TOKEN_ENDPOINT: &str = "https://ehr.example/token";
const METADATA: &str = "https://ehr.example/fhir/.well-known/smart-configuration";

/// The EHR of one made-up launch. It is where the requests of its configuration end.
pub(super) struct MadeUpEhr {
    clock: ManualClock,
    token_lifetime: Duration,
    /// Whether token responses have a refresh token.
    refreshes: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    prepared: Vec<(Requested, VecDeque<TestAnswer>)>,
    sent: Vec<SentRequest>,
    unanswered: Vec<String>,
    /// The token that works, its end, and how many there were.
    token: Option<(String, Timestamp)>,
    tokens: usize,
    refuses_refreshes: bool,
}

impl MadeUpEhr {
    pub(super) fn new(clock: ManualClock, token_lifetime: Duration, refreshes: bool) -> Self {
        Self {
            clock,
            token_lifetime,
            refreshes,
            state: Mutex::default(),
        }
    }

    pub(super) const fn token_lifetime(&self) -> Duration {
        self.token_lifetime
    }

    pub(super) fn prepare(&self, requested: Requested, answer: TestAnswer) {
        let mut state = self.state();
        match state.prepared.iter_mut().find(|(known, _)| *known == requested) {
            Some((_, answers)) => answers.push_back(answer),
            None => state.prepared.push((requested, VecDeque::from([answer]))),
        }
    }

    pub(super) fn refuse_refreshes(&self) {
        self.state().refuses_refreshes = true;
    }

    pub(super) fn requests(&self) -> Vec<SentRequest> {
        self.state().sent.clone()
    }

    pub(super) fn refreshes(&self) -> usize {
        self.state().tokens.saturating_sub(1)
    }

    pub(super) fn take_unanswered(&self) -> Vec<String> {
        std::mem::take(&mut self.state().unanswered)
    }

    /// What answers are prepared for.
    pub(super) fn known(&self) -> Vec<String> {
        let state = self.state();
        state
            .prepared
            .iter()
            .map(|(requested, _)| format!("`{requested}`"))
            .collect()
    }

    /// The address of a request on this server.
    pub(super) fn address(&self, requested: &Requested) -> String {
        let mut address = format!("{FHIR_BASE_URL}/{}", requested.path);
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&requested.query)
            .finish();
        if !query.is_empty() {
            address.push('?');
            address.push_str(&query);
        }
        address
    }

    /// The next tokens, as a token response says it.
    pub(super) fn token_response(&self, scopes: &str, context: &Map<String, Value>) -> Value {
        let mut state = self.state();
        state.tokens += 1;
        let token = format!("made-up-access-token-{}", state.tokens);
        state.token = Some((token.clone(), self.clock.now().saturating_add(self.token_lifetime)));
        let mut members = context.clone();
        members.insert("access_token".to_owned(), json!(token));
        members.insert("token_type".to_owned(), json!("Bearer"));
        members.insert("expires_in".to_owned(), json!(self.token_lifetime.as_secs()));
        if !scopes.is_empty() {
            members.insert("scope".to_owned(), json!(scopes));
        }
        if self.refreshes {
            let refresh = format!("made-up-refresh-token-{}", state.tokens);
            members.insert("refresh_token".to_owned(), json!(refresh));
        }
        Value::Object(members)
    }

    fn answer(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        match request.url.as_str() {
            TOKEN_ENDPOINT => return Ok(self.refreshed()),
            METADATA => return Ok(json_response(200, &metadata())),
            _ => {}
        }
        let Some(requested) = requested_by(&request) else {
            let line = format!("{} {}", request.method.as_str(), request.url.path());
            self.state().unanswered.push(line);
            return Err(TransportError::Refused);
        };
        let has_good_token = self.takes_token_of(&request);
        let mut state = self.state();
        state.sent.push(SentRequest::new(requested.clone(), request));
        if !has_good_token {
            return TestAnswer::token_refused().sent_back(requested.method, &requested.path);
        }
        match state.next_answer(&requested) {
            Some(answer) => answer.sent_back(requested.method, &requested.path),
            None => {
                state.unanswered.push(requested.to_string());
                let sentence = format!("no answer is prepared for `{requested}`");
                TestAnswer::outcome(501, "not-supported", &sentence).sent_back(requested.method, &requested.path)
            }
        }
    }

    fn refreshed(&self) -> HttpResponse {
        if self.state().refuses_refreshes {
            return json_response(400, &json!({"error": "invalid_grant"}));
        }
        json_response(200, &self.token_response("", &Map::new()))
    }

    fn takes_token_of(&self, request: &HttpRequest) -> bool {
        let state = self.state();
        let Some((token, end)) = &state.token else { return false };
        let expected = format!("Bearer {token}");
        let mut headers = request.headers.iter();
        self.clock.now() < *end
            && headers.any(|(name, value)| name.eq_ignore_ascii_case("authorization") && *value == expected)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The next of the answers that are prepared for this; the last one stays.
    fn next_answer(&mut self, requested: &Requested) -> Option<TestAnswer> {
        let place = |parameters| {
            let mut prepared = self.prepared.iter();
            prepared.position(|(known, _)| known.covers(requested, parameters))
        };
        let at = place(Parameters::Same).or_else(|| place(Parameters::Any))?;
        let (_, answers) = self.prepared.get_mut(at)?;
        if answers.len() > 1 {
            answers.pop_front()
        } else {
            answers.front().cloned()
        }
    }
}

/// What a page needs that sends somebody to a new launch.
fn metadata() -> Value {
    json!({
        "issuer": FHIR_BASE_URL,
        "jwks_uri": "https://ehr.example/jwks",
        "authorization_endpoint": "https://ehr.example/authorize",
        "token_endpoint": TOKEN_ENDPOINT,
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["launch-ehr", "launch-standalone", "client-public"],
    })
}

fn json_response(status: u16, body: &Value) -> HttpResponse {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    HttpResponse::new(status, headers, body.to_string().into_bytes())
}

/// The request as a test writes it. `None`: it is for no address of the FHIR server.
fn requested_by(request: &HttpRequest) -> Option<Requested> {
    let base = Url::parse(FHIR_BASE_URL).ok()?;
    if request.url.origin() != base.origin() {
        return None;
    }
    let path = request
        .url
        .path()
        .strip_prefix(base.path())?
        .trim_matches('/')
        .to_owned();
    let mut query: Vec<_> = request.url.query_pairs().into_owned().collect();
    if request.method == Method::Post && path.ends_with("_search") {
        let form = request.body.as_deref().unwrap_or_default();
        query.extend(form_urlencoded::parse(form.as_bytes()).into_owned());
    }
    Some(Requested {
        method: request.method,
        path,
        query,
    })
}

impl HttpTransport for MadeUpEhr {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        Box::pin(async move { self.answer(request) })
    }
}

impl fmt::Debug for MadeUpEhr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MadeUpEhr").finish_non_exhaustive()
    }
}
