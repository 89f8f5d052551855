//! Which launch is to end, and whether it did: [`EndWhich`], [`LaunchEnd`].

use super::{EndedLaunches, Version};

/// Which state of a launch an end is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndWhich {
    /// Whatever it is by now: somebody wants the launch to end.
    Any,
    /// The one with this version: that one was judged dead, and a newer one may be alive.
    Version(Version),
}

impl EndWhich {
    /// Whether a launch with this version is meant.
    #[must_use]
    pub fn is(self, version: Version) -> bool {
        match self {
            Self::Any => true,
            Self::Version(meant) => meant == version,
        }
    }
}

/// What ending one launch gave.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LaunchEnd {
    /// It is not open any more. Handed out if it was until now.
    Ended(EndedLaunches),
    /// It is open with another version than the one that was meant, and goes on. Load it again.
    Newer,
}
