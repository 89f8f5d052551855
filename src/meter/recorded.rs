//! Hands values to the recorder that the application has installed.

use std::{fmt, time::Instant};

use super::{
    list::ALL,
    metric::{Counter, Gauge, Labels, Seconds},
};

/// Tells the recorder what each metric is.
pub(crate) fn describe() {
    for (kind, metric) in ALL {
        match *kind {
            "Counter" => metrics::describe_counter!(metric.name, metrics::Unit::Count, metric.help),
            "Gauge" => metrics::describe_gauge!(metric.name, metric.help),
            _ => metrics::describe_histogram!(metric.name, metrics::Unit::Seconds, metric.help),
        }
    }
}

fn owned<const N: usize>(labels: Labels<'_, N>) -> Vec<metrics::Label> {
    let label = |(name, value): (&'static str, &str)| metrics::Label::new(name, value.to_owned());
    labels.into_iter().map(label).collect()
}

impl Counter {
    pub(crate) fn count<const N: usize>(&self, labels: Labels<'_, N>) {
        self.add(1, labels);
    }

    pub(crate) fn add<const N: usize>(&self, number: usize, labels: Labels<'_, N>) {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        metrics::counter!(self.0.name, owned(labels)).increment(number);
    }
}

impl Gauge {
    /// It is this now.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a gauge is a float, and nobody counts beyond its whole numbers"
    )]
    pub(crate) fn set<const N: usize>(&self, value: usize, labels: Labels<'_, N>) {
        metrics::gauge!(self.0.name, owned(labels)).set(value as f64);
    }

    /// One more, until the value is dropped.
    pub(crate) fn hold<const N: usize>(&'static self, labels: Labels<'static, N>) -> Held {
        let gauge = metrics::gauge!(self.0.name, owned(labels));
        gauge.increment(1.0);
        Held(gauge)
    }
}

/// One of what a gauge counts, until it is dropped.
#[must_use]
pub(crate) struct Held(metrics::Gauge);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// Takes the time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Seconds {
    pub(crate) fn record<const N: usize>(&self, since: Stopwatch, labels: Labels<'_, N>) {
        metrics::histogram!(self.0.name, owned(labels)).record(since.0.elapsed());
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held")
    }
}
