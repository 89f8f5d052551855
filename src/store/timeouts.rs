//! What a time-out of a store may be: [`is_usable`].

use std::time::Duration;

/// Longer ones than anybody waits for are mistakes. A moment that they lead to may not be one that can be reckoned with.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Whether it is more than zero, and an hour at most.
pub(super) const fn is_usable(timeout: Duration) -> bool {
    !timeout.is_zero() && timeout.as_nanos() <= LONGEST.as_nanos()
}
