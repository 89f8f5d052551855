//! A replica takes the place of a primary that dies, and slots move from node to node.

use std::{
    sync::Mutex,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    dice::Dice,
    havoc::{Powers, now},
    outages::{FailOver, Outage},
    own_accord::Watch,
    slots::Slots,
    store_server::StoreServer,
    support::{redis_cli::cli, redis_nodes::RedisNodes, redis_sentinels::SentinelSet},
};

/// Between two of them. The replicas have to follow again in between, or there is none that can take over.
const fn pause(powers: Powers) -> std::ops::Range<u64> {
    if powers.long { 8_000..25_000 } else { 1_500..3_000 }
}

/// A key that a primary gets after its replicas were cut off.
const CUT_OFF: &str = "written-after-the-cut";

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct FailOvers {
    /// From the death of a primary until another one has taken its place.
    pub(crate) outages: Vec<Outage>,
    pub(crate) slots_moved: usize,
}

/// Has primaries die until then, of a store that has replicas.
pub(crate) fn make(
    server: &Mutex<StoreServer>,
    watch: &mut Watch,
    powers: Powers,
    until: Instant,
    dice: &mut Dice,
) -> FailOvers {
    let mut done = FailOvers::default();
    if let StoreServer::Sentinel(set) = &*server.lock().unwrap() {
        // All the time.
        set.sentinels[2].pause();
    }
    while Instant::now() < until {
        let lasts = dice.millis(pause(powers));
        watch.look_for(&server.lock().unwrap(), lasts);
        let fail_over = match &mut *server.lock().unwrap() {
            StoreServer::Sentinel(set) => set.fail_over(),
            StoreServer::Cluster(nodes) => {
                done.slots_moved += nodes.move_busy_slots();
                // As long as a node may need to tell the others.
                sleep(dice.millis(500..1_500));
                let primaries = nodes.primaries();
                nodes.fail_over(primaries[dice.below(primaries.len())])
            }
            StoreServer::Redis(_) | StoreServer::Postgres(_) => return done,
        };
        watch.saw(&fail_over);
        done.outages.push(fail_over.outage);
    }
    done
}

/// Of a primary that was killed then, and that another one has replaced now.
fn death(from: u64, slots: Slots) -> Outage {
    Outage {
        long: true,
        killed: true,
        copied_until: from,
        from,
        to: now(),
        slots,
    }
}

impl SentinelSet {
    /// The servers that call themselves the primary.
    pub(crate) fn primaries(&self) -> Vec<usize> {
        let is_primary = |at: &usize| cli(self.servers[*at].port, &["ROLE"]).starts_with("master");
        (0..self.servers.len()).filter(is_primary).collect()
    }

    /// Kills the primary, waits for another one, and starts the former one again. That calls itself a primary until the sentinels have made it a
    /// replica, after some ten seconds.
    fn fail_over(&mut self) -> FailOver {
        let former = self.primary();
        let from = now();
        self.servers[former].kill();
        let successor = self.until_primary_is_not(former);
        let outage = death(from, Slots::All);
        sleep(Duration::from_millis(500));
        self.servers[former].run();
        self.until_followed();
        FailOver {
            former,
            successor,
            outage,
        }
    }

    /// Cuts the replicas off for so long, and kills the primary, for good. What the primary had sent them meanwhile is lost with it, as on a wire that was
    /// cut: they come back with what was on their disks. Says, too, how many writes the primary had refused for want of a replica.
    pub(crate) fn fail_over_after_being_cut_off_for(&mut self, time: Duration) -> (Outage, usize) {
        let former = self.primary();
        let replicas: Vec<_> = (0..self.servers.len()).filter(|at| *at != former).collect();
        let copied_until = now();
        for at in &replicas {
            self.servers[*at].pause();
        }
        let port = self.servers[former].port;
        assert!(
            cli(port, &["SET", CUT_OFF, "1"]).contains("OK"),
            "the primary takes no write"
        );
        sleep(time);
        let refused = refused_for_want_of_replicas(port);
        let from = now();
        self.servers[former].kill();
        for at in replicas {
            self.servers[at].kill();
            self.servers[at].run();
        }
        let successor = self.until_primary_is_not(former);
        let still_there = cli(self.servers[successor].port, &["EXISTS", CUT_OFF]);
        assert_eq!(still_there.trim(), "0", "the replicas were not cut off");
        let outage = Outage {
            copied_until,
            ..death(from, Slots::All)
        };
        (outage, refused)
    }
}

/// How often the server at this port has answered so.
fn refused_for_want_of_replicas(port: u16) -> usize {
    let said = cli(port, &["INFO", "errorstats"]);
    let counted = |line: &str| line.trim().strip_prefix("errorstat_NOREPLICAS:count=")?.parse().ok();
    said.lines().find_map(counted).unwrap_or(0)
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
    pub(crate) fn primaries(&self) -> Vec<usize> {
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

    /// The slots that these nodes have.
    pub(crate) fn slots_of(&self, nodes: &[usize]) -> Slots {
        Slots::of_nodes(nodes.iter().map(|at| self.cli(*at, &["CLUSTER", "NODES"])))
    }

    /// Kills a primary, waits until its replica has taken over, and starts it again, as a replica.
    fn fail_over(&mut self, primary: usize) -> FailOver {
        let replica = (primary + 3) % self.servers.len();
        let slots = self.slots_of(&[primary]);
        let from = now();
        self.servers[primary].kill();
        self.until_primary(replica);
        let outage = death(from, slots);
        sleep(Duration::from_millis(500));
        self.servers[primary].run();
        self.until("it follows", || {
            self.cli(primary, &["INFO", "replication"])
                .contains("master_link_status:up")
        });
        FailOver {
            former: primary,
            successor: replica,
            outage,
        }
    }
}
