//! What the server holds of claims: damaged, sealed with another key, or left over from an earlier version.

use actix_smart_auth::{
    store::{
        CallbackKey, CallbackOutcome, Claim, PendingKey, StoreError,
        acceptance::{Subject, sample},
    },
    time::Timestamp,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use redis::{Commands as _, Connection};

use crate::support::{NOW, names, prefix, redis_url, rules, sealed_with, store};

/// One authorization that a callback has claimed, and where that stands.
struct Bench {
    store: Subject,
    connection: Connection,
    prefix: String,
    key: PendingKey,
    callback: CallbackKey,
    name: String,
}

fn until() -> Timestamp {
    NOW.saturating_add(rules().lifetimes.pending)
}

async fn claim(store: &Subject, key: PendingKey, callback: CallbackKey) -> Result<Claim, StoreError> {
    store.claim_pending(key, callback, until(), NOW).await
}

async fn bench(url: &str) -> Bench {
    let prefix = prefix();
    let store = store(url, &prefix);
    let (key, callback) = (sample::pending_key(), sample::callback_key());
    assert!(matches!(claim(&store, key, callback).await, Ok(Claim::Fresh)));
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let name = names(&mut connection, &prefix, "").remove(0);
    Bench {
        store,
        connection,
        prefix,
        key,
        callback,
        name,
    }
}

impl Bench {
    async fn claim(&self) -> Result<Claim, StoreError> {
        claim(&self.store, self.key, self.callback).await
    }

    async fn finish(&self) {
        let finish = self
            .store
            .finish_pending(self.key, self.callback, sample::landed("/x"), NOW);
        finish.await.unwrap();
    }
}

#[tokio::test]
async fn what_only_asks_writes_nothing() {
    let Some(url) = redis_url() else { return };
    let prefix = prefix();
    let store = store(&url, &prefix);
    let (key, callback) = (sample::pending_key(), sample::callback_key());
    let asked = store.claim_pending(key, callback, NOW, NOW).await;
    assert!(matches!(asked, Ok(Claim::Fresh)), "{asked:?}");
    let finish = store.finish_pending(key, callback, sample::landed("/x"), NOW);
    finish.await.unwrap();
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    assert_eq!(names(&mut connection, &prefix, ""), [""; 0]);
}

#[tokio::test]
async fn a_damaged_claim_is_an_error_and_stays() {
    let Some(url) = redis_url() else { return };
    let mut bench = bench(&url).await;
    for field in ["c", "x", "s", "n"] {
        let before: Vec<u8> = bench.connection.hget(&bench.name, field).unwrap();
        let _: () = bench.connection.hdel(&bench.name, field).unwrap();
        assert_eq!(bench.claim().await.unwrap_err(), StoreError::Unreadable, "{field}");
        let _: () = bench.connection.hset(&bench.name, field, before).unwrap();
        assert!(matches!(bench.claim().await, Ok(Claim::Exchanging { .. })));
    }
    for field in ["x", "s"] {
        let before: Vec<u8> = bench.connection.hget(&bench.name, field).unwrap();
        let _: () = bench.connection.hset(&bench.name, field, "soon").unwrap();
        assert_eq!(bench.claim().await.unwrap_err(), StoreError::Unreadable, "{field}");
        let _: () = bench.connection.hset(&bench.name, field, before).unwrap();
    }
    let _: () = bench.connection.del(&bench.name).unwrap();
    let _: () = bench.connection.set(&bench.name, "text").unwrap();
    assert_eq!(bench.claim().await.unwrap_err(), StoreError::Unreadable);
    let there: String = bench.connection.get(&bench.name).unwrap();
    assert_eq!(there, "text");
}

#[tokio::test]
async fn a_damaged_outcome_is_an_error_for_whoever_asks_and_stays() {
    let Some(url) = redis_url() else { return };
    let mut bench = bench(&url).await;
    bench.finish().await;
    let sealed: Vec<u8> = bench.connection.hget(&bench.name, "d").unwrap();
    let mut changed = sealed.clone();
    *changed.last_mut().unwrap() ^= 1;
    for damaged in [&changed[..], b"", b"{\"v\":1}"] {
        let _: () = bench.connection.hset(&bench.name, "d", damaged).unwrap();
        for callback in [bench.callback, sample::callback_key()] {
            let claim = claim(&bench.store, bench.key, callback).await;
            assert_eq!(claim.unwrap_err(), StoreError::Unreadable);
        }
        // No release takes it for one that is exchanging.
        let release = bench.store.release_pending(bench.key, bench.callback, NOW);
        release.await.unwrap();
        let there: Vec<u8> = bench.connection.hget(&bench.name, "d").unwrap();
        assert_eq!(there, damaged);
    }
    let _: () = bench.connection.hset(&bench.name, "d", sealed).unwrap();
    assert!(matches!(bench.claim().await, Ok(Claim::Done(_))));
}

#[tokio::test]
async fn the_outcome_of_another_authorization_does_not_open() {
    let Some(url) = redis_url() else { return };
    let (mut one, mut other) = (bench(&url).await, bench(&url).await);
    one.finish().await;
    other.finish().await;
    let pasted: Vec<u8> = other.connection.hget(&other.name, "d").unwrap();
    let _: () = one.connection.hset(&one.name, "d", pasted).unwrap();
    assert_eq!(one.claim().await.unwrap_err(), StoreError::Unreadable);
}

#[tokio::test]
async fn an_outcome_goes_through_a_key_rotation() {
    let Some(url) = redis_url() else { return };
    let bench = bench(&url).await;
    bench.finish().await;
    let [both, after] = [&[2, 1][..], &[2]].map(|keys| sealed_with(&url, &bench.prefix, keys));
    assert!(matches!(
        claim(&both, bench.key, bench.callback).await,
        Ok(Claim::Done(_))
    ));
    let too_early = claim(&after, bench.key, bench.callback).await;
    assert_eq!(too_early.unwrap_err(), StoreError::UnknownKey);
}

/// That version kept whole authorizations as `pending`, with the slot tag of their browser in front of the key.
#[tokio::test]
async fn what_an_earlier_version_left_of_authorizations_confuses_no_claim() {
    let Some(url) = redis_url() else { return };
    let prefix = prefix();
    let store = store(&url, &prefix);
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let (key, callback) = (sample::pending_key(), sample::callback_key());
    let [first, second, ..] = key.as_bytes();
    let tag = format!("{first:02x}{second:02x}");
    let text = URL_SAFE_NO_PAD.encode(key.as_bytes());
    // The worst there can be: the very same key and tag.
    let (name, list) = (
        format!("{prefix}{{{tag}}}:pending:{text}"),
        format!("{prefix}{{{tag}}}:pendings:{text}"),
    );
    for (field, value) in [("s", "d"), ("b", &list), ("t", "1"), ("x", "1800000000000"), ("d", "x")] {
        let _: () = connection.hset(&name, field, value).unwrap();
    }
    let _: () = connection.sadd(&list, &name).unwrap();
    assert!(matches!(claim(&store, key, callback).await, Ok(Claim::Fresh)));
    let finish = store.finish_pending(key, callback, sample::landed("/x"), NOW);
    finish.await.unwrap();
    let Ok(Claim::Done(outcome)) = claim(&store, key, callback).await else {
        panic!("it is finished")
    };
    assert!(matches!(*outcome, CallbackOutcome::Landed { location, .. } if location == "/x"));
    let left: Vec<Option<String>> = connection.hmget(&name, &["s", "b", "t", "x", "d"]).unwrap();
    let written = ["d", list.as_str(), "1", "1800000000000", "x"].map(|value| Some(value.to_owned()));
    assert_eq!(left, written);
    assert_eq!(connection.hlen::<_, usize>(&name).unwrap(), 5);
}
