//! What every [`RegistrationStore`] must do, as a test for yours.
//!
//! # Examples
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! # use actix_smart_auth::registration::{RegistrationStore, acceptance};
//! # async fn test(store: Arc<dyn RegistrationStore>) {
//! // In a test: `#[tokio::test(flavor = "multi_thread")]`, as on one thread nothing ever races.
//! acceptance::run(store).await;
//! # }
//! ```
#![expect(clippy::panic, clippy::expect_used, reason = "a test suite: it reports by panicking")]

use std::sync::Arc;

use crate::config::first_use::RegistrationStore;

/// How many try at once.
const AT_ONCE: u8 = 16;

/// Runs all of it. Names are random, so the store need not be empty.
///
/// # Panics
///
/// When the store breaks a promise.
pub async fn run(store: Arc<dyn RegistrationStore>) {
    a_value_is_put_in_the_place_of_what_is_expected_and_of_nothing_else(&*store).await;
    each_ehr_has_a_value_of_its_own(&*store).await;
    bytes_come_back_as_they_went(&*store).await;
    of_many_at_once_one_wins(store).await;
}

/// `swap` changes what is there only where it is what was expected, and says so.
///
/// # Panics
///
/// When it does not hold.
pub async fn a_value_is_put_in_the_place_of_what_is_expected_and_of_nothing_else(store: &dyn RegistrationStore) {
    let ehr = name();
    let value = |text: &str| Some(text.as_bytes().to_vec());
    assert_eq!(load(store, &ehr).await, None, "there is nothing yet");
    for (expected, new, is_done, after) in [
        (value("a"), value("b"), false, None),
        (value("a"), None, false, None),
        (None, value("a"), true, value("a")),
        (None, value("b"), false, value("a")),
        (value("A"), value("b"), false, value("a")),
        (value("a"), value("b"), true, value("b")),
        (value("b"), value("b"), true, value("b")),
        (value("a"), None, false, value("b")),
        (value("b"), None, true, None),
        (value("b"), value("c"), false, None),
        (None, None, true, None),
        (None, value("c"), true, value("c")),
    ] {
        let what = format!("{new:?} in the place of {expected:?}");
        assert_eq!(swap(store, &ehr, expected, new).await, is_done, "{what}");
        assert_eq!(load(store, &ehr).await, after, "after {what}");
    }
}

/// Also where names differ in little.
///
/// # Panics
///
/// When it does not hold.
pub async fn each_ehr_has_a_value_of_its_own(store: &dyn RegistrationStore) {
    let base = name();
    let names = [
        base.clone(),
        format!("{base}/"),
        format!("{base}/R4"),
        base.replace("/fhir", "/FHIR"),
    ];
    for (number, ehr) in (0_u8..).zip(&names) {
        assert!(swap(store, ehr, None, Some(vec![number])).await, "{ehr}");
    }
    for (number, ehr) in (0_u8..).zip(&names) {
        assert_eq!(load(store, ehr).await, Some(vec![number]), "{ehr}");
    }
}

/// All of them, up to 2 MiB.
///
/// # Panics
///
/// When it does not hold.
pub async fn bytes_come_back_as_they_went(store: &dyn RegistrationStore) {
    let ehr = name();
    let mut before = None;
    for length in [0, 1, 255, 4096, 2 << 20] {
        let value: Vec<u8> = (0..=u8::MAX).cycle().skip(length % 7).take(length).collect();
        assert!(
            swap(store, &ehr, before.clone(), Some(value.clone())).await,
            "{length} bytes"
        );
        before = Some(value);
        assert!(load(store, &ehr).await == before, "{length} bytes");
    }
}

/// Of all that expect the same, one puts its value there and is told so.
///
/// # Panics
///
/// When it does not hold.
pub async fn of_many_at_once_one_wins(store: Arc<dyn RegistrationStore>) {
    for before in [None, Some(vec![255])] {
        let ehr = name();
        if before.is_some() {
            assert!(swap(&*store, &ehr, None, before.clone()).await);
        }
        let trying: Vec<_> = (0..AT_ONCE)
            .map(|number| {
                let (store, ehr, before) = (Arc::clone(&store), ehr.clone(), before.clone());
                tokio::spawn(async move { swap(&*store, &ehr, before, Some(vec![number])).await })
            })
            .collect();
        let mut winners = Vec::new();
        for (number, one) in (0..AT_ONCE).zip(trying) {
            if one.await.expect("a swap panicked") {
                winners.push(number);
            }
        }
        let [winner] = winners[..] else {
            panic!(
                "{} of {AT_ONCE} were told that they had put their value there",
                winners.len()
            );
        };
        assert_eq!(load(&*store, &ehr).await, Some(vec![winner]));
    }
}

fn name() -> String {
    format!("https://ehr-{:016x}.example/fhir", rand::random::<u64>())
}

async fn load(store: &dyn RegistrationStore, ehr: &str) -> Option<Vec<u8>> {
    store.load(ehr).await.expect("the store does not answer")
}

async fn swap(store: &dyn RegistrationStore, ehr: &str, expected: Option<Vec<u8>>, value: Option<Vec<u8>>) -> bool {
    store
        .swap(ehr, expected, value)
        .await
        .expect("the store does not answer")
}
