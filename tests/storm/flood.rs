//! Strangers invent sign-ins at an EHR that takes its time, while people work and others come in.
//!
//! An invented code costs the EHR as much as a true one, and nobody can tell them apart before. So the flood may take
//! what is set aside for sign-ins; people who are signed in do not notice, and those who come hear soon whether it is their
//! turn, and keep their codes when it is not.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep, sleep_until},
};

use crate::{
    launch::Launch,
    scene::form,
    scripted_ehr::{Kind, Script},
    turn,
    ward::{Ward, What},
};

#[derive(Debug, Clone, Copy)]
struct Scale {
    /// How long the flood lasts.
    lasts: Duration,
    answers_in: Duration,
    deadline: Duration,
    /// How long access tokens live: so long that they come due during the flood.
    life: Duration,
}

const SHORT: Scale = Scale {
    lasts: Duration::from_secs(10),
    answers_in: Duration::from_millis(1_500),
    deadline: Duration::from_secs(4),
    life: Duration::from_secs(8),
};
const LONG: Scale = Scale {
    lasts: Duration::from_secs(90),
    answers_in: Duration::from_secs(3),
    deadline: Duration::from_secs(60),
    life: Duration::from_secs(30),
};

/// Invented sign-ins per second.
const FLOOD: u32 = 60;
/// A stranger waits for the answer to an invented callback for as long as a browser's user would.
const STRANGERS_PATIENCE: Duration = Duration::from_secs(15);
/// How many people are signed in, and how many come.
const PEOPLE: usize = 20;
/// How many code exchanges one registration may have under way.
const EXCHANGES: usize = 32;
/// Within this each callback is answered, one way or the other; and within this after the flood everybody is in.
const SOON: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flood_of_invented_sign_ins_signs_nobody_out_and_keeps_nobody_out_after_it() {
    let _turn = turn::with_others_that_wait().await;
    let scale = form("STORM", SHORT, LONG);
    let ward = Arc::new(Ward::open(vec![Script::prompt(scale.life)], scale.deadline).await);
    let people = ward.admit(0, PEOPLE).await;
    ward.ehr.script(0, |script| script.answers_in = scale.answers_in);

    let began = Instant::now();
    let over = began + scale.lasts;
    let mut working = JoinSet::new();
    for launch in people {
        let ward = Arc::clone(&ward);
        working.spawn(async move { work(&ward, &launch, over).await });
    }
    let mut coming = JoinSet::new();
    for number in 0..u32::try_from(PEOPLE).unwrap() {
        let ward = Arc::clone(&ward);
        let at = began + scale.lasts / u32::try_from(PEOPLE).unwrap() * number;
        coming.spawn(async move {
            sleep_until(at.into()).await;
            come_in(&ward, over + SOON).await
        });
    }
    let strangers = flood(&ward, over).await;
    let work = Work::of_all(working.join_all().await);
    let arrivals = Arrivals::of_all(coming.join_all().await, over);

    let tally = ward.ehr.tally();
    // The first ones come to an EHR that has nothing to do.
    let capacity = tally.mean_at_once(0, Kind::Exchange, began + scale.answers_in, over);
    let most = tally.most_at_once(0, Kind::Exchange);
    println!(
        "flood: {FLOOD} invented sign-ins a second for {:?} at an EHR that answers in {:?}, answered with {strangers:?} (0: gave \
         up); {capacity:.1} of {EXCHANGES} exchanges at once on average, {most} at most; {PEOPLE} people at work: {work:?}; \
         {PEOPLE} people who came: {arrivals:?}; {} refresh tokens sent twice, {} requests cut off",
        scale.lasts,
        scale.answers_in,
        tally.sent_twice(),
        tally.abandoned(0),
    );
    let logs = || ward.processes.logs();
    assert_eq!((work.lost, work.refused), (0, 0), "{work:?}\n{}", logs());
    assert!(work.slowest < Duration::from_secs(5), "{work:?}");
    // A refresh each half life, which takes as long as the EHR does.
    let period = scale.life / 2 + scale.answers_in + Duration::from_secs(2);
    let least = scale.lasts.as_secs() / period.as_secs();
    assert!(work.fewest_refreshes >= least, "{work:?}, at least {least}");
    assert_eq!(tally.sent_twice(), 0);
    assert_eq!(arrivals.in_time, PEOPLE, "{arrivals:?}\n{}", logs());
    assert_eq!(arrivals.spent_in_vain, 0, "{arrivals:?}");
    assert!(arrivals.slowest <= SOON, "{arrivals:?}");
    assert_eq!(
        tally.abandoned(0),
        0,
        "nothing is sent whose answer cannot come in time"
    );
    assert!(most <= EXCHANGES, "{most}");
    assert!(capacity >= 0.6 * EXCHANGES as f64, "{capacity}");
}

