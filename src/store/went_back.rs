//! Whether a store has lost what it had acknowledged: [`went_back`].

use super::{LaunchRecord, Version};

/// Whether the store has lost writes of a launch that it had acknowledged, as after a fail-over to a replica that lags, and nobody has written
/// newer tokens since. The version says the first, as it grows with every write. Both: where others have written as often again, the tokens
/// may be theirs.
pub(crate) fn went_back(
    (stored, version): (&LaunchRecord, Version),
    (known, known_version): (&LaunchRecord, Version),
) -> bool {
    version < known_version && stored.tokens.requested_at() < known.tokens.requested_at()
}
