//! When newer tokens are stored again, and when not.

use std::{cell::RefCell, sync::Arc, time::Instant};

use super::*;
use crate::{
    store::{EndReason, EndedLaunch, SealedKind, SealingKeys, acceptance::sample, sealed::Sealer},
    time::Timestamp,
    transport::captured_logs::capture_logs,
};

const KNOWN: Version = Version(7);

/// When the tokens were asked for that this process knows.
const ASKED_FOR: Timestamp = Timestamp::from_millis(10_000);

fn record(requested_at: Timestamp) -> Arc<LaunchRecord> {
    let mut record = sample::launch(sample::browser(), Timestamp::from_millis(0));
    record.tokens = sample::tokens(requested_at);
    Arc::new(record)
}

fn before() -> Arc<LaunchRecord> {
    record(Timestamp::from_millis(9_999))
}

fn open(record: Arc<LaunchRecord>, version: Version) -> LoadedLaunch {
    LoadedLaunch::Open { record, version }
}

/// A process that knows a launch, and what the server answers to its writes.
struct Bench {
    opened: OpenedRecords,
    key: LaunchKey,
    known: Option<Opened>,
    answer: Result<Replaced, StoreError>,
    /// At which version a record was stored again, and when its tokens were asked for.
    stored_again: RefCell<Vec<(Version, Timestamp)>>,
}

impl Bench {
    fn new(answer: Result<Replaced, StoreError>) -> Self {
        let (opened, key, now) = (OpenedRecords::new(), sample::launch_key(), Instant::now());
        let sealer = Sealer::Keys(SealingKeys::random());
        let sealed = sealer.seal(SealedKind::Launch, key.as_bytes(), b"{}".to_vec());
        let seal = sealer.seal_of(&sealed.unwrap()).unwrap();
        opened.keep(key, seal, (&record(ASKED_FOR), KNOWN), now);
        let known = opened.of(key, now);
        // What was loaded.
        opened.keep(key, seal, (&before(), Version(5)), now);
        Self {
            opened,
            key,
            known,
            answer,
            stored_again: RefCell::default(),
        }
    }

    async fn load(&self, loaded: LoadedLaunch) -> Option<LoadedLaunch> {
        let replace = async |version, record: LaunchRecord| {
            let wanted = (version, record.tokens.requested_at());
            self.stored_again.borrow_mut().push(wanted);
            self.answer.map(|replaced| Stamped::new(replaced, ASKED_FOR))
        };
        self.opened
            .restored(self.key, self.known.clone(), loaded, Instant::now(), replace)
            .await
    }

    /// The version of the record that this process knows now.
    fn knows(&self) -> Option<Version> {
        Some(self.opened.of(self.key, Instant::now())?.version)
    }
}

#[tokio::test]
async fn tokens_that_the_server_has_lost_are_stored_again_over_those_of_before() {
    let bench = Bench::new(Ok(Replaced::Written(Version(6))));
    let loaded = bench.load(open(before(), Version(5))).await;
    let Some(LoadedLaunch::Open { record, version }) = loaded else {
        panic!("{loaded:?}")
    };
    assert_eq!((record.tokens.requested_at(), version), (ASKED_FOR, Version(6)));
    assert_eq!(*bench.stored_again.borrow(), [(Version(5), ASKED_FOR)]);
}

/// As often written as this process knows: by somebody who may have newer tokens. As new: nothing but a note was lost.
#[tokio::test]
async fn nothing_is_stored_again_where_the_version_or_the_tokens_have_not_gone_back() {
    let bench = Bench::new(Ok(Replaced::Written(Version(9))));
    for (requested_at, version) in [
        (Timestamp::from_millis(9_999), KNOWN),
        (Timestamp::from_millis(9_999), Version(8)),
        (ASKED_FOR, Version(6)),
        (Timestamp::from_millis(10_001), Version(6)),
    ] {
        let loaded = bench.load(open(record(requested_at), version)).await;
        assert!(
            matches!(&loaded, Some(LoadedLaunch::Open { record, version: loaded }) if
                record.tokens.requested_at() == requested_at && *loaded == version),
            "{loaded:?}"
        );
    }
    assert!(bench.stored_again.borrow().is_empty());
}

#[tokio::test]
async fn a_launch_that_has_ended_or_is_not_known_is_not_opened_again() {
    let bench = Bench::new(Ok(Replaced::Written(Version(6))));
    let ended = EndedLaunch::of(&before(), EndReason::LoggedOut, ASKED_FOR);
    let ended = bench.load(LoadedLaunch::Ended(Arc::new(ended))).await;
    assert!(matches!(ended, Some(LoadedLaunch::Ended(_))));
    let unknown = bench.load(LoadedLaunch::NotFound).await;
    assert!(matches!(unknown, Some(LoadedLaunch::NotFound)));
    assert!(bench.stored_again.borrow().is_empty());
}

#[tokio::test]
async fn what_a_process_has_never_had_it_does_not_store() {
    let bench = Bench {
        known: None,
        ..Bench::new(Ok(Replaced::Written(Version(6))))
    };
    bench.load(open(before(), Version(5))).await;
    assert!(bench.stored_again.borrow().is_empty());
}

/// It may be the only process that has them.
#[tokio::test]
async fn tokens_that_could_not_be_stored_again_stay_known_for_the_next_load() {
    for error in [StoreError::Unavailable, StoreError::ReadOnly] {
        let bench = Bench::new(Err(error));
        let loaded = bench.load(open(before(), Version(5))).await;
        assert!(
            matches!(
                loaded,
                Some(LoadedLaunch::Open {
                    version: Version(5),
                    ..
                })
            ),
            "{loaded:?}"
        );
        assert_eq!(bench.knows(), Some(KNOWN));
    }
}

/// A person who reloads takes the request away that stores them again.
#[tokio::test]
async fn tokens_stay_known_where_storing_them_again_is_broken_off() {
    let bench = Bench::new(Err(StoreError::Unavailable));
    let never = |_, _| std::future::pending::<Result<Stamped<Replaced>, StoreError>>();
    let (known, loaded) = (bench.known.clone(), open(before(), Version(5)));
    let storing = bench.opened.restored(bench.key, known, loaded, Instant::now(), never);
    assert!(tokio::time::timeout(std::time::Duration::ZERO, storing).await.is_err());
    assert_eq!(bench.knows(), Some(KNOWN));
}

#[tokio::test]
async fn where_somebody_has_written_meanwhile_the_launch_is_loaded_again() {
    let bench = Bench::new(Ok(Replaced::Conflict));
    assert!(bench.load(open(before(), Version(5))).await.is_none());
    assert_eq!(bench.knows(), Some(KNOWN));
    // It has ended: nothing is to store it again.
    let bench = Bench::new(Ok(Replaced::Gone));
    assert!(bench.load(open(before(), Version(5))).await.is_none());
    assert_eq!(bench.knows(), None);
}

#[test]
fn the_log_says_so_and_names_no_token() {
    let logged = capture_logs(tracing::Level::WARN, || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bench = Bench::new(Ok(Replaced::Written(Version(6))));
        runtime.block_on(bench.load(open(before(), Version(5))));
    });
    assert!(logged.contains("has lost newer tokens of a launch"), "{logged}");
    let record = record(ASKED_FOR);
    let token = record.tokens.access_token().expose_secret();
    assert!(!logged.contains(token), "{logged}");
}
