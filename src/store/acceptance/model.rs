//! Random operations, each compared with what a simple model answers.

mod reference;

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use self::reference::Reference;
use super::{
    START, ok, rules,
    sample::{self, browser, launch_key, lease_owner, pending_key},
};
use crate::{
    store::{
        BrowserKey, CallbackOutcome, Claim, EndReason, JustEnded, LaunchKey, LaunchUse, LeaseOwner, LoadedLaunch,
        OthersOnOpen, PendingKey, TokenStore, Version,
    },
    time::Timestamp,
};

/// Set this to the printed seed to repeat a failing run.
const SEED_VARIABLE: &str = "STORE_ACCEPTANCE_SEED";
const RUNS: usize = 10;
const STEPS: usize = 1000;

/// Ten runs of a thousand random operations over few browsers, authorizations, launches and owners, with random
/// pauses: each answer is the model's.
///
/// A failure prints the run's seed; with it in the environment variable `STORE_ACCEPTANCE_SEED` that run is repeated.
pub async fn random_operations_answer_as_the_model_does(store: TokenStore) {
    match std::env::var(SEED_VARIABLE).ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => run(&store, seed).await,
        None => {
            for _ in 0..RUNS {
                let seed = rand::rng().random();
                run(&store, seed).await;
            }
        }
    }
}

async fn run(store: &TokenStore, seed: u64) {
    let mut dice = Dice::new(seed);
    let mut reference = Reference::new(rules());
    for step in 1..=STEPS {
        dice.pass_time();
        let operation = dice.operation();
        let actual = perform(store, &operation, dice.now).await;
        let expected = reference.perform(&operation, dice.now);
        assert_eq!(
            actual, expected,
            "step {step} of the run with {SEED_VARIABLE}={seed} at {:?}: {operation:?}",
            dice.now
        );
    }
}

/// One call of a backend.
#[derive(Debug, Clone, Copy)]
enum Operation {
    InsertPending(PendingKey, BrowserKey),
    Claim(PendingKey, BrowserKey),
    Release(PendingKey),
    /// With a number that shows in the outcome.
    Finish(PendingKey, u32),
    Open(LaunchKey, BrowserKey, Option<[u8; 32]>, OthersOnOpen),
    Load(LaunchKey, LaunchUse),
    /// With a number that shows in the record; for the browser and the moment that it was opened with.
    Replace(LaunchKey, Version, u32, BrowserKey, Timestamp),
    End(LaunchKey, EndReason),
    EndAll(BrowserKey, EndReason),
    Acquire(LaunchKey, LeaseOwner),
    ReleaseLease(LaunchKey, LeaseOwner),
}

/// How long an acquired lease lasts.
const LEASE: Duration = Duration::from_secs(10);

/// What can be seen of a backend's answer.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Nothing,
    Yes(bool),
    /// The numbers of the records that were handed out, sorted.
    HandedOut(Vec<u32>),
    Fresh(BrowserKey, Timestamp),
    Exchanging(Timestamp),
    Done(String),
    Open(BrowserKey, Version, u32),
    Ended(BrowserKey, EndReason, Timestamp),
    NotFound,
    Replaced(crate::store::Replaced),
}

async fn perform(store: &TokenStore, operation: &Operation, now: Timestamp) -> Answer {
    let backend = store.backend();
    match *operation {
        Operation::InsertPending(key, browser) => {
            let record = sample::pending(browser, now);
            ok(backend.insert_pending(key, record, rules(), now).await);
            Answer::Nothing
        }
        Operation::Claim(key, browser) => match ok(backend.claim_pending(key, browser, now).await) {
            Claim::Fresh(record) => Answer::Fresh(record.browser, record.started_at),
            Claim::Exchanging { since } => Answer::Exchanging(since),
            Claim::Done(outcome) => Answer::Done(match *outcome {
                CallbackOutcome::Landed { location, .. } => location,
                CallbackOutcome::Failed(failed) => format!("{failed:?}"),
            }),
            Claim::NotFound => Answer::NotFound,
        },
        Operation::Release(key) => {
            ok(backend.release_pending(key, now).await);
            Answer::Nothing
        }
        Operation::Finish(key, number) => {
            let outcome = sample::landed(&number.to_string());
            ok(backend.finish_pending(key, outcome, now).await);
            Answer::Nothing
        }
        Operation::Open(key, browser, user, others) => {
            let mut record = sample::launch(browser, now);
            record.user = user;
            handed_out(&ok(backend.open_launch(key, record, others, rules(), now).await))
        }
        Operation::Load(key, launch_use) => match ok(backend.load_launch(key, launch_use, rules(), now).await) {
            LoadedLaunch::Open { record, version } => Answer::Open(record.browser, version, record.refresh.failures),
            LoadedLaunch::Ended(ended) => Answer::Ended(ended.browser, ended.reason, ended.ended_at),
            LoadedLaunch::NotFound => Answer::NotFound,
        },
        Operation::Replace(key, expected, number, browser, opened_at) => {
            let mut record = sample::launch(browser, opened_at);
            record.refresh.failures = number;
            let replaced = backend.replace_launch(key, expected, record, rules(), now);
            Answer::Replaced(ok(replaced.await))
        }
        Operation::End(key, reason) => handed_out(&ok(backend.end_launch(key, reason, rules(), now).await)),
        Operation::EndAll(browser, reason) => handed_out(&ok(backend.end_all_of(browser, reason, rules(), now).await)),
        Operation::Acquire(key, owner) => Answer::Yes(ok(backend.acquire_lease(key, owner, LEASE, now).await)),
        Operation::ReleaseLease(key, owner) => {
            ok(backend.release_lease(key, owner).await);
            Answer::Nothing
        }
    }
}

