//! Who somebody is in a refresh, as metrics and spans call it.

/// Began the refresh of its process.
pub(super) const LEADER: &str = "leader";
/// Joined the one that was under way.
pub(super) const WAITER: &str = "waiter";
/// Found another process at it.
pub(super) const OTHER_PROCESS: &str = "other_process";
