//! Many clients, short tokens, nothing fails: each launch is refreshed exactly once per period.

use std::{collections::HashSet, time::Duration};

use tokio::time::sleep;

use crate::{
    audit_trail,
    dice::Dice,
    havoc::Havoc,
    ledger::{self, assert_once_per_period},
    records::Records,
    scene::{Keeping, LIFE, PATIENT, Scale, Scene, form},
    store_server::StoreServer,
    support::redis_server::RedisServer,
    traffic::{Tolerance, Traffic},
    turn,
    unhindered::Unhindered,
};

/// `seconds`: how long the short form lasts.
fn scale(seconds: u64) -> Scale {
    let short = Scale {
        processes: 2,
        launches: 8,
        clients: 6,
        lasts: Duration::from_secs(seconds),
        pause: Duration::from_millis(60),
    };
    let long = Scale {
        processes: 4,
        launches: 50,
        clients: 20,
        lasts: Duration::from_secs(65),
        pause: Duration::from_millis(800),
    };
    form("STORM", short, long)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storm_redis_processes_refresh_each_launch_once_per_period() {
    storm("Redis", scale(7), Keeping::Redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storm_postgres_processes_refresh_each_launch_once_per_period() {
    storm("PostgreSQL", scale(7), Keeping::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storm_memory_of_one_process_refreshes_each_launch_once_per_period() {
    let scale = Scale {
        processes: 1,
        ..scale(5)
    };
    storm("memory", scale, Keeping::Memory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storm_sentinel_refreshes_each_launch_once_per_period() {
    storm("Sentinel", scale(5), Keeping::Sentinel).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storm_cluster_refreshes_each_launch_once_per_period() {
    storm("Cluster", scale(5), Keeping::Cluster).await;
}

async fn storm(name: &str, scale: Scale, keeping: Keeping) {
    let _turn = turn::alone().await;
    let Some(scene) = Scene::open(scale, keeping).await else {
        return;
    };
    let traffic = Traffic::new(&scene, Tolerance::None);
    let ((), lasted) = traffic
        .during(scale, &mut Dice::new(rand::random()), sleep(scale.lasts))
        .await;
    traffic.settle(Duration::from_secs(5)).await;

    let figures = traffic.figures();
    let refreshes = ledger::refreshes(&scene.sandbox);
    let total: usize = refreshes.values().map(Vec::len).sum();
    let periods = lasted.as_secs_f64() / LIFE.as_secs_f64() * 2.0 * scale.launches as f64;
    println!(
        "storm ({name}): {} processes, {} launches with {} clients each, {:.0} s: {figures}; {total} refreshes, {:.2} per \
         launch and half life of a token, {} reuses, {} MiB per process",
        scale.processes,
        scale.launches,
        scale.clients,
        lasted.as_secs_f64(),
        total as f64 / periods,
        scene.sandbox.reuse_detections(),
        scene.processes.memory(),
    );
    let records = Records::read(&scene);
    let havoc = Havoc::default();
    traffic.assert_nothing_wrong(&havoc, &records, || scene.processes.logs());
    let (unhindered, stall) = (Unhindered::of(&records, &havoc), scene.pulse.longest_stall());
    println!("  {unhindered}, on a machine that stalled for {stall} ms");
    unhindered.assert_quick(stall, || scene.processes.logs());
    assert!(figures.hung_up > 0 && figures.answered > 0);
    assert_eq!(scene.sandbox.reuse_detections(), 0);
    assert_eq!(refreshes.len(), scale.launches);
    let (life, lasted) = (LIFE.as_millis(), lasted.as_millis());
    for sent in refreshes.values() {
        assert_once_per_period(sent, u64::try_from(life).unwrap(), u64::try_from(lasted).unwrap());
    }
    assert_nothing_in_clear(&scene);
    audit_trail::assert_adds_up(&scene, &traffic, &records, &havoc);
}

/// Of what Redis was told, all is on its disk: neither a patient nor a token, a launch id or a cookie is there to read.
fn assert_nothing_in_clear(scene: &Scene) {
    let Some(server) = &scene.server else { return };
    let told: String = match &*server.lock().unwrap() {
        StoreServer::Redis(redis) => told(redis),
        StoreServer::Sentinel(set) => set.servers.iter().map(told).collect(),
        StoreServer::Cluster(nodes) => nodes.servers.iter().map(told).collect(),
        // `tests/postgres` reads the tables.
        StoreServer::Postgres(_) => return,
    };
    assert!(told.len() > 10_000, "the launches are there");
    let mut secrets = HashSet::from([PATIENT.to_owned()]);
    let mut tokens = HashSet::new();
    for launch in &scene.launches {
        secrets.insert(
            launch
                .path
                .split(['~', '/'])
                .find(|part| part.len() > 10)
                .unwrap()
                .to_owned(),
        );
        secrets.extend(
            launch
                .cookies
                .split("; ")
                .map(|cookie| cookie.split_once('=').unwrap().1.to_owned()),
        );
    }
    for sent in ledger::refreshes(&scene.sandbox).into_values().flatten() {
        tokens.insert(sent.refresh_token);
    }
    // Those that somebody took to the EHR.
    let access_tokens: HashSet<_> = scene
        .sandbox
        .received_requests()
        .iter()
        .filter_map(|request| Some(request.header("authorization")?.strip_prefix("Bearer ")?.to_owned()))
        .collect();
    assert!(!access_tokens.is_empty() && !tokens.is_empty());
    let tokens = tokens.into_iter().take(20).chain(access_tokens.into_iter().take(20));
    for secret in secrets.into_iter().chain(tokens) {
        assert!(!told.contains(&secret), "Redis was told {secret} in clear");
    }
}

/// Every command that was written to disk: all that Redis was ever told to keep.
fn told(redis: &RedisServer) -> String {
    let mut told = String::new();
    for file in std::fs::read_dir(redis.directory.join("appendonlydir")).unwrap() {
        told.push_str(&String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()));
    }
    told
}
