//! The version of a record, and what reading and writing by it gave: [`Version`], [`LoadedLaunch`], [`Replaced`].

use std::sync::Arc;

use crate::store::{EndedLaunch, LaunchRecord};

/// The version of a launch's record. It grows by one with every write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

impl Version {
    /// Of a launch that nobody has written to since it was opened.
    pub(in crate::store) const FIRST: Self = Self(1);
}

/// What loading a launch gave.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LoadedLaunch {
    /// It is open.
    Open {
        /// The record. Shared, not copied.
        record: Arc<LaunchRecord>,
        /// Its version, to be named when replacing it.
        version: Version,
    },
    /// It has ended, and the store still remembers why.
    Ended(Arc<EndedLaunch>),
    /// Unknown, or forgotten.
    NotFound,
}

/// What replacing a record gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replaced {
    /// Written; this is the new version.
    Written(Version),
    /// Somebody else has written since. Load again; do not overwrite.
    Conflict,
    /// The launch has ended or is unknown. Ending wins: nothing was written.
    Gone,
}
