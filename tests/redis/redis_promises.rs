//! The promises of a token store, and what the server sees of it.

use std::time::{Duration, Instant};

use actix_smart_auth::{
    EndReason, LaunchUse,
    store::{
        BrowserKey, LaunchRecord, Memo, OthersOnOpen, RedisStore, SealedKind, TokenStoreBackend as _,
        acceptance::{self, Subject, sample},
    },
};

use crate::support::{NOW, keys, load, names, open, open_as, prefix, redis_url, rules, store};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_store_keeps_every_promise_of_a_token_store() {
    let Some(url) = redis_url() else { return };
    let store = |clock| {
        RedisStore::builder(&url)
            .sealing_keys(keys(&[1]))
            .prefix(prefix())
            .timed_by(clock)
            // Each script is run by this suite: none touches a key that it does not declare.
            .checking_keys()
            .uses_noted_every(Duration::ZERO)
            .build()
            .unwrap()
    };
    acceptance::run(store).await;
}

#[tokio::test]
async fn the_time_is_that_of_the_server_whatever_this_process_believes() {
    let Some(url) = redis_url() else { return };
    let mut connection = redis::Client::open(url.as_str()).unwrap().get_connection().unwrap();
    let builder = RedisStore::builder(&url).sealing_keys(keys(&[1])).prefix(prefix());
    let store = builder.build().unwrap();
    let mut server = || -> u64 {
        let (seconds, micros): (u64, u64) = redis::cmd("TIME").query(&mut connection).unwrap();
        seconds * 1000 + micros / 1000
    };
    let before = server();
    let said = store.time().await.unwrap().at.as_millis();
    let leased = store
        .load_launch(sample::launch_key(), LaunchUse::Counts, rules())
        .await;
    let after = server();
    assert!((before..=after).contains(&said), "{before} {said} {after}");
    assert!((said..=after).contains(&leased.unwrap().at.as_millis()));
}

#[tokio::test]
async fn a_script_that_touches_a_key_that_it_does_not_declare_is_found_out() {
    let Some(url) = redis_url() else { return };
    let checks = include_str!("../../src/store/redis/scripts/checked.lua");
    let mut connection = redis::Client::open(url.as_str()).unwrap().get_connection().unwrap();
    let mut run = |body: &str| -> Result<redis::Value, redis::RedisError> {
        redis::cmd("EVAL")
            .arg(format!("{checks}{body}"))
            .arg(1)
            .arg("declared")
            .query(&mut connection)
    };
    for allowed in ["return redis.call('GET', KEYS[1])", "return redis.call('TIME')"] {
        assert!(run(allowed).is_ok(), "{allowed}");
    }
    for undeclared in [
        "return redis.call('GET', 'other')",
        "return redis.pcall('SET', 'other', '1')",
        "return redis.call('SREM', KEYS[1] .. 'x', 'y')",
    ] {
        let error = run(undeclared).unwrap_err();
        assert!(error.to_string().contains("undeclared key"), "{error}");
    }
}

