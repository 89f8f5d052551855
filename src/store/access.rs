//! How the crate uses its store: [`StoreAccess`].

mod patience;
mod retried;
mod store_time;
mod watch;

use std::{sync::Arc, time::Duration};

use tracing::Instrument as _;

use self::store_time::{StorePlace, StoreTime};
pub(crate) use self::{patience::Patience, retried::BRIEF, watch::LaunchWatch};
use super::{
    BrowserKey, CallbackKey, CallbackOutcome, Claim, EndReason, EndWhich, EndedLaunches, LaunchEnd, LaunchKey,
    LaunchRecord, LaunchUse, LeaseOwner, ListedLaunch, LoadedLaunch, Memo, OthersOnOpen, PendingKey, Replaced, Stamped,
    StoreError, StoreFuture, StoreRules, TokenStore, TokenStoreBackend, ValueKey, Version,
};
use crate::{
    log_throttle::LogThrottle,
    meter::{self, Stopwatch},
    time::{Clock, Timestamp},
};

/// The operations of a [`TokenStoreBackend`], with the rules of the configuration, and learning the store's time from each
/// answer.
#[derive(Debug)]
pub(crate) struct StoreAccess {
    store: TokenStore,
    rules: StoreRules,
    time: StoreTime,
    /// Who is told of launches that open and end.
    watch: Option<Arc<dyn LaunchWatch>>,
    log_throttle: LogThrottle,
}

impl StoreAccess {
    pub(crate) fn new(store: TokenStore, rules: StoreRules, clock: Arc<dyn Clock>) -> Self {
        let place = match store.backend().process_local() {
            Some(_) => StorePlace::ThisProcess,
            None => StorePlace::Elsewhere,
        };
        Self {
            store,
            rules,
            time: StoreTime::new(clock, place),
            watch: None,
            log_throttle: LogThrottle::default(),
        }
    }

    /// The same, where somebody is told of launches that end.
    pub(crate) fn watched_by(mut self, watch: Option<Arc<dyn LaunchWatch>>) -> Self {
        self.watch = watch;
        self
    }

    /// The store itself, to compare what [`TokenStoreBackend::process_local`] says. Operations go through this type.
    pub(crate) fn backend(&self) -> &dyn TokenStoreBackend {
        self.store.backend()
    }

    /// The store's time, as far as this process knows.
    pub(crate) fn now(&self) -> Timestamp {
        self.time.now()
    }

    /// The store's time, after asking the store if it has never answered.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it has never answered and does not now. Its time is not known at all then: this process's clock may
    /// be an hour off.
    pub(crate) async fn learned_now(&self) -> Result<Timestamp, StoreError> {
        if !self.time.is_known() {
            self.timed("time", self.backend().time()).await?;
        }
        Ok(self.now())
    }

    /// Asks the store what time it is: whether it answers.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it does not.
    pub(crate) async fn ask_time(&self) -> Result<(), StoreError> {
        self.timed("time", self.backend().time()).await
    }

    /// Whether this moment has come at the store. Not as long as the store has not said what time it is: the operation that
    /// follows decides.
    #[cfg(feature = "actix")]
    pub(crate) fn has_come(&self, moment: Timestamp) -> bool {
        self.time.is_known() && moment <= self.now()
    }

    async fn stamped<T>(&self, name: &'static str, operation: StoreFuture<'_, T>) -> Result<Stamped<T>, StoreError> {
        let (asked, took) = (self.time.clock().steady(), Stopwatch::start());
        let span = tracing::debug_span!("smart.store", operation = name);
        let answer = operation.instrument(span).await;
        meter::STORE_SECONDS.record(took, [("operation", name)]);
        let answer = answer.inspect_err(|_| meter::STORE_ERRORS.count([("operation", name)]))?;
        self.time.learn(asked, answer.at);
        Ok(answer)
    }

    async fn timed<T>(&self, name: &'static str, operation: StoreFuture<'_, T>) -> Result<T, StoreError> {
        Ok(self.stamped(name, operation).await?.value)
    }
}

/// See the operation of the same name in [`TokenStoreBackend`] for each of these.
impl StoreAccess {
    /// With the moment by which it was judged: of a fresh claim it is the one to release it with.
    pub(crate) async fn claim_pending(
        &self,
        key: PendingKey,
        callback: CallbackKey,
        until: Timestamp,
    ) -> Result<Stamped<Claim>, StoreError> {
        self.stamped("claim_pending", self.backend().claim_pending(key, callback, until))
            .await
    }

    /// What is known of a callback. Claims nothing.
    pub(crate) async fn ask_pending(
        &self,
        key: PendingKey,
        callback: CallbackKey,
    ) -> Result<Stamped<Claim>, StoreError> {
        self.claim_pending(key, callback, Timestamp::from_millis(0)).await
    }

    pub(crate) async fn release_pending(
        &self,
        key: PendingKey,
        callback: CallbackKey,
        claimed_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.timed(
            "release_pending",
            self.backend().release_pending(key, callback, claimed_at),
        )
        .await
    }