/// Invents sign-ins until then. Gives back how many got which status.
async fn flood(ward: &Arc<Ward>, over: Instant) -> BTreeMap<u16, usize> {
    let answers = Arc::new(Mutex::new(BTreeMap::new()));
    let mut strangers = JoinSet::new();
    let mut ticks = interval(Duration::from_secs(1) / FLOOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while Instant::now() < over {
        ticks.tick().await;
        let (ward, answers) = (Arc::clone(ward), Arc::clone(&answers));
        strangers.spawn(async move {
            let status = ward.invented_sign_in(0, STRANGERS_PATIENCE).await;
            *answers.lock().unwrap().entry(status.unwrap_or(0)).or_default() += 1;
        });
        while let Some(gone) = strangers.try_join_next() {
            gone.unwrap();
        }
    }
    // Nobody is waiting for those who still wait.
    drop(strangers);
    let answers = answers.lock().unwrap();
    answers.clone()
}

/// What somebody lived through who was signed in already; of all of them: the sums.
#[derive(Debug, Default)]
struct Work {
    answered: usize,
    refused: usize,
    lost: usize,
    slowest: Duration,
    fewest_refreshes: u64,
}

/// Loads a page each second.
async fn work(ward: &Ward, launch: &Launch, over: Instant) -> Work {
    let mut work = Work::default();
    while Instant::now() < over {
        let heard = ward.ask(launch).await;
        work.slowest = work.slowest.max(heard.took);
        match heard.what {
            What::Token(serial) => {
                work.answered += 1;
                work.fewest_refreshes = serial - 1;
            }
            What::Later(_) => work.refused += 1,
            What::Ended => {
                work.lost += 1;
                break;
            }
        }
        sleep(Duration::from_secs(1)).await;
    }
    work
}

impl Work {
    fn of_all(all: Vec<Self>) -> Self {
        Self {
            answered: all.iter().map(|one| one.answered).sum(),
            refused: all.iter().map(|one| one.refused).sum(),
            lost: all.iter().map(|one| one.lost).sum(),
            slowest: all.iter().map(|one| one.slowest).max().unwrap(),
            fewest_refreshes: all.iter().map(|one| one.fewest_refreshes).min().unwrap(),
        }
    }
}

/// How somebody came in.
struct Arrival {
    /// When, if at all.
    came_in: Option<Instant>,
    turned_away: usize,
    /// Whether the code was spent although the answer was to try again.
    spent_in_vain: bool,
    slowest: Duration,
}

/// Comes back from the EHR, and loads the page again each second while that is the answer.
async fn come_in(ward: &Ward, until: Instant) -> Arrival {
    let mut sign_in = ward.sign_in(0).await;
    let mut arrival = Arrival {
        came_in: None,
        turned_away: 0,
        spent_in_vain: false,
        slowest: Duration::ZERO,
    };
    while Instant::now() < until {
        let began = Instant::now();
        let answer = sign_in.come_back().await;
        arrival.slowest = arrival.slowest.max(began.elapsed());
        if answer.status != 503 {
            let opened = sign_in.launch(&answer);
            arrival.came_in = opened.map(|_| Instant::now());
            break;
        }
        arrival.turned_away += 1;
        arrival.spent_in_vain |= ward.ehr.has_redeemed(sign_in.person);
        sleep(Duration::from_secs(1)).await;
    }
    arrival
}

/// How all of them came in.
#[derive(Debug)]
#[expect(dead_code, reason = "some are read by people only")]
struct Arrivals {
    in_time: usize,
    during_the_flood: usize,
    turned_away: usize,
    spent_in_vain: usize,
    slowest: Duration,
}

impl Arrivals {
    fn of_all(all: Vec<Arrival>, over: Instant) -> Self {
        let before = |until: Instant| {
            let such = |one: &&Arrival| one.came_in.is_some_and(|came_in| came_in <= until);
            all.iter().filter(such).count()
        };
        Self {
            in_time: before(over + SOON),
            during_the_flood: before(over),
            turned_away: all.iter().map(|one| one.turned_away).sum(),
            spent_in_vain: all.iter().filter(|one| one.spent_in_vain).count(),
            slowest: all.iter().map(|one| one.slowest).max().unwrap(),
        }
    }
}
