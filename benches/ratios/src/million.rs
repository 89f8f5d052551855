//! What very many open launches cost a store: memory for each, a look-up of one among few and among all, and the longest that any
//! operation takes while they open, push each other out, and run out together.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_smart_auth::{
    LaunchUse,
    store::{
        BrowserKey, LaunchKey, LaunchRecord, Memo, MemoryStore, MemoryStoreLimits, OthersOnOpen, Proof, StoreRules,
        TokenStoreBackend,
    },
    time::{Clock, Timestamp},
};

use crate::{cpu, many::resident};

/// The characters of an access token, which most EHRs give as a JWT.
const ACCESS_TOKEN: usize = 600;
/// The bytes of a sealed launch id.
const SEALED_ID: usize = 61;
const LOOK_UPS: usize = 100_000;

/// Opens so many launches in a memory store and prints the figures.
pub(crate) async fn print(launches: usize) {
    let clock = Moved::default();
    let limits = MemoryStoreLimits::default().launches(launches);
    let store = MemoryStore::with_limits(limits).timed_by(clock.clone());
    let mut keys = Vec::with_capacity(launches);
    let (before, mut opening, mut step) = (resident(), Pauses::default(), 1000);
    for number in 0..launches {
        clock.forward(Duration::from_micros(100));
        keys.push(open(&store, StoreRules::default(), &mut opening).await);
        if number + 1 == step || number + 1 == launches {
            let (each, longest) = look_ups(&store, &keys).await;
            println!("{:>9} open: a look-up {each:?}, the longest {longest:?}", number + 1);
            step *= 10;
        }
    }
    // What is remembered here of the keys is not the store's.
    let grown = resident() - before;
    println!(
        "{launches} launches: {} bytes each, of which {} are tokens and context",
        (grown / launches).saturating_sub(size_of::<LaunchKey>()),
        raw(),
    );
    println!("while they open: {opening}");

    let mut evicting = Pauses::default();
    for _ in 0..launches / 5 {
        clock.forward(Duration::from_micros(100));
        open(&store, StoreRules::default(), &mut evicting).await;
    }
    println!("while {} more push others out: {evicting}", launches / 5);

    // All of them have run out at this moment, most have not been looked at since they opened.
    clock.forward(Duration::from_secs(2 * 3600));
    let (mut running_out, mut clearing) = (Pauses::default(), Pauses::default());
    for key in keys.iter().rev().take(LOOK_UPS) {
        let rules = StoreRules::default();
        running_out
            .time(store.load_launch(*key, LaunchUse::Counts, rules))
            .await;
    }
    for _ in 0..launches / 5 {
        clock.forward(Duration::from_micros(100));
        open(&store, StoreRules::default(), &mut clearing).await;
    }
    println!("look-ups of launches that ran out together: {running_out}");
    println!("openings that clear them away: {clearing}");
    println!("{store:?}");
}

/// Opens a launch in a browser of its own, with the three lists that are kept of one.
pub(crate) async fn open(store: &impl TokenStoreBackend, rules: StoreRules, pauses: &mut Pauses) -> LaunchKey {
    let (key, browser, session) = (
        LaunchKey::from_bytes(rand::random()),
        BrowserKey::from_bytes(rand::random()),
        BrowserKey::from_bytes(rand::random()),
    );
    let now = store.time().await.expect("the store says what time it is").at;
    let record = record(browser, now);
    pauses
        .time(store.open_launch(key, record, OthersOnOpen::EndOtherUsers, rules))
        .await;
    for (one, other) in [(browser, session), (session, browser)] {
        let name = other.as_bytes().to_vec();
        pauses
            .time(store.remember(one, Memo::SameBrowser, name, 17, rules))
            .await;
    }
    let sealed = vec![7; SEALED_ID];
    pauses
        .time(store.remember(browser, Memo::LaunchCookies, sealed, 40, rules))
        .await;
    key
}

/// What the EHR gave: the bytes that somebody would keep who kept nothing else.
pub(crate) fn raw() -> usize {
    ACCESS_TOKEN + REFRESH_TOKEN.len() + PATIENT.len() + ENCOUNTER.len() + SCOPES.len()
}

