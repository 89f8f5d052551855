//! What a fail-over loses after the replicas were cut off for a while, counted: with and without `min-replicas-to-write`.

use std::{sync::Arc, time::Duration};

use crate::{
    audit_trail,
    chaos::{causes, tally},
    dice::Dice,
    havoc::Havoc,
    journal::{Reply, What, Write},
    losses::{Cause, LAG},
    records::Records,
    scene::{Scale, Scene, form},
    silence::Silence,
    store_server::StoreServer,
    support::redis_sentinels::SentinelSet,
    traffic::{Tolerance, Traffic},
    turn,
};

/// As the guide says: a primary without replicas stops to write after that.
const MOST_LAG: Duration = Duration::from_secs(2);
/// The primary counts in whole seconds, once a second.
const COUNTED: Duration = Duration::from_secs(1);
/// A primary that is merely slow, as on a busy machine, is not replaced.
pub(crate) const PATIENT: &str = "sentinel down-after-milliseconds mymaster 3000";
/// Until a launch that has lost its tokens has found that out, or is known not to have: a busy machine included.
const BACK_IN_ORDER: Duration = Duration::from_secs(40);

/// What one run is like.
#[derive(Debug, Clone, Copy)]
struct Run {
    launches: usize,
    /// Of an access token; at the half of it launches are refreshed.
    life: Duration,
    cut_off_for: Duration,
    has_to_have_a_replica: bool,
}

fn runs(has_to_have_a_replica: bool) -> Vec<Run> {
    let run = |launches, life, cut_off_for| Run {
        launches,
        life: Duration::from_secs(life),
        cut_off_for: Duration::from_secs(cut_off_for),
        has_to_have_a_replica,
    };
    form(
        "CHAOS",
        vec![run(12, 10, 5)],
        vec![run(50, 24, 1), run(50, 24, 4), run(50, 24, 10)],
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_sentinel_with_replicas_that_lag_loses_what_was_refreshed_meanwhile_and_nothing_else() {
    let _turn = turn::with_others_that_wait().await;
    for run in runs(false) {
        lag(run).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_sentinel_with_replicas_that_lag_loses_no_more_than_the_setting_allows() {
    let _turn = turn::with_others_that_wait().await;
    for run in runs(true) {
        lag(run).await;
    }
}

async fn lag(run: Run) {
    let mut options = vec!["--maxmemory-policy", "noeviction"];
    if run.has_to_have_a_replica {
        options.extend(["--min-replicas-to-write", "1", "--min-replicas-max-lag", "2"]);
    }
    let Some(set) = SentinelSet::start(2, &options, PATIENT) else {
        return;
    };
    let scale = Scale {
        processes: 2,
        launches: run.launches,
        clients: 2,
        lasts: Duration::ZERO,
        pause: Duration::from_millis(200),
    };
    let scene = Scene::at(Some(StoreServer::Sentinel(set)), scale, run.life).await;
    let traffic = Traffic::new(&scene, Tolerance::Trouble);
    let server = Arc::clone(scene.server.as_ref().unwrap());
    let trouble = async {
        // Some are refreshed before.
        tokio::time::sleep(run.life / 8).await;
        let outage = tokio::task::spawn_blocking(move || {
            let StoreServer::Sentinel(set) = &mut *server.lock().unwrap() else {
                panic!("sentinels were started");
            };
            set.fail_over_after_being_cut_off_for(run.cut_off_for)
        });
        let outage = outage.await.unwrap();
        // Every launch is refreshed once more: whoever has lost the newest token finds that out.
        tokio::time::sleep(run.life * 5 / 8).await;
        outage
    };
    let (outage, _) = traffic.during(scale, &mut Dice::new(rand::random()), trouble).await;
    let settled = traffic.settle(BACK_IN_ORDER).await;
    let havoc = Havoc {
        outages: vec![outage],
        fail_overs: vec![outage],
        ..Havoc::default()
    };
    if let StoreServer::Sentinel(set) = &*scene.server.as_ref().unwrap().lock().unwrap() {
        let switches = set.story().matches("+switch-master").count();
        assert_eq!(
            switches,
            set.sentinels.len(),
            "another fail-over than that of the test: {}",
            set.story()
        );
    }
    let records = Records::read(&scene);
    let causes = causes(&traffic, &records, &havoc);
    // What the primary acknowledged after the cut died with it.
    let died =
        |write: &&Write| (outage.copied_until..=outage.from).contains(&write.at) && write.reply == Reply::Written;
    let lost_writes: Vec<_> = records.writes.values().flatten().filter(died).collect();
    let after_the_cut = lost_writes.iter().map(|write| write.at - outage.copied_until);
    let latest = Duration::from_millis(after_the_cut.max().unwrap_or(0));
    let brought = |write: &&&Write| matches!(write.what, What::Outcome { .. });
    println!(
        "lag: replicas cut off for {:?} before the primary died, {}: {} acknowledged writes died with it, {} of them with new tokens, the \
         last {latest:.1?} after the cut; of {} launches {} were lost: {:?}; another primary after {:.1?}, all in order after {settled:.1?}",
        run.cut_off_for,
        match run.has_to_have_a_replica {
            true => "min-replicas-to-write 1",
            false => "min-replicas-to-write 0",
        },
        lost_writes.len(),
        lost_writes.iter().filter(brought).count(),
        run.launches,
        causes.len(),
        tally(&causes),
        Duration::from_millis(outage.to - outage.from),
    );
    traffic.assert_nothing_wrong(|_, _, _| 0, || scene.processes.logs());
    for (grant, cause) in &causes {
        let (sent, writes) = records.of(*grant);
        let story = Silence::at_the_end_of(sent, writes).story(sent, writes, &havoc);
        if run.launches > 12 {
            println!("{grant} was lost:\n{story}");
        }
        assert_eq!(
            *cause,
            Cause::FailedOver,
            "grant {grant}\n{story}\n{havoc:#?}\n{}",
            scene.processes.logs()
        );
    }
    if run.has_to_have_a_replica {
        let allowed = MOST_LAG + COUNTED + Duration::from_millis(LAG);
        assert!(latest <= allowed, "the primary took a write {latest:?} after the cut");
    }
    audit_trail::assert_adds_up(&scene, &traffic, &havoc);
}
