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
    support::{redis_nodes::RedisNodes, redis_sentinels::SentinelSet},
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
        sleep(dice.millis(pause(powers)));
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

impl SentinelSet {
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
