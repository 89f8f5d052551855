//! Bad moods of the EHR.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use actix_smart_auth::sandbox::{Fault, FaultPoint, SandboxServer, Times, When};

use crate::{
    dice::Dice,
    havoc::{Powers, now},
    ledger::{self, Sent},
    scene::DEADLINE,
};

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

/// A time in which refreshes met the same mood.
#[derive(Debug)]
pub(crate) struct Spell {
    pub(crate) mood: Mood,
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// The refresh tokens of those that met it, where it is one that loses launches.
    pub(crate) struck: Vec<String>,
}

/// How exactly the beginning and the end of a mood are known, in milliseconds.
const BLUR: u64 = 10;

impl Spell {
    pub(crate) fn met(&self, one: &Sent) -> bool {
        let in_time = (self.from.saturating_sub(BLUR)..=self.to + BLUR).contains(&one.at);
        in_time && (!self.mood.is_fatal() || self.struck.contains(&one.refresh_token))
    }
}

impl Mood {
    /// Whether the EHR spends the refresh token and nobody gets what it answers.
    const fn is_fatal(self) -> bool {
        matches!(self, Self::LosesAnswers | Self::TooSlow)
    }
}

/// Lets it be in one mood after the other until then, and in each at least once.
pub(crate) fn annoy_ehr(sandbox: &SandboxServer, powers: Powers, until: Instant, dice: &mut Dice) -> Vec<Spell> {
    let mut moods = vec![Mood::Slow(0), Mood::Fails, Mood::Fails, Mood::LosesAnswers];
    if powers.long {
        // Launches that are lost for certain are there to be told apart from others, of which some have to be left.
        moods.extend([Mood::Slow(0), Mood::Slow(0), Mood::Fails, Mood::TooSlow]);
    }
    let mut spells = Vec::new();
    let mut deck = Vec::new();
    while Instant::now() < until || spells.len() < moods.len() {
        sleep(dice.millis(300..1_500));
        if deck.is_empty() {
            deck = dice.shuffled(moods.clone());
        }
        let mood = match deck.pop().unwrap() {
            Mood::Slow(_) => Mood::Slow(300 + dice.below(1_200) as u64),
            mood => mood,
        };
        // After a store or a process was away everybody refreshes at once, and all would be lost.
        let times = if mood.is_fatal() { Times::Once } else { Times::Always };
        let (when, fault) = fault(mood, dice);
        let from = now();
        sandbox.inject(FaultPoint::Refresh, when, fault, times);
        sleep(dice.millis(500..2_000));
        sandbox.clear_faults();
        let to = now();
        let struck = ledger::sent(sandbox).into_iter().filter(|one| one.at + BLUR >= from);
        let at_the_edge = struck.clone().filter(|one| one.at <= from + BLUR).count();
        let struck = struck.take(1 + at_the_edge).map(|one| one.refresh_token);
        spells.push(Spell {
            mood,
            from,
            to,
            struck: if mood.is_fatal() { struck.collect() } else { Vec::new() },
        });
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
