//! Claims about leases.

use super::{
    SECOND, Subject, at, end_reason, is_open, just_before, ok, open_version, rules,
    sample::{self, browser, launch_key, lease_owner},
};
use crate::{
    store::{EndReason, LaunchKey, LeaseOwner, OthersOnOpen, Replaced, Version},
    time::Timestamp,
};

async fn open(store: &Subject) -> LaunchKey {
    let (key, record) = sample::keyed_launch(browser(), at(0));
    let opened = store.open_launch(key, record, OthersOnOpen::Keep, rules(), at(0));
    ok(opened.await);
    key
}

/// Asks for ten seconds.
async fn acquire(store: &Subject, key: LaunchKey, owner: LeaseOwner, now: Timestamp) -> bool {
    ok(store.acquire_lease(key, owner, 10 * SECOND, now).await)
}

/// Another owner is refused one millisecond before the end and gets it at the end; then the first is refused.
pub async fn a_lease_is_one_owners_until_exactly_its_end(store: Subject) {
    let (key, first, second) = (open(&store).await, lease_owner(), lease_owner());
    assert!(acquire(&store, key, first, at(1)).await);
    assert!(!acquire(&store, key, second, at(2)).await);
    assert!(!acquire(&store, key, second, just_before(at(11))).await);
    assert!(acquire(&store, key, second, at(11)).await);
    assert!(!acquire(&store, key, first, at(12)).await);
}

/// Acquiring again moves the end.
pub async fn the_owner_renews_its_lease(store: Subject) {
    let (key, first, second) = (open(&store).await, lease_owner(), lease_owner());
    assert!(acquire(&store, key, first, at(1)).await);
    assert!(acquire(&store, key, first, at(9)).await);
    assert!(!acquire(&store, key, second, just_before(at(19))).await);
    assert!(acquire(&store, key, second, at(19)).await);
}

/// A late release of a former owner does not free the lease of the next.
pub async fn a_released_lease_is_free_and_only_its_owner_releases_it(store: Subject) {
    let (key, first, second) = (open(&store).await, lease_owner(), lease_owner());
    assert!(acquire(&store, key, first, at(1)).await);
    ok(store.release_lease(key, second).await);
    assert!(!acquire(&store, key, second, at(2)).await);
    ok(store.release_lease(key, first).await);
    assert!(acquire(&store, key, second, at(3)).await);
    ok(store.release_lease(key, first).await);
    assert!(!acquire(&store, key, first, at(4)).await);
    ok(store.release_lease(launch_key(), first).await);
}

/// Unknown, ended and run-out launches give none; not even a renewal.
pub async fn a_launch_that_is_not_open_has_no_lease(store: Subject) {
    let owner = lease_owner();
    assert!(!acquire(&store, launch_key(), owner, at(1)).await);
    let ended = open(&store).await;
    assert!(acquire(&store, ended, owner, at(1)).await);
    let end = store.end_launch(ended, EndReason::LoggedOut, rules(), at(2));
    assert_eq!(ok(end.await).count(), 1);
    assert!(!acquire(&store, ended, owner, at(3)).await);
    let idle = open(&store).await;
    assert!(acquire(&store, idle, owner, just_before(at(60))).await);
    assert!(!acquire(&store, idle, owner, at(60)).await);
}

/// It is about refreshing only.
pub async fn a_lease_does_not_stand_in_the_way_of_reading_writing_or_ending(store: Subject) {
    let (key, record) = sample::keyed_launch(browser(), at(0));
    let opened = store.open_launch(key, record.clone(), OthersOnOpen::Keep, rules(), at(0));
    ok(opened.await);
    assert!(acquire(&store, key, lease_owner(), at(1)).await);
    assert_eq!(open_version(&store, key, at(2)).await, Version(1));
    let replaced = store.replace_launch(key, Version(1), record, rules(), at(3));
    assert_eq!(ok(replaced.await), Replaced::Written(Version(2)));
    let end = store.end_launch(key, EndReason::LoggedOut, rules(), at(4));
    assert_eq!(ok(end.await).count(), 1);
    assert_eq!(end_reason(&store, key, at(5)).await, EndReason::LoggedOut);
}

/// A lease of one launch says nothing about another; acquiring is no use and no write.
pub async fn each_launch_has_its_own_lease(store: Subject) {
    let (one, other) = (open(&store).await, open(&store).await);
    assert!(acquire(&store, one, lease_owner(), at(1)).await);
    assert!(acquire(&store, other, lease_owner(), at(30)).await);
    assert_eq!(open_version(&store, one, at(31)).await, Version(1));
    assert!(!is_open(&store, other, at(60)).await);
}
