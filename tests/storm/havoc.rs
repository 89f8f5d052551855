//! What goes wrong on a bad day, written down with its time.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use actix_smart_auth::time::{Clock as _, SystemClock};

use crate::{
    dice::Dice,
    fail_overs::{self, FailOvers},
    hits::{Freeze, Kill, Targets},
    moods::{Mood, Spell, annoy_ehr},
    outages::{Outage, hit_store},
    own_accord::Watch,
    scene::{Keeping, Scene},
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
    /// Goes on when all this is over: the servers may find one another dead at any time.
    pub(crate) watch: Option<Watch>,
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

    /// Whether what the store acknowledged then, of a launch in this slot, may have died with a primary.
    pub(crate) fn may_have_lost(&self, at: u64, slot: u16) -> bool {
        self.fail_overs.iter().any(|outage| outage.may_have_lost(at, slot))
    }

    /// Watches the servers of the store for as long as something takes.
    pub(crate) async fn watching<T>(&mut self, scene: &Scene, what: impl Future<Output = T>) -> T {
        let (Some(mut watch), Some(server)) = (self.watch.take(), scene.server.clone()) else {
            return what.await;
        };
        let over = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&over);
        let watching = tokio::task::spawn_blocking(move || {
            watch.look_until(&server.lock().unwrap(), &is_over);
            watch.take()
        });
        let done = what.await;
        over.store(true, SeqCst);
        let seen = watching.await.unwrap();
        self.outages.extend(seen.iter().cloned());
        self.fail_overs.extend(seen);
        done
    }

    /// What should have been done at least once with these powers, and was not.
    pub(crate) fn lacks(&self, powers: Powers, keeping: Keeping) -> Vec<&'static str> {
        let has_replicas = matches!(keeping, Keeping::Sentinel | Keeping::Cluster);
        let is_alone = matches!(keeping, Keeping::Redis | Keeping::Postgres);
        let hit = |long: bool, killed: Option<bool>| {
            let such = |outage: &Outage| outage.long == long && killed.is_none_or(|killed| outage.killed == killed);
            self.outages.iter().any(such)
        };
        let felt = |is_it: fn(Mood) -> bool| self.spells.iter().any(|spell| is_it(spell.mood));
        let kinds = [
            ("kills", powers.kills, !self.kills.is_empty()),
            ("rolling restarts", powers.kills, self.restarts > 0),
            ("stopped processes", true, !self.freezes.is_empty()),
            ("clocks that were set", true, self.clock_steps > 0),
            ("restarts of the store", is_alone, hit(false, Some(true))),
            ("pauses of the store", is_alone, hit(false, Some(false))),
            ("times of the store away", is_alone, hit(true, None)),
            (
                "primaries killed",
                has_replicas,
                self.fail_overs.iter().any(|one| one.killed),
            ),
            ("moved slots", keeping == Keeping::Cluster, self.slots_moved > 0),
            ("a slow EHR", true, felt(|mood| matches!(mood, Mood::Slow(_)))),
            ("an EHR that fails", true, felt(|mood| mood == Mood::Fails)),
            ("lost answers", true, felt(|mood| mood == Mood::LosesAnswers)),
            (
                "an EHR that is too slow",
                powers.long,
                felt(|mood| mood == Mood::TooSlow),
            ),
        ];
        let lacking = kinds.into_iter().filter(|(_, may_be, was)| *may_be && !was);
        lacking.map(|(kind, ..)| kind).collect()
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

/// Makes trouble for that long, and longer where some kind of it has not come yet; afterwards everything is in order again.
pub(crate) fn make(scene: &Scene, powers: Powers, lasts: Duration, dice: &mut Dice) -> impl FnOnce() -> Havoc + use<> {
    let (sandbox, processes) = (Arc::clone(&scene.sandbox), Arc::clone(&scene.processes));
    let (server, began) = (scene.server.clone(), scene.began);
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
                if !has_replicas {
                    return (hit_store(&server, powers, until, &mut two), FailOvers::default(), None);
                }
                let mut watch = Watch::of_new(&server.lock().unwrap(), began);
                let mut fail_overs = fail_overs::make(&server, &mut watch, powers, until, &mut two);
                fail_overs.outages.extend(watch.take());
                (Vec::new(), fail_overs, Some(watch))
            });
            let freezes = scope.spawn(|| targets.freeze(powers, until, &mut three));
            let clocks = scope.spawn(|| targets.set_clocks(until, &mut four));
            let (kills, restarts) = match powers.kills {
                true => targets.kill_and_restart(powers, until, &mut five),
                false => Default::default(),
            };
            let (freezes, clock_steps) = (freezes.join().unwrap(), clocks.join().unwrap());
            let (outages, fail_overs, watch) = store.join().unwrap();
            Havoc {
                kills,
                restarts,
                freezes,
                clock_steps,
                outages: [outages, fail_overs.outages.clone()].concat(),
                fail_overs: fail_overs.outages,
                slots_moved: fail_overs.slots_moved,
                spells: ehr.join().unwrap(),
                watch,
            }
        })
    }
}

pub(crate) fn now() -> u64 {
    SystemClock.now().as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::Slots;

    fn outage(killed: bool, long: bool) -> Outage {
        Outage {
            long,
            killed,
            copied_until: 3_000,
            from: 3_000,
            to: 4_000,
            slots: Slots::All,
        }
    }

    #[test]
    fn havoc_lacks_what_never_happened_and_what_the_powers_allow_only() {
        let powers = Powers {
            kills: false,
            long: false,
        };
        let mut havoc = Havoc {
            clock_steps: 1,
            ..Havoc::default()
        };
        let of_the_ehr = ["a slow EHR", "an EHR that fails", "lost answers"];
        assert_eq!(
            havoc.lacks(powers, Keeping::Memory),
            [&["stopped processes"][..], &of_the_ehr].concat()
        );
        let agent = "process-0.0".to_owned();
        havoc.freezes.push(Freeze { agent, from: 1, to: 2 });
        for mood in [Mood::Slow(300), Mood::Fails, Mood::LosesAnswers] {
            let (from, to, struck) = (1, 2, Vec::new());
            havoc.spells.push(Spell { mood, from, to, struck });
        }
        assert!(havoc.lacks(powers, Keeping::Memory).is_empty());
        let powers = Powers { kills: true, ..powers };
        havoc.restarts = 1;
        assert_eq!(
            havoc.lacks(powers, Keeping::Redis),
            [
                "kills",
                "restarts of the store",
                "pauses of the store",
                "times of the store away"
            ]
        );
        havoc.outages.extend([outage(true, false), outage(false, false)]);
        assert_eq!(
            havoc.lacks(powers, Keeping::Redis),
            ["kills", "times of the store away"]
        );
        havoc.outages.push(outage(false, true));
        assert_eq!(havoc.lacks(powers, Keeping::Redis), ["kills"]);
        assert_eq!(
            havoc.lacks(powers, Keeping::Cluster),
            ["kills", "primaries killed", "moved slots"]
        );
        // One of the servers' own accord is not what was to be done.
        havoc.fail_overs.push(outage(false, false));
        assert_eq!(havoc.lacks(powers, Keeping::Sentinel), ["kills", "primaries killed"]);
    }
}
