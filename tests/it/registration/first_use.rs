//! An application that registers itself when it is first needed at an EHR.

mod crowd;
mod expiry;
mod forgotten;
mod former;
mod not_deleted;
mod once;
mod overtaken;
mod own_store;
mod pages;
#[cfg(feature = "redis")]
mod redis;
mod trouble;
mod useless;
mod words;

use std::time::Duration;

use actix_smart_auth::{
    AuthorizationRedirect, SmartClient, SmartConfig, SmartConfigBuilder, StartOptions,
    error::EhrLookupError,
    registration::ClientRegistration,
    sandbox::{Endpoint, Fault, FaultPoint, ReceivedRequest, SandboxServer, SelfRegistration, Times, When},
    store::{SealingKeys, TokenStore},
    time::{Clock as _, ManualClock},
};
use serde_json::{Value, json};

use super::{CALLBACK, INITIAL};
use crate::{
    smart_client::sign_in,
    support::{Customer, FlakyStore, clock},
};

const LAUNCH_SCOPES: &str = "openid fhirUser patient/*.rs offline_access launch/patient";

/// The one customer of the application.
fn customer(base: &str) -> Customer {
    customer_without_callback(base).with_callback(CALLBACK)
}

fn customer_without_callback(base: &str) -> Customer {
    Customer {
        initial_access_token: Some(INITIAL),
        ..Customer::new(base, LAUNCH_SCOPES)
    }
}

/// An EHR where the application is not registered yet, and the store of its processes.
struct New {
    clock: ManualClock,
    sandbox: SandboxServer,
    store: FlakyStore,
}

impl New {
    fn start() -> Self {
        let clock = clock();
        let sandbox = crate::support::strict_ehr()
            .clock(clock.clone())
            .self_registration(SelfRegistration::WithToken(INITIAL.to_owned()))
            .start()
            .unwrap();
        Self {
            clock,
            sandbox,
            store: FlakyStore::default(),
        }
    }

    fn base(&self) -> String {
        self.sandbox.fhir_base_url()
    }

    /// A process of the application.
    fn process(&self) -> SmartConfig {
        self.builder().build().unwrap()
    }

    fn builder(&self) -> SmartConfigBuilder {
        builder(&self.base())
            .clock(self.clock.clone())
            .store(TokenStore::new(self.store.clone()))
    }

    fn registrations(&self) -> Vec<ReceivedRequest> {
        registrations(&self.sandbox)
    }

    /// How many requests of this method have come for single registrations.
    fn managed(&self, method: &str) -> usize {
        let all = self.sandbox.received_requests();
        all.iter()
            .filter(|request| request.method == method && request.path.contains("/register/"))
            .count()
    }

    /// Answers there have these members; `null` takes one out.
    fn answers_with(&self, point: FaultPoint, members: &Value, times: Times) {
        let fault = Fault::SetFields(members.as_object().unwrap().clone());
        self.sandbox.inject(point, When::Before, fault, times);
    }

    /// The next client that is registered comes with an answer like this.
    fn registers_with(&self, members: &Value) {
        self.answers_with(FaultPoint::Registration, members, Times::Once);
    }

    /// The member that says that a secret runs out after so many seconds.
    fn runs_out_after(&self, seconds: u64) -> Value {
        json!({ "client_secret_expires_at": self.clock.now().as_millis() / 1000 + seconds })
    }

    /// What a process works with that has just started, and ends when it has done what it has begun.
    async fn looked(&self) -> String {
        let config = self.process();
        let client_id = used(&config, &self.base()).await.unwrap();
        ended(&config).await;
        client_id
    }

    async fn kept(&self) -> Option<ClientRegistration> {
        let admin = self.process().kept_registrations();
        admin.of(&self.base()).await.unwrap()
    }

    /// A client whose secret runs out after so many seconds.
    async fn with_client_for(&self, seconds: u64) -> String {
        self.registers_with(&self.runs_out_after(seconds));
        self.looked().await
    }
}

/// Everything that it has begun is done.
async fn ended(config: &SmartConfig) {
    assert_eq!(config.shutdown(Duration::from_secs(30)).await.cut_off, 0);
}

fn registrations(sandbox: &SandboxServer) -> Vec<ReceivedRequest> {
    let all = sandbox.received_requests().into_iter();
    all.filter(|request| request.endpoint == Endpoint::Registration && request.method == "POST")
        .collect()
}

fn builder(base: &str) -> SmartConfigBuilder {
    SmartConfig::builder()
        .redirect_uri(CALLBACK)
        .allow_hosts(["127.0.0.1"])
        .resolver_ttl(Duration::from_secs(60))
        .register_at_first_use(customer(base))
}

fn keys(byte: u8) -> SealingKeys {
    SealingKeys::from_bytes([std::array::from_fn(|at| byte ^ u8::try_from(at * 7).unwrap())]).unwrap()
}

/// A launch from its beginning to its tokens.
async fn launched(config: &SmartConfig, base: &str) -> actix_smart_auth::Authorized {
    let client = SmartClient::for_ehr(config, base).await.unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    client.finish(pending, &query).await.unwrap()
}

/// When the next attempt is made, where the application could not register itself.
fn retry_after(answer: Result<String, EhrLookupError>) -> Duration {
    match answer {
        Err(EhrLookupError::RegistrationFailed { retry_after, .. }) => retry_after,
        other => panic!("{other:?}"),
    }
}

/// The client that a launch uses.
async fn used(config: &SmartConfig, base: &str) -> Result<String, EhrLookupError> {
    let client = SmartClient::for_ehr(config, base).await?;
    let (redirect, _) = client.start(StartOptions::standalone()).await.unwrap();
    let AuthorizationRedirect::Get(url) = redirect else {
        panic!("{redirect:?}");
    };
    let client_id = url.query_pairs().find(|(name, _)| name == "client_id");
    Ok(client_id.unwrap().1.into_owned())
}
