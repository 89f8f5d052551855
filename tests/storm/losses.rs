//! Why a launch was lost: from what the EHR received, what the store acknowledged, and what was done to them.

use std::collections::BTreeMap;

use crate::{havoc::Havoc, journal::Saved, ledger::Sent, moods::Mood, scene::DEADLINE};

/// The reasons for which a launch may be lost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// A process was killed between sending a rotating refresh and saving the answer.
    Killed,
    /// A process was stopped between sending a refresh and saving the answer, for longer than the deadline.
    Stopped,
    /// A primary of Redis died with new tokens that it had acknowledged, and that no replica had got.
    FailedOver,
    /// The EHR rotated the refresh token and its answer did not arrive.
    AnswerLost,
    /// The EHR answered after the deadline.
    TooSlow,
    /// Any other, which is a mistake.
    Unexplained(String),
}

/// As long as a refresh may take while nothing hinders it, on a busy machine.
const QUICK: u64 = 1_000;
/// As long after the store is back as a save may come: an attempt that runs out, and a pause.
const RESAVED: u64 = 4_000;

/// Why the launch with these refreshes and saved tokens, oldest first, was lost.
pub(crate) fn cause(sent: &[Sent], saved: &[Saved], havoc: &Havoc) -> Cause {
    // Also where only the note was lost that a refresh begins: somebody else then sends the same token.
    let newest = newest(sent, saved).map(|(_, since)| since);
    let mut written = saved.iter().map(|saved| saved.at).chain(newest);
    match cause_elsewhere(sent, saved, havoc) {
        Cause::Unexplained(_) if written.any(|at| may_be_lost_with_a_primary(at, havoc)) => Cause::FailedOver,
        cause => cause,
    }
}

/// The newest refresh token that was acknowledged or sent, and since when it was known.
fn newest<'a>(sent: &'a [Sent], saved: &'a [Saved]) -> Option<(&'a str, u64)> {
    // What was sent had been saved, even where the process died before it could write that down.
    let known_from_sending = sent.iter().map(|sent| (&*sent.refresh_token, sent.at));
    let known_from_saving = saved.iter().map(|saved| (&*saved.refresh_token, saved.at));
    let mut first_known = BTreeMap::new();
    for (token, at) in known_from_sending.chain(known_from_saving) {
        let first = first_known.entry(token).or_insert(at);
        *first = at.min(*first);
    }
    first_known.into_iter().max_by_key(|(_, at)| *at)
}

/// Where a store that acknowledges something has it.
fn cause_elsewhere(sent: &[Sent], saved: &[Saved], havoc: &Havoc) -> Cause {
    let Some((last, since)) = newest(sent, saved) else {
        return Cause::Unexplained("it never had a refresh token".to_owned());
    };
    if let Some(stale) = sent.iter().find(|sent| sent.refresh_token != last && sent.at > since) {
        // Whoever had it was stopped for so long that nobody waited any more, and came back at that moment.
        let mut first = sent.iter().filter(|sent| sent.refresh_token == stale.refresh_token);
        if first.any(|one| was_stopped(one, saved_by(one, one.at, havoc), havoc)) {
            return Cause::Stopped;
        }
        return Cause::Unexplained(format!(
            "an older token was sent after a newer one was known at {since}: {stale:?}"
        ));
    }
    let mut last = sent.iter().filter(|sent| sent.refresh_token == last);
    last.find_map(|one| undoing(one, havoc)).unwrap_or_else(|| {
        Cause::Unexplained(format!(
            "nothing happened to the last refresh; sent {:#?}",
            &sent[sent.len().saturating_sub(3)..]
        ))
    })
}

/// How late a replica that nothing hinders may be, and a process that writes down what was acknowledged, on a busy machine.
pub(crate) const LAG: u64 = 500;

/// Whether a write that was acknowledged then may have died with a primary: replicas get it afterwards.
fn may_be_lost_with_a_primary(at: u64, havoc: &Havoc) -> bool {
    let mut fail_overs = havoc.fail_overs.iter();
    fail_overs.any(|one| (one.copied_until.saturating_sub(LAG)..=one.from + LAG).contains(&at))
}

/// What has happened to this refresh so that nobody has what it brought.
fn undoing(one: &Sent, havoc: &Havoc) -> Option<Cause> {
    let moods = || {
        let met = havoc.spells.iter();
        met.filter(|spell| spell.met(one)).map(|spell| spell.mood)
    };
    if moods().any(|mood| mood == Mood::LosesAnswers) {
        return Some(Cause::AnswerLost);
    }
    if moods().any(|mood| mood == Mood::TooSlow) {
        return Some(Cause::TooSlow);
    }
    // Certainly not processed, or refused.
    if moods().any(|mood| mood == Mood::Fails) || one.status.is_some_and(|status| status != 200) {
        return None;
    }
    let delays = moods().filter_map(|mood| match mood {
        Mood::Slow(millis) => Some(millis),
        _ => None,
    });
    let answered = one.at + delays.max().unwrap_or(0);
    let saved_by = saved_by(one, answered, havoc);
    if was_stopped(one, saved_by, havoc) {
        return Some(Cause::Stopped);
    }
    let mut deaths = havoc.kills.iter().filter(|kill| kill.agent == one.agent);
    // What lay in the sandbox's socket when its process died is noted afterwards.
    let death = deaths.find(|kill| kill.at <= saved_by)?;
    println!(
        "  lost: {} was dead {} ms after it had sent a refresh; the EHR took {} ms longer than usual, the store was {}",
        one.agent,
        death.at.saturating_sub(one.at),
        answered - one.at,
        if havoc.store_was_away(one.at, death.at) {
            "away"
        } else {
            "there"
        },
    );
    Some(Cause::Killed)
}

