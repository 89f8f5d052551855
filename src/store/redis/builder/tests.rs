use super::*;

fn builder(url: &str) -> RedisStoreBuilder {
    RedisStore::builder(url).danger_plain_text()
}

fn refused(builder: RedisStoreBuilder) -> RedisStoreError {
    builder.build().map(drop).unwrap_err()
}

#[test]
fn without_sealing_keys_there_is_no_store() {
    assert_eq!(
        refused(RedisStore::builder("redis://localhost")),
        RedisStoreError::NoSealingKeys
    );
}

#[test]
fn unusable_options_are_refused_before_anything_is_sent() {
    assert_eq!(refused(builder("http://localhost")), RedisStoreError::Address);
    assert_eq!(refused(builder("")), RedisStoreError::Address);
    assert_eq!(
        refused(builder("rediss://localhost/#insecure")),
        RedisStoreError::InsecureTls
    );
    assert_eq!(
        refused(builder("redis://localhost").prefix("{a}")),
        RedisStoreError::Prefix
    );
    assert_eq!(
        refused(builder("redis://localhost").command_timeout(Duration::ZERO)),
        RedisStoreError::Timeout
    );
    assert_eq!(
        refused(builder("redis://localhost").connect_timeout(Duration::ZERO)),
        RedisStoreError::Timeout
    );
}

#[test]
fn nothing_secret_of_the_address_is_shown() {
    let builder = builder("rediss://smart:MARKER@redis.internal:6380/2");
    assert!(!format!("{builder:?}").contains("MARKER"));
    let shown = format!("{:?}", builder.build().unwrap());
    assert!(
        shown.contains("redis.internal:6380") && !shown.contains("MARKER"),
        "{shown}"
    );
    let error = refused(RedisStore::builder("redis//:MARKER@x").danger_plain_text());
    assert!(!format!("{error:?} {error}").contains("MARKER"));
}
