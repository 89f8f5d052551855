//! What the configuration lays down for the operations of a store: [`StoreRules`].

use std::time::Duration;

/// The limits that apply to an operation. They come from the configuration, not from the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct StoreRules {
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How much one browser may keep.
    pub limits: BrowserLimits,
}

/// How long things live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lifetimes {
    /// A pending authorization, from the redirect to the EHR. Default: 10 minutes.
    pub pending: Duration,
    /// A launch nobody uses; what a page asks by itself need not count ([`LaunchUse`](crate::LaunchUse)). Default: 1 hour.
    pub launch_idle: Duration,
    /// Any launch, from its opening. Default: 12 hours.
    pub launch_absolute: Duration,
    /// The memory that a launch has ended, for a helpful page. Default: 15 minutes.
    pub ended: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            pending: Duration::from_secs(10 * 60),
            launch_idle: Duration::from_secs(60 * 60),
            launch_absolute: Duration::from_secs(12 * 60 * 60),
            ended: Duration::from_secs(15 * 60),
        }
    }
}

/// How much one browser may keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrowserLimits {
    /// Pending authorizations, each in a cookie; the oldest goes first. Fewer where they are large: all together they take
    /// at most 4,096 bytes of cookies, as proxies refuse more. Default: 8.
    pub pending: usize,
    /// Open launches; the longest unused goes first. Default: 16.
    pub launches: usize,
}

impl Default for BrowserLimits {
    fn default() -> Self {
        Self {
            pending: 8,
            launches: 16,
        }
    }
}
