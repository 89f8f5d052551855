//! For tests: one open launch, in a store that fails as often as a test wants, at an EHR that answers at once.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use crate::{
    SmartConfig,
    config::{Ehr, Quirks},
    protocol::http::{HttpRequest, HttpResponse},
    runtime::Runtime,
    store::{
        LaunchKey, LaunchRecord, LaunchUse, LoadedLaunch, MemoryStore, OthersOnOpen, RefreshSent, Replaced, StoreError,
        StoreFuture, StoreRules, TokenStore, Version,
        acceptance::sample,
        testing::{Forwarding, Operation},
    },
    time::{ManualClock, Timestamp},
    transport::{HttpTransport, TransportFuture},
};

/// What goes wrong in the store. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Troubles(Arc<Mutex<Left>>);

/// How often it still does.
#[derive(Debug, Default)]
struct Left {
    failing: HashMap<Operation, usize>,
    next: HashMap<Operation, VecDeque<Next>>,
    lost_answers: usize,
    overtaken: usize,
}

/// What becomes of an operation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Next {
    TakesSeconds(u64),
    Fails,
}

impl Troubles {
    /// What becomes of the next ones of this kind, one after the other.
    pub(super) fn next(&self, operation: Operation, next: impl IntoIterator<Item = Next>) {
        self.with(|left| left.next.insert(operation, next.into_iter().collect()));
    }

    /// Fails so many times, and does nothing.
    pub(super) fn fail(&self, operation: Operation, times: usize) {
        self.with(|left| left.failing.insert(operation, times));
    }

    /// Replaces the next record, and the answer gets lost.
    pub(super) fn lose_the_next_answer(&self) {
        self.with(|left| left.lost_answers = 1);
    }

    /// Somebody writes the record once more as it is, just before the next one who replaces it.
    pub(super) fn overtake_the_next_write(&self) {
        self.overtake_the_next_writes(1);
    }

    /// The same before so many.
    pub(super) fn overtake_the_next_writes(&self, number: usize) {
        self.with(|left| left.overtaken = number);
    }

    fn with<T>(&self, change: impl FnOnce(&mut Left) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn takes_one(left: &mut usize) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}

#[derive(Debug)]
struct Troubled {
    inner: MemoryStore,
    troubles: Troubles,
}

impl Forwarding for Troubled {
    type Inner = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    fn pass<'a, T: Send + 'a>(&'a self, operation: Operation, work: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        Box::pin(async move {
            if self
                .troubles
                .with(|left| left.failing.get_mut(&operation).is_some_and(takes_one))
            {
                return Err(StoreError::Unavailable);
            }
            match self.troubles.with(|left| left.next.get_mut(&operation)?.pop_front()) {
                Some(Next::Fails) => return Err(StoreError::Unavailable),
                Some(Next::TakesSeconds(seconds)) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => {}
            }
            let done = work.await?;
            let loses = operation == Operation::ReplaceLaunch;
            if loses && self.troubles.with(|left| takes_one(&mut left.lost_answers)) {
                return Err(StoreError::Unavailable);
            }
            Ok(done)
        })
    }

    fn replace_launch<'a>(
        &'a self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
        rules: StoreRules,
    ) -> StoreFuture<'a, Replaced> {
        use crate::store::TokenStoreBackend as _;
        Box::pin(async move {
            if self.troubles.with(|left| takes_one(&mut left.overtaken)) {
                let loaded = self.inner.load_launch(key, LaunchUse::DoesNotCount, rules).await?;
                if let LoadedLaunch::Open { record, version } = loaded.value {
                    self.inner
                        .replace_launch(key, version, (*record).clone(), rules)
                        .await?;
                }
            }
            self.inner.replace_launch(key, expected, record, rules).await
        })
    }
}

/// Answers every refresh with new tokens, and knows when it was asked.
#[derive(Debug, Clone)]
struct Ehrs {
    asked: Arc<Mutex<Vec<Instant>>>,
    /// Each answer waits for it.
    answers: Arc<Semaphore>,
    is_in_trouble: Arc<AtomicBool>,
}

impl Default for Ehrs {
    fn default() -> Self {
        Self {
            asked: Arc::default(),
            answers: Arc::new(Semaphore::new(1)),
            is_in_trouble: Arc::default(),
        }
    }
}