    pub(crate) async fn finish_pending(
        &self,
        key: PendingKey,
        callback: CallbackKey,
        outcome: CallbackOutcome,
    ) -> Result<(), StoreError> {
        self.timed("finish_pending", self.backend().finish_pending(key, callback, outcome))
            .await
    }

    pub(crate) async fn launches_of(
        &self,
        browser: BrowserKey,
        user: Option<[u8; 32]>,
    ) -> Result<Vec<ListedLaunch>, StoreError> {
        self.timed("launches_of", self.backend().launches_of(browser, user))
            .await
    }

    pub(crate) async fn remember(
        &self,
        browser: BrowserKey,
        memo: Memo,
        value: Vec<u8>,
        keep: usize,
        rules: StoreRules,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        self.timed("remember", self.backend().remember(browser, memo, value, keep, rules))
            .await
    }

    pub(crate) async fn recall(&self, browser: BrowserKey, memo: Memo) -> Result<Vec<Vec<u8>>, StoreError> {
        self.timed("recall", self.backend().recall(browser, memo)).await
    }

    pub(crate) async fn load_value(&self, key: ValueKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.timed("load_value", self.backend().load_value(key)).await
    }

    pub(crate) async fn swap_value(
        &self,
        key: ValueKey,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.timed("swap_value", self.backend().swap_value(key, expected, value, until))
            .await
    }

    pub(crate) async fn open_launch(
        &self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
    ) -> Result<EndedLaunches, StoreError> {
        let beside = (record.browser, record.user);
        let opened = self.watch.is_some().then(|| (record.origin.ehr.clone(), record.kind));
        let ended = self
            .timed(
                "open_launch",
                self.backend().open_launch(key, record, others, self.rules),
            )
            .await?;
        if let (Some(watch), Some(opened)) = (&self.watch, opened) {
            watch.opened(&opened.0, opened.1);
            watch.ended(&ended, &|other| watch::reason_beside(others, beside, other));
        }
        self.count_open();
        Ok(ended)
    }

    pub(crate) async fn load_launch(&self, key: LaunchKey, launch_use: LaunchUse) -> Result<LoadedLaunch, StoreError> {
        let loaded = self
            .timed("load_launch", self.backend().load_launch(key, launch_use, self.rules))
            .await?;
        if let (LoadedLaunch::Ended(ended), Some(watch)) = (&loaded, &self.watch)
            && ended.reason.is_time_out()
        {
            watch.found_ended(key, ended);
        }
        Ok(loaded)
    }

    pub(crate) async fn replace_launch(
        &self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
    ) -> Result<Replaced, StoreError> {
        self.timed(
            "replace_launch",
            self.backend().replace_launch(key, expected, record, self.rules),
        )
        .await
    }

    /// Ends a launch because somebody wants it ended.
    pub(crate) async fn end_launch(&self, key: LaunchKey, reason: EndReason) -> Result<EndedLaunches, StoreError> {
        Ok(match self.end(key, EndWhich::Any, reason).await? {
            LaunchEnd::Ended(ended) => ended,
            LaunchEnd::Newer => EndedLaunches::nothing(),
        })
    }

    /// Ends a launch because this version of it was judged dead.
    pub(crate) async fn end_version(
        &self,
        key: LaunchKey,
        version: Version,
        reason: EndReason,
    ) -> Result<LaunchEnd, StoreError> {
        self.end(key, EndWhich::Version(version), reason).await
    }

    async fn end(&self, key: LaunchKey, which: EndWhich, reason: EndReason) -> Result<LaunchEnd, StoreError> {
        let ended = self
            .timed("end_launch", self.backend().end_launch(key, which, reason, self.rules))
            .await?;
        if let LaunchEnd::Ended(ended) = &ended {
            self.tell(ended, reason);
        }
        Ok(ended)
    }

    fn count_open(&self) {
        if meter::IS_ON
            && let Some(open) = self.backend().open_launches()
        {
            meter::LAUNCHES_OPEN.set(open, []);
        }
    }

    fn tell(&self, ended: &EndedLaunches, reason: EndReason) {
        self.count_open();
        if let Some(watch) = &self.watch {
            watch.ended(ended, &|_| reason);
        }
    }

    pub(crate) async fn end_all_of(&self, browser: BrowserKey, reason: EndReason) -> Result<EndedLaunches, StoreError> {
        let ended = self
            .timed("end_all_of", self.backend().end_all_of(browser, reason, self.rules))
            .await?;
        self.tell(&ended, reason);
        Ok(ended)
    }

    pub(crate) async fn acquire_lease(
        &self,
        key: LaunchKey,
        owner: LeaseOwner,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        self.timed("acquire_lease", self.backend().acquire_lease(key, owner, ttl))
            .await
    }

    pub(crate) async fn release_lease(&self, key: LaunchKey, owner: LeaseOwner) -> Result<(), StoreError> {
        self.timed("release_lease", self.backend().release_lease(key, owner))
            .await
    }
}
