//! Claims about pending authorizations.

use super::{
    at, claim, is_fresh, just_before, landed_at, ok, rules,
    sample::{self, browser, pending_key},
};
use crate::store::{BrowserKey, Claim, EndReason, FailedCallbackKind, PendingKey, TokenStore};

/// Begins an authorization `seconds` after the start.
async fn begin(store: &TokenStore, browser: BrowserKey, seconds: u32) -> PendingKey {
    let key = pending_key();
    let record = sample::pending(browser, at(seconds));
    ok(store.backend().insert_pending(key, record, rules(), at(seconds)).await);
    key
}

/// It is claimed as fresh once, and every field is as it was.
pub async fn an_authorization_is_handed_out_once_and_comes_back_whole(store: TokenStore) {
    let browser = browser();
    let key = begin(&store, browser, 0).await;
    let Claim::Fresh(record) = claim(&store, key, browser, at(1)).await else {
        panic!("expected a fresh authorization");
    };
    assert_eq!(record.to_bytes(), sample::pending(browser, at(0)).to_bytes());
    match claim(&store, key, browser, at(2)).await {
        Claim::Exchanging { since } => assert_eq!(since, at(1)),
        other => panic!("expected it to be exchanging, got {other:?}"),
    }
}

/// In each of its three conditions it is invisible to other browsers, and unchanged by their attempts.
pub async fn another_browser_finds_nothing_and_consumes_nothing(store: TokenStore) {
    let (mine, stranger) = (browser(), browser());
    let key = begin(&store, mine, 0).await;
    let nothing = |claim: Claim| assert!(matches!(claim, Claim::NotFound), "a stranger got {claim:?}");
    nothing(claim(&store, key, stranger, at(1)).await);
    assert!(is_fresh(&store, key, mine, at(2)).await);
    nothing(claim(&store, key, stranger, at(3)).await);
    ok(store.backend().finish_pending(key, sample::landed("/a"), at(4)).await);
    nothing(claim(&store, key, stranger, at(5)).await);
    assert_eq!(landed_at(&claim(&store, key, mine, at(6)).await), "/a");
    nothing(claim(&store, pending_key(), mine, at(6)).await);
}

/// Releasing makes it fresh again, once.
pub async fn a_released_one_is_handed_out_again(store: TokenStore) {
    let browser = browser();
    let key = begin(&store, browser, 0).await;
    assert!(is_fresh(&store, key, browser, at(1)).await);
    ok(store.backend().release_pending(key, at(2)).await);
    assert!(is_fresh(&store, key, browser, at(3)).await);
    match claim(&store, key, browser, at(4)).await {
        Claim::Exchanging { since } => assert_eq!(since, at(3)),
        other => panic!("expected it to be exchanging, got {other:?}"),
    }
}

/// A waiting one stays waiting, a finished one stays finished, an unknown one does not appear.
pub async fn releasing_has_no_effect_unless_it_is_exchanging(store: TokenStore) {
    let browser = browser();
    let key = begin(&store, browser, 0).await;
    ok(store.backend().release_pending(key, at(1)).await);
    assert!(is_fresh(&store, key, browser, at(2)).await);
    ok(store.backend().finish_pending(key, sample::landed("/a"), at(3)).await);
    ok(store.backend().release_pending(key, at(4)).await);
    assert_eq!(landed_at(&claim(&store, key, browser, at(5)).await), "/a");
    let unknown = pending_key();
    ok(store.backend().release_pending(unknown, at(6)).await);
    assert!(matches!(claim(&store, unknown, browser, at(7)).await, Claim::NotFound));
}

/// The outcome can be read again and again, whole, until the authorization would have expired.
pub async fn the_first_outcome_is_given_again_for_the_rest_of_the_life(store: TokenStore) {
    let browser = browser();
    let key = begin(&store, browser, 0).await;
    assert!(is_fresh(&store, key, browser, at(1)).await);
    let outcome = sample::failed(FailedCallbackKind::AccessDenied);
    ok(store.backend().finish_pending(key, outcome.clone(), at(2)).await);
    for moment in [at(3), at(4), just_before(at(100))] {
        let Claim::Done(again) = claim(&store, key, browser, moment).await else {
            panic!("expected a finished authorization");
        };
        assert_eq!(again.to_bytes(), outcome.to_bytes());
    }
    assert!(matches!(claim(&store, key, browser, at(100)).await, Claim::NotFound));
}

