//! The server refuses: each refusal has its error, and no launch goes.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use actix_smart_auth::{
    EndReason, LaunchUse,
    store::{
        LoadedLaunch, PostgresStoreError, SetupSubject, SetupVerdict, StoreError, TokenStoreBackend as _, Version,
        acceptance::sample,
    },
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::support::{
    Logs, NOW, PostgresServer, Rows, builder, connect, is_open, load, look, migrated, open, postgres_url, rules,
    schema_name, store, timed,
};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_server_that_takes_no_writes_is_refused_and_serves_again_when_it_does() {
    let Some(server) = PostgresServer::start(&[]) else {
        return;
    };
    let schema = migrated(&server.url()).await;
    let store = store(&server.url(), &schema);
    let key = open(&store, sample::browser()).await.unwrap();
    let rows = Rows::of(&server.url(), &schema).await;
    rows.batch("ALTER SYSTEM SET default_transaction_read_only = on").await;
    rows.batch("SELECT pg_reload_conf()").await;
    let began = Instant::now();
    // The server takes note of it in its own time.
    while open(&store, sample::browser()).await != Err(StoreError::ReadOnly) {
        assert!(began.elapsed() < PATIENCE);
    }
    // Though there would be nothing to write: the launch may have ended at the primary.
    assert_eq!(look(&store, key).await.map(drop), Err(StoreError::ReadOnly));
    rows.batch("SET default_transaction_read_only = off").await;
    rows.batch("ALTER SYSTEM RESET default_transaction_read_only").await;
    rows.batch("SELECT pg_reload_conf()").await;
    let began = Instant::now();
    while !is_open(&store, key).await {
        assert!(began.elapsed() < PATIENCE);
    }
}

#[tokio::test]
async fn a_wrong_or_missing_password_is_said_at_once() {
    let Some(server) = PostgresServer::start(&[]) else {
        return;
    };
    let schema = migrated(&server.url()).await;
    let key = open(&store(&server.url(), &schema), sample::browser()).await.unwrap();
    let client = connect(&server.url()).await;
    client.batch_execute("ALTER ROLE smart PASSWORD 'right'").await.unwrap();
    std::fs::write(
        server.data().join("pg_hba.conf"),
        "host all all 127.0.0.1/32 scram-sha-256\n",
    )
    .unwrap();
    client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    let with = |password: &str| server.url().replace("smart@", &format!("smart:{password}@"));
    let began = Instant::now();
    while load(&store(&with("wrong"), &schema), key).await.map(drop) != Err(StoreError::Refused) {
        assert!(began.elapsed() < PATIENCE);
    }
    for url in [with("wrong"), with("right").replace("/postgres", "/nothing")] {
        let store = store(&url, &schema);
        let began = Instant::now();
        assert_eq!(load(&store, key).await.map(drop), Err(StoreError::Refused));
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
    assert!(is_open(&store(&with("right"), &schema), key).await);
}

#[tokio::test]
async fn a_role_without_rights_is_refused() {
    let Some(server) = PostgresServer::start(&[]) else {
        return;
    };
    let schema = migrated(&server.url()).await;
    let client = connect(&server.url()).await;
    client
        .batch_execute(&format!(
            "CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA {schema} TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader"
        ))
        .await
        .unwrap();
    let store = store(&server.url().replace("smart@", "reader@"), &schema);
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::Refused));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn where_the_server_has_no_place_for_another_connection_operations_wait_for_those_that_are_there() {
    let Some(server) = PostgresServer::start(&[
        "max_connections=10",
        "max_wal_senders=0",
        "superuser_reserved_connections=3",
    ]) else {
        return;
    };
    let schema = migrated(&server.url()).await;
    let client = connect(&server.url()).await;
    client
        .batch_execute(&format!(
            "CREATE ROLE app LOGIN; GRANT USAGE ON SCHEMA {schema} TO app; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO app"
        ))
        .await
        .unwrap();
    let url = server.url().replace("smart@", "app@");
    let store = timed(builder(&url, &schema).max_connections(50).command_timeout(PATIENCE));
    let key = open(&store, sample::browser()).await.unwrap();
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { is_open(&store, key).await })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
}

