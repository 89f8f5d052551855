//! What a made-up launch is about: [`TestLaunchBuilder`].

use std::{fmt, mem, sync::Arc, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    TestLaunch,
    error::TestLaunchError,
    made_up_ehr::{FHIR_BASE_URL, MadeUpEhr, TOKEN_ENDPOINT},
};
use crate::{
    config::{Ehr, EhrBuilder, SmartConfigBuilder},
    launch::keep::keep,
    protocol::{
        client_auth::ClientAuth,
        http::HttpResponse,
        id_token::{FhirUserReference, IdTokenClaims},
        scope::Scopes,
        secret::LaunchSecret,
        token::TokenSet,
        token_response::{Grant, Reading, TokenResponse},
        token_type::TokenType,
        urls::EndpointUrl,
    },
    smart_config::SmartConfig,
    store::{BrowserKey, LaunchKind, LaunchOrigin, LaunchRecord, PinnedEndpoints, Proof, RefreshState, user_digest},
    time::{Clock as _, ManualClock, Timestamp},
    transport::{HttpRequest, HttpTransport, TransportFuture},
};

const CLIENT_ID: &str = "my-app";
const EVERYTHING: &str = "openid fhirUser launch patient/*.cruds user/*.cruds";

type Change<T> = Vec<Box<dyn FnOnce(T) -> T>>;

/// A made-up launch that is not open yet. Made by [`TestLaunch::builder`], ended by [`open`](Self::open).
#[must_use = "nothing is open before `open`"]
pub struct TestLaunchBuilder {
    context: Map<String, Value>,
    scopes: String,
    requested: Option<String>,
    user: Option<String>,
    claims: Map<String, Value>,
    kind: LaunchKind,
    clock: ManualClock,
    token_lifetime: Duration,
    refreshes: bool,
    config: Change<SmartConfigBuilder>,
    ehr: Change<EhrBuilder>,
}

impl TestLaunchBuilder {
    pub(super) fn new() -> Self {
        Self {
            context: Map::new(),
            scopes: EVERYTHING.to_owned(),
            requested: None,
            user: None,
            claims: Map::new(),
            kind: LaunchKind::Ehr,
            clock: ManualClock::default(),
            token_lifetime: Duration::from_secs(1800),
            refreshes: true,
            config: Vec::new(),
            ehr: Vec::new(),
        }
    }

    /// The patient in context, by the id of the FHIR resource. Default: none.
    pub fn patient(self, id: impl Into<String>) -> Self {
        self.context("patient", id.into())
    }

    /// The encounter in context, by the id of the FHIR resource. Default: none.
    pub fn encounter(self, id: impl Into<String>) -> Self {
        self.context("encounter", id.into())
    }

    /// Any other member of the token response: `need_patient_banner`, `intent`, `tenant`, `fhirContext`, or one of the EHR's own.
    pub fn context(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.context.insert(member.to_owned(), value.into());
        self
    }

    /// Who signed in, as a FHIR reference such as `Practitioner/1`. Default: nobody is known.
    pub fn user(mut self, reference: impl Into<String>) -> Self {
        self.user = Some(reference.into());
        self
    }

    /// A claim of the user's id token: `name`, `sub`, or one of the EHR's own. It has an effect beside [`user`](Self::user) and
    /// without it. Default: `sub` is the reference of the user.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// The granted scopes. Default: `openid fhirUser launch patient/*.cruds user/*.cruds`; give those that your application asks
    /// for, so that a request that they do not allow fails here too.
    pub fn scopes(mut self, granted: impl Into<String>) -> Self {
        self.scopes = granted.into();
        self
    }

    /// The scopes that were asked for. Default: the granted ones. What is more was refused.
    pub fn requested_scopes(mut self, requested: impl Into<String>) -> Self {
        self.requested = Some(requested.into());
        self
    }

    /// How the launch began. Default: [`LaunchKind::Ehr`].
    pub const fn kind(mut self, kind: LaunchKind) -> Self {
        self.kind = kind;
        self
    }