/// Whether its process was stopped for longer than the deadline before `saved_by`.
fn was_stopped(one: &Sent, saved_by: u64, havoc: &Havoc) -> bool {
    let deadline = u64::try_from(DEADLINE.as_millis()).unwrap();
    let mut freezes = havoc.freezes.iter().filter(|freeze| freeze.agent == one.agent);
    freezes.any(|freeze| freeze.from <= saved_by && freeze.to.saturating_sub(freeze.from.max(one.at)) > deadline)
}

/// Until when the answer that came at `answered` should have been saved.
fn saved_by(one: &Sent, answered: u64, havoc: &Havoc) -> u64 {
    let mut by = answered + QUICK;
    loop {
        let met = |from: u64, to: u64| from <= by && answered <= to;
        let outages = havoc.outages.iter().filter(|outage| met(outage.from, outage.to));
        let freezes = havoc.freezes.iter().filter(|freeze| freeze.agent == one.agent);
        let freezes = freezes.filter(|freeze| met(freeze.from, freeze.to));
        let hindered = outages
            .map(|outage| outage.to + RESAVED)
            .chain(freezes.map(|freeze| freeze.to + QUICK));
        match hindered.max() {
            Some(later) if later > by => by = later,
            _ => return by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        hits::{Freeze, Kill},
        outages::Outage,
    };

    const AGENT: &str = "process-0.0";
    const SENT: u64 = 1_000;

    /// The process that sent the only refresh is stopped 10 ms later for so long, and killed at a moment.
    fn why(stopped_for: u64, killed_at: Option<u64>) -> Cause {
        let sent = Sent {
            at: SENT,
            refresh_token: "the only one".to_owned(),
            agent: AGENT.to_owned(),
            status: Some(200),
        };
        let freeze = Freeze {
            agent: AGENT.to_owned(),
            from: SENT + 10,
            to: SENT + 10 + stopped_for,
        };
        let kill = |at| Kill {
            agent: AGENT.to_owned(),
            at,
        };
        let havoc = Havoc {
            freezes: vec![freeze],
            kills: killed_at.into_iter().map(kill).collect(),
            ..Havoc::default()
        };
        cause(&[sent], &[], &havoc)
    }

    #[test]
    fn losses_are_put_down_to_a_stop_only_when_it_was_longer_than_the_deadline() {
        let deadline = u64::try_from(DEADLINE.as_millis()).unwrap();
        assert_eq!(why(deadline + 1, None), Cause::Stopped);
        assert!(matches!(why(deadline, None), Cause::Unexplained(_)));
    }

    /// A launch whose new tokens were acknowledged then, by a primary whose replicas were cut off at 3,000 and that died at 7,000.
    fn why_after_a_fail_over(acknowledged_at: u64) -> Cause {
        let saved = Saved {
            at: acknowledged_at,
            refresh_token: "the only one".to_owned(),
        };
        let outage = Outage {
            long: true,
            killed: true,
            copied_until: 3_000,
            from: 7_000,
            to: 9_000,
        };
        let havoc = Havoc {
            fail_overs: vec![outage],
            ..Havoc::default()
        };
        cause(&[], &[saved], &havoc)
    }

    #[test]
    fn losses_are_put_down_to_a_fail_over_only_when_no_replica_had_got_the_last_write() {
        for at in [3_000 - LAG, 5_000, 7_000 + LAG] {
            assert_eq!(why_after_a_fail_over(at), Cause::FailedOver, "{at}");
        }
        for at in [3_000 - LAG - 1, 7_000 + LAG + 1] {
            let cause = why_after_a_fail_over(at);
            assert!(matches!(cause, Cause::Unexplained(_)), "{at}: {cause:?}");
        }
    }

    #[test]
    fn losses_by_a_kill_soon_after_a_short_stop_are_put_down_to_the_kill() {
        assert_eq!(why(3_000, Some(SENT + 3_500)), Cause::Killed);
        assert!(matches!(why(3_000, Some(SENT + 9_000)), Cause::Unexplained(_)));
    }

    #[test]
    fn losses_by_a_kill_just_before_the_sandbox_read_the_request_are_put_down_to_the_kill() {
        assert_eq!(why(0, Some(SENT - 1)), Cause::Killed);
    }
}
