//! Which launches end when another one opens: [`OthersOnOpen`].

/// Which other launches of the browser end when one opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OthersOnOpen {
    /// None.
    Keep,
    /// Those of another user (both users known and different).
    EndOtherUsers,
    /// All of them.
    EndAll,
}
