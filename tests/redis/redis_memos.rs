//! What the server holds of the short lists of browsers.

use actix_smart_auth::store::{
    BrowserKey, Memo, RedisStore, StoreError, TokenStoreBackend as _,
    acceptance::{Subject, sample},
};
use redis::{Commands as _, Connection};

use crate::support::{NOW, keys, names, prefix, redis_url, rules, store};

/// A list with two values, and where it stands.
struct Bench {
    store: Subject,
    connection: Connection,
    browser: BrowserKey,
    name: String,
}

async fn bench(url: &str) -> Bench {
    let prefix = prefix();
    let (store, browser) = (store(url, &prefix), sample::browser());
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    for value in [b"a", b"b"] {
        remember(&store, browser, value).await.unwrap();
    }
    let name = names(&mut connection, &prefix, "").remove(0);
    Bench {
        store,
        connection,
        browser,
        name,
    }
}

async fn remember(store: &Subject, browser: BrowserKey, value: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
    let backend = &store;
    backend
        .remember(browser, Memo::LaunchCookies, value.to_vec(), 2, rules(), NOW)
        .await
}

async fn recall(store: &Subject, browser: BrowserKey) -> Result<Vec<Vec<u8>>, StoreError> {
    store.recall(browser, Memo::LaunchCookies, NOW).await
}

#[tokio::test]
async fn a_list_of_the_wrong_type_is_an_error_and_stays() {
    let Some(url) = redis_url() else { return };
    let mut bench = bench(&url).await;
    let _: () = bench.connection.del(&bench.name).unwrap();
    let _: () = bench.connection.set(&bench.name, "text").unwrap();
    let recalled = recall(&bench.store, bench.browser).await;
    assert_eq!(recalled.unwrap_err(), StoreError::Unreadable);
    let dropped = remember(&bench.store, bench.browser, b"c").await;
    assert_eq!(dropped.unwrap_err(), StoreError::Unreadable);
    let there: String = bench.connection.get(&bench.name).unwrap();
    assert_eq!(there, "text");
}

#[tokio::test]
async fn a_list_with_a_damaged_entry_is_an_error_and_stays() {
    let Some(url) = redis_url() else { return };
    let mut bench = bench(&url).await;
    for (damaged, at) in [("value", 2), ("", 2), ("soon:value", 2), (":", 2), ("value", 0)] {
        let _: () = match at {
            0 => bench.connection.lpush(&bench.name, damaged).unwrap(),
            _ => bench.connection.rpush(&bench.name, damaged).unwrap(),
        };
        let recalled = recall(&bench.store, bench.browser).await;
        assert_eq!(recalled.unwrap_err(), StoreError::Unreadable, "{damaged}");
        let dropped = remember(&bench.store, bench.browser, b"c").await;
        assert_eq!(dropped.unwrap_err(), StoreError::Unreadable, "{damaged}");
        let there: Vec<String> = bench.connection.lrange(&bench.name, 0, -1).unwrap();
        assert_eq!(there.len(), 3);
        assert_eq!(there[at], damaged);
        let _: () = bench.connection.lrem(&bench.name, 1, damaged).unwrap();
    }
    assert_eq!(recall(&bench.store, bench.browser).await.unwrap(), [b"a", b"b"]);
}

/// Not sooner than the list is forgotten by the clock of the application, and a minute later at most.
#[tokio::test]
async fn the_server_forgets_a_list_a_little_after_its_end() {
    let Some(url) = redis_url() else { return };
    let mut bench = bench(&url).await;
    let life = rules().lifetimes.launch_absolute + rules().lifetimes.ended;
    let ttl: i64 = bench.connection.pttl(&bench.name).unwrap();
    let life = i64::try_from(life.as_millis()).unwrap();
    assert!((life..=life + 60_000).contains(&ttl), "{ttl}");
}

#[tokio::test]
async fn the_sealing_keys_of_a_store_are_handed_out_where_there_are_some() {
    let builder = || RedisStore::builder("redis://127.0.0.1:1");
    let sealed = builder().sealing_keys(keys(&[1, 2])).build().unwrap();
    assert_eq!(
        format!("{:?}", sealed.sealing_keys()),
        format!("{:?}", Some(keys(&[1, 2])))
    );
    let plain = builder().danger_plain_text().build().unwrap();
    assert!(plain.sealing_keys().is_none());
}
