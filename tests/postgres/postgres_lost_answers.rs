//! The connection breaks after the server has done what it was asked, and before its answer comes.

use std::time::{Duration, Instant};

use actix_smart_auth::{
    EndReason,
    store::{
        CallbackKey, Claim, Memo, PendingKey, Replaced, StoreError, ValueKey, Version,
        acceptance::{Subject, sample},
    },
    time::Timestamp,
};

use crate::support::{LossyWire, NOW, Rows, is_open, migrated, open, postgres_url, rules, store};

const PATIENCE: Duration = Duration::from_secs(30);

/// Whether a client has sent arguments for a statement that the server knows.
fn calls_in(bytes: &[u8]) -> usize {
    usize::from(bytes.first() == Some(&b'B'))
}

/// A store behind a wire, and one beside it.
struct Bench {
    wire: LossyWire,
    through: Subject,
    direct: Subject,
}

async fn bench(url: &str) -> Bench {
    let schema = migrated(url).await;
    let (wire, near_end) = wired(url);
    Bench {
        through: store(&near_end, &schema),
        direct: store(url, &schema),
        wire,
    }
}

/// A wire to the server at this address, and the address of its near end.
fn wired(url: &str) -> (LossyWire, String) {
    let (host, rest) = url.split_once("@127.0.0.1:").unwrap();
    let (port, database) = rest.split_once('/').unwrap();
    let wire = LossyWire::to(port.parse().unwrap(), calls_in);
    let near_end = format!("{host}@127.0.0.1:{}/{database}", wire.port);
    (wire, near_end)
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_fresh_for_the_same_attempt_and_no_other() {
    let Some(url) = postgres_url() else { return };
    let Bench { wire, through, direct } = bench(&url).await;
    let until = NOW.saturating_add(rules().lifetimes.pending);
    let callback = sample::callback_key();
    let claim = |key: PendingKey, callback: CallbackKey| through.claim_pending(key, callback, until, NOW);
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
    let Some(url) = postgres_url() else { return };
    let Bench { wire, through, direct } = bench(&url).await;
    let until = NOW.saturating_add(rules().lifetimes.pending);
    let (key, callback) = (sample::pending_key(), sample::callback_key());
    // A connection is open then, and knows the statement.
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

/// It was held up on the way, and the same attempt was given back before it came.
#[tokio::test]
async fn a_claim_that_arrives_after_it_was_given_back_does_not_stand() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let (wire, near_end) = wired(&url);
    let through = store(&format!("{near_end}?application_name={schema}"), &schema);
    let direct = store(&url, &schema);
    let rows = Rows::of(&url, &schema).await;
    let until = NOW.saturating_add(rules().lifetimes.pending);
    let (key, callback) = (sample::pending_key(), sample::callback_key());
    // A connection is open then, and knows the statement.
    let known = through.claim_pending(sample::pending_key(), callback, until, NOW).await;
    assert!(matches!(known, Ok(Claim::Fresh)), "{known:?}");
    let of_store = "SELECT pid FROM pg_stat_activity WHERE application_name = $1";
    let first: i32 = rows.one(of_store, &[&schema]).await.get(0);

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
    wire.deliver();
    // What follows it is the end of its connection.
    let is_there = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1";
    while rows.one(is_there, &[&first]).await.get::<_, i64>(0) > 0 {
        assert!(began.elapsed() < PATIENCE, "it does not arrive");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    until_fresh(&direct, key, callback).await;
}

#[tokio::test]
async fn finishing_and_releasing_twice_is_as_good_as_once() {
    let Some(url) = postgres_url() else { return };
    let Bench {
        wire, through: store, ..
    } = bench(&url).await;
    let until = NOW.saturating_add(rules().lifetimes.pending);
    let (key, callback) = (sample::pending_key(), sample::callback_key());
    let claim = |callback| store.claim_pending(key, callback, until, NOW);
    for _ in 0..2 {
        assert!(matches!(claim(callback).await, Ok(Claim::Fresh)));
        wire.lose_the_next_answer();
        store.release_pending(key, callback, NOW).await.unwrap();
    }
    claim(callback).await.unwrap();
    for path in ["/first", "/second"] {
        wire.lose_the_next_answer();
        store
            .finish_pending(key, callback, sample::landed(path), NOW)
            .await
            .unwrap();
    }
    assert_eq!(wire.lost(), 4);
    assert!(matches!(claim(callback).await, Ok(Claim::Done(_))));
}

#[tokio::test]
async fn a_value_that_is_sent_twice_stands_in_its_list_once() {
    let Some(url) = postgres_url() else { return };
    let Bench {
        wire, through: store, ..
    } = bench(&url).await;
    let (browser, memo) = (sample::browser(), Memo::SameBrowser);
    let remember = |value: &[u8]| store.remember(browser, memo, value.to_vec(), 2, rules(), NOW);
    remember(b"a").await.unwrap();
    remember(b"b").await.unwrap();
    wire.lose_the_next_answer();
    // What fell out was in the answer that was lost.
    assert!(remember(b"c").await.unwrap().is_empty());
    assert_eq!(wire.lost(), 1);
    assert_eq!(store.recall(browser, memo, NOW).await.unwrap(), [b"b", b"c"]);
}

/// The one who wrote learns that it did.
#[tokio::test]
async fn what_was_written_and_not_answered_is_known_as_written_by_the_same_attempt() {
    let Some(url) = postgres_url() else { return };
    let Bench {
        wire,
        through: store,
        direct,
    } = bench(&url).await;
    let browser = sample::browser();
    let key = open(&store, browser).await.unwrap();
    let replace = |store: &Subject, version| {
        let store = store.clone();
        async move {
            let record = sample::launch(browser, NOW);
            store.replace_launch(key, Version(version), record, rules(), NOW).await
        }
    };
    wire.lose_the_next_answer();
    assert_eq!(replace(&store, 1).await, Ok(Replaced::Written(Version(2))));
    // Somebody else's attempt at the same version is another one.
    assert_eq!(replace(&direct, 1).await, Ok(Replaced::Conflict));
    let (value, until) = (
        ValueKey::from_bytes(rand::random()),
        NOW.saturating_add(rules().lifetimes.pending),
    );
    for (expected, next) in [(None, Some(vec![1])), (Some(vec![1]), Some(vec![2]))] {
        wire.lose_the_next_answer();
        let swapped = store.swap_value(value, expected, next, until, NOW).await;
        assert_eq!(swapped, Ok(true));
    }
    let owner = sample::lease_owner();
    wire.lose_the_next_answer();
    let lease = store.acquire_lease(key, owner, rules().lifetimes.pending, NOW).await;
    assert_eq!(lease, Ok(true));
    assert_eq!(wire.lost(), 4);
    let other = direct.acquire_lease(key, sample::lease_owner(), rules().lifetimes.pending, NOW);
    assert_eq!(other.await, Ok(false));
}

#[tokio::test]
async fn a_launch_that_is_opened_or_listed_twice_is_there_once() {
    let Some(url) = postgres_url() else { return };
    let Bench {
        wire, through: store, ..
    } = bench(&url).await;
    let browser = sample::browser();
    let first = open(&store, browser).await.unwrap();
    wire.lose_the_next_answer();
    let second = open(&store, browser).await.unwrap();
    assert!(is_open(&store, first).await && is_open(&store, second).await);
    wire.lose_the_next_answer();
    let listed = store.launches_of(browser, None, NOW).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(wire.lost(), 2);
}

/// Nobody can revoke their tokens then; they run out.
#[tokio::test]
async fn launches_that_were_all_ended_by_an_attempt_whose_answer_was_lost_are_handed_out_to_nobody() {
    let Some(url) = postgres_url() else { return };
    let Bench {
        wire, through: store, ..
    } = bench(&url).await;
    let browser = sample::browser();
    let keys = [
        open(&store, browser).await.unwrap(),
        open(&store, browser).await.unwrap(),
    ];
    wire.lose_the_next_answer();
    let ended = store.end_all_of(browser, EndReason::LoggedOut, rules(), NOW).await;
    assert_eq!(ended.unwrap().count(), 0);
    assert_eq!(wire.lost(), 1);
    for key in keys {
        assert!(!is_open(&store, key).await);
    }
}
