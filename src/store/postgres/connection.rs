//! One connection to a server: [`Connection`].

use std::{
    collections::HashMap,
    slice,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    runtime::Handle,
    task::AbortHandle,
    time::{timeout, timeout_at},
};
use tokio_postgres::{Client, Config, Error, NoTls, SimpleQueryMessage, Statement};

use super::{
    address,
    call::{Call, Function, Reply},
    fault::Fault,
    schema::{Schema, VERSION},
    tls::Tls,
};
use crate::store::StoreError;

/// Where to connect, and how.
pub(super) struct Target {
    /// Tried in their order.
    pub(super) servers: Vec<Config>,
    /// `None`: in clear.
    pub(super) tls: Option<Tls>,
    pub(super) schema: Schema,
    /// For all of it: name look-up, TLS, signing in, and the first answer, of one server after the other.
    pub(super) connect_timeout: Duration,
    /// For one statement, at the server: one that nobody waits for any more holds no locks.
    pub(super) command_timeout: Duration,
    /// Held by each connection.
    pub(super) held: Arc<()>,
    /// Whether it was said that others use the same sessions.
    pub(super) has_warned: AtomicBool,
}

/// A setting that nobody reads, which each session has from its first use on.
const MARK: &str = "smart_auth.connection";

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Needs the schema.
    Operations,
    /// Makes the schema. Statements may take as long as they need.
    Migration,
}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectError {
    /// The server has no place for another one.
    Crowded,
    /// What to tell who waits.
    Failed(StoreError),
}

/// There is no connection.
#[derive(Debug)]
pub(super) struct NoConnection {
    pub(super) error: ConnectError,
    /// In the words of the server or the system, for the log.
    pub(super) why: String,
}

impl NoConnection {
    pub(super) fn failed(cause: StoreError, why: &str) -> Self {
        Self {
            error: ConnectError::Failed(cause),
            why: why.to_owned(),
        }
    }
}

/// A connection. Closed when dropped, whatever it is doing.
pub(super) struct Connection {
    client: Client,
    /// Moves its bytes.
    driver: AbortHandle,
    /// That it is there.
    held: Arc<()>,
    /// Those that this connection knows already.
    statements: HashMap<Function, Statement>,
    pub(super) used: Instant,
}

impl Target {
    /// How many connections there are, in use or not.
    pub(super) fn connections(&self) -> usize {
        Arc::strong_count(&self.held).saturating_sub(1)
    }

    /// A connection to the first server that takes writes.
    ///
    /// Runs on the runtime that is to move its bytes.
    pub(super) async fn connect(&self, purpose: Purpose) -> Result<Connection, NoConnection> {
        let each = self.connect_timeout / u32::try_from(self.servers.len()).unwrap_or(1).max(1);
        let mut worst = ConnectError::Failed(StoreError::Unavailable);
        let mut whys = Vec::new();
        for server in &self.servers {
            let silent = || Err(NoConnection::failed(StoreError::Unavailable, "no answer in time"));
            let NoConnection { error, why } = match timeout(each, self.connect_to(server, purpose))
                .await
                .unwrap_or_else(|_| silent())
            {
                Ok(connection) => return Ok(connection),
                Err(none) => none,
            };
            whys.push(format!("{}: {why}", address::shown(slice::from_ref(server))));
            // What a server said is worth more than that another one is silent.
            if error != ConnectError::Failed(StoreError::Unavailable) {
                worst = error;
            }
        }
        let why = whys.join("; ");
        tracing::debug!(why, "a connection to PostgreSQL could not be opened");
        Err(NoConnection { error: worst, why })
    }

    async fn connect_to(&self, server: &Config, purpose: Purpose) -> Result<Connection, NoConnection> {
        let connection = self.open(server).await?;
        // Before the time of who waits is over, so that the server says why, and the connection stays.
        let limit = match purpose {
            Purpose::Operations => (self.command_timeout.as_millis() * 9 / 10).max(1),
            Purpose::Migration => 0,
        };
        let had_another = connection.set_up(limit).await?;
        if had_another && !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                server = %address::shown(slice::from_ref(server)),
                "a pooler in front of PostgreSQL passes sessions on with the settings of others, and operations may fail; set \
                 `pool_mode = session` and `server_reset_query = DISCARD ALL` (PgBouncer)"
            );
        }
        if purpose == Purpose::Operations {
            connection.find_schema(&self.schema).await?;
        }
        Ok(connection)
    }

    async fn open(&self, server: &Config) -> Result<Connection, NoConnection> {
        let (client, driver) = match &self.tls {
            None => {
                let (client, driver) = server.connect(NoTls).await.map_err(|error| failed(&error))?;
                (client, Handle::current().spawn(driver).abort_handle())
            }
            Some(tls) => {
                let (client, driver) = server.connect(tls.clone()).await.map_err(|error| failed(&error))?;
                (client, Handle::current().spawn(driver).abort_handle())
            }
        };
        Ok(Connection {
            client,
            driver,
            held: Arc::clone(&self.held),
            statements: HashMap::new(),
            used: Instant::now(),
        })
    }
}

