//! What a fail-over loses: what was acknowledged, and had not reached the replica.

use std::time::{Duration, Instant};

use actix_smart_auth::store::{
    LaunchKey, RedisSentinels, RedisStore, StoreError,
    acceptance::{Subject, sample},
};

use crate::support::{PRIMARY, QUICK, RedisServer, SentinelSet, cli, is_open, keys, open, prefix, store, until_open};

/// Opens launches one after the other until the store fails or the time is over.
async fn open_until(store: &Subject, over: Instant) -> (Vec<LaunchKey>, Option<StoreError>) {
    let mut opened = Vec::new();
    while Instant::now() < over {
        match open(store, sample::browser()).await {
            Ok(key) => opened.push(key),
            Err(error) => return (opened, Some(error)),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    (opened, None)
}

/// A primary whose replica has not said anything any more for a while: from outside that is one that is cut off.
#[tokio::test]
async fn a_primary_that_is_cut_off_writes_on_unless_it_has_to_have_a_replica() {
    let Some(primary) = RedisServer::start(&["--repl-diskless-sync-delay", "0"]) else {
        return;
    };
    let port = primary.port.to_string();
    let Some(replica) = RedisServer::start(&["--replicaof", "127.0.0.1", &port]) else {
        return;
    };
    let store = store(&primary.url(), &prefix());
    let began = Instant::now();
    while !info(&primary).contains("state=online") {
        assert!(began.elapsed() < Duration::from_secs(30), "the replica does not follow");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    open(&store, sample::browser()).await.unwrap();
    let cut_off = Instant::now();
    replica.pause();
    let (unbounded, error) = open_until(&store, cut_off + Duration::from_secs(5)).await;
    assert_eq!(error, None, "without the setting nothing stops it");
    replica.resume();
    primary.command(&["CONFIG", "SET", "min-replicas-max-lag", "2"]);
    primary.command(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    let began = Instant::now();
    while open(&store, sample::browser()).await.is_err() {
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "the replica does not come back"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let cut_off = Instant::now();
    replica.pause();
    let (bounded, error) = open_until(&store, cut_off + Duration::from_secs(20)).await;
    let stopped = cut_off.elapsed();
    replica.resume();
    assert_eq!(error, Some(StoreError::ReadOnly));
    // Seconds are counted whole, and compared once a second.
    assert!(stopped < Duration::from_secs(6), "{stopped:?}");
    println!(
        "cut off: {} launches acknowledged in 5 s and kept by nobody else; with min-replicas-max-lag 2 it stopped after {stopped:.1?} and {} \
         launches",
        unbounded.len(),
        bounded.len(),
    );
}

fn info(server: &RedisServer) -> String {
    redis::cmd("INFO")
        .arg("replication")
        .query(&mut server.connection())
        .unwrap()
}

/// Killed at once, while eight write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_dies_takes_at_most_what_was_under_way_with_it() {
    const WRITERS: usize = 8;
    let Some(mut set) = SentinelSet::start(1, &[], "") else {
        return;
    };
    let store = Subject::new(|clock| {
        RedisStore::builder(RedisSentinels::new(PRIMARY, set.urls()))
            .sealing_keys(keys(&[1]))
            .prefix(prefix())
            .timed_by(clock)
            .build()
            .unwrap()
    });
    open(&store, sample::browser()).await.unwrap();
    let over = Instant::now() + Duration::from_secs(60);
    let writing: Vec<_> = (0..WRITERS)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { open_until(&store, over).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    set.servers[0].kill();
    let mut opened = Vec::new();
    for one in writing {
        // Each goes on until it meets the outage; one that was waited for long enough to see the new primary would never end.
        let limit = Duration::from_secs(20);
        if let Ok(Ok((keys, _))) = tokio::time::timeout(limit, one).await {
            opened.extend(keys);
        }
    }
    set.until_primary_is_not(0);
    let began = Instant::now();
    while open(&store, sample::browser()).await.is_err() {
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "the new primary is not found"
        );
    }
    let mut lost = 0;
    for key in &opened {
        lost += usize::from(!is_open(&store, *key).await);
    }
    println!("died: of {} acknowledged launches {lost} were lost", opened.len());
    assert!(opened.len() > 20, "{}", opened.len());
    assert!(lost <= WRITERS, "{lost} of {}", opened.len());
}

/// What the sentinels take is theirs, and what comes after it the store's. `FAIL_OVERS` says how many there are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_fail_overs_each_is_followed_soon_after_the_sentinels_have_named_another_primary() {
    const FOLLOWED: Duration = Duration::from_secs(5);
    /// What is slower than this is told in the words of the sentinels.
    const SLOW: Duration = Duration::from_secs(6);
    let count = std::env::var("FAIL_OVERS").ok().and_then(|count| count.parse().ok());
    let count = count.unwrap_or(1);
    let Some(mut set) = SentinelSet::start(2, &[], QUICK) else {
        return;
    };
    let store = Subject::new(|clock| {
        RedisStore::builder(RedisSentinels::new(PRIMARY, set.urls()))
            .sealing_keys(keys(&[1]))
            .prefix(prefix())
            .timed_by(clock)
            .build()
            .unwrap()
    });
    for number in 0..count {
        let key = open(&store, sample::browser()).await.unwrap();
        let former = set.primary();
        let copied = cli(set.servers[former].port, &["WAIT", "2", "10000"]);
        assert_eq!(copied.trim(), "2");
        set.servers[former].kill();
        let killed = Instant::now();
        let (named, set_back) = tokio::task::spawn_blocking(move || {
            set.until_primary_is_not(former);
            (killed.elapsed(), set)
        })
        .await
        .unwrap();
        set = set_back;
        until_open(&store, key).await;
        let back = killed.elapsed();
        println!("fail-over {number}: another primary after {named:.1?}, the launch is there after {back:.1?}");
        if named > SLOW {
            println!("{}", set.story());
        }
        assert!(back.saturating_sub(named) < FOLLOWED, "{named:?}, {back:?}");
        set.servers[former].run();
        if number + 1 < count {
            // The sentinels make it a replica after some ten seconds.
            set.until_followed();
        }
    }
}
