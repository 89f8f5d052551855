//! Says something once an hour: [`OncePerHour`].

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::time::Timestamp;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Holds when it was last said, in milliseconds; 0 for never.
#[derive(Debug, Default)]
pub(super) struct OncePerHour(AtomicU64);

impl OncePerHour {
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
        let once = OncePerHour::default();
        let at = |seconds: u64| Timestamp::from_millis(1_000 * seconds);
        assert!(once.is_due(at(10)));
        assert!(!once.is_due(at(10 + 3_599)));
        assert!(once.is_due(at(10 + 3_600)));
        assert!(!once.is_due(at(10 + 3_601)));
    }
}
