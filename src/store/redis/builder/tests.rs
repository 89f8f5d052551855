use super::*;
use crate::store::{RedisCluster, RedisSentinels};

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
}

#[test]
fn a_time_out_is_longer_than_zero_and_an_hour_at_most() {
    let hour = Duration::from_secs(60 * 60);
    for timeout in [Duration::ZERO, hour + Duration::from_nanos(1), Duration::MAX] {
        for timeless in [
            builder("redis://localhost").command_timeout(timeout),
            builder("redis://localhost").connect_timeout(timeout),
        ] {
            assert_eq!(refused(timeless), RedisStoreError::Timeout, "{timeout:?}");
        }
    }
    for timeout in [Duration::from_nanos(1), hour] {
        let timed = builder("redis://localhost")
            .command_timeout(timeout)
            .connect_timeout(timeout);
        assert!(timed.build().is_ok(), "{timeout:?}");
    }
}

fn refused_servers(servers: impl Into<RedisServers>) -> RedisStoreError {
    refused(RedisStore::builder(servers).danger_plain_text())
}

#[test]
fn sentinels_need_a_name_and_an_address() {
    let none: [&str; 0] = [];
    let refused = [
        (RedisSentinels::new("mymaster", none), RedisStoreError::Sentinels),
        (RedisSentinels::new("", ["redis://a"]), RedisStoreError::Sentinels),
        (
            RedisSentinels::new("mymaster", ["sentinel-1:26379"]),
            RedisStoreError::Address,
        ),
        (
            RedisSentinels::new("mymaster", ["rediss://a/#insecure"]),
            RedisStoreError::InsecureTls,
        ),
    ];
    for (sentinels, error) in refused {
        assert_eq!(refused_servers(sentinels), error);
    }
}

#[test]
fn sentinels_listen_at_their_own_port_where_none_is_said() {
    let sentinels = RedisSentinels::new("mymaster", ["redis://a", "rediss://b:1"]);
    let store = RedisStore::builder(sentinels).danger_plain_text().build().unwrap();
    assert!(
        format!("{store:?}").contains("mymaster of the sentinels a:26379, b:1"),
        "{store:?}"
    );
}

#[test]
fn a_cluster_has_nodes_of_one_kind_and_no_databases() {
    let none: [&str; 0] = [];
    let refused = [
        (RedisCluster::new(none), RedisStoreError::ClusterNodes),
        (
            RedisCluster::new(["redis://a", "rediss://b"]),
            RedisStoreError::ClusterNodes,
        ),
        (
            RedisCluster::new(["redis://:x@a", "redis://:y@b"]),
            RedisStoreError::ClusterNodes,
        ),
        (
            RedisCluster::new(["redis+unix:///socket"]),
            RedisStoreError::ClusterNodes,
        ),
        (
            RedisCluster::new(["redis://a", "redis://b/1"]),
            RedisStoreError::ClusterDatabase,
        ),
        (RedisCluster::new(["a"]), RedisStoreError::Address),
    ];
    for (cluster, error) in refused {
        assert_eq!(refused_servers(cluster), error);
    }
    let cluster = RedisCluster::new(["redis://a/0", "redis://b:1"]);
    let store = RedisStore::builder(cluster).danger_plain_text().build().unwrap();
    assert!(format!("{store:?}").contains("the cluster of a:6379, b:1"), "{store:?}");
}

#[test]
fn a_client_certificate_needs_its_key_and_tls() {
    let made = || rcgen::generate_simple_self_signed(["client".to_owned()]).unwrap();
    let (one, other) = (made(), made());
    let build = |url: &str, chain: String, key: String| {
        let builder = builder(url).client_certificate(chain, key);
        builder.build().map(drop)
    };
    let (chain, key) = (one.cert.pem(), one.signing_key.serialize_pem());
    assert_eq!(build("rediss://a", chain.clone(), key.clone()), Ok(()));
    assert_eq!(
        build("redis://a", chain.clone(), key.clone()),
        Err(RedisStoreError::ClientCertificateWithoutTls)
    );
    for (sentinel, tls, built) in [
        ("redis://a", false, Err(RedisStoreError::ClientCertificateWithoutTls)),
        ("rediss://a", false, Ok(())),
        ("redis://a", true, Ok(())),
    ] {
        let sentinels = RedisSentinels::new("mymaster", [sentinel]);
        let sentinels = if tls { sentinels.tls() } else { sentinels };
        let builder = RedisStore::builder(sentinels).danger_plain_text();
        assert_eq!(
            builder.client_certificate(chain.clone(), key.clone()).build().map(drop),
            built
        );
    }
    for (chain, key) in [
        (chain.clone(), other.signing_key.serialize_pem()),
        ("no certificate".to_owned(), key),
        (chain, "no key".to_owned()),
    ] {
        assert_eq!(build("rediss://a", chain, key), Err(RedisStoreError::ClientCertificate));
    }
}

#[test]
fn nothing_secret_of_sentinels_clusters_and_credentials_is_shown() {
    let sentinels = RedisSentinels::new("mymaster", ["redis://:MARKER@a"])
        .login(RedisCredentials::user("smart", "MARKER"))
        .sentinel_credentials(|| async { Ok(RedisCredentials::password("MARKER")) });
    let cluster = RedisCluster::new(["redis://:MARKER@a"]);
    let shown = [
        format!("{sentinels:?} {cluster:?}"),
        format!("{:?}", RedisStore::builder(sentinels.clone())),
        format!(
            "{:?}",
            RedisStore::builder(sentinels).danger_plain_text().build().unwrap()
        ),
        format!(
            "{:?}",
            RedisStore::builder(cluster).danger_plain_text().build().unwrap()
        ),
        format!(
            "{:?}",
            RedisStore::builder("rediss://a").client_certificate("MARKER", "MARKER")
        ),
        format!("{:?}", RedisCredentials::user("smart", "MARKER")),
    ];
    for shown in shown {
        assert!(!shown.contains("MARKER"), "{shown}");
    }
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
