//! Why a store operation failed: [`StoreError`].

/// Why a store operation failed. Nothing is known about what was stored: load again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached, or did not answer in time.
    #[error("the token store cannot be reached or does not answer in time; launches are kept, try again shortly")]
    Unavailable,
    /// The store is full and refuses writes.
    #[error("the token store refuses writes because it is full; give it more memory (Redis) or disk (PostgreSQL)")]
    Full,
    /// The store refuses writes: a replica, a server that cannot save to its disk, or one whose replicas are away.
    #[error(
        "the token store refuses writes; the server's own code in the log says why: READONLY or 25006 (a replica; point the application \
         at the primary), MISCONF (see whether its disk takes writes), NOREPLICAS (its replicas are away; see \
         `min-replicas-to-write`)"
    )]
    ReadOnly,
    /// The store refuses this application's credentials, or an operation that they do not allow.
    #[error("the token store refuses this application; check user name, password and permissions in its address")]
    Refused,
    /// The store has no tables for this application, or those of another version of the crate.
    #[error(
        "the token store has no tables that this version can use; run its migrations (`migrate`), or, when a newer version has run \
         them, update this application; the log has the versions"
    )]
    Schema,
    /// A record was sealed with a key that this process does not have. The record is kept.
    #[error(
        "a record in the token store was sealed with a key that is not in the list; put the removed key back, as the \
         last one"
    )]
    UnknownKey,
    /// A record is damaged, stands in the wrong place, or was written by a newer version of the crate. It is kept.
    #[error(
        "a record in the token store cannot be read; it is kept. Was it written by a newer version, or by somebody else?"
    )]
    Unreadable,
}
