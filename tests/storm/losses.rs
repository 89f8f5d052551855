//! Why a launch was lost: from what the EHR received, what the store acknowledged, and what was done to them.

use std::collections::BTreeMap;

use crate::{
    havoc::{Havoc, Mood},
    journal::Saved,
    ledger::Sent,
};

/// The reasons for which a launch may be lost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// A process was killed between sending a rotating refresh and saving the answer.
    Killed,
    /// The EHR rotated the refresh token and its answer did not arrive.
    AnswerLost,
    /// The EHR answered after the deadline.
    TooSlow,
    /// Any other, which is a mistake.
    Unexplained(String),
}

/// As long as a refresh may take while nothing hinders it, on a busy machine.
const QUICK: u64 = 1_000;
/// As long after Redis is back as a save may come: an attempt that runs out, and a pause.
const RESAVED: u64 = 4_000;
/// How exactly the beginning and the end of a mood are known.
const BLUR: u64 = 10;

/// Why the launch with these refreshes and saved tokens, oldest first, was lost.
pub(crate) fn cause(sent: &[Sent], saved: &[Saved], havoc: &Havoc) -> Cause {
    // What was sent had been saved, even where the process died before it could write that down.
    let known_from_sending = sent.iter().map(|sent| (&sent.refresh_token, sent.at));
    let known_from_saving = saved.iter().map(|saved| (&saved.refresh_token, saved.at));
    let mut first_known = BTreeMap::new();
    for (token, at) in known_from_sending.chain(known_from_saving) {
        let first = first_known.entry(token).or_insert(at);
        *first = at.min(*first);
    }
    let Some((last, since)) = first_known.into_iter().max_by_key(|(_, at)| *at) else {
        return Cause::Unexplained("it never had a refresh token".to_owned());
    };
    if let Some(stale) = sent.iter().find(|sent| sent.refresh_token != *last && sent.at > since) {
        return Cause::Unexplained(format!(
            "an older token was sent after a newer one was known at {since}: {stale:?}"
        ));
    }
    for one in sent.iter().filter(|sent| sent.refresh_token == *last) {
        let moods = || {
            let met = havoc.spells.iter();
            met.filter(|spell| (spell.from.saturating_sub(BLUR)..=spell.to + BLUR).contains(&one.at))
                .map(|spell| spell.mood)
        };
        if moods().any(|mood| mood == Mood::LosesAnswers) {
            return Cause::AnswerLost;
        }
        if moods().any(|mood| mood == Mood::TooSlow) {
            return Cause::TooSlow;
        }
        // Certainly not processed, or refused.
        if moods().any(|mood| mood == Mood::Fails) || one.status.is_some_and(|status| status != 200) {
            continue;
        }
        let delays = moods().filter_map(|mood| match mood {
            Mood::Slow(millis) => Some(millis),
            _ => None,
        });
        let answered = one.at + delays.max().unwrap_or(0);
        let saved_by = saved_by(answered, havoc);
        let mut deaths = havoc.kills.iter().filter(|kill| kill.agent == one.agent);
        if let Some(death) = deaths.find(|kill| (one.at..=saved_by).contains(&kill.at)) {
            println!(
                "  lost: {} was dead {} ms after it had sent a refresh; the EHR took {} ms longer than usual, Redis was {}",
                one.agent,
                death.at - one.at,
                answered - one.at,
                if havoc.redis_was_away(one.at, death.at) {
                    "away"
                } else {
                    "there"
                },
            );
            return Cause::Killed;
        }
    }
    Cause::Unexplained(format!(
        "nothing happened to the last refresh; sent {:#?}",
        &sent[sent.len().saturating_sub(3)..]
    ))
}

/// Until when the answer that came at `answered` should have been saved.
fn saved_by(answered: u64, havoc: &Havoc) -> u64 {
    let quick = answered + QUICK;
    let away = havoc
        .redis_away
        .iter()
        .filter(|(from, to)| *from <= quick && answered <= *to);
    away.map(|(_, to)| to + RESAVED).fold(quick, u64::max)
}
