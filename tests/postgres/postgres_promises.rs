//! The promises of a token store, and what the server sees of it.

use std::time::{Duration, Instant};

use actix_smart_auth::{
    EndReason, LaunchUse,
    store::{
        BrowserKey, Memo, OthersOnOpen, SealedKind, TokenStoreBackend as _, ValueKey,
        acceptance::{self, Subject, sample},
    },
};

use crate::support::{
    NOW, PostgresServer, Rows, builder, connect, keys, load, migrated, open, open_as, postgres_url, rules, store,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_store_keeps_every_promise_of_a_token_store() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let store = |clock| {
        builder(&url, &schema)
            .timed_by(clock)
            .uses_noted_every(Duration::ZERO)
            // On a busy machine sixteen at once wait for each other.
            .command_timeout(Duration::from_secs(20))
            .max_connections(4)
            .build()
            .unwrap()
    };
    acceptance::run(store).await;
}

#[tokio::test]
async fn the_time_is_that_of_the_server_whatever_this_process_believes() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let store = builder(&url, &schema).build().unwrap();
    let rows = Rows::of(&url, &schema).await;
    let server = async || {
        let now = rows.one(
            "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
            &[],
        );
        u64::try_from(now.await.get::<_, i64>(0)).unwrap()
    };
    let before = server().await;
    let said = store.time().await.unwrap().at.as_millis();
    let loaded = store
        .load_launch(sample::launch_key(), LaunchUse::Counts, rules())
        .await;
    let after = server().await;
    assert!((before..=after).contains(&said), "{before} {said} {after}");
    assert!((said..=after).contains(&loaded.unwrap().at.as_millis()));
}

/// Tokens, verifiers, cookies, patients, ids: the sample records and the ids here are full of markers.
#[tokio::test]
async fn the_tables_show_nothing_that_was_meant_to_be_secret() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let store = store(&url, &schema);
    let browser = BrowserKey::of("MARKER-browser-id");
    let mut record = sample::launch(browser, NOW);
    record.user = Some(*b"MARKER-user-hash-of-32-bytes-000");
    let open = open_as(&store, record.clone(), OthersOnOpen::Keep).await.unwrap();
    let ended = open_as(&store, record, OthersOnOpen::Keep).await.unwrap();
    let end = store.end_launch(ended, EndReason::LoggedOut, rules(), NOW);
    assert_eq!(end.await.unwrap().count(), 1);
    let lease = store.acquire_lease(open, sample::lease_owner(), rules().lifetimes.ended, NOW);
    assert!(lease.await.unwrap());
    let (until, callback) = (NOW.saturating_add(rules().lifetimes.pending), sample::callback_key());
    let key = sample::pending_key();
    store.claim_pending(key, callback, until, NOW).await.unwrap();
    let outcome = sample::landed("/MARKER-location");
    store.finish_pending(key, callback, outcome, NOW).await.unwrap();
    // Values are sealed before they come here.
    let sealed = keys(&[1])
        .seal(SealedKind::LaunchCookie, browser.as_bytes(), b"MARKER-launch".to_vec())
        .unwrap();
    let remember = store.remember(browser, Memo::LaunchCookies, sealed.clone(), 2, rules(), NOW);
    remember.await.unwrap();
    let value = ValueKey::from_bytes([9; 32]);
    assert!(store.swap_value(value, None, Some(sealed), until, NOW).await.unwrap());

    let rows = Rows::of(&url, &schema).await;
    for table in ["launch", "claim", "memo", "value"] {
        let count = rows.one(&format!("SELECT count(*) FROM S.{table}"), &[]).await;
        assert!(count.get::<_, i64>(0) > 0, "{table}");
        for secret in [
            "MARKER",
            "ehr.example",
            "access_token",
            "\u{6}\u{6}\u{6}\u{6}\u{6}\u{6}",
        ] {
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            let found = format!(
                "SELECT count(*) FROM S.{table} t WHERE position('{hex}' IN t::text) > 0 OR position('{secret}' IN t::text) > 0"
            );
            assert_eq!(
                rows.one(&found, &[]).await.get::<_, i64>(0),
                0,
                "{secret} stands in {table}"
            );
        }
    }
}

/// A worker's runtime ends, the process goes on.
#[test]
fn the_connections_outlive_the_runtime_that_used_them_first() {
    let Some(url) = postgres_url() else { return };
    let on_a_runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let schema = on_a_runtime().block_on(migrated(&url));
    let store = store(&url, &schema);
    let key = on_a_runtime().block_on(open(&store, sample::browser())).unwrap();
    on_a_runtime().block_on(load(&store, key)).unwrap();
}

/// `cargo test --release --all-features --test postgres measure -- --ignored --nocapture`
#[tokio::test]
#[ignore = "a measurement"]
async fn measure_loading_a_launch() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let store: Subject = store(&url, &schema);
    let key = open(&store, sample::browser()).await.unwrap();
    for _ in 0..1000 {
        load(&store, key).await.unwrap();
    }
    let mut times = Vec::new();
    for _ in 0..5000 {
        let began = Instant::now();
        load(&store, key).await.unwrap();
        times.push(began.elapsed());
    }
    times.sort();
    println!(
        "load_launch, one at a time: median {:?}, 99 % {:?}",
        times[2500], times[4950]
    );
    let began = Instant::now();
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..200 {
                    load(&store, key).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    println!("64 at a time: {:?} each", began.elapsed() / 12_800);
}

#[tokio::test]
async fn a_function_of_somebody_else_is_not_taken_for_one_of_postgresql() {
    let Some(server) = PostgresServer::start(&[]) else {
        return;
    };
    let url = server.url();
    connect(&url)
        .await
        .batch_execute(
            "CREATE FUNCTION public.cardinality(bytea[]) RETURNS integer LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'not that of PostgreSQL'; END $$",
        )
        .await
        .unwrap();
    let store = store(&url, &migrated(&url).await);
    let browser = sample::browser();
    for value in [b"a", b"b"] {
        let remember = store.remember(browser, Memo::SameBrowser, value.to_vec(), 1, rules(), NOW);
        remember.await.unwrap();
    }
}
