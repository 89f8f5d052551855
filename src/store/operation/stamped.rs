//! What time it was at the store: [`Stamped`].

use crate::time::Timestamp;

/// An answer of a store, and what its clock said then.
///
/// Processes that share a store have clocks of their own, and those may be an hour apart. So everything that is shared is
/// timed by the store: leases, lifetimes, and through this value also what the crate reckons with between two operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stamped<T> {
    /// The answer.
    pub value: T,
    /// When the store gave it, by its own clock: the one moment by which all of the operation was judged.
    pub at: Timestamp,
}

impl<T> Stamped<T> {
    /// An answer that was given at this moment.
    #[must_use]
    pub const fn new(value: T, at: Timestamp) -> Self {
        Self { value, at }
    }

    /// The same moment with another answer.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Stamped<U> {
        Stamped::new(f(self.value), self.at)
    }

    /// The same moment with another answer, if there is one.
    ///
    /// # Errors
    ///
    /// That of `f`.
    pub fn try_map<U, E>(self, f: impl FnOnce(T) -> Result<U, E>) -> Result<Stamped<U>, E> {
        Ok(Stamped::new(f(self.value)?, self.at))
    }
}
