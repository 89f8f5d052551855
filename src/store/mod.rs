//! Where launches live: [`TokenStore`] over a [`TokenStoreBackend`].
//!
//! Applications meet [`TokenStore`], [`MemoryStore`], [`Lifetimes`] and [`BrowserLimits`]. The rest is for authors of
//! backends: the trait says what is promised, `to_bytes` and `from_bytes` of the records are for stores that hold
//! bytes, and [`SealingKeys`] seals those bytes. The feature `test-util` adds two modules: `acceptance` tests a backend
//! against the promises; `testing` puts a store of a test in front of another one.

#[cfg(any(test, feature = "test-util"))]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod acceptance;
mod access;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod alarms;
mod backend;
mod digest;
mod error;
mod format;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod hex;
mod key;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod lost_claim;
mod memory;
pub(crate) mod operation;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod outage;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod own_thread;
#[cfg(feature = "postgres")]
mod postgres;
pub(crate) mod record;
#[cfg(feature = "redis")]
mod redis;
mod rules;
mod seal;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod sealed;
mod setup;
mod shards;
#[cfg(any(test, feature = "test-util"))]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod testing;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod timeouts;
mod token_store;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod unbroken;
pub(crate) mod unseal_error;
pub(crate) mod went_back;

#[cfg(feature = "postgres")]
#[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
pub use self::postgres::{PostgresMigrationError, PostgresStore, PostgresStoreBuilder, PostgresStoreError};
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub use self::redis::{
    NoRedisCredentials, RedisCluster, RedisConnections, RedisCredentials, RedisSentinels, RedisServers, RedisStore,
    RedisStoreBuilder, RedisStoreError,
};
pub(crate) use self::{
    access::{BRIEF, LaunchWatch, Patience, StoreAccess},
    digest::{digest, user_digest},
    operation::LaunchUse,
    record::{EndReason, LaunchKind, RefreshFailure},
    unseal_error::UnsealError,
};
pub use self::{
    backend::{StoreFuture, TokenStoreBackend},
    error::StoreError,
    format::FormatError,
    key::{BrowserKey, CallbackKey, LaunchKey, PendingKey, SlotTag, ValueKey},
    memory::{MemoryStore, MemoryStoreLimits},
    operation::{
        Claim, EndWhich, EndedLaunches, EndedRecord, LaunchEnd, LeaseOwner, ListedLaunch, ListedUser, LoadedLaunch,
        Memo, OthersOnOpen, Replaced, Stamped, Version,
    },
    record::{
        CallbackOutcome, CredentialKind, EndedLaunch, EndpointsSource, FailedCallback, FailedCallbackKind,
        FormerPatient, LaunchOrigin, LaunchRecord, PatientDigest, PendingRecord, PinnedClient, PinnedEndpoints, Proof,
        RefreshSent, RefreshState, ReturnFor,
    },
    rules::{BrowserLimits, Lifetimes, StoreRules},
    seal::{SealError, SealedKind, SealingKeyError, SealingKeys},
    setup::{SetupFinding, SetupFuture, SetupSubject, SetupVerdict},
    token_store::TokenStore,
};
pub use crate::protocol::secret::{BrowserId, CodeVerifier, LaunchSecret, Nonce};
