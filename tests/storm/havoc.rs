//! What goes wrong on a bad day, written down with its time.

use std::{
    sync::{Arc, Mutex},
    thread::{self, sleep},
    time::{Duration, Instant},
};

use actix_smart_auth::{
    Clock as _, SystemClock,
    sandbox::{Fault, FaultPoint, SandboxServer, Times, When},
};

use crate::{
    dice::Dice,
    processes::Processes,
    redis_server::RedisServer,
    scene::{DEADLINE, Scene},
};

/// A process that was killed.
#[derive(Debug)]
pub(crate) struct Kill {
    pub(crate) agent: String,
    /// When it was dead, in milliseconds since the epoch.
    pub(crate) at: u64,
}

/// How the EHR behaves towards refreshes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It takes its time: so many milliseconds.
    Slow(u64),
    /// It fails before it has done anything.
    Fails,
    /// It does its work, and the answer does not arrive.
    LosesAnswers,
    /// It does its work, and answers after the deadline.
    TooSlow,
}

/// A time in which every refresh met the same mood.
#[derive(Debug)]
pub(crate) struct Spell {
    pub(crate) mood: Mood,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// Everything that was done.
#[derive(Debug, Default)]
pub(crate) struct Havoc {
    pub(crate) kills: Vec<Kill>,
    /// Processes that were stopped as at a rolling restart.
    pub(crate) stops: usize,
    pub(crate) redis_restarts: usize,
    pub(crate) redis_pauses: usize,
    /// From when to when Redis was away, paused or not running.
    pub(crate) redis_away: Vec<(u64, u64)>,
    pub(crate) spells: Vec<Spell>,
}

impl Havoc {
    pub(crate) fn redis_was_away(&self, from: u64, to: u64) -> bool {
        self.redis_away.iter().any(|(gone, back)| *gone <= to && from <= *back)
    }
}

/// What may be done to a scene.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Powers {
    pub(crate) processes: bool,
    pub(crate) too_slow: bool,
    /// How long, on average, the EHR is in a mood that loses each launch which it meets for certain.
    pub(crate) fatal: Duration,
}

/// Makes trouble for that long; afterwards everything is in order again.
pub(crate) fn make(scene: &Scene, powers: Powers, lasts: Duration, dice: &mut Dice) -> impl FnOnce() -> Havoc + use<> {
    let (sandbox, processes) = (Arc::clone(&scene.sandbox), Arc::clone(&scene.processes));
    let redis = scene.redis.clone();
    let (mut one, mut two, mut three) = (dice.fork(), dice.fork(), dice.fork());
    move || {
        let until = Instant::now() + lasts;
        thread::scope(|scope| {
            let ehr = scope.spawn(|| annoy_ehr(&sandbox, powers, until, &mut one));
            let redis = scope.spawn(|| redis.map(|redis| hit_redis(&redis, until, &mut two)));
            let mut havoc = Havoc::default();
            if powers.processes {
                (havoc.kills, havoc.stops) = hit_processes(&processes, until, &mut three);
            }
            if let Some(hits) = redis.join().unwrap() {
                (havoc.redis_restarts, havoc.redis_pauses, havoc.redis_away) = hits;
            }
            havoc.spells = ehr.join().unwrap();
            havoc
        })
    }
}

fn now() -> u64 {
    SystemClock.now().as_millis()
}

fn hit_processes(processes: &Processes, until: Instant, dice: &mut Dice) -> (Vec<Kill>, usize) {
    let (mut kills, mut stops) = (Vec::new(), 0);
    while Instant::now() < until {
        sleep(dice.millis(200..1_500));
        let at = dice.below(processes.count());
        if dice.one_in(4) {
            processes.stop(at);
            stops += 1;
        } else {
            let agent = processes.kill(at);
            kills.push(Kill { agent, at: now() });
        }
        sleep(dice.millis(50..1_000));
        processes.restart(at);
    }
    (kills, stops)
}

fn hit_redis(redis: &Mutex<RedisServer>, until: Instant, dice: &mut Dice) -> (usize, usize, Vec<(u64, u64)>) {
    let (mut restarts, mut pauses, mut away) = (0, 0, Vec::new());
    let mut restart = dice.one_in(2);
    while Instant::now() < until {
        sleep(dice.millis(800..3_000));
        let mut redis = redis.lock().unwrap();
        let from = now();
        if restart {
            redis.kill();
            sleep(dice.millis(50..1_500));
            redis.run();
            restarts += 1;
        } else {
            redis.pause();
            sleep(dice.millis(1_000..3_000));
            redis.resume();
            pauses += 1;
        }
        away.push((from, now()));
        restart = !restart;
    }
    (restarts, pauses, away)
}

fn annoy_ehr(sandbox: &SandboxServer, powers: Powers, until: Instant, dice: &mut Dice) -> Vec<Spell> {
    let mut moods = vec![Mood::Slow(0), Mood::Fails, Mood::Fails, Mood::LosesAnswers];
    if powers.too_slow {
        moods.push(Mood::TooSlow);
    }
    let fatal = u64::try_from(powers.fatal.as_millis()).unwrap();
    let mut spells = Vec::new();
    let mut deck = Vec::new();
    while Instant::now() < until {
        sleep(dice.millis(300..1_500));
        if deck.is_empty() {
            deck = dice.shuffled(moods.clone());
        }
        let mood = match deck.pop().unwrap() {
            Mood::Slow(_) => Mood::Slow(300 + dice.below(1_200) as u64),
            mood => mood,
        };
        let (when, fault) = fault(mood, dice);
        let from = now();
        sandbox.inject(FaultPoint::Refresh, when, fault, Times::Always);
        sleep(match mood {
            Mood::Slow(_) | Mood::Fails => dice.millis(500..2_000),
            Mood::LosesAnswers | Mood::TooSlow => dice.millis(fatal / 2..fatal * 3 / 2),
        });
        sandbox.clear_faults();
        spells.push(Spell { mood, from, to: now() });
    }
    spells
}

fn fault(mood: Mood, dice: &mut Dice) -> (When, Fault) {
    let seconds = |dice: &mut Dice| Some((dice.below(2) + 1).to_string());
    match mood {
        Mood::Slow(millis) => (When::Before, Fault::Delay(Duration::from_millis(millis))),
        Mood::Fails => (
            When::Before,
            match dice.below(5) {
                0 => Fault::Status(500),
                1 => Fault::Unavailable {
                    retry_after: seconds(dice),
                },
                2 => Fault::TooManyRequests {
                    retry_after: seconds(dice),
                },
                3 => Fault::HtmlBody { status: 502 },
                _ => Fault::Reset,
            },
        ),
        Mood::LosesAnswers => (
            When::After,
            match dice.below(3) {
                0 => Fault::Status(504),
                1 => Fault::Truncated,
                _ => Fault::Reset,
            },
        ),
        Mood::TooSlow => (When::After, Fault::Delay(DEADLINE + Duration::from_secs(2))),
    }
}
