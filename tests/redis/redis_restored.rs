//! New tokens that the server has lost, as in a fail-over to a replica that lags: a process that has them stores them again.

use std::time::Duration;

use actix_smart_auth::{
    EndReason,
    store::{
        LaunchKey, LaunchRecord, LoadedLaunch, Replaced, Version,
        acceptance::{Subject, sample},
    },
};
use redis::Connection;

use crate::support::{NOW, load, names, open, prefix, redis_url, rules, store};

/// What a process has of a launch.
async fn open_at(store: &Subject, key: LaunchKey) -> (LaunchRecord, Version) {
    let open = match load(store, key).await.unwrap() {
        LoadedLaunch::Open { record, version } => Some(((*record).clone(), version)),
        _ => None,
    };
    open.unwrap()
}

/// Refreshes a launch: a note, then the new tokens.
async fn refresh(store: &Subject, key: LaunchKey, after: Duration) {
    let (record, version) = open_at(store, key).await;
    let noted = Version(version.0 + 1);
    let replaced = store.replace_launch(key, version, record.clone(), rules(), NOW).await;
    assert_eq!(replaced, Ok(Replaced::Written(noted)));
    let mut fresh = record;
    fresh.tokens = sample::tokens(NOW.saturating_add(after));
    let replaced = store.replace_launch(key, noted, fresh, rules(), NOW).await;
    assert_eq!(replaced, Ok(Replaced::Written(Version(noted.0 + 1))));
}

/// Two processes, and a launch that the server has set back by one refresh.
struct SetBack {
    /// The one that has refreshed it.
    knows: Subject,
    /// One that has not seen it since.
    other: Subject,
    key: LaunchKey,
    name: String,
    connection: Connection,
}

const FIRST: Duration = Duration::from_secs(30);
const LATER: Duration = Duration::from_secs(60);

async fn set_back(url: &str) -> SetBack {
    let prefix = prefix();
    let (knows, other) = (store(url, &prefix), store(url, &prefix));
    let key = open(&knows, sample::browser()).await.unwrap();
    refresh(&knows, key, FIRST).await;
    open_at(&other, key).await;
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let name = names(&mut connection, &prefix, ":launch:").remove(0);
    let before: Vec<u8> = redis::cmd("DUMP").arg(&name).query(&mut connection).unwrap();
    refresh(&knows, key, LATER).await;
    let mut restore = redis::cmd("RESTORE");
    restore.arg(&name).arg(0).arg(before).arg("REPLACE");
    let _: () = restore.query(&mut connection).unwrap();
    SetBack {
        knows,
        other,
        key,
        name,
        connection,
    }
}

#[tokio::test]
async fn a_process_that_has_them_stores_them_again_and_the_others_get_them() {
    let Some(url) = redis_url() else { return };
    let SetBack { knows, other, key, .. } = set_back(&url).await;
    let (record, version) = open_at(&other, key).await;
    assert_eq!(
        (record.tokens.requested_at(), version),
        (NOW.saturating_add(FIRST), Version(3))
    );
    for store in [&knows, &other, &knows] {
        let (record, version) = open_at(store, key).await;
        assert_eq!(
            (record.tokens.requested_at(), version),
            (NOW.saturating_add(LATER), Version(4))
        );
    }
}

#[tokio::test]
async fn what_others_have_refreshed_since_stays() {
    let Some(url) = redis_url() else { return };
    let SetBack { knows, other, key, .. } = set_back(&url).await;
    refresh(&other, key, LATER * 2).await;
    for store in [&knows, &other] {
        let (record, version) = open_at(store, key).await;
        let expected = (NOW.saturating_add(LATER * 2), Version(5));
        assert_eq!((record.tokens.requested_at(), version), expected);
    }
}

#[tokio::test]
async fn a_launch_that_has_ended_since_or_that_is_gone_stays_so() {
    let Some(url) = redis_url() else { return };
    let SetBack { knows, other, key, .. } = set_back(&url).await;
    other.end_launch(key, EndReason::LoggedOut, rules(), NOW).await.unwrap();
    assert!(matches!(load(&knows, key).await, Ok(LoadedLaunch::Ended(_))));

    let mut gone = set_back(&url).await;
    let _: () = redis::cmd("DEL").arg(&gone.name).query(&mut gone.connection).unwrap();
    for _ in 0..2 {
        assert!(matches!(load(&gone.knows, gone.key).await, Ok(LoadedLaunch::NotFound)));
    }
}
