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
    support::{
        redis_nodes::RedisNodes,
        redis_sentinels::{SentinelSet, cli},
    },
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
        let from;
        match &mut *server.lock().unwrap() {
            StoreServer::Sentinel(set) => {
                from = now();
                set.fail_over();
            }
            StoreServer::Cluster(nodes) => {
                done.slots_moved += nodes.move_busy_slots();
                // As long as a node may need to tell the others.
                sleep(dice.millis(500..1_500));
                let primaries = nodes.primaries();
                from = now();
                nodes.fail_over(primaries[dice.below(primaries.len())]);
            }
            StoreServer::Redis(_) | StoreServer::Postgres(_) => return done,
        }
        done.outages.push(Outage {
            long: true,
            killed: true,
            from,
            to: now(),
        });
    }
    done
}

impl SentinelSet {
    /// Kills the primary, waits for another one, and starts the former one again, which becomes a replica.
    fn fail_over(&mut self) {
        let former = self.primary();
        self.servers[former].kill();
        self.until_primary_is_not(former);
        sleep(Duration::from_millis(500));
        self.servers[former].run();
        self.until_followed();
    }

    /// Waits until every other server follows the primary.
    fn until_followed(&self) {
        let began = Instant::now();
        let followers = self.servers.len() - 1;
        let is_followed = || {
            let said = cli(self.servers[self.primary()].port, &["INFO", "replication"]);
            said.matches("state=online").count() == followers
        };
        while !is_followed() {
            assert!(
                began.elapsed() < Duration::from_secs(40),
                "the servers do not follow the primary"
            );
            sleep(Duration::from_millis(50));
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

    /// Kills a primary, waits until its replica has taken over, and starts it again, as a replica.
    fn fail_over(&mut self, primary: usize) {
        let replica = (primary + 3) % self.servers.len();
        self.servers[primary].kill();
        self.until_primary(replica);
        sleep(Duration::from_millis(500));
        self.servers[primary].run();
        self.until("it follows", || {
            self.cli(primary, &["INFO", "replication"])
                .contains("master_link_status:up")
        });
    }
}
