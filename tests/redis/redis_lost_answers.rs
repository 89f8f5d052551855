//! The connection breaks after the server has done what it was asked, and before its answer comes.

use std::time::{Duration, Instant};

use actix_smart_auth::{
    EndReason,
    store::{
        CallbackKey, Claim, Memo, PendingKey, RedisConnections, RedisStore, StoreError,
        acceptance::{Subject, sample},
    },
    time::Timestamp,
};

use crate::support::{NOW, RedisServer, cli, is_open, keys, open, prefix, rules, store, url_of, wire_to};

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_fresh_for_the_same_attempt_and_no_other() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let wire = wire_to(&server);
    let (through, direct) = {
        let prefix = prefix();
        (store(&url_of(wire.port), &prefix), store(&server.url(), &prefix))
    };
    let until = NOW.saturating_add(rules().lifetimes.pending);
    let callback = sample::callback_key();
    let claim = |key: PendingKey, callback: CallbackKey| through.claim_pending(key, callback, until, NOW);
    // The server knows the script then.
    assert!(matches!(claim(sample::pending_key(), callback).await, Ok(Claim::Fresh)));
    let key = sample::pending_key();
    wire.lose_the_next_answer();
    let first = claim(key, callback).await;
    assert!(matches!(first, Ok(Claim::Fresh)), "{first:?}");
    assert_eq!(wire.lost(), 1);
    let joined = direct.claim_pending(key, callback, until, NOW).await;
    assert!(matches!(joined, Ok(Claim::Exchanging { .. })), "{joined:?}");
    // One that joins, joins although its answer was lost.
    wire.lose_the_next_answer();
    let joined = claim(key, callback).await;
    assert!(matches!(joined, Ok(Claim::Exchanging { .. })), "{joined:?}");
    wire.lose_the_next_answer();
    let other = claim(key, sample::callback_key()).await;
    assert!(matches!(other, Ok(Claim::OtherCallback { outcome: None })), "{other:?}");
    assert_eq!(wire.lost(), 3);
}

/// The server hangs, the application gives up, and the server does it all the same.
#[tokio::test]
async fn a_claim_that_nobody_was_told_of_is_free_again_once_the_store_answers() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let wire = wire_to(&server);
    let (through, direct) = {
        let prefix = prefix();
        (store(&url_of(wire.port), &prefix), store(&server.url(), &prefix))
    };
    let until = NOW.saturating_add(rules().lifetimes.pending);
    let (key, callback) = (sample::pending_key(), sample::callback_key());
    // The server knows the script then.
    let known = through.claim_pending(sample::pending_key(), callback, until, NOW).await;
    assert!(matches!(known, Ok(Claim::Fresh)), "{known:?}");
    wire.hold(true);
    let claimed = through.claim_pending(key, callback, until, NOW).await;
    assert_eq!(claimed.unwrap_err(), StoreError::Unavailable);
    let held = direct.claim_pending(key, callback, until, NOW).await;
    assert!(matches!(held, Ok(Claim::Exchanging { .. })), "{held:?}");
    wire.hold(false);
    until_fresh(&direct, key, callback).await;
}

