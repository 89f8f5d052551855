//! The same while processes are killed, stopped and continued, somebody sets their clocks, the store is restarted, paused and
//! away, and the EHR is slow, fails and recovers.

use std::{collections::BTreeMap, path::Path, time::Duration};

use crate::{
    audit_trail,
    dice::Dice,
    havoc::{self, Havoc, Powers},
    losses::{Cause, Losses},
    records::Records,
    scene::{DEADLINE, Keeping, Scale, Scene, form},
    silence::Silence,
    traffic::{Tolerance, Traffic},
    turn,
    unhindered::Unhindered,
};

/// A process that died after it had noted that it sends a refresh token: the answer is waited for until ten seconds after
/// the deadline, then five more for its saving. What follows is a refresh, and its pause after a failure.
const BACK_IN_ORDER: Duration = Duration::from_secs(DEADLINE.as_secs() + 10 + 5 + 10);

/// `seconds`: how long the short form lasts.
fn scale(seconds: u64) -> Scale {
    let short = Scale {
        processes: 2,
        launches: 10,
        clients: 4,
        lasts: Duration::from_secs(seconds),
        pause: Duration::from_millis(60),
    };
    let long = Scale {
        processes: 4,
        launches: 50,
        clients: 20,
        lasts: Duration::from_secs(240),
        pause: Duration::from_millis(800),
    };
    form("CHAOS", short, long)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_redis_loses_launches_only_for_reasons_that_nobody_can_help() {
    chaos("Redis", scale(10), Keeping::Redis, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_postgres_loses_launches_only_for_reasons_that_nobody_can_help() {
    chaos("PostgreSQL", scale(10), Keeping::Postgres, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_memory_loses_launches_only_when_the_ehr_loses_its_answer() {
    let scale = Scale {
        processes: 1,
        ..scale(7)
    };
    chaos("memory", scale, Keeping::Memory, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_sentinel_loses_launches_only_for_reasons_that_nobody_can_help() {
    chaos("Sentinel", scale(12), Keeping::Sentinel, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_cluster_loses_launches_only_for_reasons_that_nobody_can_help() {
    chaos("Cluster", scale(12), Keeping::Cluster, true).await;
}

async fn chaos(name: &str, scale: Scale, keeping: Keeping, kills: bool) {
    let is_long = scale.lasts > Duration::from_secs(30);
    // The short form waits for processes to come back most of the time; the long one keeps the cores busy.
    let (_alone, _beside_others);
    if is_long {
        _alone = turn::alone().await;
    } else {
        _beside_others = turn::with_others_that_wait().await;
    }
    let Some(scene) = Scene::open(scale, keeping).await else {
        return;
    };
    let seed = std::env::var("CHAOS_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(rand::random);
    println!("chaos ({name}): CHAOS_SEED={seed}");
    let mut dice = Dice::new(seed);
    let traffic = Traffic::new(&scene, Tolerance::Trouble);
    let powers = Powers { kills, long: is_long };
    let making = havoc::make(&scene, powers, scale.lasts, &mut dice);
    let making = async { tokio::task::spawn_blocking(making).await.unwrap() };
    let (mut havoc, lasted) = traffic.during(scale, &mut dice, making).await;
    let answered = traffic.figures().answered;
    let settled = havoc.watching(&scene, traffic.settle(BACK_IN_ORDER)).await;

    let records = Records::read(&scene);
    let causes = causes(&traffic, &records, &havoc);
    let (unhindered, stall) = (Unhindered::of(&records, &havoc), scene.pulse.longest_stall());
    let (silent, silence) = traffic.longest_silence();
    let memory = scene.processes.memory();
    println!(
        "chaos ({name}): {} processes, {} launches with {} clients each, {:.0} s: {havoc}; {}, with nothing but \
         503 {:.1} s ({:.1} s of them with a store); {} refreshes; {unhindered}, on a machine that stalled for {stall} ms; all in \
         order after {settled:.1?}; {memory} MiB per process; {} launches lost: {:?}",
        scale.processes,
        scale.launches,
        scale.clients,
        lasted.as_secs_f64(),
        traffic.figures(),
        silence.millis() as f64 / 1_000.0,
        silence.with_store(&havoc) as f64 / 1_000.0,
        records.refreshes(),
        causes.len(),
        tally(&causes),
    );
    if is_long {
        let (sent, writes) = records.of(silent.grant);
        println!("the longest silence:\n{}", silence.story(sent, writes, &havoc));
    }
    traffic.assert_nothing_wrong(&havoc, &records, || scene.processes.logs());
    unhindered.assert_quick(stall, || scene.processes.logs());
    assert_something_happened(&scene, &records, answered);
    assert_eq!(havoc.lacks(powers, keeping), [""; 0], "{havoc}");
    for (grant, cause) in &causes {
        let (sent, writes) = records.of(*grant);
        assert!(
            !matches!(cause, Cause::Unexplained(_)),
            "{cause:?}\n{}\n{havoc:#?}\n{}",
            Silence::at_the_end_of(sent, writes).story(sent, writes, &havoc),
            scene.processes.logs()
        );
    }
    for (grant, it) in scene.sandbox.grants().iter().enumerate() {
        let lost = causes.contains_key(&grant);
        assert!(
            lost || !it.reuse_detected,
            "a refresh token was sent twice and nobody noticed: {it:?}"
        );
    }
    let is_told = Path::new("/proc/self/status").exists();
    assert!(memory > 0 || !is_told, "nobody has looked at the memory");
    assert!(memory < 400, "{memory} MiB in one process");
    audit_trail::assert_adds_up(&scene, &traffic, &records, &havoc);
}

/// A run in which nothing is asked, or nothing refreshed, loses nothing either. `answered`: how often, while everything went wrong.
fn assert_something_happened(scene: &Scene, records: &Records, answered: usize) {
    let count = scene.launches.len();
    assert!(answered >= count, "{answered} answers for {count} launches");
    // None of the tokens with which launches were opened lives so long.
    for launch in &scene.launches {
        let (sent, _) = records.of(launch.grant);
        assert!(!sent.is_empty(), "the launch of {} was never refreshed", launch.patient);
    }
}

/// Of the launches that were lost, by grant.
pub(crate) fn causes(traffic: &Traffic, records: &Records, havoc: &Havoc) -> BTreeMap<usize, Cause> {
    let losses = Losses::of(records, havoc);
    let ended = traffic.tabs.iter().filter(|tab| tab.has_ended());
    ended
        .map(|tab| {
            let grant = tab.launch.grant;
            let (sent, writes) = records.of(grant);
            (grant, losses.cause(sent, writes))
        })
        .collect()
}

pub(crate) fn tally(causes: &BTreeMap<usize, Cause>) -> BTreeMap<&Cause, usize> {
    let mut tally = BTreeMap::new();
    for cause in causes.values() {
        *tally.entry(cause).or_default() += 1;
    }
    tally
}