/// The processes still have the old one, and connections that were opened with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_password_was_changed_operations_wait_for_the_connections_that_are_open() {
    let Some(server) = PostgresServer::start(&[]) else {
        return;
    };
    let schema = migrated(&server.url()).await;
    let rows = Rows::of(&server.url(), &schema).await;
    let mut holder = connect(&server.url()).await;
    let url = server.url().replace("smart@", "smart:before@") + "?application_name=" + &schema;
    // Lets nobody wait less than the test does.
    let patient = || timed(builder(&url, &schema).command_timeout(PATIENCE * 6));
    let store = patient();
    let held = open(&store, sample::browser()).await.unwrap();
    let other = open(&store, sample::browser()).await.unwrap();
    rows.batch("ALTER ROLE smart PASSWORD 'after'").await;
    let rule = "host all all 127.0.0.1/32 scram-sha-256\n";
    std::fs::write(server.data().join("pg_hba.conf"), rule).unwrap();
    rows.batch("SELECT pg_reload_conf()").await;
    let began = Instant::now();
    while load(&patient(), other).await.map(drop) != Err(StoreError::Refused) {
        assert!(began.elapsed() < PATIENCE);
    }
    // The one connection waits for a lock.
    let holding = holder.transaction().await.unwrap();
    let lock = format!("SELECT FROM {schema}.launch WHERE key = $1 FOR UPDATE");
    holding.query(&lock, &[&held.as_bytes().as_slice()]).await.unwrap();
    let ending = tokio::spawn({
        let store = store.clone();
        async move { store.end_launch(held, EndReason::LoggedOut, rules(), NOW).await }
    });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = $1";
    let began = Instant::now();
    while rows.one(waiting, &[&schema]).await.get::<_, i64>(0) == 0 {
        assert!(began.elapsed() < PATIENCE);
    }
    let logs = Logs::collect();
    let loading = tokio::spawn({
        let store = store.clone();
        async move { load(&store, other).await.map(drop) }
    });
    let refused = format!(
        "127.0.0.1:{}: db error: FATAL: password authentication failed",
        server.port
    );
    let began = Instant::now();
    while !logs.text().contains(&refused) {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!loading.is_finished());
    holding.rollback().await.unwrap();
    assert_eq!(ending.await.unwrap().unwrap().count(), 1);
    assert_eq!(loading.await.unwrap(), Ok(()));
    // With none left there is nothing to wait for.
    let close = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1";
    rows.one(close, &[&schema]).await;
    let began = Instant::now();
    assert_eq!(load(&store, other).await.map(drop), Err(StoreError::Refused));
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
}

/// What a server says that has no room on its disk, said by a trigger.
#[tokio::test]
async fn on_a_full_disk_a_page_goes_on_though_its_use_is_not_noted() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let store = store(&url, &schema);
    let browser = sample::browser();
    let key = open(&store, browser).await.unwrap();
    let rows = Rows::of(&url, &schema).await;
    rows.batch(
        "CREATE FUNCTION S.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$; \
         CREATE TRIGGER is_full BEFORE UPDATE ON S.launch FOR EACH ROW EXECUTE FUNCTION S.full()",
    )
    .await;
    let later = NOW.saturating_add(rules().lifetimes.launch_idle / 2);
    let loaded = store.load_launch(key, LaunchUse::Counts, rules(), later).await;
    assert!(matches!(loaded, Ok(LoadedLaunch::Open { .. })), "{loaded:?}");
    let record = sample::launch(browser, NOW);
    let replaced = store.replace_launch(key, Version(1), record, rules(), later).await;
    assert_eq!(replaced, Err(StoreError::Full));
    rows.batch("DROP TRIGGER is_full ON S.launch").await;
    let over = NOW.saturating_add(rules().lifetimes.launch_idle);
    let loaded = store.load_launch(key, LaunchUse::Counts, rules(), over).await;
    assert!(matches!(loaded, Ok(LoadedLaunch::Ended(_))), "{loaded:?}");
}

