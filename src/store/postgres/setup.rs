//! How the server is set up: whether it can lose launches.

use super::PostgresStore;
use crate::store::{SetupFinding, SetupSubject};

impl PostgresStore {
    /// What of the server's settings decides whether launches are lost. Reads, and changes nothing.
    pub(super) async fn setup(&self) -> Vec<SetupFinding> {
        vec![self.disk().await, self.fail_over().await, self.rights().await]
    }

    async fn disk(&self) -> SetupFinding {
        let subject = SetupSubject::Disk;
        let settings = "SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')";
        let answer = self.inner.link.ask(settings).await;
        let [fsync, full_pages, commit] = answer.as_deref().unwrap_or_default() else {
            return SetupFinding::unknown(
                subject,
                "Whether launches survive a restart of PostgreSQL cannot be seen: it does not answer.",
            );
        };
        if fsync != "on" || full_pages != "on" {
            return SetupFinding::risky(
                subject,
                format!(
                    "When the machine of PostgreSQL fails, its files may be damaged (`fsync {fsync}`, `full_page_writes {full_pages}`): all \
                     launches can be lost."
                ),
                "Set `fsync = on` and `full_page_writes = on`.",
            );
        }
        if commit == "off" {
            return SetupFinding::risky(
                subject,
                "When PostgreSQL or its machine fails, what came last is lost (`synchronous_commit off`): some people have to launch again, \
                 and refresh tokens come back that were used already.",
                "Set `synchronous_commit = on`, for the role or the database of this application.",
            );
        }
        SetupFinding::good(
            subject,
            format!("PostgreSQL forgets nothing that it acknowledged (`synchronous_commit {commit}`)."),
        )
    }

    async fn fail_over(&self) -> SetupFinding {
        let subject = SetupSubject::FailOver;
        let question = "SELECT current_setting('synchronous_standby_names') <> '' \
                        AND current_setting('synchronous_commit') NOT IN ('off', 'local'), \
                        EXISTS (SELECT FROM pg_replication_slots WHERE slot_type = 'physical') \
                        OR EXISTS (SELECT FROM pg_stat_replication)";
        let answer = self.inner.link.ask(question).await;
        match answer.as_deref().unwrap_or_default() {
            [waits, _] if waits == "t" => SetupFinding::good(
                subject,
                "A fail-over loses nothing that was acknowledged: commits wait for a standby (`synchronous_standby_names`).",
            ),
            [_, has_standby] if has_standby == "t" => SetupFinding::risky(
                subject,
                "A fail-over to the standby loses what came last, as commits do not wait for it: some people have to launch again, and \
                 refresh tokens come back that were used already.",
                "Set `synchronous_standby_names`, and `synchronous_commit` neither to `off` nor to `local`, if the time that a commit then takes \
                 can be afforded.",
            ),
            [_, _] => SetupFinding::unknown(subject, "No standby of PostgreSQL is to be seen."),
            _ => SetupFinding::unknown(
                subject,
                "Whether PostgreSQL has a standby cannot be seen: it does not answer.",
            ),
        }
    }

    async fn rights(&self) -> SetupFinding {
        let subject = SetupSubject::Rights;
        let name = self.inner.link.schema().name();
        let question = format!(
            "SELECT coalesce(string_agg(format('%s on %s', privilege, c.relname), ', '), '') \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege \
             WHERE n.nspname = '{name}' AND c.relkind = 'r' AND c.relname <> 'schema_version' \
             AND NOT has_table_privilege(c.oid, privilege)"
        );
        let answer = self.inner.link.ask(&question).await;
        match answer.as_deref().unwrap_or_default() {
            [missing] if missing.is_empty() => {
                SetupFinding::good(subject, "The user may do all that the token store needs.")
            }
            [missing] => SetupFinding::risky(
                subject,
                format!("The user lacks rights ({missing}): sign-ins, refreshes or logouts fail."),
                format!("`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {name} TO …`."),
            ),
            _ => SetupFinding::unknown(
                subject,
                "Whether the user has the rights that the token store needs cannot be seen: PostgreSQL does not answer.",
            ),
        }
    }
}
