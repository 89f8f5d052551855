//! How the server is set up: whether it can lose launches.

use super::RedisStore;
use crate::store::{SetupFinding, SetupSubject};

const NOT_SHOWN: &str = "this server does not show its settings (`CONFIG`)";

impl RedisStore {
    /// What of the server's settings decides whether launches are lost. Reads, and changes nothing.
    pub(super) async fn setup(&self) -> Vec<SetupFinding> {
        vec![self.eviction().await, self.disk().await]
    }

    async fn eviction(&self) -> SetupFinding {
        let subject = SetupSubject::Eviction;
        match self.inner.link.setting("maxmemory-policy").await.as_deref() {
            None => SetupFinding::unknown(
                subject,
                format!("Whether Redis throws launches away when memory is short cannot be seen: {NOT_SHOWN}."),
            ),
            Some("noeviction") => SetupFinding::good(
                subject,
                "Redis throws nothing away when memory is short (`noeviction`).",
            ),
            Some(policy) => SetupFinding::risky(
                subject,
                format!(
                    "Redis throws launches away when its memory is short (`maxmemory-policy {policy}`): people are signed out."
                ),
                "Set `maxmemory-policy noeviction`, and give the server enough memory.",
            ),
        }
    }

    async fn disk(&self) -> SetupFinding {
        let subject = SetupSubject::Disk;
        match self.inner.link.setting("appendonly").await.as_deref() {
            None => {
                return SetupFinding::unknown(
                    subject,
                    format!("Whether launches survive a restart of Redis cannot be seen: {NOT_SHOWN}."),
                );
            }
            Some("yes") => {}
            Some(_) => {
                return SetupFinding::risky(
                    subject,
                    "Redis keeps no log on disk (`appendonly no`): its restart ends launches, and brings refresh tokens back that were \
                     used already.",
                    "Set `appendonly yes` and `appendfsync always`.",
                );
            }
        }
        match self.inner.link.setting("appendfsync").await.as_deref() {
            Some("always") => SetupFinding::good(
                subject,
                "Redis forgets nothing that it acknowledged (`appendfsync always`).",
            ),
            Some(when) => SetupFinding::risky(
                subject,
                format!(
                    "When the machine of Redis fails, what came last is lost (`appendfsync {when}`): some people have to launch again."
                ),
                "Set `appendfsync always`, if the disk is fast enough for it.",
            ),
            None => SetupFinding::unknown(
                subject,
                format!("When Redis writes to disk cannot be seen: {NOT_SHOWN}."),
            ),
        }
    }
}