/// It was held up on the way, and the same attempt was given back before it came.
#[tokio::test]
async fn a_claim_that_arrives_after_it_was_given_back_does_not_stand() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let (wire, prefix) = (wire_to(&server), prefix());
    let direct = store(&server.url(), &prefix);
    // A worker would claim once more over the other connection.
    let builder = RedisStore::builder(url_of(wire.port)).connections(RedisConnections::OnePerProcess);
    let builder = builder.sealing_keys(keys(&[1])).prefix(prefix);
    let through = Subject::new(|clock| builder.timed_by(clock).checking_keys().build().unwrap());
    let until = NOW.saturating_add(rules().lifetimes.pending);
    let (key, callback) = (sample::pending_key(), sample::callback_key());
    // The server knows the scripts then.
    let other = sample::pending_key();
    let known = through.claim_pending(other, callback, until, NOW).await;
    assert!(matches!(known, Ok(Claim::Fresh)), "{known:?}");
    through.release_pending(other, callback, NOW).await.unwrap();

    let asked = wire.asked();
    wire.delay_the_next();
    let claimed = through.claim_pending(key, callback, until, NOW).await;
    assert_eq!(claimed.unwrap_err(), StoreError::Unavailable);
    let began = Instant::now();
    let is_free = async || {
        let looked = direct
            .claim_pending(key, callback, Timestamp::from_millis(0), NOW)
            .await;
        matches!(looked, Ok(Claim::Fresh))
    };
    // The one that is under way, the one that was answered, and its release.
    while wire.asked() < asked + 3 || !is_free().await {
        assert!(began.elapsed() < PATIENCE, "it is not given back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = scripts_run(&server);
    wire.deliver();
    while scripts_run(&server) == before {
        assert!(began.elapsed() < PATIENCE, "it does not arrive");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    until_fresh(&direct, key, callback).await;
}

/// How many scripts the server was asked for by name.
fn scripts_run(server: &RedisServer) -> String {
    let counts = cli(server.port, &["INFO", "commandstats"]);
    let line = counts.lines().find(|line| line.starts_with("cmdstat_evalsha:"));
    let number = line.and_then(|line| line.split(',').next());
    number.unwrap().to_owned()
}

/// Claims again, as a reload does, until the claim is free.
async fn until_fresh(store: &Subject, key: PendingKey, callback: CallbackKey) {
    let until = NOW.saturating_add(rules().lifetimes.pending);
    let began = Instant::now();
    loop {
        let claim = store.claim_pending(key, callback, until, NOW).await.unwrap();
        if matches!(claim, Claim::Fresh) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{claim:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn finishing_and_releasing_twice_is_as_good_as_once() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let wire = wire_to(&server);
    let store = store(&url_of(wire.port), &prefix());
    let backend = &store;
    let until = NOW.saturating_add(rules().lifetimes.pending);
    let (key, callback) = (sample::pending_key(), sample::callback_key());
    let claim = |callback| backend.claim_pending(key, callback, until, NOW);
    for lose in [false, true] {
        assert!(matches!(claim(callback).await, Ok(Claim::Fresh)));
        if lose {
            wire.lose_the_next_answer();
        }
        backend.release_pending(key, callback, NOW).await.unwrap();
    }
    for lose in [false, true] {
        claim(callback).await.unwrap();
        if lose {
            wire.lose_the_next_answer();
        }
        let outcome = sample::landed(if lose { "/second" } else { "/first" });
        backend.finish_pending(key, callback, outcome, NOW).await.unwrap();
    }
    assert_eq!(wire.lost(), 2);
    assert!(matches!(claim(callback).await, Ok(Claim::Done(_))));
}

#[tokio::test]
async fn a_value_that_is_sent_twice_stands_in_its_list_once() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let wire = wire_to(&server);
    let store = store(&url_of(wire.port), &prefix());
    let (backend, browser, memo) = (&store, sample::browser(), Memo::SameBrowser);
    let remember = |value: &[u8]| backend.remember(browser, memo, value.to_vec(), 2, rules(), NOW);
    remember(b"a").await.unwrap();
    remember(b"b").await.unwrap();
    wire.lose_the_next_answer();
    // What fell out was in the answer that was lost.
    assert!(remember(b"c").await.unwrap().is_empty());
    assert_eq!(wire.lost(), 1);
    assert_eq!(backend.recall(browser, memo, NOW).await.unwrap(), [b"b", b"c"]);
}

#[tokio::test]
async fn a_launch_that_is_opened_or_listed_twice_is_there_once() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let wire = wire_to(&server);
    let store = store(&url_of(wire.port), &prefix());
    let browser = sample::browser();
    let first = open(&store, browser).await.unwrap();
    wire.lose_the_next_answer();
    let second = open(&store, browser).await.unwrap();
    assert!(is_open(&store, first).await && is_open(&store, second).await);
    store.launches_of(browser, None, NOW).await.unwrap();
    wire.lose_the_next_answer();
    let listed = store.launches_of(browser, None, NOW).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(wire.lost(), 2);
}

/// Nobody can revoke its tokens then; they run out.
#[tokio::test]
async fn a_launch_that_was_ended_by_an_attempt_whose_answer_was_lost_is_handed_out_to_nobody() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let wire = wire_to(&server);
    let store = store(&url_of(wire.port), &prefix());
    let browser = sample::browser();
    let end = async |key| {
        let ended = store.end_launch(key, EndReason::LoggedOut, rules(), NOW).await;
        ended.unwrap().count()
    };
    // The server knows the script then.
    assert_eq!(end(open(&store, browser).await.unwrap()).await, 1);
    let key = open(&store, browser).await.unwrap();
    wire.lose_the_next_answer();
    assert_eq!(end(key).await, 0);
    assert_eq!(wire.lost(), 1);
    assert!(!is_open(&store, key).await);
}