/// A server with a certificate for `localhost`, and the authority that signed that.
fn encrypted() -> Option<(PostgresServer, String)> {
    let mut server = PostgresServer::start(&[])?;
    server.kill();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let root = authority.clone().self_signed(&authority_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &Issuer::new(authority, &authority_key))
        .unwrap();
    // As the server's user, who alone may read the key.
    for (name, text) in [("server.crt", certificate.pem()), ("server.key", key.serialize_pem())] {
        let path = server.data().join(name);
        let written = server
            .command(Path::new("sh"))
            .args(["-c", "umask 077 && printf %s \"$1\" > \"$2\"", "sh"])
            .arg(text)
            .arg(path)
            .status();
        assert!(written.unwrap().success());
    }
    std::fs::write(
        server.data().join("pg_hba.conf"),
        "hostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n",
    )
    .unwrap();
    std::fs::write(server.data().join("postgresql.auto.conf"), "ssl = on\n").unwrap();
    server.run();
    Some((server, root.pem()))
}

#[tokio::test]
async fn a_connection_is_encrypted_with_a_certificate_that_is_checked() {
    let Some((server, root)) = encrypted() else { return };
    let url = |host: &str, mode: &str| format!("postgres://smart@{host}:{}/postgres?sslmode={mode}", server.port);
    let schema = schema_name();
    let right = builder(&url("localhost", "verify-full"), &schema).root_certificates(&root);
    right.clone().build().unwrap().migrate().await.unwrap();
    let store = timed(right);
    let key = open(&store, sample::browser()).await.unwrap();
    assert!(is_open(&store, key).await);
    let other_root = {
        let mut other = CertificateParams::default();
        other.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        other.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
    };
    for (host, mode, root) in [
        // Another authority has signed it; another name stands in it.
        ("localhost", "verify-full", &other_root),
        ("localhost", "require", &other_root),
        ("127.0.0.1", "verify-full", &root),
        ("127.0.0.1", "require", &root),
    ] {
        let wrong = builder(&url(host, mode), &schema)
            .root_certificates(root)
            .command_timeout(Duration::from_secs(2));
        let answer = load(&timed(wrong), key).await.map(drop);
        assert_eq!(answer, Err(StoreError::Unavailable), "{host} {mode}");
    }
    // The server lets nobody in without.
    let clear = builder(&url("localhost", "disable"), &schema).command_timeout(Duration::from_secs(5));
    assert_eq!(load(&timed(clear), key).await.map(drop), Err(StoreError::Refused));
    let fallback = builder(&url("localhost", "prefer"), &schema).build();
    assert_eq!(fallback.map(drop), Err(PostgresStoreError::SslMode));
}

#[tokio::test]
async fn settings_that_lose_launches_are_found() {
    let Some(server) = PostgresServer::start(&["synchronous_commit=off"]) else {
        return;
    };
    let store = builder(&server.url(), &migrated(&server.url()).await).build().unwrap();
    let verdict = async |subject| {
        let findings = store.look_at_setup().await;
        let found = findings.into_iter().find(|finding| finding.subject == subject);
        found.unwrap().verdict
    };
    assert_eq!(verdict(SetupSubject::Disk).await, SetupVerdict::Risky);
    assert_eq!(verdict(SetupSubject::Rights).await, SetupVerdict::Good);
    assert_eq!(verdict(SetupSubject::FailOver).await, SetupVerdict::Unknown);
    let client = connect(&server.url()).await;
    for (setting, subject, expected) in [
        ("fsync = off", SetupSubject::Disk, SetupVerdict::Risky),
        ("fsync = on", SetupSubject::Disk, SetupVerdict::Risky),
    ] {
        client
            .batch_execute(&format!("ALTER SYSTEM SET {setting}"))
            .await
            .unwrap();
        client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
        assert_eq!(verdict(subject).await, expected, "{setting}");
    }
    client
        .batch_execute("SELECT pg_create_physical_replication_slot('standby')")
        .await
        .unwrap();
    assert_eq!(verdict(SetupSubject::FailOver).await, SetupVerdict::Risky);
}

#[tokio::test]
async fn a_server_that_forgets_nothing_is_said_to() {
    let Some(server) = PostgresServer::start(&[]) else {
        return;
    };
    let store = builder(&server.url(), &migrated(&server.url()).await).build().unwrap();
    let findings = store.look_at_setup().await;
    let disk = findings.iter().find(|finding| finding.subject == SetupSubject::Disk);
    assert_eq!(disk.unwrap().verdict, SetupVerdict::Good, "{findings:?}");
}
