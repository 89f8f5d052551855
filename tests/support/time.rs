//! The time of a test.

use actix_smart_auth::{store::MemoryStore, time::ManualClock};

/// The clock of this test, for its applications, its sandboxes and its stores.
pub fn clock() -> ManualClock {
    thread_local! {
        static CLOCK: ManualClock = ManualClock::default();
    }
    CLOCK.with(Clone::clone)
}

/// Launches in memory, by the clock of this test.
pub fn memory_store() -> MemoryStore {
    MemoryStore::new().timed_by(clock())
}
