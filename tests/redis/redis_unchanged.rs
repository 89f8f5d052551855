//! Records that a process has opened already: the server sends one again only when it is another one.

use std::sync::Arc;

use actix_smart_auth::{
    EndReason,
    store::{
        LaunchKey, LaunchRecord, LoadedLaunch, RedisStore, Replaced, StoreError, Version,
        acceptance::{Subject, sample},
    },
};
use redis::{Commands as _, Connection};

use crate::support::{NOW, load, names, open, prefix, redis_url, rules, store};

/// Two processes, a launch that both have opened, and where it stands.
struct Opened {
    store: Subject,
    other: Subject,
    connection: Connection,
    key: LaunchKey,
    name: String,
}

async fn opened(url: &str) -> Opened {
    let prefix = prefix();
    let (store, other) = (store(url, &prefix), store(url, &prefix));
    let key = open(&store, sample::browser()).await.unwrap();
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let name = names(&mut connection, &prefix, ":launch:").remove(0);
    for store in [&store, &other] {
        record_of(store, key).await;
    }
    Opened {
        store,
        other,
        connection,
        key,
        name,
    }
}

async fn record_of(store: &Subject, key: LaunchKey) -> (LaunchRecord, Version) {
    let open = match load(store, key).await.unwrap() {
        LoadedLaunch::Open { record, version } => Some(((*record).clone(), version)),
        _ => None,
    };
    open.unwrap()
}

async fn replace(store: &Subject, key: LaunchKey, aud: &str) -> Version {
    let (mut record, version) = record_of(store, key).await;
    aud.clone_into(&mut Arc::make_mut(&mut record.origin).aud);
    let next = Version(version.0 + 1);
    let replaced = store.replace_launch(key, version, record, rules(), NOW).await;
    assert_eq!(replaced, Ok(Replaced::Written(next)));
    next
}

/// Shown by a record that could not be opened, and has the seal of the one before.
#[tokio::test]
async fn one_that_is_the_same_is_neither_sent_nor_opened_again() {
    let Some(url) = redis_url() else { return };
    let mut bench = opened(&url).await;
    let mut sealed: Vec<u8> = bench.connection.hget(&bench.name, "r").unwrap();
    let seal = sealed.split_off(sealed.len() - 16);
    let changed = [b"\x01unreadable".as_slice(), &seal].concat();
    let _: () = bench.connection.hset(&bench.name, "r", changed).unwrap();
    let expected = sample::launch(record_of(&bench.store, bench.key).await.0.browser, NOW);
    for store in [&bench.store, &bench.other] {
        let (record, version) = record_of(store, bench.key).await;
        assert_eq!((&record.origin.aud, version), (&expected.origin.aud, Version(1)));
    }
    let _: () = bench.connection.hset(&bench.name, "r", &seal[1..]).unwrap();
    assert_eq!(load(&bench.store, bench.key).await.unwrap_err(), StoreError::Unreadable);
}

/// Also not what it has written itself.
#[tokio::test]
async fn a_process_does_not_ask_for_what_it_has_opened_or_replaced() {
    let Some(url) = redis_url() else { return };
    let prefix = prefix();
    let store = store(&url, &prefix);
    let key = open(&store, sample::browser()).await.unwrap();
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let name = names(&mut connection, &prefix, ":launch:").remove(0);
    let mut spoil = || {
        let sealed: Vec<u8> = connection.hget(&name, "r").unwrap();
        let changed = [b"\x01unreadable", &sealed[sealed.len() - 16..]].concat();
        let _: () = connection.hset(&name, "r", changed).unwrap();
    };
    spoil();
    record_of(&store, key).await;
    replace(&store, key, "https://replaced.example").await;
    spoil();
    assert_eq!(record_of(&store, key).await.0.origin.aud, "https://replaced.example");
}

#[tokio::test]
async fn what_another_process_writes_is_there_with_the_next_load() {
    let Some(url) = redis_url() else { return };
    let bench = opened(&url).await;
    for (writer, reader, aud) in [
        (&bench.store, &bench.other, "https://one.example"),
        (&bench.other, &bench.store, "https://two.example"),
    ] {
        let version = replace(writer, bench.key, aud).await;
        for store in [reader, writer, reader] {
            let (record, read) = record_of(store, bench.key).await;
            assert_eq!((record.origin.aud.as_str(), read), (aud, version));
        }
    }
}

#[tokio::test]
async fn what_another_process_has_ended_is_ended_here() {
    let Some(url) = redis_url() else { return };
    let bench = opened(&url).await;
    let ended = bench.other.end_launch(bench.key, EndReason::LoggedOut, rules(), NOW);
    assert_eq!(ended.await.unwrap().count(), 1);
    assert!(matches!(
        load(&bench.store, bench.key).await,
        Ok(LoadedLaunch::Ended(_))
    ));
}

/// As after a fail-over to a server that had not heard of the last write.
#[tokio::test]
async fn a_record_of_the_same_version_that_is_another_one_is_sent() {
    let Some(url) = redis_url() else { return };
    let mut bench = opened(&url).await;
    let (first, _) = record_of(&bench.store, bench.key).await;
    let before: Vec<u8> = bench.connection.hget(&bench.name, "r").unwrap();
    let version = replace(&bench.store, bench.key, "https://lost.example").await;
    assert_eq!(
        record_of(&bench.other, bench.key).await.0.origin.aud,
        "https://lost.example"
    );
    let _: () = bench.connection.hset(&bench.name, "r", before).unwrap();
    for store in [&bench.store, &bench.other] {
        let (record, read) = record_of(store, bench.key).await;
        assert_eq!((&record.origin.aud, read), (&first.origin.aud, version));
    }
}

/// Such records have no seal, and many of them end alike.
#[tokio::test]
async fn what_is_not_sealed_is_sent_each_time() {
    let Some(url) = redis_url() else { return };
    let prefix = prefix();
    let plain = || {
        Subject::new(|clock| {
            RedisStore::builder(&url)
                .danger_plain_text()
                .prefix(&prefix)
                .timed_by(clock)
                .build()
                .unwrap()
        })
    };
    let (store, other) = (plain(), plain());
    let key = open(&store, sample::browser()).await.unwrap();
    record_of(&store, key).await;
    replace(&other, key, "https://other.example").await;
    assert_eq!(record_of(&store, key).await.0.origin.aud, "https://other.example");
}