/// Finishing a waiting, a finished or an unknown one changes nothing.
pub async fn finishing_has_no_effect_unless_it_is_exchanging(store: TokenStore) {
    let browser = browser();
    let key = begin(&store, browser, 0).await;
    ok(store
        .backend()
        .finish_pending(key, sample::landed("/early"), at(1))
        .await);
    assert!(is_fresh(&store, key, browser, at(2)).await);
    ok(store
        .backend()
        .finish_pending(key, sample::landed("/first"), at(3))
        .await);
    ok(store
        .backend()
        .finish_pending(key, sample::landed("/second"), at(4))
        .await);
    assert_eq!(landed_at(&claim(&store, key, browser, at(5)).await), "/first");
    let unknown = pending_key();
    ok(store
        .backend()
        .finish_pending(unknown, sample::landed("/a"), at(6))
        .await);
    assert!(matches!(claim(&store, unknown, browser, at(7)).await, Claim::NotFound));
}

/// One millisecond before the limit it is there, at the limit it is gone.
pub async fn an_authorization_expires_exactly_at_its_limit(store: TokenStore) {
    let browser = browser();
    let (early, late) = (begin(&store, browser, 0).await, begin(&store, browser, 0).await);
    assert!(is_fresh(&store, early, browser, just_before(at(100))).await);
    assert!(matches!(claim(&store, late, browser, at(100)).await, Claim::NotFound));
}

/// A process that died between claiming and finishing blocks it until its life ends, and no longer.
pub async fn a_claimed_one_stays_exchanging_until_exactly_its_limit(store: TokenStore) {
    let browser = browser();
    let key = begin(&store, browser, 0).await;
    assert!(is_fresh(&store, key, browser, at(1)).await);
    let claimed = claim(&store, key, browser, just_before(at(100))).await;
    assert!(matches!(claimed, Claim::Exchanging { .. }), "{claimed:?}");
    assert!(matches!(claim(&store, key, browser, at(100)).await, Claim::NotFound));
}

/// The later record counts, with its browser and its time.
pub async fn a_key_that_exists_is_replaced(store: TokenStore) {
    let (first, second) = (browser(), browser());
    let key = begin(&store, first, 0).await;
    assert!(is_fresh(&store, key, first, at(1)).await);
    let record = sample::pending(second, at(50));
    ok(store.backend().insert_pending(key, record, rules(), at(50)).await);
    assert!(matches!(claim(&store, key, first, at(51)).await, Claim::NotFound));
    // What the first browser does no longer reaches it.
    let end_all = store.backend().end_all_of(first, EndReason::LoggedOut, rules(), at(52));
    assert_eq!(ok(end_all.await).count(), 0);
    assert!(is_fresh(&store, key, second, just_before(at(150))).await);
}

/// Three are kept, the fourth drops the oldest; other browsers keep theirs.
pub async fn past_the_limit_of_a_browser_the_oldest_goes(store: TokenStore) {
    let (mine, other) = (browser(), browser());
    let others = begin(&store, other, 0).await;
    let mut keys = Vec::new();
    for seconds in 1..=4 {
        keys.push(begin(&store, mine, seconds).await);
    }
    let mut fresh = Vec::new();
    for key in keys {
        fresh.push(is_fresh(&store, key, mine, at(5)).await);
    }
    assert_eq!(fresh, [false, true, true, true]);
    assert!(is_fresh(&store, others, other, at(5)).await);
}

/// An exchange that runs, and an answer that may be asked for again, outlive an untouched authorization; when there is
/// no untouched one, the oldest goes.
pub async fn one_that_nobody_claimed_goes_before_an_older_one_that_somebody_did(store: TokenStore) {
    let browser = browser();
    let done = begin(&store, browser, 1).await;
    assert!(is_fresh(&store, done, browser, at(1)).await);
    ok(store.backend().finish_pending(done, sample::landed("/a"), at(1)).await);
    let exchanging = begin(&store, browser, 2).await;
    assert!(is_fresh(&store, exchanging, browser, at(2)).await);
    let waiting = begin(&store, browser, 3).await;
    let fourth = begin(&store, browser, 4).await;
    assert!(matches!(claim(&store, waiting, browser, at(5)).await, Claim::NotFound));
    assert_eq!(landed_at(&claim(&store, done, browser, at(5)).await), "/a");
    assert!(is_fresh(&store, fourth, browser, at(5)).await);
    let fifth = begin(&store, browser, 6).await;
    assert!(matches!(claim(&store, done, browser, at(7)).await, Claim::NotFound));
    assert!(is_fresh(&store, fifth, browser, at(7)).await);
    let claimed = claim(&store, exchanging, browser, at(7)).await;
    assert!(matches!(claimed, Claim::Exchanging { .. }), "{claimed:?}");
}

/// Expired ones are not counted against the limit, though nothing asked for them.
pub async fn an_expired_one_takes_no_place(store: TokenStore) {
    let browser = browser();
    let old = begin(&store, browser, 0).await;
    let recent = [begin(&store, browser, 60).await, begin(&store, browser, 70).await];
    let newest = begin(&store, browser, 100).await;
    assert!(matches!(claim(&store, old, browser, at(101)).await, Claim::NotFound));
    for key in recent.into_iter().chain([newest]) {
        assert!(is_fresh(&store, key, browser, at(101)).await);
    }
}
