//! The same without a recorder: nothing, which costs nothing.

use std::fmt;

use super::metric::{Counter, Gauge, Labels, Seconds};

pub(crate) const fn describe() {}

impl Counter {
    #[inline]
    pub(crate) const fn count<const N: usize>(&self, _: Labels<'_, N>) {}

    #[inline]
    pub(crate) const fn add<const N: usize>(&self, _: usize, _: Labels<'_, N>) {}
}

impl Gauge {
    #[inline]
    pub(crate) const fn set<const N: usize>(&self, _: usize, _: Labels<'_, N>) {}

    #[inline]
    pub(crate) const fn hold<const N: usize>(&'static self, _: Labels<'static, N>) -> Held {
        Held
    }
}

/// Nothing.
#[must_use]
pub(crate) struct Held;

/// Takes no time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch;

impl Stopwatch {
    #[inline]
    pub(crate) const fn start() -> Self {
        Self
    }
}

impl Seconds {
    #[inline]
    pub(crate) const fn record<const N: usize>(&self, _: Stopwatch, _: Labels<'_, N>) {}
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held")
    }
}
