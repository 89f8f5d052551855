//! What the log says about a server that is away.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use actix_smart_auth::store::{StoreError, acceptance::sample};

use crate::support::{
    ClosedPort, Logs, PostgresServer, Rows, builder, migrated, open, postgres_url, schema_name, timed,
};

const PATIENCE: Duration = Duration::from_secs(20);

/// The line that says that there is no connection to the servers at this address.
async fn line_about(logs: &Logs, servers: &str) -> String {
    let began = Instant::now();
    let (what, named) = (
        "no connection to PostgreSQL; launches are kept",
        format!("server={servers}"),
    );
    loop {
        let text = logs.text();
        if let Some(line) = text.lines().find(|line| line.contains(what) && line.contains(&named)) {
            return line.to_owned();
        }
        assert!(began.elapsed() < PATIENCE, "{text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn of_each_server_that_could_not_be_reached_the_log_says_why() {
    let logs = Logs::collect();
    let (listener, closed) = (TcpListener::bind("127.0.0.1:0").unwrap(), ClosedPort::new());
    let (gone, silent) = (closed.address.port(), listener.local_addr().unwrap().port());
    let servers = format!("127.0.0.1:{gone},127.0.0.1:{silent}");
    let store = timed(
        builder(
            &format!("postgres://smart:s3cret-of-this-test@{servers}/a"),
            &schema_name(),
        )
        .connect_timeout(Duration::from_millis(300)),
    );
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::Unavailable));
    let line = line_about(&logs, &servers).await;
    let error = StoreError::Unavailable;
    for why in [
        format!("error={error} why=\"127.0.0.1:{gone}: error connecting to server: Connection refused"),
        format!("; 127.0.0.1:{silent}: no answer in time\""),
    ] {
        assert!(line.contains(&why), "{why}: {line}");
    }
    assert!(!logs.text().contains("s3cret-of-this-test"));
}

#[tokio::test]
async fn of_a_standby_a_wrong_password_and_a_database_without_tables_the_log_says_so() {
    let logs = Logs::collect();
    // Told apart by what they call the server.
    let Some(server) = PostgresServer::start(&["listen_addresses=127.0.0.1,127.0.0.2,127.0.0.3,127.0.0.4"]) else {
        return;
    };
    let schema = migrated(&server.url()).await;
    let rows = Rows::of(&server.url(), &schema).await;
    let port = server.port;
    let url = |login: &str, host: &str| format!("postgres://{login}@{host}:{port}/postgres?sslmode=disable");

    let missing = schema_name();
    let without_tables = timed(builder(&url("smart", "127.0.0.2"), &missing));
    assert_eq!(open(&without_tables, sample::browser()).await, Err(StoreError::Schema));
    let line = line_about(&logs, &format!("127.0.0.2:{port}")).await;
    let why = format!("db error: ERROR: relation \\\"{missing}.schema_version\\\" does not exist");
    assert!(line.contains(&why), "{line}");

    rows.batch("CREATE ROLE guarded LOGIN PASSWORD 'right'").await;
    let guarded = "host all guarded all scram-sha-256\nhost all all 127.0.0.1/32 trust\n";
    std::fs::write(server.data().join("pg_hba.conf"), guarded).unwrap();
    rows.batch("ALTER SYSTEM SET default_transaction_read_only = on").await;
    rows.batch("SELECT pg_reload_conf()").await;
    let wrong = timed(builder(&url("guarded:guessed", "127.0.0.3"), &schema));
    let began = Instant::now();
    // The server takes note of it in its own time.
    while open(&wrong, sample::browser()).await != Err(StoreError::Refused) {
        assert!(began.elapsed() < PATIENCE);
    }
    let why = "db error: FATAL: password authentication failed for user \\\"guarded\\\"";
    let line = line_about(&logs, &format!("127.0.0.3:{port}")).await;
    assert!(line.contains(why), "{line}");
    assert!(!logs.text().contains("guessed"));

    let began = Instant::now();
    while open(&timed(builder(&url("smart", "127.0.0.4"), &schema)), sample::browser()).await
        != Err(StoreError::ReadOnly)
    {
        assert!(began.elapsed() < PATIENCE);
    }
    let at = format!("127.0.0.4:{port}");
    let line = line_about(&logs, &at).await;
    let why = format!("why=\"{at}: it takes no writes: it is a standby, or set to read only\"");
    assert!(line.contains(&why), "{line}");
}

/// As PgBouncer does with `pool_mode = transaction`: the session has what another client has set.
#[tokio::test]
async fn of_a_pooler_that_passes_sessions_on_the_log_says_so_once() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let logs = Logs::collect();
    let named = |setting: &str| format!("{url}?application_name={schema}&options=-c%20{setting}%3Dx");
    let said = |logs: &Logs| {
        let what = "a pooler in front of PostgreSQL passes sessions on";
        logs.text().lines().filter(|line| line.contains(what)).count()
    };
    open(&timed(builder(&named("smart_auth.other"), &schema)), sample::browser())
        .await
        .unwrap();
    assert_eq!(said(&logs), 0);
    let store = timed(builder(&named("smart_auth.connection"), &schema));
    let rows = Rows::of(&url, &schema).await;
    for _ in 0..3 {
        open(&store, sample::browser()).await.unwrap();
        let close = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1";
        rows.one(close, &[&schema]).await;
    }
    assert_eq!(said(&logs), 1);
}
