//! Putting the tables there, once, at once, again, and by somebody else.

use std::time::Duration;

use actix_smart_auth::store::{PostgresMigrationError, StoreError, TokenStoreBackend as _, acceptance::sample};

use crate::support::{Rows, builder, connect, is_open, migrated, open, postgres_url, schema_name, store, until_open};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_processes_migrate_at_once_and_again() {
    let Some(url) = postgres_url() else { return };
    let schema = schema_name();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let store = builder(&url, &schema).build().unwrap();
            tokio::spawn(async move { store.migrate().await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(()));
    }
    let store = store(&url, &schema);
    let key = open(&store, sample::browser()).await.unwrap();
    // Beside processes that are at work.
    let again = builder(&url, &schema).build().unwrap();
    assert_eq!(again.migrate().await, Ok(()));
    assert!(is_open(&store, key).await);
    let rows = Rows::of(&url, &schema).await;
    let applied = rows
        .one("SELECT count(*), max(version) FROM S.schema_version", &[])
        .await;
    assert_eq!((applied.get::<_, i64>(0), applied.get::<_, i32>(1)), (3, 3));
}

#[tokio::test]
async fn without_tables_each_operation_says_so_until_somebody_has_put_them_there() {
    let Some(url) = postgres_url() else { return };
    let schema = schema_name();
    let late = store(&url, &schema);
    for _ in 0..2 {
        assert_eq!(open(&late, sample::browser()).await, Err(StoreError::Schema));
    }
    builder(&url, &schema).build().unwrap().migrate().await.unwrap();
    let key = open(&store(&url, &schema), sample::browser()).await.unwrap();
    // The process need not be started again.
    until_open(&late, key).await;
}

#[tokio::test]
async fn the_tables_of_a_newer_version_are_used_if_it_says_that_they_can_be() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let rows = Rows::of(&url, &schema).await;
    let newer = "INSERT INTO S.schema_version (version, usable_from) VALUES ($1, $2)";
    rows.run(newer, &[&4, &3]).await;
    assert!(open(&store(&url, &schema), sample::browser()).await.is_ok());
    rows.run(newer, &[&5, &4]).await;
    assert_eq!(
        open(&store(&url, &schema), sample::browser()).await,
        Err(StoreError::Schema)
    );
    // An old process that migrates leaves them as they are.
    let old = builder(&url, &schema).build().unwrap();
    assert_eq!(old.migrate().await, Ok(()));
    let version = rows.one("SELECT max(version) FROM S.schema_version", &[]).await;
    assert_eq!(version.get::<_, i32>(0), 5);
}

#[tokio::test]
async fn the_tables_of_an_older_version_are_not_used() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let rows = Rows::of(&url, &schema).await;
    rows.run("DELETE FROM S.schema_version WHERE version > 1", &[]).await;
    let opened = open(&store(&url, &schema), sample::browser()).await;
    assert_eq!(opened, Err(StoreError::Schema));
}

#[tokio::test]
async fn tables_of_the_version_before_are_brought_up_to_date_under_processes_that_are_at_work() {
    let Some(url) = postgres_url() else { return };
    let schema = schema_name();
    let built = builder(&url, &schema).build().unwrap();
    let framed = built.migration_sql(2);
    let last = framed.strip_prefix("SET search_path = pg_catalog;\n").unwrap();
    let last = last.strip_suffix("RESET search_path;\n").unwrap();
    let administrator = connect(&url).await;
    let first = built.migration_sql(0).replace(last, "");
    administrator.batch_execute(&first).await.unwrap();
    let late = store(&url, &schema);
    assert_eq!(open(&late, sample::browser()).await, Err(StoreError::Schema));
    assert_eq!(built.migrate().await, Ok(()));
    let store = store(&url, &schema);
    let key = open(&store, sample::browser()).await.unwrap();
    assert!(is_open(&store, key).await);
    // Its connection knows these functions by now.
    let again = format!("DELETE FROM {schema}.schema_version WHERE version = 3; {last}");
    administrator.batch_execute(&again).await.unwrap();
    assert!(is_open(&store, key).await);
    open(&store, sample::browser()).await.unwrap();
}

