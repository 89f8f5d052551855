//! A Redis Cluster of several nodes: slots move, nodes hang, die and are replaced.

use std::{
    thread,
    time::{Duration, Instant},
};

use actix_smart_auth::store::{
    BrowserKey, RedisCluster, RedisStore, SetupSubject, SetupVerdict, StoreError, TokenStoreBackend as _,
    acceptance::{self, Subject, sample},
};

use crate::support::{NOW, RedisNodes, RedisServer, is_open, keys, load, open, prefix, until_open};

/// As long as an operation may take, with some air for a busy machine.
const BOUND: Duration = Duration::from_secs(6);
/// A part that is lost takes no other with it.
const ALONE: [&str; 2] = ["--cluster-require-full-coverage", "no"];

fn store(nodes: &RedisNodes) -> Subject {
    store_at(nodes.urls())
}

fn store_at(urls: Vec<String>) -> Subject {
    Subject::new(|clock| {
        RedisStore::builder(RedisCluster::new(urls))
            .sealing_keys(keys(&[1]))
            .prefix(prefix())
            .timed_by(clock)
            .checking_keys()
            .build()
            .unwrap()
    })
}

pub(crate) fn slot_of(nodes: &RedisNodes, browser: BrowserKey) -> u16 {
    let [first, second, ..] = *browser.as_bytes();
    let said = nodes.cli(1, &["CLUSTER", "KEYSLOT", &format!("{{{first:02x}{second:02x}}}")]);
    said.trim().parse().unwrap()
}

