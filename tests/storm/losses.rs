//! Why a launch was lost: from what the EHR received, what the store answered, and what was done to them.

use std::collections::BTreeMap;

use crate::{
    havoc::Havoc,
    journal::{Reply, What, Write},
    ledger::Sent,
    moods::Mood,
    records::Records,
    scene::DEADLINE,
    unhindered::Unhindered,
};

/// The reasons for which a launch may be lost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// A process was killed between sending a rotating refresh and saving the answer.
    Killed,
    /// A process was stopped for longer than the deadline, between noting that it sends a refresh and saving the answer.
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

/// How long after the store is back an attempt to save may run out, and a pause.
pub(crate) const RESAVED: u64 = 3_000;
/// The reasons that are written down of launches whose tokens are lost.
const OF_LOST_TOKENS: [&str; 3] = ["RefreshRefused", "RefreshAnswerLost", "TokenExpired"];
/// How late a replica that nothing hinders may be, and a process that writes down what was acknowledged, on a busy machine.
pub(crate) const LAG: u64 = 500;

/// What the losses of one run are judged by.
pub(crate) struct Losses<'a> {
    havoc: &'a Havoc,
    /// As long as a refresh is expected to take in this run while nothing hinders it.
    quick: u64,
}

impl<'a> Losses<'a> {
    pub(crate) fn of(records: &Records, havoc: &'a Havoc) -> Self {
        let quick = Unhindered::of(records, havoc).expected();
        Self { havoc, quick }
    }

    /// Why the launch with these refreshes and writes, oldest first, was lost.
    pub(crate) fn cause(&self, sent: &[Sent], writes: &[Write]) -> Cause {
        // Whatever was done to it, that ends a launch for one of these reasons.
        let mut reasons = writes.iter().filter_map(Write::acknowledged_end);
        if let Some(reason) = reasons.find(|reason| !OF_LOST_TOKENS.contains(reason)) {
            return Cause::Unexplained(format!("it was ended for another reason: {reason}"));
        }
        match self.cause_elsewhere(sent, writes) {
            Cause::Unexplained(_) if self.was_lost_with_a_primary(sent, writes) => Cause::FailedOver,
            cause => cause,
        }
    }

    /// Where a store that acknowledges something has it.
    fn cause_elsewhere(&self, sent: &[Sent], writes: &[Write]) -> Cause {
        let Some((last, since)) = newest(sent, writes) else {
            return Cause::Unexplained("it never had a refresh token".to_owned());
        };
        if sent.iter().any(|one| self.was_stopped_while_sending(one, sent, writes)) {
            return Cause::Stopped;
        }
        if let Some(stale) = sent.iter().find(|sent| sent.refresh_token != last && sent.at > since) {
            // Whoever had it was stopped for so long that nobody waited any more, and came back at that moment.
            let mut first = sent.iter().filter(|sent| sent.refresh_token == stale.refresh_token);
            if first.any(|one| self.was_stopped(one, self.until(one, 0, writes))) {
                return Cause::Stopped;
            }
            return Cause::Unexplained(format!(
                "an older token was sent after a newer one was known at {since}: {stale:?}"
            ));
        }
        let mut last = sent.iter().filter(|sent| sent.refresh_token == last);
        last.find_map(|one| self.undoing(one, writes)).unwrap_or_else(|| {
            Cause::Unexplained(format!(
                "nothing happened to the last refresh; sent {:#?}",
                &sent[sent.len().saturating_sub(3)..]
            ))
        })
    }

    /// Whether a write that was acknowledged, and without which a launch is lost, may have died with a primary: replicas get it afterwards.
    ///
    /// That is the note or the saving of the last refresh that brought tokens, and what came later. Whatever was lost before, the launch has
    /// survived it.
    fn was_lost_with_a_primary(&self, sent: &[Sent], writes: &[Write]) -> bool {
        let brought = sent.iter().rfind(|one| one.status == Some(200));
        let matters = |write: &&Write| {
            brought.is_none_or(|one| {
                let is_its_note =
                    matches!(&write.what, What::Note { refresh_token } if *refresh_token == one.refresh_token);
                is_its_note || write.at >= one.at
            })
        };
        let acknowledged = writes.iter().filter(|write| write.acknowledged().is_some());
        let known = newest(sent, writes).map(|(_, since)| since);
        let mut written = acknowledged.filter(matters).map(|write| write.at).chain(known);
        // All writes of a launch are in one slot.
        let slot = writes.first().map(|write| write.slot);
        slot.is_some_and(|slot| written.any(|at| self.havoc.may_have_lost(at, slot)))
    }

