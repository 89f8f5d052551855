//! Commits wait for a standby that is away: what waits with them, and what goes on.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use actix_smart_auth::{
    EndReason, LaunchUse,
    store::{
        Claim, LaunchEnd, LaunchKey, LoadedLaunch, OthersOnOpen, Replaced, StoreError, Version,
        acceptance::{Subject, sample},
    },
    time::Timestamp,
};

use crate::support::{NOW, PostgresServer, Rows, builder, migrated, open, rules, timed};

/// Operations that hang do so for longer than the test waits.
const LONG: Duration = Duration::from_secs(120);
/// Longer than what does not hang takes on a busy machine.
const BOUND: Duration = Duration::from_secs(20);
/// What hangs is given up after this.
const SHORT: Duration = Duration::from_millis(500);

/// A server whose commits can be made to wait for a standby that never comes.
struct Bench {
    server: PostgresServer,
    schema: String,
    rows: Rows,
}

impl Bench {
    async fn start() -> Option<Self> {
        let server = PostgresServer::start(&[])?;
        let schema = migrated(&server.url()).await;
        let rows = Rows::of(&server.url(), &schema).await;
        Some(Self { server, schema, rows })
    }

    fn store(&self, time_out: Duration) -> Subject {
        timed(builder(&self.server.url(), &self.schema).command_timeout(time_out))
    }

    /// From here on commits wait, those of connections that are open already included.
    async fn standby_goes(&self) {
        self.rows
            .batch("ALTER SYSTEM SET synchronous_standby_names = '*'")
            .await;
        self.rows.batch("SELECT pg_reload_conf()").await;
        let probe = self.store(SHORT);
        let began = Instant::now();
        // Each process of the server reads its settings again when it comes to that.
        while open(&probe, sample::browser()).await != Err(StoreError::Unavailable) {
            assert!(began.elapsed() < BOUND, "nobody waits for the standby");
        }
    }

    async fn waiting(&self) -> i64 {
        let count = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        self.rows.one(count, &[]).await.get(0)
    }

