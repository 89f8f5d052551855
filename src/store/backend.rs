//! What a store promises: [`TokenStoreBackend`].

use std::{fmt, future::Future, pin::Pin, time::Duration};

use super::{
    BrowserKey, CallbackKey, CallbackOutcome, Claim, EndReason, EndWhich, EndedLaunches, LaunchEnd, LaunchKey,
    LaunchRecord, LaunchUse, LeaseOwner, ListedLaunch, LoadedLaunch, Memo, OthersOnOpen, PendingKey, Replaced,
    SealingKeys, SetupFuture, Stamped, StoreError, StoreRules, ValueKey, Version,
};
use crate::time::Timestamp;

/// What a third party implements to keep launches elsewhere (a database, a cache server).
///
/// Each operation is one atomic step, but for what [`launches_of`](Self::launches_of) and
/// [`open_launch`](Self::open_launch) say. Keys are hashes: a store never sees an id or a cookie of a browser.
///
/// *Now* is the store's: one clock for all processes that share it (that of the server, or of the database), read once
/// per operation and handed back with the answer. It must never be a process's own, unless the store lives in that
/// process. It should not step.
///
/// The promises that the rest of the crate builds on:
///
/// - one callback of a pending authorization gets [`Claim::Fresh`] (until it is released), and no other;
/// - a record is replaced only when the version is the expected one;
/// - ending wins: nothing brings an ended launch back;
/// - a write that was acknowledged is not lost;
/// - a server that may not have heard of the last write, as a replica, answers nothing: that a launch is not there is no better known to it
///   than that it is;
/// - at the moment at which a lifetime is over, the thing is gone, whether or not anything has removed it yet;
/// - each operation ends within seconds, with [`StoreError::Unavailable`] if it has to. Requests wait for it, and nothing around it limits
///   how long: a backend that hangs holds them for ever.
///
/// After a [`StoreError`] the caller may repeat any operation.
///
/// The `acceptance` module (feature `test-util`) tests each of these claims on a backend, but for the last one: that is for
/// you to test, with a server that takes connections and does not answer.
pub trait TokenStoreBackend: Send + Sync + fmt::Debug + 'static {
    /// The keys with which the crate seals what it keeps elsewhere. All processes that share the store have them. `None`
    /// when it has none; [`SmartConfigBuilder::sealing_keys`] is demanded then.
    ///
    /// [`SmartConfigBuilder::sealing_keys`]: crate::SmartConfigBuilder::sealing_keys
    fn sealing_keys(&self) -> Option<SealingKeys> {
        None
    }

    /// Claims a pending authorization for a callback. See [`Claim`].
    ///
    /// The authorization itself is in the browser. The store remembers from the first claim on which callback came first
    /// and how it ended, until the moment that this claim named (`until`); what later ones name changes nothing.
    ///
    /// A claim with `until` not after now only asks: what is remembered is answered, and when nothing is, it is
    /// [`Claim::Fresh`] and nothing is remembered.
    ///
    /// A claimed one stays `exchanging` until it is released or finished, or its life ends.
    ///
    /// Where the answer is lost, whoever comes again must not wait for somebody who does not know that it is his: a backend that may
    /// have claimed it and says [`StoreError::Unavailable`] releases it itself, as soon as it can. A claim that reaches the store only after
    /// that must not stand.
    fn claim_pending<'a>(&'a self, key: PendingKey, callback: CallbackKey, until: Timestamp) -> StoreFuture<'a, Claim>;

    /// Forgets a claim, because the code certainly was not sent. Without effect unless it is `exchanging` for this
    /// callback since `claimed_at`, the moment with which the claim was answered: a release that comes late, or once
    /// more, must not free what somebody else has claimed meanwhile.
    fn release_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        claimed_at: Timestamp,
    ) -> StoreFuture<'a, ()>;

    /// Records how a claimed authorization ended, for the rest of its life. Without effect unless it is `exchanging`
    /// for this callback: the first outcome stays.
    fn finish_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        outcome: CallbackOutcome,
    ) -> StoreFuture<'a, ()>;

    /// The open launches in the list of a browser, in any order. Not a use.
    ///
    /// `user` is compared with the user of each ([`LaunchRecord::user`]).
    ///
    /// A backend may take several steps. All launches are there that were opened before the first one and are open after
    /// the last one.
    fn launches_of<'a>(&'a self, browser: BrowserKey, user: Option<[u8; 32]>) -> StoreFuture<'a, Vec<ListedLaunch>>;

    /// Adds a value to a list of a browser, as its newest; one that is there already becomes the newest. Keeps the
    /// newest `keep` (at least one) and hands out those that fall out, the oldest first. The whole list is forgotten
    /// `lifetimes.launch_absolute + lifetimes.ended` after its newest value came, and not handed out then.
    ///
    /// What is handed out is gone from the store. When the answer is lost, nobody gets it.
    ///
    /// Values are any bytes, at most 128.
    fn remember<'a>(
        &'a self,
        browser: BrowserKey,
        memo: Memo,
        value: Vec<u8>,
        keep: usize,
        rules: StoreRules,
    ) -> StoreFuture<'a, Vec<Vec<u8>>>;

    /// A list of a browser, the oldest first; empty when there is none.
    fn recall<'a>(&'a self, browser: BrowserKey, memo: Memo) -> StoreFuture<'a, Vec<Vec<u8>>>;

    /// A value that belongs to no browser, such as an access token that the application has for itself. `None` when there
    /// is none or its life is over.
    fn load_value<'a>(&'a self, key: ValueKey) -> StoreFuture<'a, Option<Vec<u8>>>;

    /// Puts `value` in the place of `expected`, where `None` means no value, and keeps it until `until`. Returns whether it
    /// did: not if what is there, byte for byte, is something else than expected. A `value` of `None`, or one that would be
    /// kept until a moment that is not after now, removes it.
    ///
    /// Values are any bytes, at most 256 KiB, sealed by the crate before they come here. No two are ever the same.
    fn swap_value<'a>(
        &'a self,
        key: ValueKey,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        until: Timestamp,
    ) -> StoreFuture<'a, bool>;

    /// Opens a launch at version 1 and adds it to its browser's list; ends what `others` says
    /// ([`EndReason::OtherUser`], [`EndReason::Replaced`]), and past `rules.limits.launches` the launches of this
    /// browser that were unused the longest ([`EndReason::Evicted`]). Ended ones are remembered.
    ///
    /// Without effect when the store knows the key, open or ended: repeating an attempt whose answer was lost is
    /// safe, and cannot bring back what has ended meanwhile.
    ///
    /// Nobody knows the key before this returns, so a backend whose keys live on several servers may take several
    /// steps, if it ends the others first and if an end-all that comes in between also ends this one.
    ///
    /// Hands out the other launches that ended, also those of other browsers that a limit of the store's own has pushed out.
    fn open_launch<'a>(
        &'a self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches>;

    /// Loads a launch, and notes that it was used now if that counts.
    ///
    /// A launch runs out at the earlier of *last use + `launch_idle`* ([`EndReason::Idle`]) and
    /// *`opened_at` + `launch_absolute`* ([`EndReason::TooOld`]; also when both are at once). Opening is a use, and so is
    /// loading with [`LaunchUse::Counts`]; a use fixes that moment by the lifetimes given with it, and it counts as
    /// `ended_at`. A backend for which writing is dear may leave out uses that come less than a twentieth of `launch_idle` after the last
    /// one that it noted, with the same lifetimes: the launch then runs out that much earlier. The acceptance tests want each use noted.
    ///
    /// Loading with [`LaunchUse::DoesNotCount`] leaves the moment, and the order in which launches are evicted, as they
    /// are. It ends what has run out all the same.
    fn load_launch<'a>(
        &'a self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
    ) -> StoreFuture<'a, LoadedLaunch>;

    /// Replaces the record if its version is `expected`. Not a use. The new record has the same `browser`, `proof` and
    /// `opened_at`; a backend may go by those of the first.
    fn replace_launch<'a>(
        &'a self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
        rules: StoreRules,
    ) -> StoreFuture<'a, Replaced>;

    /// Ends a launch if `which` is about it, remembers why until `rules.lifetimes.ended` from now, and hands it out if it
    /// was open. One that has ended or run out before keeps its first reason.
    ///
    /// What is handed out is gone from the store: of many that end a launch, one gets its record. When the answer is
    /// lost, nobody does.
    fn end_launch<'a>(
        &'a self,
        key: LaunchKey,
        which: EndWhich,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, LaunchEnd>;

    /// Ends every launch of a browser. Hands out those that were open, once: when the answer is lost, nobody gets them.
    fn end_all_of<'a>(
        &'a self,
        browser: BrowserKey,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches>;

    /// Takes or renews the right to refresh a launch for `ttl` from now. True if `owner` holds it now. A lease that
    /// has run out is free; a launch that is not open has none.
    fn acquire_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner, ttl: Duration) -> StoreFuture<'a, bool>;

    /// Nothing but the store's time.
    fn time(&self) -> StoreFuture<'_, ()>;

    /// A number that names this store, if it lives in the memory of this process; `None` if processes share it.
    ///
    /// Lets the crate notice that a configuration was built once per worker, each with launches of its own.
    fn process_local(&self) -> Option<usize> {
        None
    }

    /// How the store is set up, for [`SmartConfig::preflight`](crate::SmartConfig::preflight): what a backend can see of its
    /// server without changing anything. Default: nothing.
    fn look_at_setup(&self) -> SetupFuture<'_> {
        Box::pin(std::future::ready(Vec::new()))
    }

    /// How many launches are open, as far as that is known without looking at each: those that ran out and were not cleared away
    /// yet may be among them. `None` where nobody counts them, as in a store that processes share.
    fn open_launches(&self) -> Option<usize> {
        None
    }

    /// Gives the lease up, if `owner` holds it.
    fn release_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner) -> StoreFuture<'a, ()>;
}

/// The future that each operation of a [`TokenStoreBackend`] returns: the answer, and the store's time ([`Stamped`]).
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<Stamped<T>, StoreError>> + Send + 'a>>;