fn handed_out(ended: &JustEnded) -> Answer {
    assert_eq!(ended.unreadable, 0);
    let mut numbers: Vec<_> = ended.records.iter().map(|record| record.refresh.failures).collect();
    numbers.sort_unstable();
    Answer::HandedOut(numbers)
}

/// What happens next. The seed decides everything but the keys' bytes, which no answer depends on.
struct Dice {
    rng: StdRng,
    now: Timestamp,
    browsers: Vec<BrowserKey>,
    owners: Vec<LeaseOwner>,
    pendings: Vec<PendingKey>,
    launches: Vec<Known>,
    number: u32,
}

/// A launch as it was opened, and a guess at its version.
#[derive(Clone, Copy)]
struct Known {
    key: LaunchKey,
    browser: BrowserKey,
    opened_at: Timestamp,
    version: u64,
}

/// How many of the latest keys are in play: enough to meet ended and expired ones.
const LATEST: usize = 8;

impl Dice {
    fn new(seed: u64) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            now: START,
            browsers: (0..3).map(|_| browser()).collect(),
            owners: (0..2).map(|_| lease_owner()).collect(),
            pendings: vec![pending_key()],
            launches: Vec::new(),
            number: 0,
        }
    }

    /// Always some, so that "oldest" and "longest unused" are never a tie; sometimes as much as makes things run out.
    fn pass_time(&mut self) {
        let millis = match self.rng.random_range(0..20) {
            0 => self.rng.random_range(10_000..70_000),
            1..=4 => self.rng.random_range(1000..10_000),
            _ => self.rng.random_range(1..1000),
        };
        self.now = self.now.saturating_add(Duration::from_millis(millis));
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        let latest = items.len().min(LATEST);
        let at = items.len() - 1 - self.rng.random_range(0..latest);
        *items.get(at).expect("a list with an entry")
    }

    fn browser(&mut self) -> BrowserKey {
        let browsers = self.browsers.clone();
        self.one_of(&browsers)
    }

    fn pending(&mut self) -> PendingKey {
        let pendings = self.pendings.clone();
        self.one_of(&pendings)
    }

    fn owner(&mut self) -> LeaseOwner {
        let owners = self.owners.clone();
        self.one_of(&owners)
    }

    fn reason(&mut self) -> EndReason {
        self.one_of(&[EndReason::LoggedOut, EndReason::RefreshRefused, EndReason::TokenExpired])
    }

    fn known(&mut self) -> Known {
        if self.launches.is_empty() {
            return Known {
                key: launch_key(),
                browser: self.browser(),
                opened_at: self.now,
                version: 1,
            };
        }
        let launches = self.launches.clone();
        self.one_of(&launches)
    }

    fn operation(&mut self) -> Operation {
        self.number += 1;
        match self.rng.random_range(0..100) {
            0..=11 => self.insert_pending(),
            12..=25 => Operation::Claim(self.pending(), self.browser()),
            26..=30 => Operation::Release(self.pending()),
            31..=36 => Operation::Finish(self.pending(), self.number),
            37..=50 => self.open(),
            51..=63 => Operation::Load(self.known().key, LaunchUse::Counts),
            64..=69 => Operation::Load(self.known().key, LaunchUse::DoesNotCount),
            70..=81 => self.replace(),
            82..=85 => Operation::End(self.known().key, self.reason()),
            86..=87 => Operation::EndAll(self.browser(), self.reason()),
            88..=95 => Operation::Acquire(self.known().key, self.owner()),
            _ => Operation::ReleaseLease(self.known().key, self.owner()),
        }
    }

    fn insert_pending(&mut self) -> Operation {
        let key = if self.rng.random_range(0..10) == 0 {
            self.pending()
        } else {
            pending_key()
        };
        self.pendings.push(key);
        Operation::InsertPending(key, self.browser())
    }

    /// Now and then a key that was opened before; not one that may be forgotten by now, of which nothing is promised.
    fn open(&mut self) -> Operation {
        let again = self.known();
        let fresh_enough = self.now.saturating_since(again.opened_at) < rules().lifetimes.ended;
        let users = [None, sample::user(1), sample::user(2)];
        let policies = [OthersOnOpen::Keep, OthersOnOpen::EndOtherUsers, OthersOnOpen::EndAll];
        let (user, others) = (self.one_of(&users), self.one_of(&policies));
        if fresh_enough && self.rng.random_range(0..8) == 0 && !self.launches.is_empty() {
            return Operation::Open(again.key, again.browser, user, others);
        }
        let (key, browser) = (launch_key(), self.browser());
        self.launches.push(Known {
            key,
            browser,
            opened_at: self.now,
            version: 1,
        });
        Operation::Open(key, browser, user, others)
    }

    fn replace(&mut self) -> Operation {
        let known = self.known();
        let stale = self.rng.random_range(0..4) == 0;
        let version = if stale {
            known.version.wrapping_sub(1)
        } else {
            known.version
        };
        if !stale && let Some(entry) = self.launches.iter_mut().find(|entry| entry.key == known.key) {
            entry.version += 1;
        }
        Operation::Replace(known.key, Version(version), self.number, known.browser, known.opened_at)
    }
}
