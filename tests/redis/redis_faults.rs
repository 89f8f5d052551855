//! The server refuses: each refusal has its error, and no launch goes.

use std::time::{Duration, Instant};

use actix_smart_auth::{
    EndReason,
    store::{
        Claim, LoadedLaunch, Memo, Replaced, StoreError, ValueKey, Version,
        acceptance::{Subject, sample},
    },
};

use crate::support::{NOW, RedisServer, is_open, load, look, open, prefix, rules, store, until_open};

#[tokio::test]
async fn a_full_server_takes_no_launch_and_still_answers_refreshes_and_ends() {
    let Some(server) = RedisServer::start(&["--maxmemory-policy", "noeviction"]) else {
        return;
    };
    let store = store(&server.url(), &prefix());
    let browser = sample::browser();
    let (kept, leaving) = (
        open(&store, browser).await.unwrap(),
        open(&store, browser).await.unwrap(),
    );
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(open(&store, browser).await, Err(StoreError::Full));
    let backend = &store;
    // What is open may be refreshed.
    let owner = sample::lease_owner();
    assert!(
        backend
            .acquire_lease(kept, owner, Duration::from_secs(15), NOW)
            .await
            .unwrap()
    );
    assert_eq!(
        backend
            .replace_launch(kept, Version(1), sample::launch(browser, NOW), rules(), NOW)
            .await,
        Ok(Replaced::Written(Version(2)))
    );
    assert!(is_open(&store, kept).await);
    assert!(matches!(look(&store, kept).await, Ok(LoadedLaunch::Open { .. })));
    let ended = backend.end_launch(leaving, EndReason::LoggedOut, rules(), NOW).await;
    assert_eq!(ended.unwrap().records.len(), 1);
    assert!(matches!(load(&store, leaving).await, Ok(LoadedLaunch::Ended(_))));
    server.command(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(
        backend
            .replace_launch(kept, Version(2), sample::launch(browser, NOW), rules(), NOW)
            .await,
        Ok(Replaced::Written(Version(3)))
    );
}

#[tokio::test]
async fn a_full_server_takes_no_claim_and_no_outcome_and_still_answers_and_releases() {
    let Some(server) = RedisServer::start(&["--maxmemory-policy", "noeviction"]) else {
        return;
    };
    let store = store(&server.url(), &prefix());
    let backend = &store;
    let (callback, until) = (sample::callback_key(), NOW.saturating_add(Duration::from_secs(600)));
    let [done, finishing, releasing, new] = [(); 4].map(|()| sample::pending_key());
    for key in [done, finishing, releasing] {
        let claim = backend.claim_pending(key, callback, until, NOW).await;
        assert!(matches!(claim, Ok(Claim::Fresh)), "{claim:?}");
    }
    let finish = |key| backend.finish_pending(key, callback, sample::landed("/x"), NOW);
    finish(done).await.unwrap();
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let claim = backend.claim_pending(new, callback, until, NOW).await;
    assert_eq!(claim.unwrap_err(), StoreError::Full);
    assert_eq!(finish(finishing).await, Err(StoreError::Full));
    let claim = backend.claim_pending(finishing, callback, until, NOW).await;
    assert!(matches!(claim, Ok(Claim::Exchanging { .. })), "{claim:?}");
    let claim = backend.claim_pending(done, callback, until, NOW).await;
    assert!(matches!(claim, Ok(Claim::Done(_))), "{claim:?}");
    backend.release_pending(releasing, callback, NOW).await.unwrap();
    server.command(&["CONFIG", "SET", "maxmemory", "0"]);
    finish(finishing).await.unwrap();
    for key in [releasing, new] {
        let claim = backend.claim_pending(key, sample::callback_key(), until, NOW).await;
        assert!(matches!(claim, Ok(Claim::Fresh)), "{claim:?}");
    }
    let claim = backend.claim_pending(finishing, callback, until, NOW).await;
    assert!(matches!(claim, Ok(Claim::Done(_))), "{claim:?}");
}

#[tokio::test]
async fn a_full_server_refuses_a_value_and_drops_none_for_it() {
    let Some(server) = RedisServer::start(&["--maxmemory-policy", "noeviction"]) else {
        return;
    };
    let store = store(&server.url(), &prefix());
    let (backend, browser, memo) = (&store, sample::browser(), Memo::SameBrowser);
    let remember = |value: &[u8]| backend.remember(browser, memo, value.to_vec(), 2, rules(), NOW);
    let recall = || backend.recall(browser, memo, NOW);
    remember(b"a").await.unwrap();
    remember(b"b").await.unwrap();
    let launch = open(&store, browser).await.unwrap();
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    for value in [&b"c"[..], b"a"] {
        assert_eq!(remember(value).await, Err(StoreError::Full));
        assert_eq!(recall().await.unwrap(), [b"a", b"b"]);
    }
    let listed = backend.launches_of(browser, None, NOW).await.unwrap();
    assert_eq!(listed.iter().map(|listed| listed.key).collect::<Vec<_>>(), [launch]);
    server.command(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(remember(b"c").await.unwrap(), [b"a"]);
    assert_eq!(recall().await.unwrap(), [b"b", b"c"]);
}

#[tokio::test]
async fn a_replica_is_refused_as_read_only_and_serves_again_as_the_primary() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = store(&server.url(), &prefix());
    let key = open(&store, sample::browser()).await.unwrap();
    // Nobody is there to copy from, so it keeps what it has.
    server.command(&["REPLICAOF", "127.0.0.1", "1"]);
    assert_eq!(load(&store, key).await.unwrap_err(), StoreError::ReadOnly);
    // Though there would be nothing to write: the launch may have ended at the primary.
    assert_eq!(look(&store, key).await.unwrap_err(), StoreError::ReadOnly);
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::ReadOnly));
    let ended = store.end_launch(key, EndReason::LoggedOut, rules(), NOW);
    assert_eq!(ended.await.unwrap_err(), StoreError::ReadOnly);
    server.command(&["REPLICAOF", "NO", "ONE"]);
    until_open(&store, key).await;
}