    /// How long each access token lives, by the clock of the launch, in whole seconds and at least one. Default: half an
    /// hour, so that one that has run out does not meet the hour after which an unused launch ends.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = Duration::from_secs(lifetime.as_secs().max(1));
        self
    }

    /// Without a refresh token: the launch ends with its access token. Default: with one.
    pub const fn without_refresh_token(mut self) -> Self {
        self.refreshes = false;
        self
    }

    /// The clock. Default: one that stands at the present.
    pub fn clock(mut self, clock: &ManualClock) -> Self {
        self.clock = clock.clone();
        self
    }

    /// Changes options of the configuration: paths, pages, policies. Its transport and its clock are the made-up launch's.
    pub fn config(mut self, change: impl FnOnce(SmartConfigBuilder) -> SmartConfigBuilder + 'static) -> Self {
        self.config.push(Box::new(change));
        self
    }

    /// Changes the registration: quirks, required scopes.
    pub fn ehr(mut self, change: impl FnOnce(EhrBuilder) -> EhrBuilder + 'static) -> Self {
        self.ehr.push(Box::new(change));
        self
    }

    /// Opens the launch.
    ///
    /// # Errors
    ///
    /// [`TestLaunchError`] when something in it could not be: a patient that is no id, a user that is no person, options that do not
    /// go together.
    pub async fn open(mut self) -> Result<TestLaunch, TestLaunchError> {
        let made_up = Arc::new(MadeUpEhr::new(self.clock.clone(), self.token_lifetime, self.refreshes));
        let config = self.build_config(&made_up)?;
        let secret = LaunchSecret::random(&mut rand::rng());
        let record = self.record(&config, &made_up, &secret)?;
        let id = keep(config.runtime(), config.revoker(), record).await?;
        Ok(TestLaunch {
            config,
            ehr: made_up,
            clock: self.clock,
            id,
            secret,
        })
    }

    fn build_config(&mut self, made_up: &Arc<MadeUpEhr>) -> Result<SmartConfig, TestLaunchError> {
        let ehr = Ehr::builder(FHIR_BASE_URL)
            .client_id(CLIENT_ID)
            .client_auth(ClientAuth::public())
            .redirect_uri("http://localhost:8080/auth/callback")
            .scopes(self.requested.as_deref().unwrap_or(&self.scopes));
        let ehr = mem::take(&mut self.ehr)
            .into_iter()
            .fold(ehr, |ehr, change| change(ehr));
        let config = SmartConfig::builder().ehr(ehr);
        let config = mem::take(&mut self.config)
            .into_iter()
            .fold(config, |config, change| change(config));
        let transport = InMemory(Arc::clone(made_up));
        Ok(config.transport(transport).clock(self.clock.clone()).build()?)
    }

    fn record(
        &self,
        config: &SmartConfig,
        made_up: &MadeUpEhr,
        secret: &LaunchSecret,
    ) -> Result<LaunchRecord, TestLaunchError> {
        let (runtime, now) = (config.runtime(), self.clock.now());
        let ehr = config.ehrs().first().cloned().ok_or(TestLaunchError::NoEhr)?;
        let requested = Scopes::parse(self.requested.as_deref().unwrap_or(&self.scopes));
        let answer = made_up.token_response(&self.scopes, &self.context);
        // Read as an EHR's would be, so that nothing is in a made-up launch that a real one could not have.
        let answer = HttpResponse::new(200, Vec::new(), answer.to_string().into_bytes());
        let reading = Reading {
            answer_to: Grant::Code,
            base: ehr.fhir_base_url(),
            token_type: TokenType::default(),
            now,
        };
        let response = TokenResponse::parse(&answer, &reading)?;
        let tokens = TokenSet::of_launch(response, &requested, now, self.token_lifetime);
        let identity = self.identity(now)?;
        Ok(LaunchRecord {
            // Set when it is opened.
            browser: BrowserKey::from_bytes([0; 32]),
            proof: Proof::of(secret),
            patient: runtime.patient_digest(ehr.key(), &tokens),
            origin: Arc::new(LaunchOrigin {
                ehr: ehr.key().to_owned(),
                aud: FHIR_BASE_URL.to_owned(),
                endpoints: PinnedEndpoints::new(EndpointUrl::parse(TOKEN_ENDPOINT)?),
                requested,
                client: Some(ehr.client()),
            }),
            kind: self.kind,
            user: identity.as_ref().map(user_digest),
            identity,
            began_at: Some(now),
            opened_at: now,
            tokens,
            patient_facts: None,
            refresh: RefreshState::default(),
        })
    }

    fn identity(&self, now: Timestamp) -> Result<Option<IdTokenClaims>, TestLaunchError> {
        if self.user.is_none() && self.claims.is_empty() {
            return Ok(None);
        }
        let user = self.user.as_deref();
        let user = user
            .map(|user| FhirUserReference::parse(user, FHIR_BASE_URL))
            .transpose()?;
        let mut other = self.claims.clone();
        let subject = other.remove("sub");
        let subject = subject.unwrap_or_else(|| json!(self.user.as_deref().unwrap_or("somebody")));
        if let Some(user) = &user {
            other.insert("fhirUser".to_owned(), json!(user.url()));
        }
        let mut stored = json!({
            "iss": FHIR_BASE_URL,
            "sub": subject,
            "aud": [CLIENT_ID],
            "iat_ms": now,
            "exp_ms": now.saturating_add(Duration::from_secs(300)),
            "nonce_was_checked": true,
            "other": other,
        });
        if let (Some(user), Some(members)) = (user, stored.as_object_mut()) {
            members.insert("fhir_user".to_owned(), json!(user.url()));
        }
        let claims = IdTokenClaims::from_stored(stored);
        claims.map(Some).map_err(|error| TestLaunchError::Claims {
            reason: error.to_string(),
        })
    }
}

/// The way to the made-up EHR.
#[derive(Debug)]
struct InMemory(Arc<MadeUpEhr>);

impl HttpTransport for InMemory {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        self.0.send(request)
    }
}

impl fmt::Debug for TestLaunchBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestLaunchBuilder")
            .field("scopes", &self.scopes)
            .field("kind", &self.kind)
            .field("token_lifetime", &self.token_lifetime)
            .finish_non_exhaustive()
    }
}
