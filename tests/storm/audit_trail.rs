//! What the processes say of a run, in audit events and metrics, and whether it adds up with what the EHR saw.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    sync::Mutex,
};

use actix_smart_auth::audit::{AuditError, AuditEvent, AuditFuture, AuditSink};
use serde::{Deserialize, Serialize};

use crate::{
    havoc::Havoc,
    ledger::{self, Sent},
    scene::Scene,
    traffic::Traffic,
};

/// An audit sink that appends to one file for all processes.
pub(crate) struct Trail {
    agent: String,
    file: Mutex<File>,
}

#[derive(Serialize)]
struct Line<'a> {
    agent: &'a str,
    #[serde(flatten)]
    event: &'a AuditEvent,
}

/// One audit event, as far as it is looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) struct Noted {
    id: String,
    /// Which process wrote it.
    agent: String,
    event: String,
    launch: Option<String>,
    patient: Option<String>,
    result: Option<String>,
    ended_at: Option<String>,
}

/// The refreshes of one launch by one process.
#[derive(Debug, Default)]
struct Refreshes {
    /// That the EHR saw.
    seen: usize,
    /// Audit events of those that brought tokens.
    refreshed: usize,
    /// Audit events of others.
    failed: usize,
}

impl Trail {
    pub(crate) fn open(journal: &Path, agent: &str) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(trail(journal));
        Self {
            agent: agent.to_owned(),
            file: Mutex::new(file.unwrap()),
        }
    }
}

impl AuditSink for Trail {
    fn write<'a>(&'a self, events: &'a [AuditEvent]) -> AuditFuture<'a> {
        Box::pin(async move {
            let mut lines = Vec::new();
            for event in events {
                let line = Line {
                    agent: &self.agent,
                    event,
                };
                serde_json::to_writer(&mut lines, &line).map_err(|_| AuditError::Refused)?;
                lines.push(b'\n');
            }
            let mut file = self.file.lock().map_err(|_| AuditError::Unavailable)?;
            file.write_all(&lines).map_err(|_| AuditError::Unavailable)
        })
    }
}

fn trail(journal: &Path) -> PathBuf {
    journal.with_file_name("audit")
}

/// Where a process writes its metrics when it stops.
pub(crate) fn metrics(journal: &Path, agent: &str) -> PathBuf {
    journal.with_file_name(format!("metrics-{agent}"))
}

/// Each event once: one may be written twice.
fn read(journal: &Path) -> BTreeSet<Noted> {
    let text = std::fs::read_to_string(trail(journal)).unwrap();
    // The last line of a process that was killed may be a part of one.
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// The sum of a metric over its labels, of one process. `None` when the process was killed before it could say so.
fn counted(journal: &Path, agent: &str, name: &str) -> Option<usize> {
    let text = std::fs::read_to_string(metrics(journal, agent)).ok()?;
    let of_metric = text.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
    Some(
        of_metric
            .map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap())
            .sum(),
    )
}

