//! The store is away in the middle of a wave: [`Interruption`].

use std::{fmt, time::Duration};

/// How long after the first request of its wave it begins, so that requests are before, in and after it.
pub(crate) const INTO_THE_WAVE: Duration = Duration::from_millis(10);

/// What is done to the store in one wave. Steps block: they run on a thread of their own.
pub(crate) struct Interruption {
    /// One in which nothing is due, so that nothing that was acknowledged can be lost.
    pub(crate) wave: usize,
    pub(crate) begin: Step,
    /// After the last answer of the wave; afterwards every open launch has to be there again.
    pub(crate) end: Step,
}

type Step = Box<dyn FnOnce() + Send>;

impl fmt::Debug for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interruption")
            .field("wave", &self.wave)
            .finish_non_exhaustive()
    }
}
