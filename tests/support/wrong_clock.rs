//! The clock of a process that was set wrong.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    time::Duration,
};

use actix_smart_auth::time::{Clock, ManualClock, Timestamp};

/// The clock of a process, which can be wrong. Clones are wrong together.
#[derive(Debug, Clone)]
pub struct WrongClock {
    of: ManualClock,
    millis: Arc<AtomicI64>,
}

impl WrongClock {
    /// One that is right at first.
    pub fn of(right: ManualClock) -> Self {
        Self {
            of: right,
            millis: Arc::default(),
        }
    }

    /// Wrong by so many milliseconds from now on.
    pub fn set(&self, millis: i64) {
        self.millis.store(millis, SeqCst);
    }

    /// Time passes, here and wherever the right one is.
    pub fn advance(&self, time: Duration) {
        self.of.advance(time);
    }
}

impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        let millis = self.of.now().as_millis();
        Timestamp::from_millis(millis.saturating_add_signed(self.millis.load(SeqCst)))
    }

    fn steady(&self) -> Timestamp {
        self.of.steady()
    }
}
