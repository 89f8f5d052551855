//! How the servers are set up: whether they can lose launches.

use super::{RedisStore, deployment::Deployment, link::Link};
use crate::store::{SetupFinding, SetupSubject, SetupVerdict};

const NOT_SHOWN: &str = "this server does not show its settings (`CONFIG`)";

impl RedisStore {
    /// What of the servers' settings decides whether launches are lost. Reads, and changes nothing. Of several servers the one that
    /// is set up worst counts.
    pub(super) async fn setup(&self) -> Vec<SetupFinding> {
        let deployment = &self.inner.deployment;
        let links = deployment.links().await;
        let is_replicated = deployment.has_fail_overs();
        let is_cluster = matches!(deployment, Deployment::Cluster(_));
        let mut worst: Vec<SetupFinding> = Vec::new();
        for link in &links {
            let mut findings = vec![eviction(link).await, disk(link).await];
            if is_replicated {
                findings.push(fail_over(link).await);
            }
            if is_cluster {
                findings.push(coverage(link).await);
            }
            for mut finding in findings {
                if links.len() > 1 && finding.verdict != SetupVerdict::Good {
                    finding.found = format!("{}: {}", link.describes_itself(), finding.found);
                }
                match worst.iter_mut().find(|known| known.subject == finding.subject) {
                    Some(known) if rank(finding.verdict) > rank(known.verdict) => *known = finding,
                    Some(_) => {}
                    None => worst.push(finding),
                }
            }
        }
        worst
    }
}

const fn rank(verdict: SetupVerdict) -> u8 {
    match verdict {
        SetupVerdict::Good => 0,
        SetupVerdict::Unknown => 1,
        SetupVerdict::Risky => 2,
    }
}

async fn eviction(link: &Link) -> SetupFinding {
    let subject = SetupSubject::Eviction;
    match link.setting("maxmemory-policy").await.as_deref() {
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

async fn disk(link: &Link) -> SetupFinding {
    let subject = SetupSubject::Disk;
    match link.setting("appendonly").await.as_deref() {
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
    match link.setting("appendfsync").await.as_deref() {
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

async fn fail_over(link: &Link) -> SetupFinding {
    let subject = SetupSubject::FailOver;
    match link.setting("min-replicas-to-write").await.as_deref() {
        None => SetupFinding::unknown(
            subject,
            format!("What a fail-over of Redis loses cannot be seen: {NOT_SHOWN}."),
        ),
        Some("0") => SetupFinding::risky(
            subject,
            "A primary that is cut off from its replicas goes on writing (`min-replicas-to-write 0`). All of that is lost when another one \
             takes its place: people are signed out, and refresh tokens come back that were used already.",
            "Set `min-replicas-to-write 1` and `min-replicas-max-lag 2` (or another small number of seconds) on every server; there have to be \
             two replicas, so that one may fail.",
        ),
        Some(_) => SetupFinding::good(
            subject,
            "A primary that is cut off from its replicas stops writing (`min-replicas-to-write`); a fail-over loses what came last at most.",
        ),
    }
}

async fn coverage(link: &Link) -> SetupFinding {
    let subject = SetupSubject::Coverage;
    match link.setting("cluster-require-full-coverage").await.as_deref() {
        None => SetupFinding::unknown(
            subject,
            format!("Whether one lost part of the cluster makes all of it unavailable cannot be seen: {NOT_SHOWN}."),
        ),
        Some("no") => SetupFinding::good(
            subject,
            "While one part of the cluster is lost, the others go on (`cluster-require-full-coverage no`).",
        ),
        Some(_) => SetupFinding::risky(
            subject,
            "While one part of the cluster is lost, no launch can be used at all (`cluster-require-full-coverage yes`).",
            "Set `cluster-require-full-coverage no` on every node: then only the launches of that part have to wait.",
        ),
    }
}
