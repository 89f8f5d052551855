//! Row: the token store hangs. How many of its time-outs a request waits for, one after the other.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use actix_smart_auth::{
    store::{
        MemoryStore, StoreError, StoreFuture, TokenStore,
        testing::{Forwarding, Operation},
    },
    time::ManualClock,
};

use super::{beside, callback_of, launched};
use crate::support::{App, Browser};

/// The time-out of the store, for those who wait and by the clock of the application.
const TIMEOUT: (Duration, u64) = (Duration::from_millis(50), 2);

/// A store that hangs when it is told to: each operation fails after the time-out.
#[derive(Debug, Clone)]
struct Hanging {
    inner: MemoryStore,
    clock: Arc<OnceLock<ManualClock>>,
    hangs: Arc<AtomicBool>,
    waiting: Arc<AtomicUsize>,
    /// How many time-outs were waited for one after the other.
    in_a_row: Arc<AtomicUsize>,
}

impl Hanging {
    fn new() -> Self {
        Self {
            inner: crate::support::memory_store(),
            clock: Arc::default(),
            hangs: Arc::default(),
            waiting: Arc::default(),
            in_a_row: Arc::default(),
        }
    }

    /// From now on it does.
    fn hang(&self, app: &App) {
        self.clock.set(app.clock.clone()).unwrap();
        self.hangs.store(true, SeqCst);
    }

    /// How many time-outs there were since this was asked.
    fn waited(&self) -> usize {
        self.in_a_row.swap(0, SeqCst)
    }
}

impl Forwarding for Hanging {
    type Inner = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    fn pass<'a, T: Send + 'a>(&'a self, _: Operation, work: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        Box::pin(async move {
            if !self.hangs.load(SeqCst) {
                return work.await;
            }
            let is_first = self.waiting.fetch_add(1, SeqCst) == 0;
            tokio::time::sleep(TIMEOUT.0).await;
            if is_first {
                self.in_a_row.fetch_add(1, SeqCst);
                let clock = self.clock.get().unwrap();
                clock.advance(Duration::from_secs(TIMEOUT.1));
            }
            self.waiting.fetch_sub(1, SeqCst);
            Err(StoreError::Unavailable)
        })
    }
}

#[actix_web::test]
async fn a_request_waits_for_a_store_that_hangs_once_and_one_that_signs_out_of_all_twice_at_most() {
    let store = Hanging::new();
    let given = TokenStore::new(store.clone());
    let app = App::builder().config(|config| config.store(given)).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let callback = callback_of(&app, &browser).await;
    store.hang(&app);
    for url in [
        &landing,
        &beside(&landing, "/maybe"),
        &beside(&landing, "/guarded/page"),
        &callback,
    ] {
        let page = browser.get(url).await;
        assert_eq!((page.status, store.waited()), (503, 1), "{url}");
        let script = browser.api(url).await;
        assert_eq!((script.status, store.waited()), (503, 1), "{url}");
    }
    // Nothing of a launch is needed to begin another one.
    for url in [app.url("/auth/launch"), app.ehr_launch_url("amber-testwood", None)] {
        assert_eq!((browser.get(&url).await.status, store.waited()), (303, 0), "{url}");
    }
    let form = browser.post(&landing).await;
    assert_eq!((form.status, store.waited()), (503, 1));
    let one = browser.post(&beside(&landing, "/auth/logout")).await;
    assert_eq!((one.status, store.waited()), (503, 1));
    for url in [beside(&landing, "/auth/logout"), app.url("/auth/logout")] {
        let asked = browser.get(&url).await;
        assert_eq!((asked.status, store.waited()), (503, 1), "{url}");
    }
    let all = browser.post(&app.url("/auth/logout")).await;
    assert_eq!(all.status, 503);
    let waited = store.waited();
    assert!((1..=2).contains(&waited), "{waited}");
}
