//! An EHR that takes its time, and very many launches whose tokens are due at the same moment.
//!
//! More than it can answer within the time for one request. So those that cannot be served soon have to hear so before
//! their refresh tokens are sent, and come in with the next ones.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};

use crate::{
    dice::Dice,
    launch::Launch,
    scene::form,
    scripted_ehr::{Kind, Script},
    turn,
    ward::{Ward, What},
};

#[derive(Debug, Clone, Copy)]
struct Scale {
    launches: usize,
    answers_in: Duration,
    deadline: Duration,
}

/// More rounds of [`AT_ONCE`] than there is time for before the deadline.
const SHORT: Scale = Scale {
    launches: 300,
    answers_in: Duration::from_secs(1),
    deadline: Duration::from_secs(3),
};
const LONG: Scale = Scale {
    launches: 640,
    answers_in: Duration::from_secs(7),
    deadline: Duration::from_secs(60),
};

/// How many requests to one registration go at once.
const AT_ONCE: usize = 64;
/// How long access tokens live.
const LIFE: Duration = Duration::from_secs(30 * 60);
/// A client asks again sooner than this, whatever it is told.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_ehr_refreshes_all_launches_whose_tokens_have_run_out() {
    let told = slow("tokens have run out", Duration::ZERO).await;
    // Ten seconds in which a request waits for its refresh.
    assert!(told.slowest < Duration::from_secs(15), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_ehr_refreshes_all_launches_whose_tokens_are_due_and_nobody_has_to_wait_for_that() {
    let told = slow("tokens are due", Duration::from_secs(299)).await;
    assert_eq!(told.refused, 0);
    // Two seconds in which a request waits for what would be better.
    assert!(told.slowest < Duration::from_secs(5), "{told:?}");
}

/// What a client lived through; of all of them: the sums.
#[derive(Debug, Default, Clone, Copy)]
struct Told {
    refreshed: usize,
    lost: usize,
    stuck: usize,
    asked: usize,
    refused: usize,
    slowest: Duration,
}

/// `left`: how long tokens live on when everybody comes.
async fn slow(name: &str, left: Duration) -> Told {
    let _turn = turn::with_others_that_wait().await;
    let scale = form("STORM", SHORT, LONG);
    let ward = Arc::new(Ward::open(vec![Script::prompt(LIFE)], scale.deadline).await);
    let launches = ward.admit(0, scale.launches).await;
    ward.ehr.script(0, |script| script.answers_in = scale.answers_in);
    ward.let_pass(LIFE - left).await;

    let rounds = u32::try_from(scale.launches.div_ceil(AT_ONCE)).unwrap();
    let within = scale.answers_in * rounds * 3 + Duration::from_secs(20);
    let (began, mut dice) = (Instant::now(), Dice::new(rand::random()));
    let mut clients = JoinSet::new();
    for launch in launches {
        let (ward, dice) = (Arc::clone(&ward), dice.fork());
        clients.spawn(async move { client(&ward, &launch, began + within, dice).await });
    }
    let all = clients.join_all().await.into_iter().fold(Told::default(), Told::and);
    let took = began.elapsed();
    let tally = ward.ehr.tally();
    println!(
        "slow EHR ({name}): {} launches at an EHR that answers in {:?}, deadline {:?}: after {took:.1?} {} refreshed, {} lost, \
         {} not yet; {} requests, {} answers 503, the slowest after {:.1?}; the EHR got {} refreshes, {} at most at once; {} \
         refresh tokens sent twice, {} cut off",
        scale.launches,
        scale.answers_in,
        scale.deadline,
        all.refreshed,
        all.lost,
        all.stuck,
        all.asked,
        all.refused,
        all.slowest,
        tally.count(0, Kind::Refresh),
        tally.most_at_once(0, Kind::Refresh),
        tally.sent_twice(),
        tally.abandoned(0),
    );
    assert_eq!((all.lost, all.stuck), (0, 0), "{}", ward.processes.logs());
    assert_eq!(tally.sent_twice(), 0);
    assert_eq!(
        tally.abandoned(0),
        0,
        "nothing is sent whose answer cannot come in time"
    );
    assert_eq!(tally.count(0, Kind::Refresh), scale.launches);
    assert!(tally.most_at_once(0, Kind::Refresh) <= AT_ONCE);
    all
}

/// Asks until its launch has a new token, and keeps to what it is told.
async fn client(ward: &Ward, launch: &Launch, until: Instant, mut dice: Dice) -> Told {
    let mut told = Told::default();
    while Instant::now() < until {
        let heard = ward.ask(launch).await;
        told.asked += 1;
        told.slowest = told.slowest.max(heard.took);
        match heard.what {
            What::Token(1) => sleep(dice.millis(1_000..3_000)).await,
            What::Token(_) => {
                told.refreshed += 1;
                return told;
            }
            What::Later(pause) => {
                told.refused += 1;
                sleep(pause.min(PATIENCE)).await;
            }
            What::Ended => {
                told.lost += 1;
                return told;
            }
        }
    }
    told.stuck += 1;
    told
}

impl Told {
    fn and(self, other: Self) -> Self {
        Self {
            refreshed: self.refreshed + other.refreshed,
            lost: self.lost + other.lost,
            stuck: self.stuck + other.stuck,
            asked: self.asked + other.asked,
            refused: self.refused + other.refused,
            slowest: self.slowest.max(other.slowest),
        }
    }
}
