//! A clock of an application process that the test sets from outside.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use actix_smart_auth::time::{Clock, SystemClock, Timestamp};
use serde::{Deserialize, Serialize};

/// What a process is told about its clock, one to a line of its input.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum ClockOrder {
    /// Somebody sets the wall clock: from now on it is so many milliseconds ahead of the right time. No time passes.
    WallAhead(i64),
    /// So much time passes at once, for the wall clock and for the steady one.
    Leap(Duration),
}

/// The system's clocks, moved. Clones share the same time.
#[derive(Debug, Clone, Default)]
pub(crate) struct SetClock(Arc<Moved>);

#[derive(Debug, Default)]
struct Moved {
    wall_ahead: AtomicI64,
    leapt: AtomicU64,
}

impl SetClock {
    pub(crate) fn obey(&self, order: ClockOrder) {
        match order {
            ClockOrder::WallAhead(millis) => self.0.wall_ahead.store(millis, SeqCst),
            ClockOrder::Leap(by) => {
                let millis = u64::try_from(by.as_millis()).unwrap();
                self.0.leapt.fetch_add(millis, SeqCst);
            }
        }
    }

    pub(crate) fn leapt(&self) -> Duration {
        Duration::from_millis(self.0.leapt.load(SeqCst))
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        let right = SystemClock.now().saturating_add(self.leapt());
        Timestamp::from_millis(right.as_millis().saturating_add_signed(self.0.wall_ahead.load(SeqCst)))
    }

    fn steady(&self) -> Timestamp {
        SystemClock.steady().saturating_add(self.leapt())
    }
}