    /// What has happened to this refresh so that nobody has what it brought.
    fn undoing(&self, one: &Sent, writes: &[Write]) -> Option<Cause> {
        let moods = || {
            let met = self.havoc.spells.iter();
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
        let delay = delays.max().unwrap_or(0);
        let until = self.until(one, delay, writes);
        if self.was_stopped(one, until) {
            return Some(Cause::Stopped);
        }
        let mut deaths = self.havoc.kills.iter().filter(|kill| kill.agent == one.agent);
        // What lay in the sandbox's socket when its process died is noted afterwards.
        let death = deaths.find(|kill| kill.at <= until)?;
        println!(
            "  lost: {} was dead {} ms after it had sent a refresh; the EHR took {delay} ms longer than usual, the store was {}",
            one.agent,
            death.at.saturating_sub(one.at),
            if self.havoc.store_was_away(one.at, death.at) {
                "away"
            } else {
                "there"
            },
        );
        Some(Cause::Killed)
    }

    /// Whether its process was stopped for longer than the deadline, when it had sent this and `until` then.
    fn was_stopped(&self, one: &Sent, until: u64) -> bool {
        let mut freezes = self.havoc.freezes.iter().filter(|freeze| freeze.agent == one.agent);
        freezes.any(|freeze| freeze.from <= until && freeze.to.saturating_sub(freeze.from.max(one.at)) > deadline())
    }

    /// Whether its process had noted that it sends this, and was stopped before it did for so long that somebody else had sent it when the
    /// process went on. An EHR that sees a refresh token for the second time gives no more tokens.
    fn was_stopped_while_sending(&self, one: &Sent, sent: &[Sent], writes: &[Write]) -> bool {
        let noted = writes.iter().rfind(|write| {
            let is_it = matches!(&write.what, What::Note { refresh_token } if *refresh_token == one.refresh_token);
            is_it && write.reply == Reply::Written && write.agent == one.agent && write.at <= one.at
        });
        let was_sent_before = sent
            .iter()
            .any(|other| other.refresh_token == one.refresh_token && other.agent != one.agent && other.at < one.at);
        let ends_all =
            one.status != Some(200) && sent.iter().all(|other| other.at <= one.at || other.status != Some(200));
        let mut freezes = self.havoc.freezes.iter().filter(|freeze| freeze.agent == one.agent);
        noted.is_some_and(|noted| {
            was_sent_before
                && ends_all
                && freezes.any(|freeze| {
                    noted.at <= freeze.from
                        && freeze.to - freeze.from > deadline()
                        && (freeze.to.saturating_sub(LAG)..=freeze.to + self.quick).contains(&one.at)
                })
        })
    }

    /// Until when the process that sent this was busy with it, as far as it can be known: until the store's last word on what came of it, or
    /// where there is none as long as that may take. `delay`: how much longer than usual the EHR took.
    fn until(&self, one: &Sent, delay: u64, writes: &[Write]) -> u64 {
        let its = writes
            .iter()
            .filter(|write| write.agent == one.agent && write.at >= one.at);
        let next = its.clone().position(|write| matches!(write.what, What::Note { .. }));
        let about_it = its.take(next.unwrap_or(usize::MAX));
        let answered = about_it
            .clone()
            .find(|write| matches!(write.reply, Reply::Written | Reply::Gone));
        // It gives up, or tries again at once.
        let refused = || about_it.clone().filter(|write| write.reply == Reply::Conflict).last();
        match answered.or_else(refused) {
            Some(last_word) => last_word.at,
            None => self.saved_by(one, one.at + delay),
        }
    }

    /// Until when the answer that came at `answered` should have been saved.
    fn saved_by(&self, one: &Sent, answered: u64) -> u64 {
        let mut by = answered + self.quick;
        loop {
            let met = |from: u64, to: u64| from <= by && answered <= to;
            let outages = self.havoc.outages.iter().filter(|outage| met(outage.from, outage.to));
            let freezes = self.havoc.freezes.iter().filter(|freeze| freeze.agent == one.agent);
            let freezes = freezes.filter(|freeze| met(freeze.from, freeze.to));
            let hindered = outages
                .map(|outage| outage.to + RESAVED + self.quick)
                .chain(freezes.map(|freeze| freeze.to + self.quick));
            match hindered.max() {
                Some(later) if later > by => by = later,
                _ => return by,
            }
        }
    }
}

/// The newest refresh token that was acknowledged or sent, and since when it was known.
fn newest<'a>(sent: &'a [Sent], writes: &'a [Write]) -> Option<(&'a str, u64)> {
    // What was sent had been saved, even where the process died before it could write that down.
    let known_from_sending = sent.iter().map(|sent| (&*sent.refresh_token, sent.at));
    let known_from_saving = writes
        .iter()
        .filter_map(|write| Some((write.acknowledged()?, write.at)));
    let mut first_known = BTreeMap::new();
    for (token, at) in known_from_sending.chain(known_from_saving) {
        let first = first_known.entry(token).or_insert(at);
        *first = at.min(*first);
    }
    first_known.into_iter().max_by_key(|(_, at)| *at)
}

fn deadline() -> u64 {
    u64::try_from(DEADLINE.as_millis()).unwrap()
}

#[cfg(test)]
mod tests;