impl Connection {
    /// What functions rely on, whatever the defaults of the role or the database are; statements may take `limit` milliseconds. Says whether another
    /// client had this session before, and its settings are left.
    ///
    /// Functions of other schemas are not looked for: somebody else could have made one there that fits better than that of PostgreSQL.
    async fn set_up(&self, limit: u128) -> Result<bool, NoConnection> {
        let settings = format!(
            "SET search_path = pg_catalog; SELECT current_setting('transaction_read_only'), coalesce(current_setting('{MARK}', true), ''); \
             SET {MARK} = 'used'; SET default_transaction_isolation = 'read committed'; SET client_min_messages = 'warning'; \
             SET lock_timeout = 0; SET statement_timeout = {limit}"
        );
        let found = self.ask(&settings).await.map_err(|error| failed(&error))?;
        let mark = found.get(1).map_or("", String::as_str);
        match found.first().map(String::as_str) {
            Some("off") => Ok(!mark.is_empty()),
            _ => Err(NoConnection::failed(
                StoreError::ReadOnly,
                "it takes no writes: it is a standby, or set to read only",
            )),
        }
    }

    async fn find_schema(&self, schema: &Schema) -> Result<(), NoConnection> {
        let versions = format!(
            "SELECT version, usable_from FROM {} ORDER BY version DESC LIMIT 1",
            schema.member("schema_version")
        );
        let found = self.ask(&versions).await.map_err(|error| {
            let mut none = failed(&error);
            if none.error == ConnectError::Failed(StoreError::Schema) {
                none.why = format!(
                    "the database has no tables for the token store; run `PostgresStore::migrate`, or have the SQL of \
                     `PostgresStore::migration_sql` applied ({})",
                    none.why
                );
            }
            none
        })?;
        let number = |column: usize| found.get(column).and_then(|text| text.parse::<i32>().ok());
        let why = match (number(0), number(1)) {
            (Some(version), _) if version < VERSION => format!(
                "the tables of the token store are those of an older version; run `PostgresStore::migrate` (they have {version}, and {VERSION} \
                 is needed)"
            ),
            (Some(version), Some(usable_from)) if usable_from > VERSION => format!(
                "the tables of the token store are those of a newer version, which this one cannot use; update this application (they have \
                 {version}, and {VERSION} is known)"
            ),
            (Some(_), Some(_)) => return Ok(()),
            _ => "the tables of the token store have no version".to_owned(),
        };
        Err(NoConnection::failed(StoreError::Schema, &why))
    }

    /// Runs a call, and tells the server its statement first where it does not know it yet.
    pub(super) async fn run(&mut self, call: &Call, schema: &Schema) -> Result<Reply, Error> {
        let function = call.function();
        let statement = match self.statements.get(&function) {
            Some(known) => known.clone(),
            None => {
                let text = function.statement(schema);
                let prepared = self.client.prepare_typed(&text, function.types()).await?;
                self.statements.insert(function, prepared.clone());
                prepared
            }
        };
        let arguments: Vec<_> = call.arguments().collect();
        self.client.query_one(&statement, &arguments).await.map(Reply::new)
    }

    /// The first row that simple statements give, as text.
    pub(super) async fn ask(&self, statements: &str) -> Result<Vec<String>, Error> {
        let messages = self.client.simple_query(statements).await?;
        let row = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let texts = row.map(|row| {
            (0..row.len())
                .map(|at| row.get(at).unwrap_or_default().to_owned())
                .collect()
        });
        Ok(texts.unwrap_or_default())
    }

    /// Whether the server answers, after all that it was asked before.
    pub(super) async fn answers_before(&self, deadline: tokio::time::Instant) -> bool {
        matches!(timeout_at(deadline, self.client.check_connection()).await, Ok(Ok(())))
    }

    /// Ends what the server is doing for it, and the connection. A commit that waits for a standby is not ended by a time-out of the server, and
    /// would keep its connection and its locks for as long as the standby is away.
    pub(super) async fn cancel(self, tls: Option<Tls>, deadline: tokio::time::Instant) {
        let token = self.client.cancel_token();
        let cancelled = match tls {
            None => timeout_at(deadline, token.cancel_query(NoTls)).await,
            Some(tls) => timeout_at(deadline, token.cancel_query(tls)).await,
        };
        if !matches!(cancelled, Ok(Ok(()))) {
            tracing::debug!("a statement that nobody waits for could not be cancelled");
        }
    }

    /// How many there are to the same target, this one included.
    pub(super) fn number_open(&self) -> usize {
        Arc::strong_count(&self.held).saturating_sub(1)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

fn failed(error: &Error) -> NoConnection {
    NoConnection {
        error: match Fault::of(error) {
            Fault::Crowded => ConnectError::Crowded,
            Fault::Answered(cause) => ConnectError::Failed(cause),
            Fault::Broken | Fault::Unusable => ConnectError::Failed(StoreError::Unavailable),
        },
        why: in_words(error),
    }
}

/// What the server said, or the system: `error` alone says in which step.
fn in_words(error: &Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        words.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    words
}
