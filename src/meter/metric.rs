//! What a metric is.

/// Whether anything is recorded. Where finding out a value costs something, ask first.
pub(crate) const IS_ON: bool = cfg!(feature = "metrics");

/// A number that only grows.
#[derive(Debug)]
#[cfg_attr(not(feature = "metrics"), expect(dead_code, reason = "nobody is told"))]
pub(crate) struct Counter(pub(super) Metric);

/// A number as it is now.
#[derive(Debug)]
#[cfg_attr(not(feature = "metrics"), expect(dead_code, reason = "nobody is told"))]
pub(crate) struct Gauge(pub(super) Metric);

/// How long something took, in seconds.
#[derive(Debug)]
#[cfg_attr(not(feature = "metrics"), expect(dead_code, reason = "nobody is told"))]
pub(crate) struct Seconds(pub(super) Metric);

/// What a metric is called, and what it says.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "metrics"), expect(dead_code, reason = "nobody is told"))]
pub(crate) struct Metric {
    /// With its unit at the end, as Prometheus wants it.
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
}

/// What one value is about: label and value.
pub(crate) type Labels<'a, const N: usize> = [(&'static str, &'a str); N];
