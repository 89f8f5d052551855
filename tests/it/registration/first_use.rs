//! An application that registers itself when it is first needed at an EHR.

mod expiry;
mod forgotten;
mod once;
mod overtaken;
mod own_store;
#[cfg(feature = "redis")]
mod redis;
mod trouble;
mod useless;
mod words;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use actix_smart_auth::{
    AuthorizationRedirect, ClientAuth, Ehr, SmartClient, SmartConfig, SmartConfigBuilder, StartOptions,
    error::EhrLookupError,
    registration::{ClientMetadata, FirstUse, ToRegister, TokenEndpointAuthMethod},
    resolver::{FhirBaseUrl, ResolveFuture},
    sandbox::{Endpoint, ReceivedRequest, SandboxServer, SelfRegistration},
    store::{SealingKeys, TokenStore},
    time::ManualClock,
};

use super::{CALLBACK, INITIAL};
use crate::{
    smart_client::sign_in,
    support::{FlakyStore, clock},
};

const LAUNCH_SCOPES: &str = "openid fhirUser patient/*.rs offline_access launch/patient";

/// The one customer of the application.
#[derive(Debug, Clone)]
struct Customer {
    base: String,
    auth: ClientAuth,
    /// Where it is not [`CALLBACK`].
    callback: Arc<OnceLock<String>>,
}

impl Customer {
    fn new(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            auth: ClientAuth::public(),
            callback: Arc::default(),
        }
    }
}

impl FirstUse for Customer {
    fn to_register<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<ToRegister>> {
        Box::pin(async move {
            if !asked.matches(&self.base) {
                return Ok(None);
            }
            let ehr = Ehr::builder(&self.base)
                .client_auth(self.auth.clone())
                .redirect_uri(self.callback.get().map_or(CALLBACK, String::as_str))
                .scopes(LAUNCH_SCOPES);
            let mut metadata = ClientMetadata::for_ehr("Growth charts", &ehr)?;
            if matches!(self.auth, ClientAuth::Public) {
                metadata = metadata.token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretBasic);
            }
            Ok(Some(
                ToRegister::new(ehr, metadata.build()?).initial_access_token(INITIAL),
            ))
        })
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
        .register_at_first_use(Customer::new(base))
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
