//! The processor time of this process and of its threads.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How much this process has used so far, all its threads together.
pub(crate) fn used() -> Duration {
    of(ClockId::ProcessCPUTime)
}

/// How much the thread that asks has used so far.
pub(crate) fn used_by_thread() -> Duration {
    of(ClockId::ThreadCPUTime)
}

fn of(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).expect("processor time is not negative");
    let nanoseconds = u32::try_from(time.tv_nsec).expect("nanoseconds of a second");
    Duration::new(seconds, nanoseconds)
}
