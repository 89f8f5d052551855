//! What the log says about servers that are away.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use actix_smart_auth::store::{
    RedisCluster, RedisSentinels, RedisStore, RedisStoreBuilder, StoreError,
    acceptance::{Subject, sample},
};

use crate::support::{
    ClosedPort, Logs, OwnLog, PRIMARY, RedisNodes, RedisServer, SentinelSet, is_open, keys, open, prefix, url_of,
    wire_to,
};

const PATIENCE: Duration = Duration::from_secs(20);

fn timed(builder: RedisStoreBuilder) -> Subject {
    let builder = builder.sealing_keys(keys(&[1])).prefix(prefix());
    Subject::new(|clock| builder.timed_by(clock).build().unwrap())
}

/// The first line with all of these.
async fn line_with(logs: &Logs, parts: &[&str]) -> String {
    let began = Instant::now();
    loop {
        let text = logs.text();
        if let Some(line) = text.lines().find(|line| parts.iter().all(|part| line.contains(part))) {
            return line.to_owned();
        }
        assert!(began.elapsed() < PATIENCE, "{text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Opens launches until the test's own thread has logged this.
async fn until_said(store: &Subject, log: &OwnLog, what: &str) {
    let began = Instant::now();
    while !log.text().contains(what) {
        assert!(began.elapsed() < PATIENCE, "{}", log.text());
        let _ = open(store, sample::browser()).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn while_no_sentinel_names_a_primary_the_log_says_what_each_of_them_answers() {
    let logs = Logs::collect();
    let Some(set) = SentinelSet::start(0, &[], "") else {
        return;
    };
    let (listener, closed) = (TcpListener::bind("127.0.0.1:0").unwrap(), ClosedPort::new());
    let (known, gone, silent) = (
        set.sentinels[0].port,
        closed.address.port(),
        listener.local_addr().unwrap().port(),
    );
    let sentinels = RedisSentinels::new("another", [known, gone, silent].map(url_of));
    let store = timed(RedisStore::builder(sentinels).connect_timeout(Duration::from_millis(600)));
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::Unavailable));
    let begin = format!(
        "server=another of the sentinels 127.0.0.1:{known}, 127.0.0.1:{gone}, 127.0.0.1:{silent} why=\"no sentinel names a primary ("
    );
    let line = line_with(&logs, &["no connection to Redis; launches are kept", &begin]).await;
    for answer in [
        format!("sentinel 127.0.0.1:{known}: it knows no primary with the name another"),
        format!("sentinel 127.0.0.1:{gone}: Connection refused"),
        format!("sentinel 127.0.0.1:{silent}: no answer in time"),
    ] {
        assert!(line.contains(&answer), "{answer}: {line}");
    }
}

#[tokio::test]
async fn a_server_that_sentinels_call_the_primary_and_that_is_a_replica_is_named_in_the_log() {
    let logs = Logs::collect();
    let Some(set) = SentinelSet::start(1, &[], "") else {
        return;
    };
    // A sentinel of its own, which was told the wrong one and has not found out yet.
    let replica = set.servers[1].port;
    let liar = crate::redis_sentinel::liar(replica);
    let store = timed(RedisStore::builder(RedisSentinels::new(PRIMARY, [liar])));
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::Unavailable));
    let why = format!("why=\"127.0.0.1:{replica} is named as the primary and is a replica\"");
    line_with(&logs, &["no connection to Redis; launches are kept", &why]).await;
}

#[tokio::test]
async fn a_cluster_of_which_nobody_is_there_is_said_once_and_that_it_is_back() {
    let logs = Logs::collect();
    let Some(mut nodes) = RedisNodes::start(0, &[]) else {
        return;
    };
    // One address alone, so that the line can be told from those of others.
    for node in &mut nodes.servers {
        node.kill();
    }
    let store = timed(RedisStore::builder(RedisCluster::new([nodes.servers[0].url()])));
    let log = OwnLog::collect();
    until_said(&store, &log, "code=\"no node of the cluster has the slot\"").await;
    line_with(
        &logs,
        &[
            "no node of the Redis cluster says who has which slots; launches are kept, trying again",
            &format!("why=\"127.0.0.1:{}: Connection refused", nodes.servers[0].port),
        ],
    )
    .await;
    for node in &mut nodes.servers {
        node.run();
    }
    let began = Instant::now();
    while open(&store, sample::browser()).await.is_err() {
        assert!(began.elapsed() < PATIENCE);
    }
    line_with(&logs, &["the Redis cluster says again who has which slots"]).await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_in_time_is_said() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let wire = wire_to(&server);
    let store = timed(RedisStore::builder(url_of(wire.port)).command_timeout(Duration::from_secs(4)));
    let key = open(&store, sample::browser()).await.unwrap();
    assert!(is_open(&store, key).await);
    let log = OwnLog::collect();
    wire.hold(true);
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::Unavailable));
    for said in [
        "Redis did not answer an operation of the token store; no launch is deleted",
        "code=\"no answer in time\"",
    ] {
        assert!(log.text().contains(said), "{said}: {}", log.text());
    }
}

#[tokio::test]
async fn a_slot_that_no_node_has_is_said() {
    let Some(nodes) = RedisNodes::start(0, &["--cluster-require-full-coverage", "no"]) else {
        return;
    };
    let store = timed(RedisStore::builder(RedisCluster::new(nodes.urls())).command_timeout(Duration::from_millis(400)));
    open(&store, sample::browser()).await.unwrap();
    for at in 0..3 {
        nodes.cli(at, &["CLUSTER", "DELSLOTSRANGE", "0", "16383"]);
    }
    let log = OwnLog::collect();
    until_said(&store, &log, "code=\"no node of the cluster has the slot\"").await;
    assert!(
        log.text()
            .contains("Redis refused an operation of the token store; no launch is deleted"),
        "{}",
        log.text()
    );
}

#[tokio::test]
async fn keys_that_are_at_two_nodes_for_too_long_are_said() {
    let Some(nodes) = RedisNodes::start(0, &[]) else { return };
    let store = timed(RedisStore::builder(RedisCluster::new(nodes.urls())).command_timeout(Duration::from_millis(500)));
    let browser = sample::browser();
    let key = open(&store, browser).await.unwrap();
    assert!(is_open(&store, key).await);
    let slot = crate::redis_nodes::slot_of(&nodes, browser);
    let from = usize::from(slot / 5_461).min(2);
    nodes.begin_to_move(slot, from, (from + 1) % 3);
    assert_eq!(nodes.move_keys(slot, from, (from + 1) % 3, 1), 1);
    let log = OwnLog::collect();
    assert_eq!(open(&store, browser).await, Err(StoreError::Unavailable));
    let code = "code=\"MOVED, ASK or TRYAGAIN for as long as an operation may take\"";
    assert!(log.text().contains(code), "{}", log.text());
}
