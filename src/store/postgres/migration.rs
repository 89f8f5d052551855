//! Putting the tables and functions of the store into the database: [`PostgresStore::migrate`].

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::Error;

use super::{
    PostgresStore,
    connection::{ConnectError, Connection, Purpose},
    fault::Fault,
    schema::{MIGRATIONS, Schema, VERSION},
};
use crate::store::StoreError;

/// Why the database was not migrated. Nothing was changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresMigrationError {
    /// There is no connection to a server that takes writes, or it broke.
    #[error("the database was not migrated, as there is no connection to it: {0}")]
    Connection(StoreError),
    /// The user may not make tables and functions.
    #[error(
        "the database was not migrated, as this user may not create a schema, tables or functions (SQLSTATE {code}); have the SQL of \
         `PostgresStore::migration_sql` applied by one who may"
    )]
    Permission {
        /// The SQLSTATE.
        code: String,
    },
    /// The schema is there without the tables, or without the newest of them, and belongs to somebody else, who could put other functions in the
    /// place of those that the store calls.
    #[error(
        "the database was not migrated, as the schema belongs to the role {owner}, who could change what is put there; take another name \
         (`PostgresStoreBuilder::schema`), or have the SQL of `PostgresStore::migration_sql` applied by that role"
    )]
    ForeignSchema {
        /// The role that owns the schema.
        owner: String,
    },
    /// It took longer than ten minutes: the server hangs, or somebody else holds a lock on the tables.
    #[error(
        "the database was not migrated within ten minutes; look for who holds locks in it (`pg_locks`), and start again"
    )]
    Slow,
    /// A statement failed.
    #[error("the database was not migrated, as a statement failed (SQLSTATE {code}); the log has what the server says")]
    Statement {
        /// The SQLSTATE.
        code: String,
    },
}

/// For all of it, another process that is doing it included.
const LONGEST: Duration = Duration::from_secs(600);

impl PostgresStore {
    /// Puts the tables and functions of the store into the database, or brings them up to date. Does nothing when they are.
    ///
    /// Several processes may do it at once, beside others that are at work: one does it, the others wait for that. Everything
    /// happens in one transaction. A database that a newer version has migrated is left as it is.
    ///
    /// The user needs the right to create a schema in the database (`GRANT CREATE ON DATABASE`), or the schema has to be there and the
    /// user be its owner. A schema with all the tables in it is used whoever owns it: that is how an administrator prepares one. Afterwards the application needs less: `USAGE` on the schema, `SELECT`, `INSERT`, `UPDATE` and `DELETE` on its
    /// tables, and `EXECUTE` on its functions, which PostgreSQL grants by itself.
    ///
    /// # Errors
    ///
    /// [`PostgresMigrationError`]: no connection, no right, a schema of somebody else in which something is to be made, a statement that failed, ten minutes
    /// that were not enough.
    pub async fn migrate(&self) -> Result<(), PostgresMigrationError> {
        let migrated = self.inner.link.on_thread(async |shared| {
            let target = shared.target();
            let connection = target.connect(Purpose::Migration).await.map_err(|none| {
                tracing::error!(why = none.why, "no connection to PostgreSQL for the migration");
                match none.error {
                    ConnectError::Crowded => PostgresMigrationError::Connection(StoreError::Unavailable),
                    ConnectError::Failed(cause) => PostgresMigrationError::Connection(cause),
                }
            })?;
            // Dropped with the connection, the transaction is undone.
            let migrated = timeout(LONGEST, connection.migrate(&target.schema)).await;
            migrated.map_err(|_| PostgresMigrationError::Slow)?.map_err(why)?;
            shared.has_tables();
            Ok(())
        });
        migrated
            .await
            .unwrap_or_else(|error| Err(PostgresMigrationError::Connection(error)))
    }

    /// The SQL that [`migrate`](Self::migrate) would run in a database whose schema has the version `from`, or 0 where there is none: for a
    /// database administrator. With `psql`, as the owner of the schema: `psql --single-transaction --set ON_ERROR_STOP=1 --file …`.
    ///
    /// The version is in the table `schema_version`.
    #[must_use]
    pub fn migration_sql(&self, from: u32) -> String {
        let schema = self.inner.link.schema();
        let mut sql = String::new();
        if from == 0 {
            sql.push_str(&format!("{};\n{}\n", schema.create(), schema.version_table()));
        }
        let due = MIGRATIONS
            .iter()
            .filter(|migration| i64::from(migration.version) > i64::from(from));
        sql.extend(due.map(|migration| schema.migration(migration)));
        match sql.is_empty() {
            true => sql,
            false => format!("SET search_path = pg_catalog;\n{sql}RESET search_path;\n"),
        }
    }
}

impl Connection {
    async fn migrate(&self, schema: &Schema) -> Result<(), Undone> {
        let name = schema.name();
        self.ask(&format!(
            "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('migration of {name}', 0))"
        ))
        .await?;
        let known = self
            .ask(&format!(
                "SELECT pg_has_role(current_user, nspowner, 'USAGE'), pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = '{name}'"
            ))
            .await?;
        if known.is_empty() {
            self.ask(&schema.create()).await?;
        }
        let is_ours_to_change = || match known.as_slice() {
            [is_ours, owner] if is_ours != "t" => Err(Undone::Foreign { owner: owner.clone() }),
            _ => Ok(()),
        };
        let noted = schema.member("schema_version");
        let has_table = self.ask(&format!("SELECT to_regclass('{noted}') IS NOT NULL")).await?;
        if has_table.first().map(String::as_str) != Some("t") {
            is_ours_to_change()?;
            self.ask(&schema.version_table()).await?;
        }
        let version = self
            .ask(&format!("SELECT coalesce(max(version), 0) FROM {noted}"))
            .await?;
        let version = version.first().and_then(|text| text.parse().ok()).unwrap_or(0);
        for migration in MIGRATIONS.iter().filter(|migration| migration.version > version) {
            // The owner can have made a table of versions with nothing in it.
            is_ours_to_change()?;
            self.ask(&schema.migration(migration)).await?;
            tracing::info!(
                version = migration.version,
                schema = name,
                "the tables of the token store were brought to this version"
            );
        }
        if version > VERSION {
            tracing::warn!(
                version,
                known = VERSION,
                "the tables of the token store are those of a newer version; they are left as they are"
            );
        }
        // Without it the transaction is undone when the connection closes.
        self.ask("COMMIT").await?;
        Ok(())
    }
}

/// Why a transaction was not committed.
enum Undone {
    Failed(Error),
    Foreign { owner: String },
}

impl From<Error> for Undone {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

fn why(undone: Undone) -> PostgresMigrationError {
    let error = match undone {
        Undone::Failed(error) => error,
        Undone::Foreign { owner } => return PostgresMigrationError::ForeignSchema { owner },
    };
    let Some(code) = error.code().map(|code| code.code().to_owned()) else {
        return PostgresMigrationError::Connection(StoreError::Unavailable);
    };
    if let Some(said) = error.as_db_error() {
        tracing::error!(
            code,
            message = said.message(),
            "a statement of the migration failed; nothing was changed"
        );
    }
    match Fault::of(&error) {
        Fault::Answered(StoreError::Refused) => PostgresMigrationError::Permission { code },
        Fault::Broken | Fault::Unusable => PostgresMigrationError::Connection(StoreError::Unavailable),
        Fault::Answered(_) | Fault::Crowded => PostgresMigrationError::Statement { code },
    }
}
