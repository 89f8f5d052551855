//! What time it is at the store, between two of its answers: [`StoreTime`].

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
};
use std::time::Duration;

use crate::{
    log_throttle::{LogThrottle, log_seldom},
    time::{Clock, Timestamp},
};

/// A difference between this process's wall clock and the store's that somebody has to look into.
const SKEW: Duration = Duration::from_secs(5);
/// How often the two are compared.
const COMPARE: Duration = Duration::from_secs(10);
/// How long nothing more is said after a warning.
const QUIET: Duration = Duration::from_secs(10 * 60);

/// Not heard from the store yet.
const UNKNOWN: i64 = i64::MIN;

/// Where a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StorePlace {
    /// In the memory of this process.
    ThisProcess,
    /// On a server with a clock of its own.
    Elsewhere,
}

/// The store's time, reckoned from its last answers and from the time that has passed here since.
///
/// Only time that passes counts, so that nothing changes when somebody sets this machine's clock.
#[derive(Debug)]
pub(super) struct StoreTime {
    clock: Arc<dyn Clock>,
    /// By how many milliseconds the store is ahead of the steady time here.
    ahead: AtomicI64,
    /// When the wall clock is compared next, in steady time. Never for a store in this process: there is one clock, and
    /// nothing to set right.
    compare_at: AtomicU64,
    log_throttle: LogThrottle,
}

impl StoreTime {
    pub(super) fn new(clock: Arc<dyn Clock>, place: StorePlace) -> Self {
        let compare_at = match place {
            StorePlace::Elsewhere => 0,
            StorePlace::ThisProcess => u64::MAX,
        };
        Self {
            clock,
            ahead: AtomicI64::new(UNKNOWN),
            compare_at: AtomicU64::new(compare_at),
            log_throttle: LogThrottle::default(),
        }
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Whether the store has answered yet.
    pub(super) fn is_known(&self) -> bool {
        self.ahead.load(Relaxed) != UNKNOWN
    }

    /// The store's time. Until it has answered for the first time, this process's wall clock has to do.
    pub(super) fn now(&self) -> Timestamp {
        match self.ahead.load(Relaxed) {
            UNKNOWN => self.clock.now(),
            ahead => shifted(self.clock.steady(), ahead),
        }
    }

    /// Learns from an answer: the store said `at` some time after `asked` and before now, both in steady time here.
    pub(super) fn learn(&self, asked: Timestamp, at: Timestamp) {
        let heard = self.clock.steady();
        let (least, most) = (difference(at, heard), difference(at, asked));
        let ahead = self.ahead.load(Relaxed);
        if ahead == UNKNOWN {
            self.ahead.store(least, Relaxed);
        } else if ahead < least || ahead > most {
            // What is possible already stays: answers take now longer, now shorter, and this time should not tremble.
            let nearest = ahead.clamp(least, most.max(least));
            self.ahead.store(nearest, Relaxed);
            self.warn_of_a_set_clock(nearest.saturating_sub(ahead));
        }
        let compare_at = self.compare_at.load(Relaxed);
        if heard.as_millis() >= compare_at {
            let next = heard.saturating_add(COMPARE).as_millis();
            // One of many at once.
            let mine = self.compare_at.compare_exchange(compare_at, next, Relaxed, Relaxed);
            if mine.is_ok() {
                self.compare(asked, heard, at);
            }
        }
    }

    fn compare(&self, asked: Timestamp, heard: Timestamp, at: Timestamp) {
        let here = self.clock.now();
        let apart = here.saturating_since(at).max(at.saturating_since(here));
        // The answer was under way for so long, and says no more than that.
        let certain = apart.saturating_sub(heard.saturating_since(asked));
        if certain > SKEW {
            self.compare_at.store(heard.saturating_add(QUIET).as_millis(), Relaxed);
            tracing::warn!(
                here = %Utc(here),
                store = %Utc(at),
                seconds = apart.as_secs(),
                "the clock of this process and the clock of the token store differ; launches go by the store's, but \
                 assertions and id tokens by this one. Set both (NTP)"
            );
        }
    }

    /// The store's clock should go as time does. Of servers whose clocks differ, each answer would say that it does not.
    fn warn_of_a_set_clock(&self, by_millis: i64) {
        if by_millis.unsigned_abs() > u64::try_from(SKEW.as_millis()).unwrap_or(u64::MAX) {
            log_seldom!(
                self,
                warn,
                seconds = by_millis / 1000,
                "the clock of the token store was set, or this machine was suspended. Launches go by the store's clock: do not \
                 set it while launches are open"
            );
        }
    }
}

fn difference(one: Timestamp, other: Timestamp) -> i64 {
    let signed = |moment: Timestamp| i64::try_from(moment.as_millis()).unwrap_or(i64::MAX);
    signed(one).saturating_sub(signed(other))
}

fn shifted(moment: Timestamp, by: i64) -> Timestamp {
    Timestamp::from_millis(moment.as_millis().saturating_add_signed(by))
}

/// A moment as people read it in a log.
struct Utc(Timestamp);

impl std::fmt::Display for Utc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&httpdate::fmt_http_date(self.0.into()))
    }
}

#[cfg(test)]
mod tests;