impl HttpTransport for Ehrs {
    fn send(&self, _: HttpRequest) -> TransportFuture<'_> {
        self.asked.lock().unwrap().push(Instant::now());
        let json = ("content-type".to_owned(), "application/json".to_owned());
        let body = br#"{"access_token":"new","token_type":"Bearer","expires_in":3600,"patient":"p1"}"#;
        let (answers, is_in_trouble) = (Arc::clone(&self.answers), Arc::clone(&self.is_in_trouble));
        Box::pin(async move {
            let _one_at_a_time = answers.acquire().await;
            let status = if is_in_trouble.load(Ordering::SeqCst) { 500 } else { 200 };
            Ok(HttpResponse::new(status, vec![json], body.to_vec()))
        })
    }
}

/// The launch. The clock of its records stands still unless a test moves it; only `tokio`'s time passes.
pub(super) struct TestLaunch {
    pub(super) config: SmartConfig,
    pub(super) clock: ManualClock,
    pub(super) key: LaunchKey,
    pub(super) troubles: Troubles,
    ehr: Ehrs,
}

/// The time when it opens.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

impl fmt::Debug for TestLaunch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestLaunch").finish_non_exhaustive()
    }
}

impl TestLaunch {
    /// A launch of now, changed as a test wants it.
    pub(super) async fn open(change: impl FnOnce(&mut LaunchRecord)) -> Self {
        Self::open_with(Quirks::default(), change).await
    }

    /// The same at an EHR that has these quirks.
    pub(super) async fn open_with(quirks: Quirks, change: impl FnOnce(&mut LaunchRecord)) -> Self {
        let (troubles, ehr, clock) = (Troubles::default(), Ehrs::default(), ManualClock::new(NOW));
        let store = Troubled {
            inner: MemoryStore::new().timed_by(clock.clone()),
            troubles: troubles.clone(),
        };
        let registration = Ehr::builder("https://ehr.example/fhir")
            .client_id("my-app")
            .redirect_uri("https://app.example/auth/callback")
            .scopes("launch/patient")
            .quirks(quirks);
        let config = SmartConfig::builder()
            .ehr(registration)
            .store(TokenStore::new(store))
            .transport(ehr.clone())
            .clock(clock.clone())
            .build()
            .unwrap();
        let mut record = sample::launch(sample::browser(), NOW);
        Arc::make_mut(&mut record.origin).client = None;
        change(&mut record);
        let key = sample::launch_key();
        let opening = config.runtime().store.open_launch(key, record, OthersOnOpen::Keep);
        opening.await.unwrap();
        Self {
            config,
            clock,
            key,
            troubles,
            ehr,
        }
    }

    /// The EHR answers nothing as long as what is returned is kept.
    pub(super) fn hold_answers(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.ehr.answers).try_acquire_owned().unwrap()
    }

    /// From now on the EHR answers that it is in trouble.
    pub(super) fn trouble_ehr(&self) {
        self.ehr.is_in_trouble.store(true, Ordering::SeqCst);
    }

    pub(super) fn runtime(&self) -> &Arc<Runtime> {
        self.config.runtime()
    }

    /// As it is stored now.
    pub(super) async fn stored(&self) -> (Arc<LaunchRecord>, Version) {
        let loading = self.runtime().store.load_launch(self.key, LaunchUse::DoesNotCount);
        match loading.await.unwrap() {
            LoadedLaunch::Open { record, version } => (record, version),
            other => panic!("{other:?}"),
        }
    }

    /// Writes the record, as another process would.
    pub(super) async fn write(&self, version: Version, record: LaunchRecord) -> Version {
        let writing = self.runtime().store.replace_launch(self.key, version, record);
        match writing.await.unwrap() {
            Replaced::Written(version) => version,
            other => panic!("{other:?}"),
        }
    }

    /// How long after `began` the EHR was asked, each time.
    pub(super) fn asked_after(&self, began: Instant) -> Vec<Duration> {
        let asked = self.ehr.asked.lock().unwrap();
        asked.iter().map(|at| at.duration_since(began)).collect()
    }
}

/// The note of a process that sent the refresh token of a launch, and may have an answer until then.
pub(super) fn sent_until(answer_until: Timestamp) -> RefreshSent {
    RefreshSent::new(NOW, answer_until, 7)
}
