//! What a fail-over loses after the replicas were cut off for a while, counted: with and without `min-replicas-to-write`.
//!
//! Writes are lost, that is certain. Launches need not be: a process that still has new tokens that died with the primary stores them again.

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

/// As the guide says: a primary whose replicas are later than that stops to write.
const MOST_LAG: Duration = Duration::from_secs(2);
/// The primary counts that in whole seconds, so that what it takes for two may be almost three; and it does so once a second.
const COUNTED: Duration = Duration::from_secs(2);
/// How long after the cut a primary with that setting may take writes, then.
const ALLOWED: Duration = Duration::from_millis(MOST_LAG.as_millis() as u64 + COUNTED.as_millis() as u64 + LAG);
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
        // Each is refreshed every 3 s, so also after the primary has to have stopped to write.
        vec![run(12, 6, 9)],
        vec![run(50, 24, 1), run(50, 24, 4), run(50, 24, 10)],
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_sentinel_with_replicas_that_lag_loses_no_launch_but_those_whose_new_tokens_died_with_the_primary() {
    let _turn = turn::with_others_that_wait().await;
    for run in runs(false) {
        lag(run).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_sentinel_with_replicas_that_lag_takes_no_write_that_the_setting_does_not_allow() {
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
        let dying = tokio::task::spawn_blocking(move || {
            let StoreServer::Sentinel(set) = &mut *server.lock().unwrap() else {
                panic!("sentinels were started");
            };
            set.fail_over_after_being_cut_off_for(run.cut_off_for)
        });
        let died = dying.await.unwrap();
        // Every launch is refreshed once more: whoever has lost the newest token finds that out.
        tokio::time::sleep(run.life * 5 / 8).await;
        died
    };
    let ((outage, refused), _) = traffic.during(scale, &mut Dice::new(rand::random()), trouble).await;
    let settled = traffic.settle(BACK_IN_ORDER).await;
    let havoc = Havoc {
        outages: vec![outage.clone()],
        fail_overs: vec![outage.clone()],
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
    let writes = || records.writes.values().flatten();
    let in_the_cut = |write: &&Write| (outage.copied_until..=outage.from).contains(&write.at);
    let brought = |write: &&Write| matches!(write.what, What::Outcome { .. }) && write.reply == Reply::Written;
    let in_the_cut = writes().filter(in_the_cut);
    // What the primary acknowledged after the cut died with it.
    let lost_writes: Vec<_> = in_the_cut.filter(|write| write.reply == Reply::Written).collect();
    let after_the_cut = |write: &Write| Duration::from_millis(write.at - outage.copied_until);
    let latest = lost_writes.iter().map(|write| after_the_cut(write)).max();
    let latest = latest.unwrap_or_default();
    println!(
        "lag: replicas cut off for {:?} before the primary died, {}: {} acknowledged writes died with it, {} of them with new tokens, the \
         last {latest:.1?} after the cut, {refused} others were refused until then; of {} launches {} were lost: {:?}; another primary after {:.1?}, \
         all in order after {settled:.1?}",
        run.cut_off_for,
        match run.has_to_have_a_replica {
            true => "min-replicas-to-write 1",
            false => "min-replicas-to-write 0",
        },
        lost_writes.len(),
        lost_writes.iter().copied().filter(brought).count(),
        run.launches,
        causes.len(),
        tally(&causes),
        Duration::from_millis(outage.to - outage.from),
    );
    traffic.assert_nothing_wrong(&havoc, &records, || scene.processes.logs());
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
    assert!(!lost_writes.is_empty(), "nothing died with the primary");
    let may_have_died = writes().filter(|write| havoc.may_have_lost(write.at, write.slot));
    let new_tokens = may_have_died.filter(brought).count();
    assert!(
        causes.len() <= new_tokens,
        "{} launches, {new_tokens} new tokens",
        causes.len()
    );
    if run.launches > 12 && new_tokens > 4 {
        let most = new_tokens / 2;
        assert!(
            causes.len() <= most,
            "new tokens were not stored again: {} launches",
            causes.len()
        );
    }
    if run.has_to_have_a_replica {
        assert!(latest <= ALLOWED, "the primary took a write {latest:?} after the cut");
    }
    if run.outlasts_what_is_allowed() {
        let later = lost_writes.iter().copied().filter(brought);
        let later = later.filter(|write| after_the_cut(write) > ALLOWED).count();
        match run.has_to_have_a_replica {
            true => assert!(refused > 0, "the primary never refused to write"),
            false => assert!(later > 0, "the setting would have made no difference"),
        }
    }
    audit_trail::assert_adds_up(&scene, &traffic, &records, &havoc);
}

impl Run {
    /// Whether launches are refreshed after the moment at which a primary with the setting has stopped to write, and before it dies.
    const fn outlasts_what_is_allowed(self) -> bool {
        self.cut_off_for.as_secs() >= 8
    }
}