/// The role of the application needs no right to make anything.
#[tokio::test]
async fn a_role_that_may_not_create_works_with_what_an_administrator_has_applied() {
    let Some(url) = postgres_url() else { return };
    let (schema, role) = (schema_name(), schema_name());
    let administrator = connect(&url).await;
    administrator
        .batch_execute(&format!("CREATE ROLE {role} LOGIN"))
        .await
        .unwrap();
    let (before, after) = url.split_once('@').unwrap();
    let scheme = before.split_once("//").unwrap().0;
    let url_of_role = format!("{scheme}//{role}@{after}");
    // On a busy machine what is looked at in a catalogue takes its time.
    let patient = builder(&url_of_role, &schema).command_timeout(Duration::from_secs(20));
    let application = patient.connect_timeout(Duration::from_secs(20)).build().unwrap();
    let refused = application.migrate().await.unwrap_err();
    assert_eq!(
        refused,
        PostgresMigrationError::Permission {
            code: "42501".to_owned()
        }
    );
    administrator
        .batch_execute(&application.migration_sql(0))
        .await
        .unwrap();
    administrator
        .batch_execute(&format!(
            "GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}"
        ))
        .await
        .unwrap();
    let store = store(&url_of_role, &schema);
    let key = open(&store, sample::browser()).await.unwrap();
    assert!(is_open(&store, key).await);
    // There is nothing to do, and nothing is done.
    assert_eq!(application.migrate().await, Ok(()));
    let findings = application.look_at_setup().await;
    assert!(
        findings.iter().any(|finding| finding.found.contains("may do all")),
        "{findings:?}"
    );
    let take = format!("REVOKE DELETE ON {schema}.claim FROM {role}");
    administrator.batch_execute(&take).await.unwrap();
    let findings = application.look_at_setup().await;
    assert!(
        findings.iter().any(|finding| finding.found.contains("DELETE on claim")),
        "{findings:?}"
    );
    administrator
        .batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .await
        .unwrap();
}

/// Who owns a schema can put other functions in the place of those in it.
#[tokio::test]
async fn tables_are_put_into_a_schema_of_the_user_and_not_into_one_of_somebody_else() {
    let Some(url) = postgres_url() else { return };
    let (schema, role, other) = (schema_name(), schema_name(), schema_name());
    let administrator = connect(&url).await;
    let prepare = format!(
        "CREATE ROLE {role} LOGIN; CREATE ROLE {other}; CREATE SCHEMA {schema} AUTHORIZATION {other}; \
         GRANT CREATE, USAGE ON SCHEMA {schema} TO {role}"
    );
    administrator.batch_execute(&prepare).await.unwrap();
    let (before, after) = url.split_once('@').unwrap();
    let url_of_role = format!("{}//{role}@{after}", before.split_once("//").unwrap().0);
    let patient = builder(&url_of_role, &schema).command_timeout(Duration::from_secs(20));
    let application = patient.connect_timeout(Duration::from_secs(20)).build().unwrap();
    let foreign = PostgresMigrationError::ForeignSchema { owner: other.clone() };
    assert_eq!(application.migrate().await, Err(foreign.clone()));
    // A table of versions alone, which says that nothing is there yet, makes no difference.
    let plant = format!(
        "CREATE TABLE {schema}.schema_version (version integer PRIMARY KEY, usable_from integer NOT NULL); \
         ALTER TABLE {schema}.schema_version OWNER TO {other}; GRANT SELECT, INSERT ON {schema}.schema_version TO {role}"
    );
    administrator.batch_execute(&plant).await.unwrap();
    assert_eq!(application.migrate().await, Err(foreign));
    let rows = Rows::of(&url, &schema).await;
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = $1";
    assert_eq!(rows.one(tables, &[&schema]).await.get::<_, i64>(0), 1);
    // A member of the owning role is an owner.
    let grant = format!("GRANT {other} TO {role}");
    administrator.batch_execute(&grant).await.unwrap();
    assert_eq!(application.migrate().await, Ok(()));
    open(&store(&url_of_role, &schema), sample::browser()).await.unwrap();
    let clean = format!("DROP SCHEMA {schema} CASCADE; DROP OWNED BY {role}; DROP ROLE {role}; DROP ROLE {other}");
    administrator.batch_execute(&clean).await.unwrap();
}

#[tokio::test]
async fn sql_for_a_database_that_is_up_to_date_is_empty() {
    let store = builder("postgres://127.0.0.1:1/a", "mine").build().unwrap();
    assert_eq!(store.migration_sql(3), "");
    let migrated = store.migrate().await;
    assert_eq!(
        migrated,
        Err(PostgresMigrationError::Connection(StoreError::Unavailable))
    );
}

#[tokio::test]
async fn a_store_that_found_no_tables_works_as_soon_as_they_are_there() {
    let Some(url) = postgres_url() else { return };
    let built = builder(&url, &schema_name()).build().unwrap();
    assert_eq!(built.time().await.unwrap_err(), StoreError::Schema);
    built.migrate().await.unwrap();
    built.time().await.unwrap();
}
