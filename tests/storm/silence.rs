//! What happened while a launch had nothing but 503 for its clients, in order.

use crate::{
    havoc::Havoc,
    journal::{What, Write},
    ledger::Sent,
};

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

    /// The time in which a launch was lost that has these refreshes and writes: since its last refresh but two.
    pub(crate) fn at_the_end_of(sent: &[Sent], writes: &[Write]) -> Self {
        let last = writes.last().map_or(0, |write| write.at);
        Self {
            from: sent.iter().rev().take(3).next_back().map_or(last, |sent| sent.at),
            to: sent.last().map_or(last, |sent| sent.at.max(last)),
        }
    }

    /// `sent` and `writes` are the launch's.
    pub(crate) fn story(self, sent: &[Sent], writes: &[Write], havoc: &Havoc) -> String {
        let mut events = Vec::new();
        for one in sent {
            let token = short(&one.refresh_token);
            events.push((one.at, format!("{} sends {token} ({:?})", one.agent, one.status)));
        }
        for one in writes {
            let what = match &one.what {
                What::Opening { refresh_token } => format!("a new launch, with {}", short(refresh_token)),
                What::Note { refresh_token } => format!("the note that {} is being sent", short(refresh_token)),
                What::Outcome { refresh_token } => format!("what came of a refresh, with {}", short(refresh_token)),
                What::End { reason } => format!("the end ({reason})"),
            };
            events.push((one.at, format!("{} writes {what}: {:?}", one.agent, one.reply)));
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

/// Enough of a refresh token to tell it from others.
fn short(refresh_token: &str) -> String {
    let last = refresh_token.chars().rev().take(4).collect::<Vec<_>>();
    last.into_iter().rev().collect()
}
