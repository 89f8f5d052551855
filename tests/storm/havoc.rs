//! What goes wrong on a bad day, written down with its time.

use std::{
    fmt,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use actix_smart_auth::time::{Clock as _, SystemClock};

use crate::{
    dice::Dice,
    fail_overs::{self, FailOvers},
    hits::{Freeze, Kill, Targets},
    moods::{Spell, annoy_ehr},
    outages::{Outage, hit_store},
    scene::Scene,
    store_server::StoreServer,
};

/// Everything that was done.
#[derive(Debug, Default)]
pub(crate) struct Havoc {
    pub(crate) kills: Vec<Kill>,
    /// Processes that were stopped and started as at a rolling restart.
    pub(crate) restarts: usize,
    pub(crate) freezes: Vec<Freeze>,
    /// How often somebody set a wall clock.
    pub(crate) clock_steps: usize,
    pub(crate) outages: Vec<Outage>,
    /// Those of them after which another server was the primary.
    pub(crate) fail_overs: Vec<Outage>,
    /// Of a cluster.
    pub(crate) slots_moved: usize,
    pub(crate) spells: Vec<Spell>,
}

impl Havoc {
    /// For how many milliseconds of this time that process was stopped.
    pub(crate) fn stopped_for(&self, process: usize, from: u64, to: u64) -> u64 {
        let name = format!("process-{process}.");
        let its = self.freezes.iter().filter(|freeze| freeze.agent.starts_with(&name));
        its.map(|freeze| freeze.to.min(to).saturating_sub(freeze.from.max(from)))
            .sum()
    }

    pub(crate) fn store_was_away(&self, from: u64, to: u64) -> bool {
        self.outages.iter().any(|outage| outage.from <= to && from <= outage.to)
    }
}

impl fmt::Display for Havoc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let longest = |times: &mut dyn Iterator<Item = (u64, u64)>| {
            let longest = times.map(|(from, to)| to - from).max().unwrap_or(0);
            Duration::from_millis(longest)
        };
        let of_store = |killed, long| {
            let such = |outage: &&Outage| outage.killed == killed && outage.long == long;
            self.outages.iter().filter(such).count()
        };
        write!(
            f,
            "{} kills, {} rolling restarts, {} processes stopped and continued (the longest for {:.1?}), {} clocks set; \
             {} restarts and {} pauses of the store, and {} times away (the longest for {:.1?}); {} fail-overs, {} of them of \
             the servers' own accord, {} slots moved; {} bad moods of the EHR",
            self.kills.len(),
            self.restarts,
            self.freezes.len(),
            longest(&mut self.freezes.iter().map(|freeze| (freeze.from, freeze.to))),
            self.clock_steps,
            of_store(true, false),
            of_store(false, false) - self.fail_overs.iter().filter(|one| !one.killed).count(),
            of_store(true, true) + of_store(false, true),
            longest(&mut self.outages.iter().map(|outage| (outage.from, outage.to))),
            self.fail_overs.len(),
            self.fail_overs.iter().filter(|one| !one.killed).count(),
            self.slots_moved,
            self.spells.len(),
        )
    }
}

/// What may be done to a scene.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Powers {
    /// Whether processes may be killed and restarted. They are stopped and continued, and their clocks set, in any case.
    pub(crate) kills: bool,
    /// Whether there is time for what is longer than a deadline: the EHR's answers, stopped processes, a store that is
    /// away.
    pub(crate) long: bool,
}

/// Makes trouble for that long; afterwards everything is in order again.
pub(crate) fn make(scene: &Scene, powers: Powers, lasts: Duration, dice: &mut Dice) -> impl FnOnce() -> Havoc + use<> {
    let (sandbox, processes) = (Arc::clone(&scene.sandbox), Arc::clone(&scene.processes));
    let server = scene.server.clone();
    let [mut one, mut two, mut three, mut four, mut five] = std::array::from_fn(|_| dice.fork());
    move || {
        let until = Instant::now() + lasts;
        let targets = Targets::new(&processes);
        let targets = &targets;
        thread::scope(|scope| {
            let ehr = scope.spawn(|| annoy_ehr(&sandbox, powers, until, &mut one));
            let store = scope.spawn(|| {
                let Some(server) = server else {
                    return Default::default();
                };
                let has_replicas = matches!(
                    *server.lock().unwrap(),
                    StoreServer::Sentinel(_) | StoreServer::Cluster(_)
                );
                match has_replicas {
                    true => (Vec::new(), fail_overs::make(&server, powers, until, &mut two)),
                    false => (hit_store(&server, powers, until, &mut two), FailOvers::default()),
                }
            });
            let freezes = scope.spawn(|| targets.freeze(powers, until, &mut three));
            let clocks = scope.spawn(|| targets.set_clocks(until, &mut four));
            let (kills, restarts) = match powers.kills {
                true => targets.kill_and_restart(powers, until, &mut five),
                false => Default::default(),
            };
            let (freezes, clock_steps) = (freezes.join().unwrap(), clocks.join().unwrap());
            let (outages, fail_overs) = store.join().unwrap();
            Havoc {
                kills,
                restarts,
                freezes,
                clock_steps,
                outages: [outages, fail_overs.outages.clone()].concat(),
                fail_overs: fail_overs.outages,
                slots_moved: fail_overs.slots_moved,
                spells: ehr.join().unwrap(),
            }
        })
    }
}

pub(crate) fn now() -> u64 {
    SystemClock.now().as_millis()
}
