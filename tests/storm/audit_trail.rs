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
    losses::LAG,
    records::Records,
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
/// stopped so long that it could not send any more what it was about to send has an event of that failure, one for each time.
pub(crate) fn assert_adds_up(scene: &Scene, traffic: &Traffic, records: &Records, havoc: &Havoc) {
    for at in 0..scene.processes.count() {
        scene.processes.stop(at);
    }
    let (events, sent) = (read(&scene.journal), ledger::refreshes(&scene.sandbox));
    let was_killed = |agent: &str| havoc.kills.iter().any(|kill| kill.agent == agent);

    let mut missed = 0;
    for ((agent, grant), it) in &refreshes(traffic, &events, &sent) {
        let told = it.refreshed + it.failed;
        let missing = it.seen.saturating_sub(told);
        assert!(
            missing <= usize::from(was_killed(agent)),
            "{agent}, launch {grant}: {it:?}"
        );
        let unsent = told.saturating_sub(it.seen);
        let may_be = it.failed.min(stops_before_sending(agent, havoc));
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
    let unknown = ends_nobody_was_told(traffic, &events, &sent, records, havoc);
    println!(
        "  audit: {} refreshes, as the EHR saw {} ({missed} were under way when a process was killed); as the metrics of {counted_by} \
         processes say; {} ends ({unknown} missing)",
        refreshed.len(),
        sent.values().map(Vec::len).sum::<usize>(),
        events.iter().filter(|event| event.event == "end").count(),
    );
}

/// How old the note that a refresh token is being sent may be when it is sent, in milliseconds.
const LEAD: u64 = 5_000;

/// How often this process was stopped for so long that what it was about to send could not be sent any more.
fn stops_before_sending(agent: &str, havoc: &Havoc) -> usize {
    let its = havoc.freezes.iter().filter(|freeze| freeze.agent == agent);
    its.filter(|freeze| freeze.to - freeze.from + LAG > LEAD).count()
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
    records: &Records,
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
        let (ended_at, died) = (tab.ended_at(), records.ends_that_died(tab.launch.grant, havoc));
        assert!(are_possible(&ends, died, ended_at.is_none()), "{died} died: {ends:?}");
        let Some(ended_at) = ended_at else { continue };
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

/// Whether a launch can have these ends, of which so many died with a primary: it was open again afterwards.
fn are_possible(ends: &[&Noted], died: usize, is_open: bool) -> bool {
    let at_once = ends.iter().filter(|end| end.ended_at.is_none()).count();
    at_once <= 1 + died && (!is_open || ends.len() <= died)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hits::Freeze;

    #[test]
    fn a_refresh_that_was_never_sent_is_put_down_to_a_stop_of_its_process_that_was_longer_than_the_lead() {
        let freeze = |agent: &str, lasted| Freeze {
            agent: agent.to_owned(),
            from: 1_000,
            to: 1_000 + lasted,
        };
        let long = LEAD - LAG + 1;
        let havoc = Havoc {
            freezes: vec![
                freeze("process-0.0", long - 1),
                freeze("process-1.0", long),
                freeze("process-1.0", long),
                freeze("process-1.0", 1_000),
            ],
            ..Havoc::default()
        };
        assert_eq!(stops_before_sending("process-0.0", &havoc), 0);
        assert_eq!(stops_before_sending("process-1.0", &havoc), 2);
        assert_eq!(stops_before_sending("process-2.0", &havoc), 0);
    }

    #[test]
    fn a_launch_ends_once_and_is_not_open_then_but_where_its_end_died_with_a_primary() {
        let end = |id: &str, ended_at: Option<&str>| Noted {
            id: id.to_owned(),
            agent: "process-0.0".to_owned(),
            event: "end".to_owned(),
            launch: None,
            patient: None,
            result: None,
            ended_at: ended_at.map(str::to_owned),
        };
        let (one, two, found_later) = (end("1", None), end("2", None), end("3", Some("earlier")));
        for (ends, died, is_open, may_be) in [
            (vec![], 0, true, true),
            (vec![&one], 0, false, true),
            (vec![&one, &found_later], 0, false, true),
            (vec![&one, &two], 0, false, false),
            (vec![&one, &two], 1, false, true),
            (vec![&one], 0, true, false),
            (vec![&found_later], 0, true, false),
            (vec![&one], 1, true, true),
            (vec![&one, &two], 1, true, false),
        ] {
            assert_eq!(are_possible(&ends, died, is_open), may_be, "{ends:?} {died} {is_open}");
        }
    }
}
