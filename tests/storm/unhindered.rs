//! How long refreshes take that nothing hinders: [`Unhindered`].
//!
//! By that the ledger knows until when a refresh was under way. It is our own behaviour, so that there is a bound to it: else a fault that makes
//! saving slow would be its own excuse.

use std::fmt;

use crate::{
    havoc::Havoc,
    journal::{What, Write},
    ledger::Sent,
    losses::RESAVED,
    records::Records,
};

/// As long as a refresh may take while nothing hinders it, where most others of the run did not take longer.
pub(crate) const QUICK: u64 = 1_000;
/// As long as nine of ten may take, on the busiest machine.
const SLOW: u64 = 3_000;
/// As long as any may take on a quiet machine: more than everything it waits for together, a second try included.
const LONGEST: u64 = 3_000;
/// How often a refresh waits for its turn on the machine: client, process, store and EHR, there and back.
const TURNS: u64 = 10;

/// In milliseconds, from sending a refresh until its new tokens were saved; the shortest first.
#[derive(Debug, Default)]
pub(crate) struct Unhindered(Vec<u64>);

impl Unhindered {
    pub(crate) fn of(records: &Records, havoc: &Havoc) -> Self {
        let each = records.of_each_grant();
        let times = each.flat_map(|(sent, writes)| sent.iter().filter_map(|one| time(one, writes, havoc)));
        let mut times: Vec<_> = times.collect();
        times.sort_unstable();
        Self(times)
    }

    /// How long one takes that is not the slowest: one of ten takes longer.
    fn usual(&self) -> u64 {
        let at = (self.0.len() * 9).div_ceil(10).saturating_sub(1);
        self.0.get(at).copied().unwrap_or(0)
    }

    /// As long as a refresh may be expected to take in this run: on a busy machine longer than on a quiet one, but never longer than [`SLOW`].
    pub(crate) fn expected(&self) -> u64 {
        self.usual().clamp(QUICK, SLOW)
    }

    /// What is too slow for any machine, where one is stalled for at most so many milliseconds.
    fn excess(&self, stall: u64) -> Option<String> {
        let (slow, longest) = (SLOW + stall, LONGEST + TURNS * stall);
        let is_fine = self.usual() <= slow && self.0.last().is_none_or(|last| *last <= longest);
        (!is_fine).then(|| {
            format!("{self}; allowed are {slow} ms for nine of ten and {longest} ms for any, with stalls of {stall} ms")
        })
    }

    pub(crate) fn assert_quick(&self, stall: u64, logs: impl FnOnce() -> String) {
        if let Some(excess) = self.excess(stall) {
            panic!("saving takes too long: {excess}\n{}", logs());
        }
    }
}

impl fmt::Display for Unhindered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, usual, last) = (self.0.len(), self.usual(), self.0.last().unwrap_or(&0));
        write!(
            f,
            "{count} refreshes that nothing hindered took {usual} ms at p90, {last} ms at most"
        )
    }
}

/// How long this refresh took until its new tokens were saved. `None` where they were not, or something hindered that.
fn time(one: &Sent, writes: &[Write], havoc: &Havoc) -> Option<u64> {
    let mut later = writes
        .iter()
        .filter(|write| write.agent == one.agent && write.at >= one.at);
    let saved = later.find(|write| matches!(write.what, What::Outcome { .. }))?;
    saved.acknowledged().filter(|token| *token != one.refresh_token)?;
    let freezes = havoc.freezes.iter().map(|freeze| (freeze.from, freeze.to));
    let outages = havoc.outages.iter().map(|outage| (outage.from, outage.to + RESAVED));
    let met = |(from, to): (u64, u64)| from <= saved.at && one.at <= to + QUICK;
    let is_hindered = freezes.chain(outages).any(met) || havoc.spells.iter().any(|spell| spell.met(one));
    (!is_hindered).then(|| saved.at - one.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_refresh_of_many_is_not_what_others_are_expected_to_take() {
        let mut times = vec![100; 9];
        times.push(5_000);
        assert_eq!(Unhindered(times.clone()).expected(), QUICK);
        times[8] = 1_700;
        assert_eq!(Unhindered(times.clone()).expected(), 1_700);
        times[8] = 5_000;
        assert_eq!(Unhindered(times).expected(), SLOW);
        assert_eq!(Unhindered::default().expected(), QUICK);
    }

    #[test]
    fn a_refresh_that_takes_longer_than_any_machine_makes_it_is_a_fault() {
        let mut times = vec![100; 19];
        for (last, stall, is_fault) in [
            (LONGEST, 0, false),
            (LONGEST + 1, 0, true),
            (5_000, 50, true),
            (5_000, 200, false),
            (LONGEST + TURNS * 200, 200, false),
            (LONGEST + TURNS * 200 + 1, 200, true),
        ] {
            times.push(last);
            let excess = Unhindered(times.clone()).excess(stall);
            assert_eq!(excess.is_some(), is_fault, "{last} {stall}: {excess:?}");
            times.pop();
        }
    }

    #[test]
    fn refreshes_that_are_all_slower_than_a_busy_machine_makes_them_are_a_fault() {
        for (usual, is_fault) in [(SLOW, false), (SLOW + 1, true)] {
            assert_eq!(Unhindered(vec![usual; 20]).excess(0).is_some(), is_fault, "{usual}");
        }
    }
}