/// A browser whose launches are in this third.
fn browser_at(nodes: &RedisNodes, third: u16) -> BrowserKey {
    loop {
        let browser = sample::browser();
        if slot_of(nodes, browser) * 3 / 16_384 == third {
            return browser;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_store_keeps_every_promise_in_a_cluster() {
    let Some(nodes) = RedisNodes::start(0, &[]) else { return };
    let urls = nodes.urls();
    let store = |clock| {
        RedisStore::builder(RedisCluster::new(&urls))
            .sealing_keys(keys(&[1]))
            .prefix(prefix())
            .timed_by(clock)
            .checking_keys()
            .uses_noted_every(Duration::ZERO)
            .build()
            .unwrap()
    };
    acceptance::run(store).await;
}

#[tokio::test]
async fn a_store_that_nobody_used_for_longer_than_the_time_out_finds_the_slots_all_the_same() {
    let Some(nodes) = RedisNodes::start(0, &[]) else { return };
    let time_out = Duration::from_secs(2);
    let store = Subject::new(|clock| {
        RedisStore::builder(RedisCluster::new(nodes.urls()))
            .sealing_keys(keys(&[1]))
            .prefix(prefix())
            .command_timeout(time_out)
            .timed_by(clock)
            .build()
            .unwrap()
    });
    // The time that passes is what the store has to bear: it has no clock for this.
    tokio::time::sleep(time_out * 2).await;
    open(&store, sample::browser()).await.unwrap();
}

#[tokio::test]
async fn launches_go_on_while_their_slot_moves_and_afterwards() {
    let Some(nodes) = RedisNodes::start(0, &[]) else { return };
    let store = store(&nodes);
    let browser = browser_at(&nodes, 0);
    let slot = slot_of(&nodes, browser);
    let key = open(&store, browser).await.unwrap();
    nodes.begin_to_move(slot, 0, 2);
    assert!(is_open(&store, key).await, "it is where it was");
    assert!(nodes.move_keys(slot, 0, 2, 100) > 1);
    assert!(
        is_open(&store, key).await,
        "the new node has the key, and not the slot yet"
    );
    nodes.finish_move(slot, 0, 2);
    assert!(is_open(&store, key).await);
    open(&store, browser).await.unwrap();
    // The map says so by now: there and back.
    tokio::time::sleep(Duration::from_millis(300)).await;
    nodes.move_slot(slot, 2, 1);
    assert!(is_open(&store, key).await);
}

#[tokio::test]
async fn an_operation_whose_keys_are_at_two_nodes_waits_within_its_time_until_they_are_at_one() {
    let Some(nodes) = RedisNodes::start(0, &[]) else { return };
    let store = store(&nodes);
    let browser = browser_at(&nodes, 0);
    let slot = slot_of(&nodes, browser);
    let key = open(&store, browser).await.unwrap();
    nodes.begin_to_move(slot, 0, 1);
    assert_eq!(nodes.move_keys(slot, 0, 1, 1), 1);
    let began = Instant::now();
    // A new launch, and the list of its browser: nobody has both.
    assert_eq!(open(&store, browser).await, Err(StoreError::Unavailable));
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    assert!(is_open(&store, key).await);
    let moving = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        while nodes.move_keys(slot, 0, 1, 100) > 0 {}
        nodes.finish_move(slot, 0, 1);
        nodes
    });
    let opened = open(&store, browser).await;
    let _nodes = moving.join().unwrap();
    assert!(is_open(&store, opened.unwrap()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_hangs_holds_up_its_own_launches_alone() {
    let Some(nodes) = RedisNodes::start(0, &ALONE) else {
        return;
    };
    let store = store(&nodes);
    let lost = open(&store, browser_at(&nodes, 0)).await.unwrap();
    let others = [1, 2].map(|third| browser_at(&nodes, third));
    for browser in others {
        open(&store, browser).await.unwrap();
    }
    nodes.servers[0].pause();
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { load(&store, lost).await.map(drop) })
        })
        .collect();
    let began = Instant::now();
    let mut slowest = Duration::ZERO;
    while began.elapsed() < Duration::from_secs(6) {
        for browser in others {
            let asked = Instant::now();
            let key = open(&store, browser).await.unwrap();
            slowest = slowest.max(asked.elapsed());
            let asked = Instant::now();
            assert!(is_open(&store, key).await);
            slowest = slowest.max(asked.elapsed());
        }
        // Neither what needs no key waits.
        let asked = Instant::now();
        store.store().backend().time().await.unwrap();
        slowest = slowest.max(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Who waited for the node that hangs would have waited for the time-out.
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    for one in waiting {
        assert_eq!(one.await.unwrap(), Err(StoreError::Unavailable));
    }
    // By now it is known to be away: the first who were asked in vain have said so.
    let asked = Instant::now();
    for _ in 0..10 {
        assert_eq!(load(&store, lost).await.unwrap_err(), StoreError::Unavailable);
    }
    assert!(asked.elapsed() < BOUND, "{:?}", asked.elapsed());
    nodes.servers[0].resume();
    until_open(&store, lost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_dies_is_replaced_by_its_replica_and_other_launches_see_nothing() {
    let Some(mut nodes) = RedisNodes::start(3, &ALONE) else {
        return;
    };
    let store = store(&nodes);
    let [hit, spared] = [0, 1].map(|third| browser_at(&nodes, third));
    let key = open(&store, hit).await.unwrap();
    let other = open(&store, spared).await.unwrap();
    nodes.servers[0].kill();
    let began = Instant::now();
    while !is_open(&store, key).await {
        assert!(is_open(&store, other).await);
        assert!(began.elapsed() < Duration::from_secs(60), "no replica has taken over");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    nodes.until_primary(3);
    open(&store, hit).await.unwrap();
    // The former primary comes back as a replica.
    nodes.servers[0].run();
    for _ in 0..50 {
        assert!(is_open(&store, key).await && is_open(&store, other).await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn some_of_the_addresses_may_be_dead_or_silent() {
    let Some(nodes) = RedisNodes::start(0, &[]) else { return };
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let urls = vec![
        "redis://127.0.0.1:1".to_owned(),
        format!("redis://{}", silent.local_addr().unwrap()),
        nodes.servers[2].url(),
    ];
    let store = store_at(urls);
    let browsers = [0, 1, 2].map(|third| browser_at(&nodes, third));
    let began = Instant::now();
    for browser in browsers {
        let key = open(&store, browser).await.unwrap();
        assert!(is_open(&store, key).await);
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_cluster_that_is_down_or_none_is_unavailable_in_time_and_after_that_at_once() {
    let Some(single) = RedisServer::start(&[]) else { return };
    let Some(mut nodes) = RedisNodes::start(0, &[]) else {
        return;
    };
    let (down, never) = (store(&nodes), store_at(vec![single.url()]));
    let key = open(&down, sample::browser()).await.unwrap();
    for node in &mut nodes.servers {
        node.kill();
    }
    for store in [&down, &never] {
        let began = Instant::now();
        assert_eq!(load(store, key).await.unwrap_err(), StoreError::Unavailable);
        assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
        tokio::time::sleep(Duration::from_secs(2)).await;
        let began = Instant::now();
        assert_eq!(load(store, key).await.unwrap_err(), StoreError::Unavailable);
        // Who waited would have waited for the time-out.
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
    for node in &mut nodes.servers {
        node.run();
    }
    until_open(&down, key).await;
}

/// The default of Redis: one lost part makes all the others refuse.
#[tokio::test]
async fn a_cluster_that_wants_to_be_whole_is_unavailable_when_a_part_is_lost_and_comes_back_with_it() {
    let Some(mut nodes) = RedisNodes::start(0, &[]) else {
        return;
    };
    let store = store(&nodes);
    let key = open(&store, browser_at(&nodes, 1)).await.unwrap();
    nodes.servers[0].kill();
    let began = Instant::now();
    loop {
        if let Err(error) = load(&store, key).await {
            assert_eq!(error, StoreError::Unavailable);
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "the cluster goes on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    nodes.servers[0].run();
    until_open(&store, key).await;
    store
        .end_launch(key, actix_smart_auth::EndReason::LoggedOut, Default::default(), NOW)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_dangerous_about_a_cluster_is_said_of_the_node_that_is_set_up_worst() {
    let Some(nodes) = RedisNodes::start(0, &ALONE) else {
        return;
    };
    let store = RedisStore::builder(RedisCluster::new(nodes.urls()))
        .sealing_keys(keys(&[1]))
        .build()
        .unwrap();
    let verdicts = async || {
        let findings = store.look_at_setup().await;
        let of = |subject| {
            let found = findings.iter().find(|finding| finding.subject == subject).unwrap();
            (found.verdict, found.found.clone())
        };
        (of(SetupSubject::Coverage), of(SetupSubject::FailOver))
    };
    let (coverage, fail_over) = verdicts().await;
    assert_eq!((coverage.0, fail_over.0), (SetupVerdict::Good, SetupVerdict::Risky));
    nodes.cli(1, &["CONFIG", "SET", "cluster-require-full-coverage", "yes"]);
    let ((verdict, found), _) = verdicts().await;
    assert_eq!(verdict, SetupVerdict::Risky);
    assert!(
        found.starts_with(&format!("127.0.0.1:{}: ", nodes.servers[1].port)),
        "{found}"
    );
}
