//! Tokens of the application itself, without a user, against the strict sandbox.

mod configuration;
mod failures;
mod handlers;
mod kept;
mod other_credentials;
mod processes;
#[cfg(feature = "redis")]
mod redis;
mod sent;

use std::time::Duration;

use actix_smart_auth::{
    Ehr, EhrBuilder, PrivateKey, PrivateKeyJwt, SmartConfig, SmartConfigBuilder,
    backend::{BackendClient, BackendToken},
    sandbox::{Fault, FaultPoint, Jwks, SandboxClient, SandboxServer, Times, When},
    store::TokenStore,
    time::ManualClock,
};

use crate::support::{FlakyStore, PRIVATE_KEY, clock};

const CLIENT: &str = "nightly";
const SCOPES: &str = "system/Observation.rs system/Patient.rs";
/// In seconds.
const LIFE: u64 = 300;

/// A program without a user, and its EHR.
struct Job {
    clock: ManualClock,
    sandbox: SandboxServer,
    store: FlakyStore,
    config: SmartConfig,
}

impl Job {
    fn start() -> Self {
        Self::with(|ehr| ehr)
    }

    fn with(change: impl Fn(EhrBuilder) -> EhrBuilder) -> Self {
        let clock = clock();
        let sandbox = crate::support::strict_ehr()
            .clock(clock.clone())
            .token_lifetime(Duration::from_secs(LIFE))
            .start()
            .unwrap();
        let store = FlakyStore::default();
        let config = build(&clock, &store, change(registration(sandbox.fhir_base_url())));
        let jwks = serde_json::from_str(&config.jwks().unwrap()).unwrap();
        sandbox.register(SandboxClient::backend(CLIENT, Jwks::Value(jwks)));
        Self {
            clock,
            sandbox,
            store,
            config,
        }
    }

    /// Another process with the same token store.
    fn other_process(&self) -> SmartConfig {
        build(&self.clock, &self.store, registration(self.sandbox.fhir_base_url()))
    }

    fn client(&self) -> BackendClient {
        self.config.backend(&self.sandbox.fhir_base_url())
    }

    async fn token(&self) -> BackendToken {
        self.client().token().await.unwrap()
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn requests(&self) -> usize {
        self.sandbox.token_requests_of("client_credentials").len()
    }

    fn inject(&self, fault: Fault, times: Times) {
        self.sandbox.inject(FaultPoint::Backend, When::Before, fault, times);
    }
}

/// Has a token asked for, of an EHR of its own.
pub async fn a_token() -> BackendToken {
    Job::start().token().await
}

fn registration(fhir_base_url: impl Into<String>) -> EhrBuilder {
    Ehr::builder(fhir_base_url)
        .client_id(CLIENT)
        .client_auth(PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY)))
        .backend_scopes(SCOPES)
}

fn build(clock: &ManualClock, store: &FlakyStore, ehr: EhrBuilder) -> SmartConfig {
    builder(clock, store).ehr(ehr).build().unwrap()
}

fn builder(clock: &ManualClock, store: &FlakyStore) -> SmartConfigBuilder {
    SmartConfig::builder()
        .clock(clock.clone())
        .store(TokenStore::new(store.clone()))
}

fn text(token: &BackendToken) -> &str {
    token.access_token().expose_secret()
}
