//! An application that registers itself when it is first needed at an EHR.

mod crowd;
mod expiry;
mod forgotten;
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
    sandbox::{Endpoint, ReceivedRequest, SandboxServer, SelfRegistration},
    store::{SealingKeys, TokenStore},
    time::ManualClock,
};

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
        let sandbox = SandboxServer::builder()
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
