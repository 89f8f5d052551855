//! The store is restarted, paused, and away for longer.

use std::{ops::Range, sync::Mutex, thread::sleep, time::Instant};

use crate::{
    dice::Dice,
    havoc::{Powers, now},
    losses::LAG,
    slots::Slots,
    store_server::StoreServer,
};

/// From when to when the store was away.
#[derive(Debug, Clone)]
pub(crate) struct Outage {
    /// What a load balancer calls down: seconds, not moments.
    pub(crate) long: bool,
    /// Whether it was killed; else it was stopped and continued, and silent meanwhile.
    pub(crate) killed: bool,
    /// Until when everything that was acknowledged had reached a replica, where there are any.
    pub(crate) copied_until: u64,
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// What the server had that was away.
    pub(crate) slots: Slots,
}

/// An outage after which another server was the primary.
#[derive(Debug)]
pub(crate) struct FailOver {
    pub(crate) former: usize,
    pub(crate) successor: usize,
    pub(crate) outage: Outage,
}

impl Outage {
    /// Whether what was acknowledged then, in this slot, may have died with the server.
    pub(crate) fn may_have_lost(&self, at: u64, slot: u16) -> bool {
        self.slots.has(slot) && (self.copied_until.saturating_sub(LAG)..=self.from + LAG).contains(&at)
    }
}

/// How long a pause is, in milliseconds: shorter and longer than a command may take.
const PAUSE: Range<u64> = 1_000..3_000;

/// How many kinds of outages there are.
const KINDS: usize = 3;

/// Hits it until then, and in each way at least once.
pub(crate) fn hit_store(server: &Mutex<StoreServer>, powers: Powers, until: Instant, dice: &mut Dice) -> Vec<Outage> {
    let mut outages = Vec::new();
    let mut deck = Vec::new();
    let mut long_ones = 0;
    while Instant::now() < until || outages.len() < KINDS {
        // In the long form launches come back in order between, as far as the rest lets them.
        sleep(dice.millis(if powers.long { 5_000..25_000 } else { 800..3_000 }));
        if deck.is_empty() {
            let either = dice.one_in(2);
            deck = dice.shuffled(vec![(true, false), (false, false), (either, true)]);
        }
        let (killed, long) = deck.pop().unwrap();
        if long && !powers.long && long_ones > 0 {
            continue;
        }
        long_ones += usize::from(long);
        let away = dice.millis(match (long, killed) {
            (true, _) if powers.long => 5_000..60_000,
            (true, _) => 5_000..8_000,
            (false, true) => 50..1_500,
            (false, false) => PAUSE,
        });
        let mut server = server.lock().unwrap();
        let from = now();
        if killed {
            server.kill();
            sleep(away);
            server.run();
        } else {
            server.pause();
            sleep(away);
            server.resume();
        }
        outages.push(Outage {
            long,
            killed,
            copied_until: from,
            from,
            to: now(),
            slots: Slots::All,
        });
    }
    outages
}
