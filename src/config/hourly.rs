//! Something that is worth saying once an hour.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::time::Timestamp;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// When it was last said, in milliseconds; 0 for never.
#[derive(Debug, Default)]
pub(super) struct Hourly(AtomicU64);

impl Hourly {
    /// Whether it is time to say it. If so, it counts as said.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let last = self.0.load(Ordering::Relaxed);
        let due = last == 0 || now.saturating_since(Timestamp::from_millis(last)) >= HOUR;
        if due {
            self.0.store(now.as_millis(), Ordering::Relaxed);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_at_first_and_then_once_an_hour() {
        let hourly = Hourly::default();
        let at = |seconds: u64| Timestamp::from_millis(1_000 * seconds);
        assert!(hourly.is_due(at(10)));
        assert!(!hourly.is_due(at(10 + 3_599)));
        assert!(hourly.is_due(at(10 + 3_600)));
        assert!(!hourly.is_due(at(10 + 3_601)));
    }
}
