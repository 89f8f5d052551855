//! Records that somebody damaged, moved, or sealed with another key; and what is written at all.

use std::sync::Arc;

use actix_smart_auth::{
    EndReason, LaunchUse,
    store::{
        ListedUser, LoadedLaunch, OthersOnOpen, PostgresStore, Replaced, StoreError, Version,
        acceptance::{Subject, sample},
    },
};

use crate::support::{
    NOW, Rows, builder, is_open, keys, load, look, migrated, open, open_as, postgres_url, rules, schema_name, store,
    timed,
};

fn sealed_with(url: &str, schema: &str, numbers: &[u8]) -> Subject {
    timed(PostgresStore::builder(url).sealing_keys(keys(numbers)).schema(schema))
}

#[tokio::test]
async fn a_damaged_record_is_an_error_and_stays() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let key = open(&store(&url, &schema), sample::browser()).await.unwrap();
    let rows = Rows::of(&url, &schema).await;
    let sealed: Vec<u8> = rows.one("SELECT record FROM S.launch", &[]).await.get(0);
    let mut changed = sealed.clone();
    *changed.last_mut().unwrap() ^= 1;
    for damaged in [
        changed,
        sealed[..sealed.len() / 2].to_vec(),
        Vec::new(),
        b"{\"v\":1}".to_vec(),
    ] {
        rows.run("UPDATE S.launch SET record = $1", &[&damaged]).await;
        let error = load(&store(&url, &schema), key).await.unwrap_err();
        assert_eq!(error, StoreError::Unreadable);
        let there: Vec<u8> = rows.one("SELECT record FROM S.launch", &[]).await.get(0);
        assert_eq!(there, damaged);
    }
    rows.run("UPDATE S.launch SET record = NULL", &[]).await;
    let fresh = store(&url, &schema);
    assert_eq!(load(&fresh, key).await.unwrap_err(), StoreError::Unreadable);
    rows.run("UPDATE S.launch SET record = $1", &[&sealed]).await;
    assert!(is_open(&fresh, key).await);
    rows.run(
        "UPDATE S.launch SET ended_at = 1, forgotten_at = 4000000000000, ended_why = 'tired'",
        &[],
    )
    .await;
    assert_eq!(load(&fresh, key).await.unwrap_err(), StoreError::Unreadable);
}

#[tokio::test]
async fn a_launch_whose_record_cannot_be_read_ends_like_the_others() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let store = store(&url, &schema);
    let rows = Rows::of(&url, &schema).await;
    for damaged in [Some(b"\x01damaged".to_vec()), Some(Vec::new()), None] {
        let browser = sample::browser();
        let spoilt = open(&store, browser).await.unwrap();
        let statement = "UPDATE S.launch SET record = $1 WHERE key = $2";
        rows.run(statement, &[&damaged, &spoilt.as_bytes().as_slice()]).await;
        let readable = open(&store, browser).await.unwrap();
        let ended = store
            .end_all_of(browser, EndReason::LoggedOut, rules(), NOW)
            .await
            .unwrap();
        assert_eq!((ended.records.len(), ended.unreadable), (1, 1));
        assert_eq!(ended.records[0].key, readable);
        assert!(matches!(load(&store, spoilt).await, Ok(LoadedLaunch::Ended(_))));
    }
}

#[tokio::test]
async fn the_record_of_another_launch_does_not_open() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let first = store(&url, &schema);
    let [key, other] = [
        open(&first, sample::browser()).await.unwrap(),
        open(&first, sample::browser()).await.unwrap(),
    ];
    let rows = Rows::of(&url, &schema).await;
    let (from, to) = (other.as_bytes().as_slice(), key.as_bytes().as_slice());
    // Its memory of an ended launch does not open as a record either.
    for column in ["memory", "record"] {
        let paste = format!(
            "UPDATE S.launch SET record = (SELECT {column} FROM S.launch WHERE key = $1), seal = NULL WHERE key = $2"
        );
        rows.run(&paste, &[&from, &to]).await;
        // Whatever the process has opened before.
        for store in [first.clone(), store(&url, &schema)] {
            assert_eq!(load(&store, key).await.unwrap_err(), StoreError::Unreadable);
            assert!(is_open(&store, other).await);
        }
    }
}

#[tokio::test]
async fn through_a_key_rotation_nothing_is_lost_and_a_key_removed_too_early_can_come_back() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let [before, both, after] = [&[1][..], &[2, 1], &[2]].map(|keys| sealed_with(&url, &schema, keys));
    let old = open(&before, sample::browser()).await.unwrap();
    assert!(is_open(&both, old).await);
    let new = open(&both, sample::browser()).await.unwrap();
    assert!(is_open(&after, new).await);
    assert_eq!(load(&after, old).await.unwrap_err(), StoreError::UnknownKey);
    assert_eq!(load(&before, new).await.unwrap_err(), StoreError::UnknownKey);
    assert!(is_open(&both, old).await, "the old key is back");
    let replaced = both.replace_launch(old, Version(1), sample::launch(sample::browser(), NOW), rules(), NOW);
    replaced.await.unwrap();
    assert!(is_open(&after, old).await, "a write moves it to the new key");
}

