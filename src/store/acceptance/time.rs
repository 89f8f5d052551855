//! Claims about the store's time.

use std::time::Duration;

use super::{
    MILLISECOND, at, just_before, ok, rules,
    sample::{self, browser, callback_key, lease_owner, pending_key, value_key},
    subject::Subject,
};
use crate::{
    store::{EndReason, EndWhich, LaunchUse, Memo, OthersOnOpen, StoreFuture, Version},
    time::Timestamp,
};

async fn stamp<T>(operation: StoreFuture<'_, T>) -> Timestamp {
    ok(operation.await).at
}

/// Whatever it did or did not find.
pub async fn every_operation_says_what_time_it_is_at_the_store(store: Subject) {
    let (browser, pending, callback) = (browser(), pending_key(), callback_key());
    let (rules, owner, (key, record)) = (rules(), lease_owner(), sample::keyed_launch(browser, at(0)));
    let value = value_key();
    let backend = store.store().backend();
    for now in [at(1), at(2).saturating_add(MILLISECOND), at(100_000)] {
        store.set_time(now);
        let said = [
            stamp(backend.time()).await,
            stamp(backend.claim_pending(pending, callback, at(200_000))).await,
            stamp(backend.claim_pending(pending, callback, at(0))).await,
            stamp(backend.finish_pending(pending, callback, sample::landed("/a"))).await,
            stamp(backend.release_pending(pending, callback, at(1))).await,
            stamp(backend.open_launch(key, record.clone(), OthersOnOpen::Keep, rules)).await,
            stamp(backend.launches_of(browser, None)).await,
            stamp(backend.load_launch(key, LaunchUse::Counts, rules)).await,
            stamp(backend.replace_launch(key, Version(1), record.clone(), rules)).await,
            stamp(backend.acquire_lease(key, owner, Duration::from_secs(1))).await,
            stamp(backend.release_lease(key, owner)).await,
            stamp(backend.remember(browser, Memo::SignedOut, vec![1], 1, rules)).await,
            stamp(backend.recall(browser, Memo::SignedOut)).await,
            stamp(backend.load_value(value)).await,
            stamp(backend.swap_value(value, None, Some(vec![1]), at(1))).await,
            stamp(backend.end_launch(key, EndWhich::Version(Version(7)), EndReason::TokenExpired, rules)).await,
            stamp(backend.end_launch(key, EndWhich::Any, EndReason::LoggedOut, rules)).await,
            stamp(backend.end_all_of(browser, EndReason::LoggedOut, rules)).await,
        ];
        assert_eq!(said, [now; 18]);
    }
}

/// What a fresh claim is answered with is what the same callback learns, and what releases it.
pub async fn a_fresh_claim_says_since_when_it_is_held(store: Subject) {
    let (pending, callback) = (pending_key(), callback_key());
    store.set_time(at(1));
    let claimed_at = stamp(store.store().backend().claim_pending(pending, callback, at(100))).await;
    store.set_time(at(2));
    let backend = store.store().backend();
    ok(backend
        .release_pending(pending, callback, just_before(claimed_at))
        .await);
    assert!(matches!(
        ok(store.claim_pending(pending, callback, at(100), at(3)).await),
        crate::store::Claim::Exchanging { since } if since == claimed_at
    ));
    ok(backend.release_pending(pending, callback, claimed_at).await);
    assert!(matches!(
        ok(store.claim_pending(pending, callback, at(100), at(4)).await),
        crate::store::Claim::Fresh
    ));
}
