//! The operations of a store, by name: [`Operation`].

/// One operation of a [`TokenStoreBackend`](crate::store::TokenStoreBackend). Each is named for its method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `claim_pending`
    ClaimPending,
    /// `release_pending`
    ReleasePending,
    /// `finish_pending`
    FinishPending,
    /// `launches_of`
    LaunchesOf,
    /// `remember`
    Remember,
    /// `recall`
    Recall,
    /// `load_value`
    LoadValue,
    /// `swap_value`
    SwapValue,
    /// `open_launch`
    OpenLaunch,
    /// `load_launch`
    LoadLaunch,
    /// `replace_launch`
    ReplaceLaunch,
    /// `end_launch`
    EndLaunch,
    /// `end_all_of`
    EndAllOf,
    /// `acquire_lease`
    AcquireLease,
    /// `release_lease`
    ReleaseLease,
    /// `time`
    Time,
}
