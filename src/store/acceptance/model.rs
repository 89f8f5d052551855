//! Random operations, each compared with what a simple model answers.

mod reference;

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use self::reference::Reference;
use super::{
    MILLISECOND, START, Subject, ok, rules,
    sample::{self, browser, callback_key, launch_key_of, lease_owner, pending_key},
};
use crate::{
    store::{
        BrowserKey, CallbackKey, CallbackOutcome, Claim, EndReason, EndedLaunches, LaunchKey, LaunchUse, LeaseOwner,
        ListedUser, LoadedLaunch, Memo, OthersOnOpen, PendingKey, Version,
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
pub async fn random_operations_answer_as_the_model_does(store: Subject) {
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

async fn run(store: &Subject, seed: u64) {
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
    /// With the end of the life that it names.
    Claim(PendingKey, CallbackKey, Timestamp),
    Release(PendingKey, CallbackKey, Claimed),
    /// With a number that shows in the outcome.
    Finish(PendingKey, CallbackKey, u32),
    List(BrowserKey, Option<[u8; 32]>),
    /// A value and how many to keep.
    Remember(BrowserKey, Memo, u8, usize),
    Recall(BrowserKey, Memo),
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
/// Which claim a release is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claimed {
    /// The one that is exchanging.
    Then,
    /// One before it.
    Earlier,
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Nothing,
    Yes(bool),
    /// The numbers of the records that were handed out, sorted.
    HandedOut(Vec<u32>),
    Fresh,
    Exchanging(Timestamp),
    Done(String),
    OtherCallback(Option<String>),
    /// Sorted by key.
    Listed(Vec<(LaunchKey, Timestamp, ListedUser)>),
    Values(Vec<Vec<u8>>),
    Open(BrowserKey, Version, u32),
    Ended(BrowserKey, EndReason, Timestamp),
    NotFound,
    Replaced(crate::store::Replaced),
}

async fn perform(store: &Subject, operation: &Operation, now: Timestamp) -> Answer {
    let backend = &store;
    match *operation {
        Operation::Claim(key, callback, until) => match ok(backend.claim_pending(key, callback, until, now).await) {
            Claim::Fresh => Answer::Fresh,
            Claim::Exchanging { since } => Answer::Exchanging(since),
            Claim::Done(outcome) => Answer::Done(shown(*outcome)),
            Claim::OtherCallback { outcome } => Answer::OtherCallback(outcome.map(|outcome| shown(*outcome))),
        },
        Operation::Release(key, callback, claimed) => {
            let then = match ok(backend.claim_pending(key, callback, now, now).await) {
                Claim::Exchanging { since } => since,
                _ => now,
            };
            let claimed_at = match claimed {
                Claimed::Then => then,
                Claimed::Earlier => then.saturating_sub(MILLISECOND),
            };
            ok(backend.release_pending(key, callback, claimed_at).await);
            Answer::Nothing
        }
        Operation::Finish(key, callback, number) => {
            let outcome = sample::landed(&number.to_string());
            ok(backend.finish_pending(key, callback, outcome, now).await);
            Answer::Nothing
        }
        Operation::List(browser, user) => {
            let listed = ok(backend.launches_of(browser, user, now).await).into_iter();
            let mut listed: Vec<_> = listed
                .map(|launch| (launch.key, launch.last_used, launch.user))
                .collect();
            listed.sort_by_key(|(key, ..)| *key);
            Answer::Listed(listed)
        }
        Operation::Remember(browser, memo, value, keep) => {
            let remember = backend.remember(browser, memo, vec![value], keep, rules(), now);
            Answer::Values(ok(remember.await))
        }
        Operation::Recall(browser, memo) => Answer::Values(ok(backend.recall(browser, memo, now).await)),
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

fn shown(outcome: CallbackOutcome) -> String {
    match outcome {
        CallbackOutcome::Landed { location, .. } => location,
        CallbackOutcome::Failed(failed) => format!("{failed:?}"),
    }
}

fn handed_out(ended: &EndedLaunches) -> Answer {
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
    callbacks: Vec<CallbackKey>,
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
            callbacks: (0..2).map(|_| callback_key()).collect(),
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

    fn callback(&mut self) -> CallbackKey {
        let callbacks = self.callbacks.clone();
        self.one_of(&callbacks)
    }

    fn memo(&mut self) -> Memo {
        self.one_of(&[Memo::SameBrowser, Memo::LaunchCookies, Memo::SignedOut])
    }

    fn user(&mut self) -> Option<[u8; 32]> {
        self.one_of(&[None, sample::user(1), sample::user(2)])
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
            let browser = self.browser();
            return Known {
                key: launch_key_of(browser),
                browser,
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
            0..=15 => self.claim(),
            16..=18 => Operation::Release(self.pending(), self.callback(), Claimed::Then),
            19 => Operation::Release(self.pending(), self.callback(), Claimed::Earlier),
            20..=24 => Operation::Finish(self.pending(), self.callback(), self.number),
            25..=30 => self.remember(),
            31..=34 => Operation::Recall(self.browser(), self.memo()),
            35..=40 => Operation::List(self.browser(), self.user()),
            41..=52 => self.open(),
            53..=64 => Operation::Load(self.known().key, LaunchUse::Counts),
            65..=70 => Operation::Load(self.known().key, LaunchUse::DoesNotCount),
            71..=81 => self.replace(),
            82..=85 => Operation::End(self.known().key, self.reason()),
            86..=87 => Operation::EndAll(self.browser(), self.reason()),
            88..=95 => Operation::Acquire(self.known().key, self.owner()),
            _ => Operation::ReleaseLease(self.known().key, self.owner()),
        }
    }

    /// One of the latest authorizations, or a new one; now and then without a life.
    fn claim(&mut self) -> Operation {
        if self.rng.random_range(0..4) == 0 {
            self.pendings.push(pending_key());
        }
        let life = match self.rng.random_range(0..6) {
            0 => 0,
            _ => self.rng.random_range(1..60_000),
        };
        let until = self.now.saturating_add(Duration::from_millis(life));
        Operation::Claim(self.pending(), self.callback(), until)
    }

    fn remember(&mut self) -> Operation {
        let (value, keep) = (self.rng.random_range(0..6), self.rng.random_range(0..5));
        Operation::Remember(self.browser(), self.memo(), value, keep)
    }

    /// Now and then a key that was opened before, but none that may be forgotten by now: nothing is promised of that.
    fn open(&mut self) -> Operation {
        let again = self.known();
        let fresh_enough = self.now.saturating_since(again.opened_at) < rules().lifetimes.ended;
        let policies = [OthersOnOpen::Keep, OthersOnOpen::EndOtherUsers, OthersOnOpen::EndAll];
        let (user, others) = (self.user(), self.one_of(&policies));
        if fresh_enough && self.rng.random_range(0..8) == 0 && !self.launches.is_empty() {
            return Operation::Open(again.key, again.browser, user, others);
        }
        let browser = self.browser();
        let key = launch_key_of(browser);
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
