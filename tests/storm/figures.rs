//! What the clients of a run saw, in numbers.

use std::{fmt, time::Duration};

/// What the clients saw.
pub(crate) struct Figures {
    pub(crate) answered: usize,
    pub(crate) unavailable: usize,
    pub(crate) broken: usize,
    pub(crate) hung_up: usize,
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
    pub(crate) slowest: Duration,
    pub(crate) longest_gap: Duration,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            answered,
            unavailable,
            broken,
            hung_up,
            median,
            p99,
            slowest,
            longest_gap,
        } = self;
        write!(
            f,
            "{answered} answers 200, {unavailable} answers 503, {broken} broken connections, {hung_up} reset by the client; \
             p50 {median:.1?}, p99 {p99:.1?}, slowest {slowest:.1?}, longest time without a 200 for a surviving launch \
             {longest_gap:.1?}"
        )
    }
}