#[tokio::test]
async fn users_are_compared_across_a_key_rotation() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let [before, both, after] = [&[1][..], &[2, 1], &[2]].map(|keys| sealed_with(&url, &schema, keys));
    let browser = sample::browser();
    let of_user = |number| {
        let mut record = sample::launch(browser, NOW);
        record.user = sample::user(number);
        record
    };
    let first = open_as(&before, of_user(1), OthersOnOpen::EndOtherUsers).await.unwrap();
    let same = open_as(&both, of_user(1), OthersOnOpen::EndOtherUsers).await.unwrap();
    assert!(is_open(&both, first).await);
    let users = async |store: &Subject| {
        let listed = store.launches_of(browser, sample::user(1), NOW).await.unwrap();
        listed.iter().filter(|launch| launch.user == ListedUser::Same).count()
    };
    // Without the key with which the first was written, who its user is cannot be said any more.
    assert_eq!((users(&both).await, users(&after).await), (2, 1));
    open_as(&both, of_user(2), OthersOnOpen::EndOtherUsers).await.unwrap();
    for ended in [first, same] {
        let loaded = load(&both, ended).await;
        assert!(matches!(loaded, Ok(LoadedLaunch::Ended(ended)) if ended.reason == EndReason::OtherUser));
    }
}

/// Shown by a record that could not be opened.
#[tokio::test]
async fn a_record_that_is_the_same_is_neither_sent_nor_opened_again_and_another_one_is() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let [writer, reader] = [store(&url, &schema), store(&url, &schema)];
    let key = open(&writer, sample::browser()).await.unwrap();
    assert!(is_open(&reader, key).await);
    let rows = Rows::of(&url, &schema).await;
    let before = rows.one("SELECT record, seal FROM S.launch", &[]).await;
    rows.run("UPDATE S.launch SET record = '\\x01'", &[]).await;
    assert!(is_open(&writer, key).await && is_open(&reader, key).await);

    let mut record = sample::launch(sample::browser(), NOW);
    "https://replaced.example".clone_into(&mut Arc::make_mut(&mut record.origin).aud);
    let replaced = writer.replace_launch(key, Version(1), record, rules(), NOW).await;
    assert_eq!(replaced, Ok(Replaced::Written(Version(2))));
    let aud = async |store: &Subject| match load(store, key).await.unwrap() {
        LoadedLaunch::Open { record, .. } => record.origin.aud.clone(),
        _ => String::new(),
    };
    assert_eq!(aud(&reader).await, "https://replaced.example");
    // As after a fail-over to a standby that had not heard of the last write.
    let (record, seal): (Vec<u8>, Vec<u8>) = (before.get(0), before.get(1));
    rows.run("UPDATE S.launch SET record = $1, seal = $2", &[&record, &seal])
        .await;
    for store in [&writer, &reader] {
        assert_ne!(aud(store).await, "https://replaced.example");
    }
    let ended = writer.end_launch(key, EndReason::LoggedOut, rules(), NOW).await;
    assert_eq!(ended.unwrap().count(), 1);
    assert!(matches!(load(&reader, key).await, Ok(LoadedLaunch::Ended(_))));
}

/// A row that is written anew has another place in its table.
#[tokio::test]
async fn a_load_writes_when_a_use_has_to_be_noted_and_else_not() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let store = store(&url, &schema);
    let key = open(&store, sample::browser()).await.unwrap();
    let rows = Rows::of(&url, &schema).await;
    let place = async || -> String {
        rows.one("SELECT xmin::text || ctid::text FROM S.launch", &[])
            .await
            .get(0)
    };
    let after = |seconds, launch_use| {
        let now = NOW.saturating_add(std::time::Duration::from_secs(seconds));
        store.load_launch(key, launch_use, rules(), now)
    };
    let before = place().await;
    for (seconds, launch_use) in [(9, LaunchUse::Counts), (3_000, LaunchUse::DoesNotCount)] {
        after(seconds, launch_use).await.unwrap();
        assert_eq!(place().await, before, "{seconds}");
    }
    after(10, LaunchUse::Counts).await.unwrap();
    assert_ne!(place().await, before);
    let before = place().await;
    let mut shorter = rules();
    shorter.lifetimes.launch_idle /= 2;
    let now = NOW.saturating_add(std::time::Duration::from_secs(11));
    store.load_launch(key, LaunchUse::Counts, shorter, now).await.unwrap();
    assert_ne!(place().await, before, "with other lifetimes it is noted");
    // It ends by the use that was noted.
    let ended = after(10 + 1800, LaunchUse::DoesNotCount).await.unwrap();
    assert!(
        matches!(look(&store, key).await, Ok(LoadedLaunch::Open { .. })),
        "{ended:?}"
    );
}

#[tokio::test]
async fn each_schema_is_a_store_of_its_own() {
    let Some(url) = postgres_url() else { return };
    let [one, other] = [migrated(&url).await, migrated(&url).await].map(|schema| store(&url, &schema));
    let key = open(&one, sample::browser()).await.unwrap();
    assert!(is_open(&one, key).await && !is_open(&other, key).await);
    let missing = timed(builder(&url, &schema_name()));
    assert_eq!(load(&missing, key).await.unwrap_err(), StoreError::Schema);
}
