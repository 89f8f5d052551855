//! A standby takes over while launches are opened and refreshed.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use actix_smart_auth::store::{
    LaunchKey, LoadedLaunch, Replaced, StoreError, Version,
    acceptance::{Subject, sample},
};

use crate::support::{NOW, PostgresServer, Rows, builder, look, migrated, open, rules, timed};

/// Each opens launches and replaces their records.
const WRITERS: usize = 6;
const PATIENCE: Duration = Duration::from_secs(60);

/// A primary, and a standby that follows it.
fn pair() -> Option<(PostgresServer, PostgresServer)> {
    let primary = PostgresServer::start(&[])?;
    let mut standby = PostgresServer::empty(&[])?;
    let copied = standby
        .program("pg_basebackup")
        .args(["-h", "127.0.0.1", "-p", &primary.port.to_string(), "-U", "smart"])
        .args([
            "--checkpoint",
            "fast",
            "--wal-method",
            "stream",
            "--write-recovery-conf",
            "--no-sync",
            "--pgdata",
        ])
        .arg(standby.data())
        .status();
    assert!(copied.unwrap().success());
    standby.run();
    Some((primary, standby))
}

/// What was acknowledged: the version of each launch.
type Acknowledged = BTreeMap<LaunchKey, Version>;

async fn write(store: Subject, stop: Arc<AtomicBool>) -> Acknowledged {
    let mut acknowledged = Acknowledged::new();
    while !stop.load(SeqCst) {
        let browser = sample::browser();
        let Ok(key) = open(&store, browser).await else { continue };
        acknowledged.insert(key, Version(1));
        for version in 1..4 {
            let record = sample::launch(browser, NOW);
            let replaced = store.replace_launch(key, Version(version), record, rules(), NOW).await;
            match replaced {
                Ok(Replaced::Written(version)) => acknowledged.insert(key, version),
                // Written although nobody heard of it, or lost with the primary.
                Ok(Replaced::Conflict | Replaced::Gone) | Err(_) => break,
                Ok(_) => None,
            };
        }
    }
    acknowledged
}

/// How many launches were acknowledged, and how many of them the standby does not have, or has as they were before.
async fn fail_over(waits_for_standby: bool) -> Option<(usize, usize, Duration)> {
    let (mut primary, standby) = pair()?;
    let schema = migrated(&primary.url()).await;
    if waits_for_standby {
        let rows = Rows::of(&primary.url(), &schema).await;
        rows.batch("ALTER SYSTEM SET synchronous_standby_names = '*'").await;
        rows.batch("SELECT pg_reload_conf()").await;
        let began = Instant::now();
        let is_waited_for = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        while rows.one(is_waited_for, &[]).await.get::<_, i64>(0) == 0 {
            assert!(began.elapsed() < PATIENCE);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let both = format!(
        "postgres://smart@127.0.0.1:{},127.0.0.1:{}/postgres",
        primary.port, standby.port
    );
    let store = timed(builder(&both, &schema));
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| tokio::spawn(write(store.clone(), Arc::clone(&stop))))
        .collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    primary.kill();
    let began = Instant::now();
    // As an administrator, or what watches over the servers, does.
    let rows = Rows::of(&standby.url(), &schema).await;
    assert!(rows.one("SELECT pg_promote()", &[]).await.get::<_, bool>(0));
    while open(&store, sample::browser()).await.is_err() {
        assert!(began.elapsed() < PATIENCE, "the standby is not used");
    }
    let back = began.elapsed();
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.store(true, SeqCst);
    let mut acknowledged = Acknowledged::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    let mut lost = 0;
    for (key, least) in &acknowledged {
        let there = look(&store, *key).await.unwrap();
        let is_there = matches!(there, LoadedLaunch::Open { version, .. } if version >= *least);
        lost += usize::from(!is_there);
    }
    Some((acknowledged.len(), lost, back))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_commits_wait_for_has_all_that_was_acknowledged() {
    let Some((acknowledged, lost, back)) = fail_over(true).await else {
        return;
    };
    println!(
        "fail-over to a standby that commits wait for: {lost} of {acknowledged} launches lost, back after {back:.1?}"
    );
    assert!(acknowledged > 0);
    assert_eq!(lost, 0);
}

/// Commits then wait without end, which no time-out of the server ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_standby_that_commits_wait_for_is_away_operations_end_in_time_and_leave_nothing_at_the_server() {
    let Some(server) = PostgresServer::start(&[]) else {
        return;
    };
    let schema = migrated(&server.url()).await;
    let rows = Rows::of(&server.url(), &schema).await;
    rows.batch("ALTER SYSTEM SET synchronous_standby_names = '*'").await;
    rows.batch("SELECT pg_reload_conf()").await;
    let named = format!("{}?application_name={schema}", server.url());
    let limit = Duration::from_millis(500);
    let store = timed(builder(&named, &schema).max_connections(2).command_timeout(limit));
    // The server reads its settings again when it comes to that.
    let began = Instant::now();
    while open(&store, sample::browser()).await != Err(StoreError::Unavailable) {
        assert!(began.elapsed() < PATIENCE, "nobody waits for the standby");
    }
    for _ in 0..8 {
        let began = Instant::now();
        assert_eq!(open(&store, sample::browser()).await, Err(StoreError::Unavailable));
        assert!(began.elapsed() < PATIENCE);
    }
    let connections = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1";
    let began = Instant::now();
    // Two for operations, and the one that says whether the server is there.
    while rows.one(connections, &[&schema]).await.get::<_, i64>(0) > 3 {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    rows.batch("ALTER SYSTEM RESET synchronous_standby_names").await;
    rows.batch("SELECT pg_reload_conf()").await;
    let began = Instant::now();
    while open(&store, sample::browser()).await.is_err() {
        assert!(began.elapsed() < PATIENCE);
    }
}

/// Counted: it depends on the machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_standby_took_over_that_lags_behind_the_store_goes_on() {
    let Some((acknowledged, lost, back)) = fail_over(false).await else {
        return;
    };
    println!("fail-over to a standby that lags behind: {lost} of {acknowledged} launches lost, back after {back:.1?}");
    assert!(acknowledged > 0);
}
