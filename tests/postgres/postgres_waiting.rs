//! Locks that somebody else holds, and connections that are all in use.

use std::time::{Duration, Instant};

use actix_smart_auth::{
    EndReason,
    store::{StoreError, acceptance::sample},
};

use crate::support::{NOW, Rows, builder, connect, is_open, migrated, open, postgres_url, rules, store, timed};

/// Connecting and committing are within it too: they take less, on a busy machine as well.
const SHORT: Duration = Duration::from_secs(3);
/// Longer than operations take then, on a busy machine as well. What is not given up waits as long as the test.
const BOUND: Duration = Duration::from_secs(20);

#[tokio::test]
async fn who_waits_for_a_lock_waits_no_longer_than_the_time_out_and_keeps_nobody_else_waiting() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let patient = store(&url, &schema);
    let (held, other) = (
        open(&patient, sample::browser()).await.unwrap(),
        open(&patient, sample::browser()).await.unwrap(),
    );
    let store = timed(builder(&url, &schema).command_timeout(SHORT));
    let mut holder = connect(&url).await;
    let holding = holder.transaction().await.unwrap();
    let lock = format!("SELECT FROM {schema}.launch WHERE key = $1 FOR UPDATE");
    holding.query(&lock, &[&held.as_bytes().as_slice()]).await.unwrap();
    let began = Instant::now();
    let end = store.end_launch(held, EndReason::LoggedOut, rules(), NOW);
    let waiting = tokio::spawn({
        let store = store.clone();
        async move {
            let owner = sample::lease_owner();
            store.acquire_lease(held, owner, rules().lifetimes.pending, NOW).await
        }
    });
    // A page is a read: it waits for no lock.
    assert!(is_open(&store, held).await && is_open(&store, other).await);
    assert_eq!(end.await.unwrap_err(), StoreError::Unavailable);
    assert_eq!(waiting.await.unwrap(), Err(StoreError::Unavailable));
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    holding.rollback().await.unwrap();
    let ended = store.end_launch(held, EndReason::LoggedOut, rules(), NOW).await;
    assert_eq!(ended.unwrap().count(), 1);
}

/// What nobody waits for any more does not go on waiting at the server.
#[tokio::test]
async fn an_operation_that_was_given_up_holds_no_lock() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let key = open(&store(&url, &schema), sample::browser()).await.unwrap();
    let store = timed(builder(&url, &schema).command_timeout(SHORT));
    let mut holder = connect(&url).await;
    let holding = holder.transaction().await.unwrap();
    let lock = format!("SELECT FROM {schema}.launch WHERE key = $1 FOR UPDATE");
    holding.query(&lock, &[&key.as_bytes().as_slice()]).await.unwrap();
    for _ in 0..10 {
        let end = store.end_launch(key, EndReason::LoggedOut, rules(), NOW);
        assert!(tokio::time::timeout(Duration::from_millis(20), end).await.is_err());
    }
    let rows = Rows::of(&url, &schema).await;
    let waiting = async || -> i64 {
        let count =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'";
        rows.one(count, &[&schema]).await.get(0)
    };
    let began = Instant::now();
    while waiting().await > 0 {
        assert!(began.elapsed() < BOUND);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    holding.rollback().await.unwrap();
    assert!(is_open(&store, key).await, "none of them has ended it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_has_no_more_connections_than_it_may() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let name = format!("{url}?application_name={schema}");
    let store = timed(
        builder(&name, &schema)
            .max_connections(3)
            .command_timeout(Duration::from_secs(20)),
    );
    let key = open(&store, sample::browser()).await.unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    assert!(is_open(&store, key).await);
                }
            })
        })
        .collect();
    let rows = Rows::of(&url, &schema).await;
    let mut most = 0;
    for task in tasks {
        let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1";
        most = most.max(rows.one(count, &[&schema]).await.get::<_, i64>(0));
        task.await.unwrap();
    }
    // And the one that says whether the server is there.
    assert!((1..=4).contains(&most), "{most}");
}

#[tokio::test]
async fn more_operations_than_may_wait_fail_at_once() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let key = open(&store(&url, &schema), sample::browser()).await.unwrap();
    let store = timed(builder(&url, &schema).max_in_flight(1).command_timeout(SHORT));
    let mut holder = connect(&url).await;
    let holding = holder.transaction().await.unwrap();
    let lock = format!("LOCK TABLE {schema}.launch IN ACCESS EXCLUSIVE MODE");
    holding.batch_execute(&lock).await.unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { is_open(&store, key).await }
    });
    tokio::task::yield_now().await;
    let began = Instant::now();
    assert!(!is_open(&store, key).await);
    assert!(began.elapsed() < SHORT / 2, "{:?}", began.elapsed());
    assert!(!waiting.await.unwrap());
    holding.rollback().await.unwrap();
}

/// Whatever a role or a database has for its default.
#[tokio::test]
async fn another_isolation_level_by_default_changes_nothing() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let url = format!("{url}?options=-c%20default_transaction_isolation%3Dserializable");
    let store = timed(builder(&url, &schema).command_timeout(Duration::from_secs(20)));
    let browser = sample::browser();
    let tasks: Vec<_> = (0..24)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { open(&store, browser).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let listed = store.launches_of(browser, None, NOW).await.unwrap();
    assert_eq!(listed.len(), rules().limits.launches);
}
