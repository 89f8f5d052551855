//! Real processes with one Redis between them.
//!
//! Skipped, with a line that says so, unless `REDIS_URL` names a server.

use std::{
    collections::BTreeSet,
    env,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use actix_smart_auth::{
    SmartConfig,
    sandbox::{Fault, FaultPoint, Jwks, SandboxClient, SandboxServer, Times, When},
    store::{RedisStore, SealingKeys, TokenStore},
};

use super::{CLIENT, registration, text};
use crate::support::eventually;

/// Set in a process that is one of several: the FHIR base URL, the Redis server, and the prefix of the names there.
const ONE_OF_SEVERAL: &str = "BACKEND_ONE_OF_SEVERAL";
const CALLERS: usize = 25;

#[expect(clippy::print_stdout, reason = "says what is skipped")]
fn redis_url() -> Option<String> {
    let url = env::var("REDIS_URL").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        println!("skipped: set REDIS_URL to run this against a Redis server");
    }
    url
}

fn config(sandbox: &str, redis: &str, prefix: &str) -> SmartConfig {
    let key = std::array::from_fn(|at| u8::try_from(7 * at + 3).unwrap());
    let store = RedisStore::builder(redis)
        .sealing_keys(SealingKeys::from_bytes([key]).unwrap())
        .prefix(prefix)
        .build();
    SmartConfig::builder()
        .ehr(registration(sandbox))
        .store(TokenStore::new(store.unwrap()))
        .build()
        .unwrap()
}

/// What one of several processes does: many ask at once, and it prints the tokens that they got.
#[actix_web::test]
async fn one_of_several() {
    let Ok(told) = env::var(ONE_OF_SEVERAL) else { return };
    let [base, redis, prefix] = told.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let config = config(base, redis, prefix);
    let asking: Vec<_> = (0..CALLERS)
        .map(|_| {
            let client = config.backend(base);
            actix_web::rt::spawn(async move { client.token().await.unwrap() })
        })
        .collect();
    for one in asking {
        println!("token={}", text(&one.await.unwrap()));
    }
}

struct Several {
    sandbox: SandboxServer,
    told: String,
}

impl Several {
    fn start(redis: &str) -> Self {
        let sandbox = SandboxServer::start().unwrap();
        let prefix = format!("test-{:016x}:", rand::random::<u64>());
        let keys = config(&sandbox.fhir_base_url(), redis, &prefix).jwks().unwrap();
        sandbox.register(SandboxClient::backend(
            CLIENT,
            Jwks::Value(serde_json::from_str(&keys).unwrap()),
        ));
        Self {
            told: format!("{} {redis} {prefix}", sandbox.fhir_base_url()),
            sandbox,
        }
    }

    fn process(&self) -> Child {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "backend::redis::one_of_several", "--nocapture"])
            .env(ONE_OF_SEVERAL, &self.told)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn requests(&self) -> usize {
        self.sandbox.token_requests_of("client_credentials").len()
    }
}

/// The tokens that its callers got.
async fn tokens(process: Child) -> Vec<String> {
    let output = actix_web::web::block(move || process.wait_with_output().unwrap());
    let output = output.await.unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines()
        .filter_map(|line| line.split_once("token=").map(|(_, token)| token.to_owned()))
        .collect()
}

#[actix_web::test]
async fn a_hundred_callers_in_four_processes_make_one_request() {
    let Some(redis) = redis_url() else { return };
    let several = Several::start(&redis);
    let slow = Fault::Delay(Duration::from_secs(1));
    several
        .sandbox
        .inject(FaultPoint::Backend, When::Before, slow, Times::Always);
    let processes: Vec<_> = (0..4).map(|_| several.process()).collect();
    let mut got = Vec::new();
    for process in processes {
        got.extend(tokens(process).await);
    }
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
    let mut dying = several.process();
    eventually("the EHR is asked", || several.requests() == 1).await;
    dying.kill().unwrap();
    dying.wait().unwrap();
    let began = Instant::now();
    let got = tokens(several.process()).await;
    assert_eq!((got.len(), several.requests()), (CALLERS, 2));
    let waited = began.elapsed();
    assert!(waited < Duration::from_secs(25), "{waited:?}");
}