/// What it tells may be out of date: it may have been replaced. So *ready* says nothing of whether pages work.
#[tokio::test]
async fn a_primary_without_its_replicas_refuses_reads_too_and_still_says_what_time_it_is() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = store(&server.url(), &prefix());
    let key = open(&store, sample::browser()).await.unwrap();
    server.command(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    assert_eq!(load(&store, key).await.unwrap_err(), StoreError::ReadOnly);
    assert_eq!(look(&store, key).await.unwrap_err(), StoreError::ReadOnly);
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::ReadOnly));
    assert!(store.store().backend().time().await.is_ok());
    server.command(&["CONFIG", "SET", "min-replicas-to-write", "0"]);
    assert!(is_open(&store, key).await);
}

/// What a server says that has not heard of anything and takes no writes.
async fn every_answer_is_read_only(store: &Subject) {
    let (launch, browser, owner) = (sample::launch_key(), sample::browser(), sample::lease_owner());
    let (pending, callback, value) = (
        sample::pending_key(),
        sample::callback_key(),
        ValueKey::from_bytes(rand::random()),
    );
    let (later, record) = (
        NOW.saturating_add(Duration::from_secs(600)),
        sample::launch(browser, NOW),
    );
    let memo = Memo::SameBrowser;
    let answers = [
        ("load", load(store, launch).await.map(drop)),
        ("look", look(store, launch).await.map(drop)),
        ("open", open(store, browser).await.map(drop)),
        (
            "replace",
            store
                .replace_launch(launch, Version(1), record, rules(), NOW)
                .await
                .map(drop),
        ),
        (
            "end",
            store
                .end_launch(launch, EndReason::LoggedOut, rules(), NOW)
                .await
                .map(drop),
        ),
        (
            "end all",
            store
                .end_all_of(browser, EndReason::LoggedOut, rules(), NOW)
                .await
                .map(drop),
        ),
        ("list", store.launches_of(browser, None, NOW).await.map(drop)),
        (
            "lease",
            store
                .acquire_lease(launch, owner, Duration::from_secs(15), NOW)
                .await
                .map(drop),
        ),
        ("lease given up", store.release_lease(launch, owner).await),
        (
            "claim",
            store.claim_pending(pending, callback, later, NOW).await.map(drop),
        ),
        (
            "question about a claim",
            store.claim_pending(pending, callback, NOW, NOW).await.map(drop),
        ),
        (
            "finish",
            store.finish_pending(pending, callback, sample::landed("/x"), NOW).await,
        ),
        ("release", store.release_pending(pending, callback, NOW).await),
        (
            "remember",
            store
                .remember(browser, memo, b"a".to_vec(), 2, rules(), NOW)
                .await
                .map(drop),
        ),
        ("recall", store.recall(browser, memo, NOW).await.map(drop)),
        ("value", store.load_value(value, NOW).await.map(drop)),
        (
            "swap of a value that is not there",
            store.swap_value(value, Some(vec![1]), None, later, NOW).await.map(drop),
        ),
    ];
    let others: Vec<_> = answers
        .into_iter()
        .filter(|(_, answer)| *answer != Err(StoreError::ReadOnly))
        .collect();
    assert!(others.is_empty(), "{others:?}");
}

