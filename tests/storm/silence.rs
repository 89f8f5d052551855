//! What happened while a launch had nothing but 503 for its clients, in order.

use crate::{havoc::Havoc, journal::Saved, ledger::Sent};

/// A time in which every answer was 503, in milliseconds since the epoch.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Silence {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Silence {
    pub(crate) const fn millis(self) -> u64 {
        self.to.saturating_sub(self.from)
    }

    /// For how long of it the store was there.
    pub(crate) fn with_store(self, havoc: &Havoc) -> u64 {
        let away = havoc
            .outages
            .iter()
            .map(|outage| outage.to.min(self.to).saturating_sub(outage.from.max(self.from)));
        self.millis().saturating_sub(away.sum())
    }

    /// `sent` and `saved` are the launch's.
    pub(crate) fn story(self, sent: &[Sent], saved: &[Saved], havoc: &Havoc) -> String {
        let mut events = Vec::new();
        for one in sent {
            events.push((one.at, format!("{} sends a refresh ({:?})", one.agent, one.status)));
        }
        for one in saved {
            events.push((one.at, "the record is written: a note, or new tokens".to_owned()));
        }
        for kill in &havoc.kills {
            events.push((kill.at, format!("{} is killed", kill.agent)));
        }
        for freeze in &havoc.freezes {
            events.push((freeze.from, format!("{} is stopped", freeze.agent)));
            events.push((freeze.to, format!("{} goes on", freeze.agent)));
        }
        for outage in &havoc.outages {
            events.push((outage.from, "the store is away".to_owned()));
            events.push((outage.to, "the store is back".to_owned()));
        }
        for spell in &havoc.spells {
            events.push((spell.from, format!("the EHR: {:?}", spell.mood)));
            events.push((spell.to, "the EHR is well again".to_owned()));
        }
        events.sort();
        // What came shortly before may be the reason.
        let told = events
            .iter()
            .filter(|(at, _)| (self.from.saturating_sub(3_000)..=self.to).contains(at));
        told.map(|(at, what)| {
            let since = i64::try_from(*at).unwrap() - i64::try_from(self.from).unwrap();
            format!("  {:+8.1} s {what}\n", since as f64 / 1_000.0)
        })
        .collect()
    }
}
