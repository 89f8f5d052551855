//! Two processes, launches in Redis behind sentinels or in a cluster; in the middle the primary that has them dies.

use std::sync::{Arc, Mutex};

use crate::{
    bleed_redis::fresh_at,
    fleet::Fleet,
    interruption::Interruption,
    mix::{Ends, Mix},
    setup::Servers,
    support::{redis_cli::cli, redis_nodes::RedisNodes, redis_sentinels::SentinelSet, redis_server::RedisServer},
};

/// After the logout, and between two refreshes.
const WAVE: usize = 12;

const ENDS: Ends = Ends {
    logs_out: 2,
    runs_out: 1,
};

/// What is acknowledged has reached the replica, so that no launch may be lost.
fn until_copied(primary: &RedisServer) {
    let copied = cli(primary.port, &["WAIT", "1", "10000"]);
    assert!(copied.trim().parse::<usize>().unwrap() > 0, "no replica has followed");
}

async fn run(servers: Servers, interruption: Interruption) {
    let fleet = Fleet::processes(2, |setup| setup.redis = Some(fresh_at(servers)));
    let mut mix = Mix::open(fleet, ENDS).await.interrupted_by(interruption);
    mix.run(async |_| {}).await;
    mix.assert_held();
}

#[actix_web::test]
async fn no_request_sees_another_launch_while_sentinels_make_a_replica_the_primary() {
    let Some(set) = SentinelSet::start(1, &[], "") else {
        return;
    };
    let servers = Servers::Sentinels(set.urls());
    let set = Arc::new(Mutex::new((set, 0)));
    // They live until the test ends.
    let (first, then) = (Arc::clone(&set), Arc::clone(&set));
    let interruption = Interruption {
        wave: WAVE,
        begin: Box::new(move || {
            let (set, hit) = &mut *first.lock().unwrap();
            *hit = set.primary();
            until_copied(&set.servers[*hit]);
            set.servers[*hit].kill();
        }),
        end: Box::new(move || {
            let (set, hit) = &mut *then.lock().unwrap();
            set.until_primary_is_not(*hit);
            // It comes back, calls itself a primary until the sentinels make it a replica, and nobody is led there.
            set.servers[*hit].run();
        }),
    };
    run(servers, interruption).await;
}

#[actix_web::test]
async fn no_request_sees_another_launch_while_a_replica_takes_over_a_part_of_a_cluster() {
    let Some(nodes) = RedisNodes::start(
        3,
        &[
            "--cluster-require-full-coverage",
            "no",
            "--cluster-node-timeout",
            "1500",
        ],
    ) else {
        return;
    };
    let servers = Servers::Cluster(nodes.urls());
    let nodes = Arc::new(Mutex::new((nodes, 0)));
    // They live until the test ends.
    let (first, then) = (Arc::clone(&nodes), Arc::clone(&nodes));
    let interruption = Interruption {
        wave: WAVE,
        begin: Box::new(move || {
            let (nodes, hit) = &mut *first.lock().unwrap();
            // All launches of the browser are at one of them. The other browser has one launch, so that it has fewer names.
            let names = |at: &usize| nodes.cli(*at, &["DBSIZE"]).trim().parse::<usize>().unwrap();
            *hit = (0..3).max_by_key(names).unwrap();
            until_copied(&nodes.servers[*hit]);
            nodes.servers[*hit].kill();
        }),
        end: Box::new(move || {
            let (nodes, hit) = &mut *then.lock().unwrap();
            nodes.until_primary(*hit + 3);
            nodes.servers[*hit].run();
        }),
    };
    run(servers, interruption).await;
}
