//! New tokens that the server has lost, as in a fail-over to a standby that lags: a process that has them stores them again.

use std::time::Duration;

use actix_smart_auth::store::{
    LaunchKey, LaunchRecord, LoadedLaunch, Replaced, Version,
    acceptance::{Subject, sample},
};

use crate::support::{NOW, Rows, load, migrated, open, postgres_url, rules, store};

async fn open_at(store: &Subject, key: LaunchKey) -> (LaunchRecord, Version) {
    let open = match load(store, key).await.unwrap() {
        LoadedLaunch::Open { record, version } => Some(((*record).clone(), version)),
        _ => None,
    };
    open.unwrap()
}

async fn refresh(store: &Subject, key: LaunchKey, after: Duration) {
    let (record, version) = open_at(store, key).await;
    let mut fresh = record;
    fresh.tokens = sample::tokens(NOW.saturating_add(after));
    let replaced = store.replace_launch(key, version, fresh, rules(), NOW).await;
    assert_eq!(replaced, Ok(Replaced::Written(Version(version.0 + 1))));
}

#[tokio::test]
async fn a_process_that_has_them_stores_them_again_and_the_others_get_them() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let (knows, other) = (store(&url, &schema), store(&url, &schema));
    let key = open(&knows, sample::browser()).await.unwrap();
    let rows = Rows::of(&url, &schema).await;
    rows.run("CREATE TABLE S.before AS SELECT * FROM S.launch", &[]).await;
    let (before, later) = (NOW, Duration::from_secs(30));
    refresh(&knows, key, later).await;
    let columns = "version, record, seal, memory";
    let set_back = format!("UPDATE S.launch SET ({columns}) = (SELECT {columns} FROM S.before)");
    rows.run(&set_back, &[]).await;

    let (record, version) = open_at(&other, key).await;
    assert_eq!((record.tokens.requested_at(), version), (before, Version(1)));
    for store in [&knows, &other, &knows] {
        let (record, version) = open_at(store, key).await;
        assert_eq!(
            (record.tokens.requested_at(), version),
            (before.saturating_add(later), Version(2))
        );
    }
}
