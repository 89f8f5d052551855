use super::*;

fn builder(url: &str) -> PostgresStoreBuilder {
    PostgresStore::builder(url).danger_plain_text()
}

fn refused(builder: PostgresStoreBuilder) -> PostgresStoreError {
    builder.build().map(drop).unwrap_err()
}

#[test]
fn without_sealing_keys_there_is_no_store() {
    assert_eq!(
        refused(PostgresStore::builder("postgres://localhost")),
        PostgresStoreError::NoSealingKeys
    );
}

#[test]
fn unusable_options_are_refused_before_anything_is_sent() {
    let local = "postgres://localhost/a";
    assert_eq!(refused(builder("http://localhost")), PostgresStoreError::Address);
    assert_eq!(
        refused(builder("postgres://db.internal/a?sslmode=prefer")),
        PostgresStoreError::SslMode
    );
    assert_eq!(refused(builder(local).schema("Mine")), PostgresStoreError::Schema);
    let remote = builder("postgres://db.internal/a").root_certificates("no certificate");
    assert_eq!(refused(remote), PostgresStoreError::RootCertificates);
}

#[test]
fn a_time_out_is_longer_than_zero_and_an_hour_at_most() {
    let local = || builder("postgres://localhost/a");
    let hour = Duration::from_secs(60 * 60);
    for timeout in [Duration::ZERO, hour + Duration::from_nanos(1), Duration::MAX] {
        for timeless in [local().command_timeout(timeout), local().connect_timeout(timeout)] {
            assert_eq!(refused(timeless), PostgresStoreError::Timeout, "{timeout:?}");
        }
    }
    for timeout in [Duration::from_nanos(1), hour] {
        let timed = local().command_timeout(timeout).connect_timeout(timeout);
        assert!(timed.build().is_ok(), "{timeout:?}");
    }
}

#[test]
fn nothing_secret_of_the_address_is_shown() {
    let builder = builder("postgres://smart:MARKER@127.0.0.1:6380/a");
    assert!(!format!("{builder:?}").contains("MARKER"));
    let shown = format!("{:?}", builder.build().unwrap());
    assert!(shown.contains("127.0.0.1:6380") && !shown.contains("MARKER"), "{shown}");
    let error = refused(PostgresStore::builder("postgres//:MARKER@x").danger_plain_text());
    assert!(!format!("{error:?} {error}").contains("MARKER"));
}
