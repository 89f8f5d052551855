//! Real processes with one Redis between them.
//!
//! Skipped, with a line that says so, unless `REDIS_URL` names a server.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use actix_smart_auth::{
    SmartConfig,
    sandbox::{Fault, FaultPoint, Jwks, SandboxClient, SandboxServer, Times, When},
    store::{RedisStore, SealingKeys, TokenStore},
};

use super::{CLIENT, registration, text};
use crate::support::{
    one_of_several::{OneOfSeveral, Told},
    redis_url,
};

const ONE: OneOfSeveral = OneOfSeveral {
    test: "backend::redis::one_of_several",
    variable: "BACKEND_ONE_OF_SEVERAL",
    before_result: "token=",
};
const CALLERS: usize = 25;

fn config(told: &Told) -> SmartConfig {
    let key = std::array::from_fn(|at| u8::try_from(7 * at + 3).unwrap());
    let store = RedisStore::builder(&told.redis)
        .sealing_keys(SealingKeys::from_bytes([key]).unwrap())
        .prefix(&told.prefix)
        .build();
    SmartConfig::builder()
        .ehr(registration(&told.base))
        .store(TokenStore::new(store.unwrap()))
        .build()
        .unwrap()
}

/// What one of several processes does: many ask at once, and it prints the tokens that they got.
#[actix_web::test]
async fn one_of_several() {
    let Some(told) = ONE.told() else { return };
    let config = config(&told);
    let asking: Vec<_> = (0..CALLERS)
        .map(|_| {
            let client = config.backend(&told.base);
            actix_web::rt::spawn(async move { client.token().await.unwrap() })
        })
        .collect();
    for one in asking {
        ONE.say(text(&one.await.unwrap()));
    }
}

struct Several {
    sandbox: SandboxServer,
    told: Told,
}

impl Several {
    fn start(redis: &str) -> Self {
        let sandbox = crate::support::strict_ehr().start().unwrap();
        let told = Told::new(sandbox.fhir_base_url(), redis);
        let keys = config(&told).jwks().unwrap();
        sandbox.register(SandboxClient::backend(
            CLIENT,
            Jwks::Value(serde_json::from_str(&keys).unwrap()),
        ));
        Self { sandbox, told }
    }

    fn requests(&self) -> usize {
        self.sandbox.token_requests_of("client_credentials").len()
    }
}

#[actix_web::test]
async fn a_hundred_callers_in_four_processes_make_one_request() {
    let Some(redis) = redis_url() else { return };
    let several = Several::start(&redis);
    let slow = Fault::Delay(Duration::from_secs(1));
    several
        .sandbox
        .inject(FaultPoint::Backend, When::Before, slow, Times::Always);
    let got = ONE.results_of(4, &several.told).await;
    assert_eq!(got.len(), 4 * CALLERS);
    assert_eq!(got.into_iter().collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(several.requests(), 1);
}

/// It is found out by nothing but its silence.
#[actix_web::test]
async fn the_process_that_asks_is_killed_and_another_one_asks_after_fifteen_seconds() {
    let Some(redis) = redis_url() else { return };
    let several = Several::start(&redis);
    let hanging = Fault::Hang(Duration::from_secs(60));
    several
        .sandbox
        .inject(FaultPoint::Backend, When::Before, hanging, Times::Once);
    ONE.killed_when(&several.told, || several.requests() == 1).await;
    let began = Instant::now();
    let got = ONE.results_of(1, &several.told).await;
    assert_eq!((got.len(), several.requests()), (CALLERS, 2));
    let waited = began.elapsed();
    assert!(waited < Duration::from_secs(25), "{waited:?}");
}
