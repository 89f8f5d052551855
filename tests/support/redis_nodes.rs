//! A Redis Cluster of one test: [`RedisNodes`].

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use super::{redis_cli::cli, redis_server::RedisServer};

/// Stopped and removed on drop. The first three begin as primaries, each with a third of the slots; those after them are their replicas, in
/// the same order.
pub(crate) struct RedisNodes {
    pub(crate) servers: Vec<RedisServer>,
}

/// The slots of the three primaries.
const THIRDS: [(u16, u16); 3] = [(0, 5_460), (5_461, 10_922), (10_923, 16_383)];

impl RedisNodes {
    /// `None`, with a line that says so, where there is no `redis-server`. `replicas`: none or three. `options` are those of every node;
    /// they overrule ours.
    pub(crate) fn start(replicas: usize, options: &[&str]) -> Option<Self> {
        let options = [
            &[
                "--cluster-enabled",
                "yes",
                // Longer than a busy machine keeps one waiting: none is taken for dead that is not.
                "--cluster-node-timeout",
                "5000",
                "--repl-diskless-sync-delay",
                "0",
            ],
            options,
        ]
        .concat();
        let servers: Option<Vec<_>> = (0..3 + replicas).map(|_| RedisServer::start(&options)).collect();
        let nodes = Self { servers: servers? };
        for (at, (from, to)) in THIRDS.into_iter().enumerate() {
            nodes.cli(at, &["CLUSTER", "ADDSLOTSRANGE", &from.to_string(), &to.to_string()]);
            nodes.cli(at, &["CLUSTER", "SET-CONFIG-EPOCH", &(at + 1).to_string()]);
        }
        for server in &nodes.servers[1..] {
            nodes.cli(0, &["CLUSTER", "MEET", "127.0.0.1", &server.port.to_string()]);
        }
        let count = nodes.servers.len();
        nodes.until("they know each other", || {
            (0..count).all(|at| {
                nodes
                    .cli(at, &["CLUSTER", "INFO"])
                    .contains(&format!("cluster_known_nodes:{count}"))
            })
        });
        for at in 3..count {
            let primary = nodes.id(at - 3);
            nodes.until("a replica follows", || {
                nodes.cli(at, &["CLUSTER", "REPLICATE", &primary]).contains("OK")
            });
        }
        nodes.until("all slots are there", || {
            (0..count).all(|at| nodes.cli(at, &["CLUSTER", "INFO"]).contains("cluster_state:ok"))
                && (3..count).all(|at| nodes.cli(at, &["INFO", "replication"]).contains("link_status:up"))
        });
        Some(nodes)
    }

    /// The addresses of all nodes.
    pub(crate) fn urls(&self) -> Vec<String> {
        self.servers.iter().map(RedisServer::url).collect()
    }

    /// One command at a node, as somebody would type it.
    pub(crate) fn cli(&self, at: usize, words: &[&str]) -> String {
        cli(self.servers[at].port, words)
    }

    pub(crate) fn id(&self, at: usize) -> String {
        self.cli(at, &["CLUSTER", "MYID"]).trim().to_owned()
    }

    /// Waits until this node is a primary.
    pub(crate) fn until_primary(&self, at: usize) {
        self.until("a replica takes over", || self.cli(at, &["ROLE"]).starts_with("master"));
    }

    /// Begins to move a slot: keys that are there are at `from`, those that are not are looked for at `to`.
    pub(crate) fn begin_to_move(&self, slot: u16, from: usize, to: usize) {
        let (slot, source, target) = (slot.to_string(), self.id(from), self.id(to));
        self.cli(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &source]);
        self.cli(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &target]);
    }

    /// Moves so many of a slot's keys, and says how many there were.
    pub(crate) fn move_keys(&self, slot: u16, from: usize, to: usize, most: usize) -> usize {
        let keys = self.cli(
            from,
            &["CLUSTER", "GETKEYSINSLOT", &slot.to_string(), &most.to_string()],
        );
        let keys: Vec<_> = keys.lines().filter(|key| !key.is_empty()).collect();
        if !keys.is_empty() {
            let port = self.servers[to].port.to_string();
            self.cli(
                from,
                &[&["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"], &keys[..]].concat(),
            );
        }
        keys.len()
    }

    /// The slot has moved.
    pub(crate) fn finish_move(&self, slot: u16, from: usize, to: usize) {
        let (slot, target) = (slot.to_string(), self.id(to));
        for at in [to, from] {
            self.cli(at, &["CLUSTER", "SETSLOT", &slot, "NODE", &target]);
        }
    }

    /// Moves a slot with all that is in it.
    pub(crate) fn move_slot(&self, slot: u16, from: usize, to: usize) {
        self.begin_to_move(slot, from, to);
        // What cannot be moved stays; the slot is then not given away.
        for _ in 0..50 {
            if self.move_keys(slot, from, to, 100) == 0 {
                break;
            }
        }
        self.finish_move(slot, from, to);
    }

    /// Polls, with a deadline.
    pub(crate) fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < Duration::from_secs(40), "not seen: {what}");
            sleep(Duration::from_millis(50));
        }
    }
}