/// That something is not there, says only a server that would know of it.
#[tokio::test]
async fn an_empty_replica_says_of_nothing_that_it_is_not_there() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = store(&server.url(), &prefix());
    server.command(&["REPLICAOF", "127.0.0.1", "1"]);
    every_answer_is_read_only(&store).await;
}

#[tokio::test]
async fn an_empty_primary_without_the_replica_that_it_has_to_have_says_of_nothing_that_it_is_not_there() {
    let Some(server) = RedisServer::start(&["--min-replicas-to-write", "1"]) else {
        return;
    };
    every_answer_is_read_only(&store(&server.url(), &prefix())).await;
}

#[tokio::test]
async fn a_wrong_or_missing_password_is_said_at_once() {
    let Some(server) = RedisServer::start(&["--requirepass", "right"]) else {
        return;
    };
    let prefix = prefix();
    let key = open(&store(&server.url_with_password("right"), &prefix), sample::browser())
        .await
        .unwrap();
    for url in [server.url_with_password("wrong"), server.url()] {
        let store = store(&url, &prefix);
        let began = Instant::now();
        assert_eq!(load(&store, key).await.unwrap_err(), StoreError::Refused);
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
    assert!(is_open(&store(&server.url_with_password("right"), &prefix), key).await);
}

#[tokio::test]
async fn a_user_without_the_permission_for_scripts_is_refused() {
    let Some(server) = RedisServer::start(&[]) else { return };
    server.command(&["ACL", "SETUSER", "reader", "on", ">secret", "~*", "+ping", "+client"]);
    let url = server
        .url_with_password("secret")
        .replace("redis://:", "redis://reader:");
    let store = store(&url, &prefix());
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::Refused));
}

#[test]
fn redis_errors_say_what_to_do() {
    for (error, advice) in [
        (StoreError::Unavailable, "try again shortly"),
        (StoreError::Full, "give it more memory"),
        (StoreError::ReadOnly, "point the application at the primary"),
        (StoreError::ReadOnly, "NOREPLICAS (its replicas are away"),
        (StoreError::Full, "disk (PostgreSQL)"),
        (StoreError::Refused, "check user name, password and permissions"),
        (StoreError::UnknownKey, "put the removed key back"),
        (StoreError::Unreadable, "it is kept"),
    ] {
        assert!(error.to_string().contains(advice), "{error}");
    }
}