/// Stops the processes, so that they write what they have to say, and compares.
///
/// A process that was killed loses its metrics, and of each launch at most the event of a refresh that was under way. A process that was
/// stopped so long that it could not send any more what it was about to send has an event of that failure.
pub(crate) fn assert_adds_up(scene: &Scene, traffic: &Traffic, havoc: &Havoc) {
    for at in 0..scene.processes.count() {
        scene.processes.stop(at);
    }
    let (events, sent) = (read(&scene.journal), ledger::refreshes(&scene.sandbox));
    let was_killed = |agent: &str| havoc.kills.iter().any(|kill| kill.agent == agent);
    let was_stopped = |agent: &str| havoc.freezes.iter().any(|freeze| freeze.agent == agent);

    let mut missed = 0;
    for ((agent, grant), it) in &refreshes(traffic, &events, &sent) {
        let told = it.refreshed + it.failed;
        let missing = it.seen.saturating_sub(told);
        assert!(
            missing <= usize::from(was_killed(agent)),
            "{agent}, launch {grant}: {it:?}"
        );
        let unsent = told.saturating_sub(it.seen);
        let may_be = if was_stopped(agent) { it.failed } else { 0 };
        assert!(unsent <= may_be, "{agent}, launch {grant}: {it:?}");
        missed += missing;
    }
    let refreshed: Vec<_> = events.iter().filter(|event| event.event == "refresh").collect();
    let mut counted_by = 0;
    let agents: BTreeSet<_> = events.iter().map(|event| event.agent.as_str()).collect();
    for agent in agents.into_iter().filter(|agent| !was_killed(agent)) {
        let told = refreshed.iter().filter(|event| event.agent == agent).count();
        let metric = counted(&scene.journal, agent, "smart_refreshes_total");
        assert_eq!(metric, Some(told), "{agent}");
        counted_by += 1;
    }
    assert!(counted_by > 0, "every process was killed");
    let unknown = ends_nobody_was_told(traffic, &events, &sent, havoc);
    println!(
        "  audit: {} refreshes, as the EHR saw {} ({missed} were under way when a process was killed); as the metrics of {counted_by} \
         processes say; {} ends ({unknown} missing)",
        refreshed.len(),
        sent.values().map(Vec::len).sum::<usize>(),
        events.iter().filter(|event| event.event == "end").count(),
    );
}

/// By process and grant.
fn refreshes(
    traffic: &Traffic,
    events: &BTreeSet<Noted>,
    sent: &BTreeMap<usize, Vec<Sent>>,
) -> BTreeMap<(String, usize), Refreshes> {
    let mut found = BTreeMap::<_, Refreshes>::new();
    for (grant, sent) in sent {
        for one in sent {
            found.entry((one.agent.clone(), *grant)).or_default().seen += 1;
        }
    }
    for event in events.iter().filter(|event| event.event == "refresh") {
        let mut launches = traffic.tabs.iter().map(|tab| &tab.launch);
        let launch = launches.find(|launch| Some(&launch.patient) == event.patient.as_ref());
        let it = found.entry((event.agent.clone(), launch.unwrap().grant)).or_default();
        match event.result.as_deref() {
            Some("refreshed") => it.refreshed += 1,
            _ => it.failed += 1,
        }
    }
    found
}

/// Checks that each launch was opened once and is open, or has an end. Gives back how many have none because the process that would have
/// told it was killed, or the store was away.
fn ends_nobody_was_told(
    traffic: &Traffic,
    events: &BTreeSet<Noted>,
    sent: &BTreeMap<usize, Vec<Sent>>,
    havoc: &Havoc,
) -> usize {
    let mut missing = 0;
    for tab in &traffic.tabs {
        let of_patient = events
            .iter()
            .filter(|event| event.patient.as_ref() == Some(&tab.launch.patient));
        let opened: Vec<_> = of_patient.filter(|event| event.event == "sign_in").collect();
        assert_eq!(opened.len(), 1, "{opened:?}");
        let of_launch = events.iter().filter(|event| event.launch == opened[0].launch);
        let ends: Vec<_> = of_launch.filter(|event| event.event == "end").collect();
        let at_once = ends.iter().filter(|end| end.ended_at.is_none()).count();
        assert!(at_once <= 1, "it ended twice: {ends:?}");
        let Some(ended_at) = tab.ended_at() else {
            assert!(ends.is_empty(), "it is open: {ends:?}");
            continue;
        };
        if ends.is_empty() {
            let last = sent.get(&tab.launch.grant).and_then(|sent| sent.last());
            let since = last.map_or(0, |last| last.at);
            let killed = havoc.kills.iter().any(|kill| (since..=ended_at).contains(&kill.at));
            assert!(
                killed || havoc.store_was_away(since, ended_at),
                "no end of {}",
                tab.launch.patient
            );
            missing += 1;
        }
    }
    missing
}
