//! Clocks and moments: [`Clock`], which an application can replace, and [`Timestamp`]. Nothing else in the crate reads a clock.

use std::{
    fmt,
    num::NonZeroU64,
    sync::{Arc, LazyLock},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use self::civil::Civil;

mod civil;

/// A point in time, in milliseconds since the Unix epoch.
///
/// Arithmetic saturates: a server that says `expires_in: 1e300` gives a far-away moment, not a panic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
// One more than the milliseconds: a moment that may be missing takes no more room than one that is there, and records have many.
pub struct Timestamp(NonZeroU64);

impl Timestamp {
    /// The moment `millis` milliseconds after the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(millis))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0.get() - 1
    }

    /// Whole seconds since the Unix epoch, rounded down (the unit of JWT claims).
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.as_millis() / 1000
    }

    /// This moment plus `duration`; the end of time if that overflows.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self::from_millis(self.as_millis().saturating_add(millis(duration)))
    }

    /// This moment minus `duration`; the epoch if that underflows.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self::from_millis(self.as_millis().saturating_sub(millis(duration)))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.as_millis().saturating_sub(earlier.as_millis()))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_millis().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self::from_millis)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({}.{:03})", self.as_secs(), self.as_millis() % 1000)
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Self::from_millis(millis(time.duration_since(UNIX_EPOCH).unwrap_or_default()))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        UNIX_EPOCH
            .checked_add(Duration::from_millis(time.as_millis()))
            .unwrap_or(UNIX_EPOCH)
    }
}

/// Where the crate learns what time it is.
///
/// The default is [`SystemClock`]; tests give a `ManualClock` (feature `test-util`).
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// The present moment, for what is exchanged with others: assertions, id tokens.
    fn now(&self) -> Timestamp;

    /// A time that only ever goes forward, and never by a step: only the difference of two of its values says
    /// something. For pace, waiting and what is kept in memory.
    ///
    /// The default is [`now`](Self::now), which is right for a clock that nobody sets.
    fn steady(&self) -> Timestamp {
        self.now()
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    fn steady(&self) -> Timestamp {
        (**self).steady()
    }
}

/// The system's clocks: the wall clock, and the monotonic one for what must not step.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one reader of the clock")]
        Timestamp::from(SystemTime::now())
    }

    /// What the wall clock said when the process first asked, and the time that has passed since. On Linux the time for which
    /// the machine was suspended is not in it.
    fn steady(&self) -> Timestamp {
        static FIRST: LazyLock<(Timestamp, Instant)> = LazyLock::new(|| (SystemClock.now(), Instant::now()));
        let (then, instant) = *FIRST;
        then.saturating_add(instant.elapsed())
    }
}

/// The steady time of another clock as its only one. For a store in this process, whose time must not step.
#[derive(Debug, Clone)]
pub(crate) struct SteadyClock(pub(crate) Arc<dyn Clock>);

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        self.0.steady()
    }
}

/// A clock that stands still until a test moves it. Clones share the same time.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use actix_smart_auth::time::{Clock, ManualClock};
///
/// let clock = ManualClock::default();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().saturating_since(before), Duration::from_secs(60));
///
/// // Somebody sets the wall clock; no time passes.
/// clock.step_back(Duration::from_secs(3600));
/// assert_eq!(clock.steady().saturating_since(before), Duration::from_secs(60));
/// ```
#[cfg(any(test, feature = "test-util"))]
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<ManualTime>);

#[cfg(any(test, feature = "test-util"))]
#[derive(Debug)]
struct ManualTime {
    steady: std::sync::atomic::AtomicU64,
    /// How far the wall clock is from the steady one, in milliseconds.
    stepped: std::sync::atomic::AtomicI64,
}

#[cfg(any(test, feature = "test-util"))]
impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self(Arc::new(ManualTime {
            steady: start.as_millis().into(),
            stepped: 0.into(),
        }))
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.0.steady.fetch_add(millis(by), std::sync::atomic::Ordering::SeqCst);
    }

    /// Makes both its times this moment, for tests that begin anew with the same clock.
    pub fn set(&self, moment: Timestamp) {
        self.0.stepped.store(0, std::sync::atomic::Ordering::SeqCst);
        self.0
            .steady
            .store(moment.as_millis(), std::sync::atomic::Ordering::SeqCst);
    }

    /// Puts the wall clock forward, as somebody who sets it does: no time passes.
    pub fn step_forward(&self, by: Duration) {
        self.step(i64::try_from(millis(by)).unwrap_or(i64::MAX));
    }

    /// Puts the wall clock back, as somebody who sets it does: no time passes.
    pub fn step_back(&self, by: Duration) {
        self.step(i64::try_from(millis(by)).map_or(i64::MIN, i64::wrapping_neg));
    }

    fn step(&self, by: i64) {
        self.0.stepped.fetch_add(by, std::sync::atomic::Ordering::SeqCst);
    }
}

/// Starts at the system's present time, so that it fits servers that read their own clock.
#[cfg(any(test, feature = "test-util"))]
impl Default for ManualClock {
    fn default() -> Self {
        Self::new(SystemClock.now())
    }
}

#[cfg(any(test, feature = "test-util"))]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let stepped = self.0.stepped.load(std::sync::atomic::Ordering::SeqCst);
        Timestamp::from_millis(self.steady().as_millis().saturating_add_signed(stepped))
    }

    fn steady(&self) -> Timestamp {
        Timestamp::from_millis(self.0.steady.load(std::sync::atomic::Ordering::SeqCst))
    }
}
