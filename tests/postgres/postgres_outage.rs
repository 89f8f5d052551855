//! PostgreSQL stops, hangs, comes back.

use std::time::{Duration, Instant};

use actix_smart_auth::store::{
    StoreError,
    acceptance::{Subject, sample},
};

use crate::support::{
    PostgresServer, Rows, builder, is_open, load, migrated, open, postgres_url, schema_name, store, timed, until_open,
};

/// As long as an operation may take, with some air for a busy machine.
const BOUND: Duration = Duration::from_secs(6);

#[tokio::test]
async fn while_the_server_is_down_operations_fail_in_time_and_afterwards_everything_is_there() {
    let Some(mut server) = PostgresServer::start(&[]) else {
        return;
    };
    let store = store(&server.url(), &migrated(&server.url()).await);
    let key = open(&store, sample::browser()).await.unwrap();
    server.kill();
    let began = Instant::now();
    assert_eq!(load(&store, key).await.unwrap_err(), StoreError::Unavailable);
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    // The interruption has lasted longer than an operation may: nobody waits for it any more.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let began = Instant::now();
    for _ in 0..100 {
        assert_eq!(load(&store, key).await.unwrap_err(), StoreError::Unavailable);
    }
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    server.run();
    let back = until_open(&store, key).await;
    assert!(back < BOUND, "{back:?}");
}

#[tokio::test]
async fn a_short_interruption_is_waited_for() {
    let Some(mut server) = PostgresServer::start(&[]) else {
        return;
    };
    let schema = migrated(&server.url()).await;
    // Short is what the time-out says; on a busy machine the server takes seconds to start.
    let store = timed(builder(&server.url(), &schema).command_timeout(Duration::from_secs(30)));
    let key = open(&store, sample::browser()).await.unwrap();
    server.kill();
    let loading = tokio::spawn({
        let store = store.clone();
        async move { is_open(&store, key).await }
    });
    tokio::task::yield_now().await;
    server.run();
    assert!(loading.await.unwrap());
}

#[tokio::test]
async fn a_server_that_hangs_delays_nobody_for_longer_than_the_time_out() {
    let Some(server) = PostgresServer::start(&[]) else {
        return;
    };
    let store = store(&server.url(), &migrated(&server.url()).await);
    let key = open(&store, sample::browser()).await.unwrap();
    server.pause();
    for _ in 0..3 {
        let began = Instant::now();
        let tasks: Vec<_> = (0..200)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { load(&store, key).await.map(drop) })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), Err(StoreError::Unavailable));
        }
        assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    }
    server.resume();
    let back = until_open(&store, key).await;
    assert!(back < BOUND, "{back:?}");
}

#[tokio::test]
async fn an_application_starts_without_the_server_and_uses_it_when_it_comes() {
    let Some(mut server) = PostgresServer::start(&[]) else {
        return;
    };
    let schema = migrated(&server.url()).await;
    server.kill();
    let store = store(&server.url(), &schema);
    let began = Instant::now();
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::Unavailable));
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    server.run();
    let began = Instant::now();
    while open(&store, sample::browser()).await.is_err() {
        assert!(began.elapsed() < BOUND);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced_without_an_error() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let named = format!("{url}?application_name={schema}");
    let store = store(&named, &schema);
    let key = open(&store, sample::browser()).await.unwrap();
    let rows = Rows::of(&url, &schema).await;
    for _ in 0..3 {
        let close = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1";
        assert!(rows.one(close, &[&schema]).await.get::<_, i64>(0) > 0);
        assert!(is_open(&store, key).await);
    }
}

/// Of two servers in the address the first does not answer, and the second takes writes.
#[tokio::test]
async fn the_first_server_that_takes_writes_is_used() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (before, after) = url.split_once('@').unwrap();
    let both = format!("{before}@127.0.0.1:{},{after}", silent.local_addr().unwrap().port());
    let patient = builder(&both, &schema)
        .connect_timeout(Duration::from_secs(1))
        .command_timeout(Duration::from_secs(20));
    let store: Subject = timed(patient);
    let key = open(&store, sample::browser()).await.unwrap();
    assert!(is_open(&store, key).await);
}

/// Nothing answers there.
#[tokio::test]
async fn the_time_outs_can_be_shorter() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://smart@127.0.0.1:{}/a", silent.local_addr().unwrap().port());
    let impatient = builder(&url, &schema_name())
        .connect_timeout(Duration::from_millis(100))
        .command_timeout(Duration::from_millis(200));
    let began = Instant::now();
    assert_eq!(
        open(&timed(impatient), sample::browser()).await,
        Err(StoreError::Unavailable)
    );
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}
