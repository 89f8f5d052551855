use std::{
    future::{Ready, ready},
    sync::Mutex,
    time::Duration,
};

use super::*;
use crate::transport::captured_logs::capture_logs;

const SINCE: Timestamp = Timestamp::from_millis(7);

/// What a store answers, one after the other, and the moments with which it was asked to release.
struct Store {
    claims: Mutex<Vec<Result<Claim, StoreError>>>,
    releases: Mutex<Vec<Result<(), StoreError>>>,
    released: Mutex<Vec<Timestamp>>,
}

impl Store {
    fn answering(claims: Vec<Result<Claim, StoreError>>, releases: Vec<Result<(), StoreError>>) -> Self {
        Self {
            claims: Mutex::new(claims),
            releases: Mutex::new(releases),
            released: Mutex::default(),
        }
    }

    fn claim(&self) -> Ready<Result<Stamped<Claim>, StoreError>> {
        ready(
            self.claims
                .lock()
                .unwrap()
                .remove(0)
                .map(|claim| Stamped::new(claim, SINCE)),
        )
    }

    fn release(&self, claimed_at: Timestamp) -> Ready<Result<Stamped<()>, StoreError>> {
        self.released.lock().unwrap().push(claimed_at);
        ready(
            self.releases
                .lock()
                .unwrap()
                .remove(0)
                .map(|()| Stamped::new((), SINCE)),
        )
    }

    /// Whether it is given back, and how long that takes; all answers have to be asked for.
    fn given_back(&self) -> (bool, Duration) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        let given_back = runtime.block_on(async {
            let began = tokio::time::Instant::now();
            let is_known = is_given_back(self, Self::claim, Self::release).await;
            (is_known, began.elapsed())
        });
        assert!(self.claims.lock().unwrap().is_empty() && self.releases.lock().unwrap().is_empty());
        given_back
    }
}

#[test]
fn a_claim_that_the_store_has_is_released_as_soon_as_the_store_is_back() {
    let away = Err(StoreError::Unavailable);
    let store = Store::answering(
        vec![away, Err(StoreError::ReadOnly), Ok(Claim::Fresh), Ok(Claim::Fresh)],
        vec![Err(StoreError::Unavailable), Ok(())],
    );
    let (is_given_back, took) = store.given_back();
    assert!(is_given_back && took < Duration::from_secs(2), "{took:?}");
    assert_eq!(*store.released.lock().unwrap(), [SINCE, SINCE]);
}

#[test]
fn a_release_whose_answer_was_lost_is_not_done_again() {
    let store = Store::answering(
        vec![Ok(Claim::Fresh), Ok(Claim::Exchanging { since: SINCE })],
        vec![Err(StoreError::Unavailable)],
    );
    assert!(store.given_back().0);
}

#[test]
fn a_claim_of_somebody_else_stays() {
    let others = [
        Ok(Claim::Exchanging { since: SINCE }),
        Ok(Claim::OtherCallback { outcome: None }),
        Err(StoreError::Unreadable),
        Err(StoreError::UnknownKey),
    ];
    for other in others {
        let store = Store::answering(vec![other], vec![]);
        assert!(store.given_back().0);
        assert!(store.released.lock().unwrap().is_empty());
    }
}

#[test]
fn a_store_that_stays_away_is_asked_for_half_a_minute() {
    let pauses = [50, 100, 200].len() + (30_000 - 350) / 250;
    let store = Store::answering(vec![Err(StoreError::Unavailable); pauses], vec![]);
    let (is_given_back, took) = store.given_back();
    assert!(!is_given_back);
    assert!(
        Duration::from_secs(29) < took && took < Duration::from_secs(31),
        "{took:?}"
    );
}

/// Claims in vain, and gives back what the log says and when the store was asked to release.
fn claimed_in_vain(
    claims: &LostClaims,
    answers: Vec<Result<Claim, StoreError>>,
    until: u64,
) -> (String, Vec<Timestamp>) {
    let releases = answers.iter().filter(|answer| answer.is_ok()).map(|_| Ok(())).collect();
    let store = Arc::new(Store::answering(answers, releases));
    let logged = capture_logs(tracing::Level::WARN, || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(async {
                let claimed = claims.claim(
                    Arc::clone(&store),
                    Timestamp::from_millis(until),
                    |store: Arc<Store>, _| async move { store.claim().await },
                    |store: Arc<Store>, claimed_at| async move { store.release(claimed_at).await },
                );
                assert!(claimed.await.is_err());
                tokio::time::sleep(BRIEF * 2).await;
            });
    });
    assert!(store.claims.lock().unwrap().is_empty());
    let released = store.released.lock().unwrap().clone();
    (logged, released)
}

/// The first time it may have been done, and only its answer was lost; the second time the server was another one, or full.
#[test]
fn a_claim_is_given_back_whatever_kept_it_from_being_answered() {
    for error in [
        StoreError::Unavailable,
        StoreError::ReadOnly,
        StoreError::Full,
        StoreError::Refused,
    ] {
        let (logged, released) = claimed_in_vain(&LostClaims::default(), vec![Err(error), Ok(Claim::Fresh)], 1);
        assert_eq!(
            (released.as_slice(), logged.as_str()),
            ([SINCE].as_slice(), ""),
            "{error}"
        );
    }
    for error in [StoreError::Unreadable, StoreError::UnknownKey] {
        let (_, released) = claimed_in_vain(&LostClaims::default(), vec![Err(error)], 1);
        assert!(released.is_empty(), "{error}");
    }
    // What only asks.
    let (_, released) = claimed_in_vain(&LostClaims::default(), vec![Err(StoreError::Unavailable)], 0);
    assert!(released.is_empty());
}

#[test]
fn a_claim_that_is_one_too_many_to_be_given_back_is_told() {
    let full = LostClaims {
        places: Arc::new(Semaphore::new(0)),
        ..LostClaims::default()
    };
    let (logged, released) = claimed_in_vain(&full, vec![Err(StoreError::Unavailable)], 1);
    assert!(
        released.is_empty() && logged.contains("could not be given back"),
        "{logged}"
    );
}