    async fn until_waiting(&self, least: i64) {
        let began = Instant::now();
        while self.waiting().await < least {
            assert!(began.elapsed() < BOUND, "fewer than {least} wait for the standby");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Until what was given up is done: before that nobody else sees it.
    async fn until_nobody_waits(&self) {
        let began = Instant::now();
        while self.waiting().await > 0 {
            assert!(began.elapsed() < BOUND, "somebody still waits for the standby");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn at_once<T>(what: &str, operation: impl Future<Output = Result<T, StoreError>>) -> T {
    let answer = tokio::time::timeout(BOUND, operation).await;
    assert!(answer.is_ok(), "{what} waits for the standby");
    answer.unwrap().unwrap()
}

async fn waits<T>(what: &str, operation: impl Future<Output = Result<T, StoreError>>) {
    let answer = operation.await.map(drop);
    assert_eq!(
        answer,
        Err(StoreError::Unavailable),
        "{what} does not wait for the standby"
    );
}

async fn used_at(store: &Subject, key: LaunchKey, now: Timestamp) -> Result<LoadedLaunch, StoreError> {
    store.load_launch(key, LaunchUse::Counts, rules(), now).await
}

fn is_open(launch: &LoadedLaunch) -> bool {
    matches!(launch, LoadedLaunch::Open { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_leases_and_answers_that_change_nothing_do_not_wait_for_it() {
    let Some(bench) = Bench::start().await else { return };
    let store = bench.store(LONG);
    let (browser, now, until) = (sample::browser(), NOW, NOW.saturating_add(rules().lifetimes.pending));
    let key = open(&store, browser).await.unwrap();
    let (pending, callback, value) = (sample::pending_key(), sample::callback_key(), sample::value_key());
    store.claim_pending(pending, callback, until, now).await.unwrap();
    store.swap_value(value, None, Some(vec![1]), until, now).await.unwrap();
    bench.standby_goes().await;

    let lease = async |who| store.acquire_lease(key, who, rules().lifetimes.pending, now).await;
    let (holder, other) = (sample::lease_owner(), sample::lease_owner());
    assert!(at_once("a lease", lease(holder)).await);
    assert!(!at_once("a lease that somebody has", lease(other)).await);
    at_once("giving a lease up", store.release_lease(key, holder)).await;
    let record = sample::launch(browser, now);
    let stale = store.replace_launch(key, Version(7), record.clone(), rules(), now);
    assert_eq!(at_once("a conflict", stale).await, Replaced::Conflict);
    let newer = store.end_version(key, Version(7), EndReason::LoggedOut, rules(), now);
    assert!(matches!(
        at_once("ending another version", newer).await,
        LaunchEnd::Newer
    ));
    let joined = store.claim_pending(pending, callback, until, now);
    assert!(matches!(at_once("joining", joined).await, Claim::Exchanging { .. }));
    let asked = store.claim_pending(pending, callback, Timestamp::from_millis(0), now);
    assert!(matches!(at_once("asking", asked).await, Claim::Exchanging { .. }));
    let swapped = store.swap_value(value, Some(vec![2]), Some(vec![3]), until, now);
    assert!(!at_once("a swap that comes too late", swapped).await);
    assert!(is_open(&at_once("a page", used_at(&store, key, now)).await));
    let later = now.saturating_add(Duration::from_secs(60));
    assert!(is_open(
        &at_once("a page that is a use", used_at(&store, key, later)).await
    ));
    let over = later.saturating_add(rules().lifetimes.launch_idle);
    let ended = at_once("a page of what has run out", used_at(&store, key, over)).await;
    assert!(matches!(ended, LoadedLaunch::Ended(_)));
    let gone = store.replace_launch(key, Version(1), record, rules(), over);
    assert_eq!(at_once("replacing what has run out", gone).await, Replaced::Gone);
    let ended = store.end_launch(key, EndReason::LoggedOut, rules(), over);
    assert_eq!(at_once("ending what has run out", ended).await.count(), 0);
    assert_eq!(bench.waiting().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_acknowledged_waits_for_it_and_so_does_what_an_attempt_before_may_have_done() {
    let Some(bench) = Bench::start().await else { return };
    let store = bench.store(SHORT);
    let (browser, now, until) = (sample::browser(), NOW, NOW.saturating_add(rules().lifetimes.pending));
    let (first, second) = (open(&store, browser).await.unwrap(), sample::launch_key_of(browser));
    let (pending, callback, value) = (sample::pending_key(), sample::callback_key(), sample::value_key());
    let released = sample::pending_key();
    store.claim_pending(released, callback, until, now).await.unwrap();
    bench.standby_goes().await;
    let record = sample::launch(browser, now);
    // Each is done at the server when it is given up.
    for _ in 0..2 {
        let opened = store.open_launch(second, record.clone(), OthersOnOpen::Keep, rules(), now);
        waits("opening", opened).await;
        let swapped = store.swap_value(value, None, Some(vec![1]), until, now);
        waits("a swap", swapped).await;
    }
    let replaced = store.replace_launch(first, Version(1), record, rules(), now);
    waits("saving", replaced).await;
    for _ in 0..2 {
        let ended = store.end_launch(first, EndReason::LoggedOut, rules(), now);
        waits("ending", ended).await;
    }
    waits("a claim", store.claim_pending(pending, callback, until, now)).await;
    for _ in 0..2 {
        bench.until_nobody_waits().await;
        let finished = store.finish_pending(pending, callback, sample::landed("/"), now);
        waits("finishing", finished).await;
        bench.until_nobody_waits().await;
        waits("releasing", store.release_pending(released, callback, now)).await;
        bench.until_nobody_waits().await;
        let all = store.end_all_of(browser, EndReason::LoggedOut, rules(), now);
        waits("ending all", all).await;
    }
}

/// A use is noted under a lock of the launch, which somebody has for as long as the standby is away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_does_not_wait_for_a_save_of_its_launch_that_waits_for_it() {
    let Some(bench) = Bench::start().await else { return };
    let store = bench.store(LONG);
    let browser = sample::browser();
    let key = open(&store, browser).await.unwrap();
    bench.standby_goes().await;
    let saving = tokio::spawn({
        let store = store.clone();
        async move {
            let record = sample::launch(browser, NOW);
            store.replace_launch(key, Version(1), record, rules(), NOW).await
        }
    });
    bench.until_waiting(1).await;
    let later = NOW.saturating_add(Duration::from_secs(60));
    let loaded = at_once("a page", used_at(&store, key, later)).await;
    assert!(matches!(
        loaded,
        LoadedLaunch::Open {
            version: Version(1),
            ..
        }
    ));
    saving.abort();
}

/// More of them than there are connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_launches_do_not_wait_behind_saves_that_wait_for_it() {
    let Some(bench) = Bench::start().await else { return };
    let store = bench.store(LONG);
    let mut saved = Vec::new();
    for _ in 0..40 {
        let browser = sample::browser();
        saved.push((browser, open(&store, browser).await.unwrap()));
    }
    let key = open(&store, sample::browser()).await.unwrap();
    bench.standby_goes().await;
    let saving: Vec<_> = saved
        .into_iter()
        .map(|(browser, key)| {
            let store = store.clone();
            tokio::spawn(async move {
                let record = sample::launch(browser, NOW);
                store.replace_launch(key, Version(1), record, rules(), NOW).await
            })
        })
        .collect();
    bench.until_waiting(8).await;
    let later = NOW.saturating_add(Duration::from_secs(60));
    assert!(is_open(&at_once("a page", used_at(&store, key, later)).await));
    for saving in saving {
        saving.abort();
    }
}
