//! A replica takes the place of a primary that dies, and slots move from node to node.

use std::{
    sync::Mutex,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    dice::Dice,
    havoc::{Powers, now},
    outages::Outage,
    store_server::StoreServer,
    support::{redis_cli::cli, redis_nodes::RedisNodes, redis_sentinels::SentinelSet},
};

/// Between two of them. The replicas have to follow again in between, or there is none that can take over.
const fn pause(powers: Powers) -> std::ops::Range<u64> {
    if powers.long { 8_000..25_000 } else { 1_500..3_000 }
}

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct FailOvers {
    /// From the death of a primary until another one has taken its place.
    pub(crate) outages: Vec<Outage>,
    pub(crate) slots_moved: usize,
}

/// Has primaries die until then, of a store that has replicas.
pub(crate) fn make(server: &Mutex<StoreServer>, powers: Powers, until: Instant, dice: &mut Dice) -> FailOvers {
    let mut done = FailOvers::default();
    if let StoreServer::Sentinel(set) = &*server.lock().unwrap() {
        // All the time.
        set.sentinels[2].pause();
    }
    while Instant::now() < until {
        let lasts = dice.millis(pause(powers));
        done.outages.extend(watch(&server.lock().unwrap(), lasts));
        let (from, to);
        match &mut *server.lock().unwrap() {
            StoreServer::Sentinel(set) => {
                from = now();
                to = set.fail_over();
            }
            StoreServer::Cluster(nodes) => {
                done.slots_moved += nodes.move_busy_slots();
                // As long as a node may need to tell the others.
                sleep(dice.millis(500..1_500));
                let primaries = nodes.primaries();
                from = now();
                to = nodes.fail_over(primaries[dice.below(primaries.len())]);
            }
            StoreServer::Redis(_) | StoreServer::Postgres(_) => return done,
        }
        done.outages.push(Outage {
            long: true,
            killed: true,
            copied_until: from,
            from,
            to,
        });
    }
    done
}

/// Looks at a store that nobody touches for that long, and longer where it is not at rest then. Gives back the fail-overs that its servers made
/// of their own accord: on a busy machine they take one another for dead.
fn watch(server: &StoreServer, lasts: Duration) -> Vec<Outage> {
    let primaries = || match server {
        StoreServer::Sentinel(set) => set.primaries(),
        StoreServer::Cluster(nodes) => nodes.primaries(),
        StoreServer::Redis(_) | StoreServer::Postgres(_) => Vec::new(),
    };
    let (began, mut seen) = (Instant::now(), Vec::new());
    let mut at_rest = AtRest {
        primaries: primaries(),
        at: now(),
    };
    loop {
        sleep(LOOK);
        let (at, found) = (now(), primaries());
        let is_at_rest = found.len() == at_rest.primaries.len();
        if is_at_rest {
            seen.extend(at_rest.until(at, found, now()));
        }
        if began.elapsed() > lasts && (is_at_rest || began.elapsed() > lasts + AT_MOST) {
            return seen;
        }
    }
}

/// How often the servers are asked what they are.
const LOOK: Duration = Duration::from_millis(250);
/// How long a former primary may go on calling itself one.
const AT_MOST: Duration = Duration::from_secs(30);

/// As many primaries as there should be.
struct AtRest {
    primaries: Vec<usize>,
    /// When they were last found to be those.
    at: u64,
}

impl AtRest {
    /// So many were found again, from `at` until `to`. Gives back the fail-over where they are others: the former one may have taken writes since
    /// the moment at which nobody had taken its place yet.
    fn until(&mut self, at: u64, found: Vec<usize>, to: u64) -> Option<Outage> {
        let former = std::mem::replace(&mut self.primaries, found);
        let copied_until = std::mem::replace(&mut self.at, at);
        (former != self.primaries).then_some(Outage {
            long: false,
            killed: false,
            copied_until,
            from: to,
            to,
        })
    }
}

impl SentinelSet {
    /// The servers that call themselves the primary.
    fn primaries(&self) -> Vec<usize> {
        let is_primary = |at: &usize| cli(self.servers[*at].port, &["ROLE"]).starts_with("master");
        (0..self.servers.len()).filter(is_primary).collect()
    }

    /// Kills the primary, waits for another one, and starts the former one again. That calls itself a primary until the sentinels have made it a
    /// replica, after some ten seconds. Says when there was another one.
    fn fail_over(&mut self) -> u64 {
        let former = self.primary();
        self.servers[former].kill();
        self.until_primary_is_not(former);
        let taken_over = now();
        sleep(Duration::from_millis(500));
        self.servers[former].run();
        self.until_followed();
        taken_over
    }

    /// Cuts the replicas off for so long, and kills the primary, for good. What the primary had sent them meanwhile is lost with it, as on a wire that was
    /// cut: they come back with what was on their disks.
    pub(crate) fn fail_over_after_being_cut_off_for(&mut self, time: Duration) -> Outage {
        let former = self.primary();
        let replicas: Vec<_> = (0..self.servers.len()).filter(|at| *at != former).collect();
        let copied_until = now();
        for at in &replicas {
            self.servers[*at].pause();
        }
        sleep(time);
        let from = now();
        self.servers[former].kill();
        for at in replicas {
            self.servers[at].kill();
            self.servers[at].run();
        }
        self.until_primary_is_not(former);
        Outage {
            long: true,
            killed: true,
            copied_until,
            from,
            to: now(),
        }
    }
}

impl RedisNodes {
    /// Moves some slots with launches from each primary to the next one, and says how many.
    fn move_busy_slots(&self) -> usize {
        let (primaries, mut moved) = (self.primaries(), 0);
        for (at, from) in primaries.iter().enumerate() {
            let to = primaries[(at + 1) % primaries.len()];
            for slot in self.busy_slots(*from).into_iter().take(4) {
                self.move_slot(slot, *from, to);
                moved += 1;
            }
        }
        moved
    }

    /// The nodes that are primaries now, one of each three.
    fn primaries(&self) -> Vec<usize> {
        let is_primary = |at: &usize| self.cli(*at, &["ROLE"]).starts_with("master");
        (0..self.servers.len()).filter(is_primary).collect()
    }

    /// The slots in which this node has something.
    fn busy_slots(&self, at: usize) -> Vec<u16> {
        let keys = self.cli(at, &["--scan"]);
        let slot = |key: &str| self.cli(at, &["CLUSTER", "KEYSLOT", key]).trim().parse().unwrap();
        let mut slots: Vec<u16> = keys.lines().take(12).map(slot).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// Kills a primary, waits until its replica has taken over, and starts it again, as a replica. Says when the replica had taken over.
    fn fail_over(&mut self, primary: usize) -> u64 {
        let replica = (primary + 3) % self.servers.len();
        self.servers[primary].kill();
        self.until_primary(replica);
        let taken_over = now();
        sleep(Duration::from_millis(500));
        self.servers[primary].run();
        self.until("it follows", || {
            self.cli(primary, &["INFO", "replication"])
                .contains("master_link_status:up")
        });
        taken_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fail_over_of_the_servers_own_accord_lasts_from_the_last_look_at_the_former_primary_until_there_is_another_one()
    {
        let mut at_rest = AtRest {
            primaries: vec![0],
            at: 1_000,
        };
        assert!(at_rest.until(1_250, vec![0], 1_260).is_none());
        let outage = at_rest.until(2_250, vec![2], 2_260).unwrap();
        assert_eq!((outage.copied_until, outage.from, outage.to), (1_250, 2_260, 2_260));
        assert!(at_rest.until(2_500, vec![2], 2_510).is_none());
    }
}
