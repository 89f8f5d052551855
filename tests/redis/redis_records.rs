//! Records that somebody damaged, moved, or sealed with another key.

use std::collections::BTreeMap;

use actix_smart_auth::{
    EndReason, LaunchUse,
    store::{
        BrowserKey, FormerPatient, LaunchKey, ListedUser, LoadedLaunch, OthersOnOpen, StoreError, Version,
        acceptance::{Subject, sample},
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use redis::{Commands as _, Connection};

use crate::support::{NOW, is_open, load, look, names, open, open_as, prefix, redis_url, rules, sealed_with, store};

struct Bench {
    store: Subject,
    connection: Connection,
    prefix: String,
    key: LaunchKey,
    name: String,
    sealed: Vec<u8>,
}

/// One open launch, and where it stands.
async fn bench(url: &str) -> Bench {
    let prefix = prefix();
    let store = store(url, &prefix);
    let key = open(&store, sample::browser()).await.unwrap();
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let name = names(&mut connection, &prefix, ":launch:").remove(0);
    let sealed = connection.hget(&name, "r").unwrap();
    Bench {
        store,
        connection,
        prefix,
        key,
        name,
        sealed,
    }
}

impl Bench {
    fn write(&mut self, field: &str, value: &[u8]) {
        let _: () = self.connection.hset(&self.name, field, value).unwrap();
    }
}

/// Neither a field nor the moment at which the server forgets it.
#[tokio::test]
async fn a_load_that_is_no_use_changes_nothing_in_redis() {
    let Some(url) = redis_url() else { return };
    let mut bench = bench(&url).await;
    let name = bench.name.clone();
    let connection = &mut bench.connection;
    // A use would set it anew.
    let _: () = connection.persist(&name).unwrap();
    let mut stored = || {
        let fields: BTreeMap<String, Vec<u8>> = connection.hgetall(&name).unwrap();
        let forgotten_in: i64 = connection.pttl(&name).unwrap();
        (fields, forgotten_in)
    };
    let before = stored();
    assert!(matches!(
        look(&bench.store, bench.key).await,
        Ok(LoadedLaunch::Open { .. })
    ));
    assert_eq!(stored(), before);
    let later = NOW.saturating_add(rules().lifetimes.launch_idle / 2);
    let used = bench.store.load_launch(bench.key, LaunchUse::Counts, rules(), later);
    assert!(matches!(used.await, Ok(LoadedLaunch::Open { .. })));
    assert_ne!(stored(), before, "a use does");
}

#[tokio::test]
async fn a_damaged_record_is_an_error_and_stays() {
    let Some(url) = redis_url() else { return };
    let mut bench = bench(&url).await;
    let sealed = bench.sealed.clone();
    let mut changed = sealed.clone();
    *changed.last_mut().unwrap() ^= 1;
    let truncated = &sealed[..sealed.len() / 2];
    for damaged in [&changed[..], truncated, b"", b"{\"v\":1}"] {
        bench.write("r", damaged);
        assert_eq!(load(&bench.store, bench.key).await.unwrap_err(), StoreError::Unreadable);
        let there: Vec<u8> = bench.connection.hget(&bench.name, "r").unwrap();
        assert_eq!(there, damaged);
    }
    bench.write("r", &sealed);
    assert!(is_open(&bench.store, bench.key).await);
}

#[tokio::test]
async fn damaged_bookkeeping_is_an_error_and_the_record_stays() {
    let Some(url) = redis_url() else { return };
    let mut bench = bench(&url).await;
    let backend = bench.store.clone();
    for field in ["x", "t", "o"] {
        let before: Vec<u8> = bench.connection.hget(&bench.name, field).unwrap();
        bench.write(field, b"soon");
        assert_eq!(load(&bench.store, bench.key).await.unwrap_err(), StoreError::Unreadable);
        if field == "x" {
            let end = backend.end_launch(bench.key, EndReason::LoggedOut, rules(), NOW);
            assert_eq!(end.await.unwrap_err(), StoreError::Unreadable);
        }
        bench.write(field, &before);
        assert!(is_open(&bench.store, bench.key).await);
    }
    let _: () = bench
        .connection
        .rename(&bench.name, format!("{}aside", bench.prefix))
        .unwrap();
    let _: () = bench.connection.set(&bench.name, "text").unwrap();
    assert_eq!(load(&bench.store, bench.key).await.unwrap_err(), StoreError::Unreadable);
    assert_eq!(
        bench.connection.get::<_, String>(&bench.name).unwrap(),
        "text",
        "it stays too"
    );
    let _: () = bench
        .connection
        .rename(format!("{}aside", bench.prefix), &bench.name)
        .unwrap();
    assert!(is_open(&bench.store, bench.key).await);
}

#[tokio::test]
async fn a_launch_whose_record_cannot_be_read_ends_like_the_others() {
    let Some(url) = redis_url() else { return };
    let bench_of = async |damaged: &[u8]| {
        let mut bench = bench(&url).await;
        bench.write("r", damaged);
        bench
    };
    for damaged in [&b"\x01damaged"[..], b""] {
        let bench = bench_of(damaged).await;
        let end = &bench.store;
        let ended = end
            .end_launch(bench.key, EndReason::LoggedOut, rules(), NOW)
            .await
            .unwrap();
        assert_eq!((ended.records.len(), ended.unreadable, ended.count()), (0, 1, 1));
        assert!(matches!(
            load(&bench.store, bench.key).await,
            Ok(LoadedLaunch::Ended(_))
        ));
    }
    let mut bench = bench_of(b"{}").await;
    let _: usize = bench.connection.hdel(&bench.name, "r").unwrap();
    let end = &bench.store;
    let ended = end
        .end_launch(bench.key, EndReason::LoggedOut, rules(), NOW)
        .await
        .unwrap();
    assert_eq!((ended.records.len(), ended.unreadable), (0, 1));
}

#[tokio::test]
async fn an_unreadable_record_keeps_no_other_from_being_ended_and_handed_out() {
    let Some(url) = redis_url() else { return };
    for others in [None, Some(OthersOnOpen::EndAll)] {
        let prefix = prefix();
        let (before, after) = (sealed_with(&url, &prefix, &[1]), sealed_with(&url, &prefix, &[2]));
        let browser = sample::browser();
        let unreadable = open(&before, browser).await.unwrap();
        let readable = open(&after, browser).await.unwrap();
        let backend = &after;
        let ended = match others {
            None => backend.end_all_of(browser, EndReason::LoggedOut, rules(), NOW).await,
            Some(others) => {
                let mut key = *sample::launch_key().as_bytes();
                key[..2].copy_from_slice(&browser.as_bytes()[..2]);
                let record = sample::launch(browser, NOW);
                backend
                    .open_launch(LaunchKey::from_bytes(key), record, others, rules(), NOW)
                    .await
            }
        };
        let ended = ended.unwrap();
        assert_eq!((ended.records.len(), ended.unreadable, ended.count()), (1, 1, 2));
        assert_eq!(ended.records[0].to_bytes(), sample::launch(browser, NOW).to_bytes());
        assert!(matches!(load(&after, readable).await, Ok(LoadedLaunch::Ended(_))));
        assert!(matches!(load(&before, unreadable).await, Ok(LoadedLaunch::Ended(_))));
    }
}

#[tokio::test]
async fn the_record_of_another_launch_does_not_open() {
    let Some(url) = redis_url() else { return };
    let mut bench = bench(&url).await;
    let other = open(&bench.store, sample::browser()).await.unwrap();
    let names = names(&mut bench.connection, &bench.prefix, ":launch:");
    let other_name = names.into_iter().find(|name| *name != bench.name).unwrap();
    let pasted: Vec<u8> = bench.connection.hget(&other_name, "r").unwrap();
    bench.write("r", &pasted);
    assert_eq!(load(&bench.store, bench.key).await.unwrap_err(), StoreError::Unreadable);
    assert!(is_open(&bench.store, other).await);
    // Nor does its memory of an ended launch, put in place of the record.
    let memory: Vec<u8> = bench.connection.hget(&bench.name, "e").unwrap();
    bench.write("r", &memory);
    assert_eq!(load(&bench.store, bench.key).await.unwrap_err(), StoreError::Unreadable);
}

#[tokio::test]
async fn through_a_key_rotation_nothing_is_lost_and_a_key_removed_too_early_can_come_back() {
    let Some(url) = redis_url() else { return };
    let prefix = prefix();
    let [before, both, after] = [&[1][..], &[2, 1], &[2]].map(|keys| sealed_with(&url, &prefix, keys));
    let old = open(&before, sample::browser()).await.unwrap();
    assert!(is_open(&both, old).await);
    let new = open(&both, sample::browser()).await.unwrap();
    assert!(is_open(&after, new).await);
    assert_eq!(load(&after, old).await.unwrap_err(), StoreError::UnknownKey);
    assert_eq!(load(&before, new).await.unwrap_err(), StoreError::UnknownKey);
    assert!(is_open(&both, old).await, "the old key is back");
    let LoadedLaunch::Open { record, version } = load(&both, old).await.unwrap() else {
        panic!("the launch is open");
    };
    let replaced = both.replace_launch(old, version, (*record).clone(), rules(), NOW);
    replaced.await.unwrap();
    assert!(is_open(&after, old).await, "a write moves it to the new key");
}

#[tokio::test]
async fn users_are_compared_across_a_key_rotation() {
    let Some(url) = redis_url() else { return };
    let prefix = prefix();
    let [before, both] = [&[1][..], &[2, 1]].map(|keys| sealed_with(&url, &prefix, keys));
    let browser = sample::browser();
    let of_user = |number| {
        let mut record = sample::launch(browser, NOW);
        record.user = sample::user(number);
        record
    };
    let first = open_as(&before, of_user(1), OthersOnOpen::EndOtherUsers).await.unwrap();
    let same = open_as(&both, of_user(1), OthersOnOpen::EndOtherUsers).await.unwrap();
    assert!(is_open(&both, first).await);
    open_as(&both, of_user(2), OthersOnOpen::EndOtherUsers).await.unwrap();
    for ended in [first, same] {
        assert!(
            matches!(load(&both, ended).await, Ok(LoadedLaunch::Ended(ended)) if ended.reason == EndReason::OtherUser)
        );
    }
}

/// As the first version wrote it. If this fails, an upgrade signs everybody out.
#[tokio::test]
async fn a_launch_that_the_first_version_wrote_still_opens() {
    let Some(url) = redis_url() else { return };
    let prefix = prefix();
    let store = store(&url, &prefix);
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let tag = "0303";
    let text = "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM";
    let list = format!("{prefix}{{{tag}}}:launches:BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ");
    let name = format!("{prefix}{{{tag}}}:launch:{text}");
    for (field, value) in [
        ("s", &b"o"[..]),
        ("v", b"7"),
        ("b", list.as_bytes()),
        ("o", b"1700000000000"),
        ("t", b"1700000000000"),
        ("x", b"1700003600000"),
        ("w", b"idle"),
        ("u", b""),
        ("r", include_bytes!("launch-v1.bin")),
        ("e", include_bytes!("ended-v1.bin")),
    ] {
        let _: () = connection.hset(&name, field, value).unwrap();
    }
    let key = LaunchKey::from_bytes([3; 32]);
    let LoadedLaunch::Open { record, version } = load(&store, key).await.unwrap() else {
        panic!("the launch is open");
    };
    assert_eq!(version, Version(7));
    assert_eq!(record.browser, BrowserKey::from_bytes([4; 32]));
    let browser = BrowserKey::from_bytes([4; 32]);
    let mut expected = sample::launch(browser, NOW);
    // It wrote no digest of the patient.
    expected.patient = None;
    // Nor the client, nor when the sign-in began.
    expected.began_at = None;
    std::sync::Arc::make_mut(&mut expected.origin).client = None;
    assert_eq!(record.to_bytes(), expected.to_bytes());
    assert_eq!(FormerPatient::of(&record), FormerPatient::Unknown);
    let end = store.end_launch(key, EndReason::LoggedOut, rules(), NOW);
    assert_eq!(end.await.unwrap().records.len(), 1);
    let Ok(LoadedLaunch::Ended(ended)) = load(&store, key).await else {
        panic!("the launch is remembered")
    };
    assert_eq!(
        (ended.reason, ended.patient),
        (EndReason::LoggedOut, FormerPatient::Unknown)
    );
}

#[tokio::test]
async fn users_are_compared_across_a_key_rotation_in_a_list_too() {
    let Some(url) = redis_url() else { return };
    let prefix = prefix();
    let [before, both, after] = [&[1][..], &[2, 1], &[2]].map(|keys| sealed_with(&url, &prefix, keys));
    let browser = sample::browser();
    let mut record = sample::launch(browser, NOW);
    record.user = sample::user(1);
    open_as(&before, record.clone(), OthersOnOpen::Keep).await.unwrap();
    open_as(&both, record, OthersOnOpen::Keep).await.unwrap();
    let users = async |store: &Subject, user| {
        let listed = store.launches_of(browser, user, NOW).await.unwrap();
        let mut users: Vec<_> = listed.iter().map(|launch| launch.user).collect();
        users.sort_by_key(|user| *user != ListedUser::Same);
        users
    };
    assert_eq!(users(&both, sample::user(1)).await, [ListedUser::Same; 2]);
    assert_eq!(users(&both, sample::user(2)).await, [ListedUser::Other; 2]);
    // The key is gone with which the first was written: who its user is cannot be said any more.
    assert_eq!(
        users(&after, sample::user(1)).await,
        [ListedUser::Same, ListedUser::Other]
    );
}

#[tokio::test]
async fn what_does_not_belong_into_a_list_is_not_listed_and_harms_no_other() {
    let Some(url) = redis_url() else { return };
    let mut bench = bench(&url).await;
    let browser = sample::browser();
    let [kept, damaged, foreign] = [
        open(&bench.store, browser).await.unwrap(),
        open(&bench.store, browser).await.unwrap(),
        bench.key,
    ];
    let all = names(&mut bench.connection, &bench.prefix, ":launch:");
    let [kept_name, damaged_name, foreign_name] = [kept, damaged, foreign].map(|key| {
        let key = URL_SAFE_NO_PAD.encode(key.as_bytes());
        all.iter().find(|name| name.ends_with(&key)).unwrap().as_str()
    });
    let list = names(&mut bench.connection, &bench.prefix, ":launches:")
        .into_iter()
        .find(|list| bench.connection.sismember(list, kept_name).unwrap())
        .unwrap();
    for name in [
        foreign_name,
        "nothing",
        "",
        &format!("{kept_name}A"),
        &format!("other:{kept_name}"),
    ] {
        let _: () = bench.connection.sadd(&list, name).unwrap();
    }
    for field in ["x", "t", "b", "s"] {
        let before: Vec<u8> = bench.connection.hget(damaged_name, field).unwrap();
        let _: () = bench.connection.hset(damaged_name, field, "soon").unwrap();
        let listed = bench.store.launches_of(browser, None, NOW).await.unwrap();
        let keys: Vec<_> = listed.iter().map(|launch| launch.key).collect();
        assert_eq!(keys, [kept], "{field}");
        let _: () = bench.connection.hset(damaged_name, field, before).unwrap();
    }
    let listed = bench.store.launches_of(browser, None, NOW).await.unwrap();
    assert_eq!(listed.len(), 2);
    let _: () = bench.connection.del(&list).unwrap();
    let _: () = bench.connection.set(&list, "text").unwrap();
    let listed = bench.store.launches_of(browser, None, NOW).await;
    assert_eq!(listed.unwrap_err(), StoreError::Unreadable);
}