/// Tokens, verifiers, cookies, patients, ids: the sample records and the ids here are full of markers.
#[tokio::test]
async fn a_dump_of_the_server_shows_nothing_that_was_meant_to_be_secret() {
    let Some(url) = redis_url() else { return };
    let prefix = prefix();
    let store = store(&url, &prefix);
    let browser = BrowserKey::of("MARKER-browser-id");
    let mut record = with_marked_patient(browser);
    record.user = Some(*b"MARKER-user-hash-of-32-bytes-000");
    let open = open_as(&store, record.clone(), OthersOnOpen::Keep).await.unwrap();
    let ended = open_as(&store, record, OthersOnOpen::Keep).await.unwrap();
    let backend = &store;
    let end = backend.end_launch(ended, EndReason::LoggedOut, rules(), NOW);
    assert_eq!(end.await.unwrap().count(), 1);
    assert!(
        backend
            .acquire_lease(open, sample::lease_owner(), rules().lifetimes.ended, NOW)
            .await
            .unwrap()
    );
    let until = NOW.saturating_add(rules().lifetimes.pending);
    let callback = sample::callback_key();
    for outcome in [Some(sample::landed("/MARKER-location")), None] {
        let key = sample::pending_key();
        backend.claim_pending(key, callback, until, NOW).await.unwrap();
        if let Some(outcome) = outcome {
            backend.finish_pending(key, callback, outcome, NOW).await.unwrap();
        }
    }
    // Values of lists are hashes, or sealed before they come here.
    let sealed = keys(&[1])
        .seal(SealedKind::LaunchCookie, browser.as_bytes(), b"MARKER-launch".to_vec())
        .unwrap();
    let same = sample::browser().as_bytes().to_vec();
    for (memo, value) in [(Memo::LaunchCookies, sealed), (Memo::SameBrowser, same)] {
        backend.remember(browser, memo, value, 2, rules(), NOW).await.unwrap();
    }

    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let names = names(&mut connection, &prefix, "");
    assert_eq!(names.len(), 7, "{names:?}");
    for name in names {
        let dumped: Vec<u8> = redis::cmd("DUMP").arg(&name).query(&mut connection).unwrap();
        let mut shown = [name.as_bytes(), &dumped].concat();
        if name.contains(":launch:") || name.contains(":claim:") {
            let fields: Vec<Vec<u8>> = redis::cmd("HGETALL").arg(&name).query(&mut connection).unwrap();
            shown.extend(fields.concat());
        }
        if name.contains(":launch_cookies:") || name.contains(":same_browser:") {
            let entries: Vec<Vec<u8>> = redis::cmd("LRANGE")
                .arg(&name)
                .arg(0)
                .arg(-1)
                .query(&mut connection)
                .unwrap();
            shown.extend(entries.concat());
        }
        for secret in [
            "MARKER",
            "ehr.example",
            "labs?tab",
            "access_token",
            "AAAAAAAAAAAAAAAAAAAAAA",
            // The digest of the sample's patient.
            "BgYGBgYGBgYG",
            "\u{6}\u{6}\u{6}\u{6}\u{6}\u{6}",
        ] {
            let found = shown.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} stands in {name}");
        }
        let ttl: i64 = redis::cmd("PTTL").arg(&name).query(&mut connection).unwrap();
        assert!(ttl > 0, "{name} has no end: {ttl}");
    }
}

fn with_marked_patient(browser: BrowserKey) -> LaunchRecord {
    let bytes = sample::launch(browser, NOW).to_bytes();
    let text = String::from_utf8(bytes)
        .unwrap()
        .replace("\"p1\"", "\"MARKER-patient\"");
    assert!(text.contains("MARKER-patient"));
    LaunchRecord::from_bytes(text.as_bytes()).unwrap()
}

/// So that Redis Cluster keeps them in one slot.
#[tokio::test]
async fn everything_of_one_browser_has_one_hash_tag() {
    let Some(url) = redis_url() else { return };
    let prefix = prefix();
    let store = store(&url, &prefix);
    let browser = sample::browser();
    open(&store, browser).await.unwrap();
    let backend = &store;
    for memo in [Memo::SameBrowser, Memo::LaunchCookies, Memo::SignedOut] {
        let remember = backend.remember(browser, memo, b"value".to_vec(), 2, rules(), NOW);
        remember.await.unwrap();
    }
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let mut slots: Vec<i64> = names(&mut connection, &prefix, "")
        .iter()
        .map(|name| {
            let tag = name.split(['{', '}']).nth(1).unwrap();
            i64::from_str_radix(tag, 16).unwrap()
        })
        .collect();
    assert_eq!(slots.len(), 5);
    slots.dedup();
    assert_eq!(slots.len(), 1);
}

/// A worker's runtime ends, the process goes on.
#[test]
fn the_connection_outlives_the_runtime_that_used_it_first() {
    let Some(url) = redis_url() else { return };
    let store = store(&url, &prefix());
    let run = |store: Subject, key| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            match key {
                None => open(&store, sample::browser()).await.unwrap(),
                Some(key) => {
                    load(&store, key).await.unwrap();
                    key
                }
            }
        })
    };
    let key = run(store.clone(), None);
    run(store, Some(key));
}

/// `cargo test --release --all-features --test redis measure -- --ignored --nocapture`
#[tokio::test]
#[ignore = "a measurement"]
async fn measure_loading_a_launch() {
    let Some(url) = redis_url() else { return };
    let store = store(&url, &prefix());
    let key = open(&store, sample::browser()).await.unwrap();
    for _ in 0..1000 {
        load(&store, key).await.unwrap();
    }
    let mut times: Vec<_> = Vec::new();
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
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut times: Vec<_> = Vec::new();
    for _ in 0..5000 {
        let began = Instant::now();
        redis::cmd("PING").query_async::<()>(&mut connection).await.unwrap();
        times.push(began.elapsed());
    }
    times.sort();
    println!("PING without a hop: median {:?}, 99 % {:?}", times[2500], times[4950]);
    let mut connection = client.get_connection().unwrap();
    let calls: String = redis::cmd("INFO").arg("commandstats").query(&mut connection).unwrap();
    for line in calls.lines().filter(|line| line.contains("evalsha")) {
        println!("{line}");
    }
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
