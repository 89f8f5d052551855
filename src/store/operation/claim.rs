//! What a callback finds when it claims its sign-in: [`Claim`].

use crate::{store::CallbackOutcome, time::Timestamp};

/// What claiming a pending authorization for a callback gave. See
/// [`TokenStoreBackend::claim_pending`](crate::store::TokenStoreBackend::claim_pending).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Claim {
    /// It is yours, and nobody else gets it: exchange the code. It is now `exchanging`.
    Fresh,
    /// The same callback has claimed it and has not finished.
    Exchanging {
        /// When it was claimed.
        since: Timestamp,
    },
    /// The same callback has finished; the same answer is to be given again.
    Done(Box<CallbackOutcome>),
    /// Another callback came first, with another code or error. Its answer is not for this one.
    OtherCallback {
        /// How that one ended; `None` while it is exchanging.
        outcome: Option<Box<CallbackOutcome>>,
    },
}
