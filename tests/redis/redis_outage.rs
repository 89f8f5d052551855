//! Redis stops, hangs, comes back.

use std::time::{Duration, Instant};

use actix_smart_auth::store::{
    RedisStore, StoreError,
    acceptance::{Subject, sample},
};

use crate::support::{RedisServer, is_open, keys, load, open, prefix, redis_url, store, until_open};

/// As long as an operation may take, with some air for a busy machine.
const BOUND: Duration = Duration::from_secs(6);

#[tokio::test]
async fn while_the_server_is_down_operations_fail_in_time_and_afterwards_everything_is_there() {
    let Some(mut server) = RedisServer::start(&[]) else {
        return;
    };
    let store = store(&server.url(), &prefix());
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
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    server.run();
    let back = until_open(&store, key).await;
    assert!(back < BOUND, "{back:?}");
}

#[tokio::test]
async fn a_short_interruption_is_waited_for() {
    let Some(mut server) = RedisServer::start(&[]) else {
        return;
    };
    // Short is what the time-out says; on a busy machine the server takes seconds to start.
    let builder = RedisStore::builder(server.url())
        .sealing_keys(keys(&[1]))
        .prefix(prefix());
    let store = Subject::new(|clock| {
        builder
            .command_timeout(Duration::from_secs(20))
            .timed_by(clock)
            .checking_keys()
            .build()
            .unwrap()
    });
    let key = open(&store, sample::browser()).await.unwrap();
    server.kill();
    let loading = tokio::spawn({
        let store = store.clone();
        async move { is_open(&store, key).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.run();
    assert!(loading.await.unwrap());
}

#[tokio::test]
async fn a_server_that_hangs_delays_nobody_for_longer_than_the_time_out() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = store(&server.url(), &prefix());
    let key = open(&store, sample::browser()).await.unwrap();
    server.pause();
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
    let began = Instant::now();
    assert_eq!(load(&store, key).await.unwrap_err(), StoreError::Unavailable);
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    server.resume();
    let back = until_open(&store, key).await;
    assert!(back < BOUND, "{back:?}");
}

#[tokio::test]
async fn an_application_starts_without_the_server_and_uses_it_when_it_comes() {
    let Some(mut server) = RedisServer::start(&[]) else {
        return;
    };
    server.kill();
    let store = store(&server.url(), &prefix());
    let began = Instant::now();
    assert_eq!(
        open(&store, sample::browser()).await.unwrap_err(),
        StoreError::Unavailable
    );
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
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = store(&server.url(), &prefix());
    let key = open(&store, sample::browser()).await.unwrap();
    for _ in 0..3 {
        server.command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        assert!(is_open(&store, key).await);
    }
}

/// Its scripts are then unknown to it.
#[tokio::test]
async fn a_server_that_forgot_the_scripts_is_told_them_again() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = store(&server.url(), &prefix());
    let key = open(&store, sample::browser()).await.unwrap();
    server.command(&["SCRIPT", "FLUSH"]);
    assert!(is_open(&store, key).await);
}

#[tokio::test]
async fn more_operations_than_may_wait_fail_at_once() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = Subject::new(|clock| {
        RedisStore::builder(server.url())
            .sealing_keys(keys(&[1]))
            .prefix(prefix())
            .max_in_flight(1)
            .timed_by(clock)
            .checking_keys()
            .build()
            .unwrap()
    });
    let key = open(&store, sample::browser()).await.unwrap();
    server.pause();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { load(&store, key).await.map(drop) }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let began = Instant::now();
    assert_eq!(load(&store, key).await.unwrap_err(), StoreError::Unavailable);
    // Who waited would have waited for the time-out.
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(waiting.await.unwrap(), Err(StoreError::Unavailable));
    server.resume();
    until_open(&store, key).await;
}

/// Nothing answers there.
#[tokio::test]
async fn the_time_outs_can_be_shorter() {
    if redis_url().is_none() {
        return;
    }
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let store = Subject::new(|clock| {
        RedisStore::builder(format!("redis://{}", silent.local_addr().unwrap()))
            .sealing_keys(keys(&[1]))
            .connect_timeout(Duration::from_millis(100))
            .command_timeout(Duration::from_millis(200))
            .timed_by(clock)
            .checking_keys()
            .build()
            .unwrap()
    });
    let began = Instant::now();
    assert_eq!(
        open(&store, sample::browser()).await.unwrap_err(),
        StoreError::Unavailable
    );
    // As long as an operation may take by default.
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}