const REFRESH_TOKEN: &str = "6f9d2f0a6f9d2f0a6f9d2f0a6f9d2f0a6f9d2f0a6f9";
const PATIENT: &str = "87a339d0-8cae-418e-89c7-8651e6aab3c6";
const ENCOUNTER: &str = "e3c7b2c1-1f0d-4c4a-9f6e-0f1b2a3c4d5e";
const SCOPES: &str = "launch openid fhirUser offline_access patient/*.rs";

fn record(browser: BrowserKey, now: Timestamp) -> LaunchRecord {
    let nobody = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let (now_ms, token) = (now.as_millis(), "x".repeat(ACCESS_TOKEN));
    let json = format!(
        r#"{{"v":1,"browser":"{nobody}","proof":"{nobody}","ehr":"https://ehr.example/fhir/r4","aud":"https://ehr.example/fhir/r4",
        "kind":"ehr","endpoints":{{"token":"https://ehr.example/oauth2/token","revocation":"https://ehr.example/oauth2/revoke",
        "introspection":"https://ehr.example/oauth2/introspect","issuer":"https://ehr.example/oauth2",
        "jwks_uri":"https://ehr.example/oauth2/jwks"}},"requested":"{SCOPES}","user":"{nobody}","patient_digest":"{nobody}",
        "client":"a1b2c3d4-a1b2-a1b2-a1b2-a1b2c3d4e5f6","auth":"secret","began_at":{now_ms},"opened_at":{now_ms},
        "tokens":{{"access_token":"{token}","refresh_token":"{REFRESH_TOKEN}","granted":"{SCOPES}","requested_at":{now_ms},
        "expires_at":{},"context":{{"patient":"{PATIENT}","encounter":"{ENCOUNTER}","need_patient_banner":true}}}},
        "refresh":{{"failures":0}}}}"#,
        now_ms + 3_600_000,
    );
    let mut record = LaunchRecord::from_bytes(json.as_bytes()).expect("a record");
    record.browser = browser;
    record.proof = Proof(rand::random());
    record
}

/// What a look-up costs in the middle, of launches at random, and the longest.
async fn look_ups(store: &MemoryStore, keys: &[LaunchKey]) -> (Duration, Duration) {
    let picked: Vec<_> = (0..LOOK_UPS)
        .filter_map(|_| keys.get(rand::random_range(0..keys.len())))
        .collect();
    let mut pauses = Pauses::default();
    for key in picked {
        let rules = StoreRules::default();
        pauses.time(store.load_launch(*key, LaunchUse::Counts, rules)).await;
    }
    pauses.sort();
    (pauses.at(0.5), pauses.at(1.0))
}

/// How long operations took, in processor time of the thread: what the scheduler takes away is nobody's pause here.
#[derive(Default)]
pub(crate) struct Pauses(Vec<Duration>);

impl Pauses {
    pub(crate) async fn time<T, E: fmt::Debug>(&mut self, operation: impl Future<Output = Result<T, E>>) -> T {
        let before = cpu::used_by_thread();
        let answer = operation.await.expect("the store answers");
        self.0.push(cpu::used_by_thread() - before);
        answer
    }

    fn sort(&mut self) {
        self.0.sort_unstable();
    }

    fn at(&self, share: f64) -> Duration {
        let last = self.0.len().saturating_sub(1);
        self.0.get((last as f64 * share) as usize).copied().unwrap_or_default()
    }
}

impl fmt::Display for Pauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted = Self(self.0.clone());
        sorted.sort();
        let over = sorted.0.iter().filter(|took| **took > Duration::from_millis(2)).count();
        write!(
            f,
            "{} operations, {:?} in the middle, one of 10,000 over {:?}, the longest {:?}, {over} over 2 ms",
            sorted.0.len(),
            sorted.at(0.5),
            sorted.at(0.9999),
            sorted.at(1.0),
        )
    }
}

/// A clock that this program moves.
#[derive(Debug, Clone, Default)]
struct Moved(Arc<AtomicU64>);

impl Moved {
    fn forward(&self, by: Duration) {
        let micros = u64::try_from(by.as_micros()).expect("a short time");
        self.0.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + self.0.load(Ordering::Relaxed) / 1000)
    }
}
