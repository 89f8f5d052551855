//! What is kept, and for how long.

use super::*;
use crate::{
    store::{SealedKind, SealingKeys, acceptance::sample, sealed::Sealer},
    time::Timestamp,
};

fn seal(key: LaunchKey) -> Seal {
    let sealer = Sealer::Keys(SealingKeys::random());
    let sealed = sealer.seal(SealedKind::Launch, key.as_bytes(), b"{}".to_vec()).unwrap();
    sealer.seal_of(&sealed).unwrap()
}

/// All in one shard: that is found by the first bytes.
fn key(number: u16) -> LaunchKey {
    let mut bytes = [0; 32];
    [bytes[30], bytes[31]] = number.to_be_bytes();
    LaunchKey::from_bytes(bytes)
}

fn record() -> Arc<LaunchRecord> {
    Arc::new(sample::launch(sample::browser(), Timestamp::from_millis(0)))
}

fn kept(keys: impl IntoIterator<Item = u16>, now: Instant) -> OpenedRecords {
    let opened = OpenedRecords::new();
    let record = record();
    for number in keys {
        opened.keep(key(number), seal(key(number)), (&record, Version(1)), now);
    }
    opened
}

#[test]
fn a_record_is_kept_until_nobody_has_asked_for_it_for_five_minutes() {
    let now = Instant::now();
    let opened = kept([1, 2], now);
    let almost = now + UNASKED - Duration::from_millis(1);
    assert!(opened.of(key(1), almost).is_some());
    let then = now + UNASKED;
    assert!(opened.of(key(1), then).is_some(), "it was asked for");
    assert!(opened.of(key(2), then).is_none());
}

#[test]
fn past_the_limit_those_go_that_were_not_asked_for_the_longest() {
    let now = Instant::now();
    let opened = kept(0..=255, now);
    assert!(opened.of(key(0), now).is_some());
    opened.keep(key(256), seal(key(256)), (&record(), Version(1)), now);
    assert!(opened.of(key(256), now).is_some());
    assert!(opened.of(key(0), now).is_some());
    assert!(opened.of(key(1), now).is_none());
    assert!(opened.of(key(2), now).is_some());
}

/// They may be the only copy.
#[test]
fn newer_tokens_that_the_server_has_lost_stay_until_it_has_newer_ones_or_is_as_far_again() {
    let now = Instant::now();
    let opened = kept([1], now);
    let with = |requested_at: u64| {
        let mut record = (*record()).clone();
        record.tokens = sample::tokens(Timestamp::from_millis(requested_at));
        Arc::new(record)
    };
    let version_after = |requested_at, version| {
        opened.keep(key(1), seal(key(1)), (&with(requested_at), Version(version)), now);
        opened.of(key(1), now).unwrap().version
    };
    assert_eq!(version_after(10, 7), Version(7));
    assert_eq!(version_after(9, 6), Version(7), "gone back");
    assert_eq!(version_after(10, 6), Version(6), "stored again");
    assert_eq!(version_after(9, 5), Version(6), "gone back");
    assert_eq!(version_after(9, 6), Version(6), "as far again");
    assert_eq!(version_after(11, 5), Version(5), "newer ones");
}

#[test]
fn what_is_forgotten_is_gone() {
    let now = Instant::now();
    let opened = kept([1, 2], now);
    opened.forget(key(1), now);
    assert!(opened.of(key(1), now).is_none());
    assert!(opened.of(key(2), now).is_some());
}

#[test]
fn records_of_up_to_16_kib_are_kept() {
    assert!(OpenedRecords::takes(&[0; 16 * 1024]));
    assert!(!OpenedRecords::takes(&[0; 16 * 1024 + 1]));
}
