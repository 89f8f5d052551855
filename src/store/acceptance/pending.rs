//! Claims about pending authorizations: which callback came first, and how it ended.

use super::{
    MILLISECOND, Subject, at, just_before, landed_at, ok,
    sample::{self, callback_key, pending_key},
};
use crate::{
    store::{CallbackKey, Claim, FailedCallbackKind, PendingKey},
    time::Timestamp,
};

/// The life that these tests give a claim ends 100 s after the start.
const UNTIL: u32 = 100;

/// One authorization, and callbacks that come back to it.
struct Bench {
    store: Subject,
    key: PendingKey,
}

impl Bench {
    fn new(store: Subject) -> Self {
        let key = pending_key();
        Self { store, key }
    }

    async fn claim(&self, callback: CallbackKey, now: Timestamp) -> Claim {
        self.claim_until(callback, at(UNTIL), now).await
    }

    async fn claim_until(&self, callback: CallbackKey, until: Timestamp, now: Timestamp) -> Claim {
        ok(self.store.claim_pending(self.key, callback, until, now).await)
    }

    /// Releases what was claimed `claimed` seconds after the start.
    async fn release(&self, callback: CallbackKey, claimed: u32) {
        ok(self.store.release_pending(self.key, callback, at(claimed)).await);
    }

    /// Finishes with a landing at `location`.
    async fn finish(&self, callback: CallbackKey, location: &str, seconds: u32) {
        let outcome = sample::landed(location);
        let finish = self.store.finish_pending(self.key, callback, outcome, at(seconds));
        ok(finish.await);
    }
}

fn fresh(claim: &Claim) {
    assert!(matches!(claim, Claim::Fresh), "expected a fresh claim, got {claim:?}");
}

fn exchanging_since(claim: &Claim) -> Timestamp {
    match claim {
        Claim::Exchanging { since } => *since,
        _ => panic!("expected it to be exchanging, got {claim:?}"),
    }
}

/// Where the other callback landed; `None` while it is exchanging.
fn other_landed_at(claim: Claim) -> Option<String> {
    match claim {
        Claim::OtherCallback { outcome } => outcome.map(|outcome| landed_at(&Claim::Done(outcome)).to_owned()),
        _ => panic!("expected another callback's, got {claim:?}"),
    }
}

/// And learns since when.
pub async fn the_first_claim_is_fresh_and_the_same_callback_joins(store: Subject) {
    let (bench, callback) = (Bench::new(store), callback_key());
    fresh(&bench.claim(callback, at(1)).await);
    for moment in [at(1), at(2), just_before(at(UNTIL))] {
        assert_eq!(exchanging_since(&bench.claim(callback, moment).await), at(1));
    }
}

/// It learns how the first one ended once that is known; claiming, releasing and finishing change nothing.
pub async fn another_callback_gets_no_exchange_and_consumes_nothing(store: Subject) {
    let (bench, first, other) = (Bench::new(store), callback_key(), callback_key());
    fresh(&bench.claim(first, at(1)).await);
    assert_eq!(other_landed_at(bench.claim(other, at(2)).await), None);
    bench.release(other, 1).await;
    bench.finish(other, "/other", 4).await;
    assert_eq!(exchanging_since(&bench.claim(first, at(5)).await), at(1));
    assert_eq!(other_landed_at(bench.claim(callback_key(), at(5)).await), None);
    bench.finish(first, "/first", 6).await;
    let told = other_landed_at(bench.claim(other, at(7)).await);
    assert_eq!(told.as_deref(), Some("/first"));
    bench.release(other, 1).await;
    bench.release(first, 8).await;
    bench.finish(other, "/other", 9).await;
    assert_eq!(landed_at(&bench.claim(first, at(10)).await), "/first");
}

/// The same callback under two authorizations is two callbacks.
pub async fn each_authorization_is_claimed_on_its_own(store: Subject) {
    let (one, two, callback) = (Bench::new(store.clone()), Bench::new(store), callback_key());
    fresh(&one.claim(callback, at(1)).await);
    fresh(&two.claim(callback, at(2)).await);
    one.finish(callback, "/one", 3).await;
    assert_eq!(exchanging_since(&two.claim(callback, at(4)).await), at(2));
    two.release(callback, 2).await;
    assert_eq!(landed_at(&one.claim(callback, at(6)).await), "/one");
}

/// For the same callback, and for another one.
pub async fn a_released_one_is_free_for_any_callback(store: Subject) {
    let (bench, first, other) = (Bench::new(store), callback_key(), callback_key());
    fresh(&bench.claim(first, at(1)).await);
    bench.release(first, 1).await;
    fresh(&bench.claim(first, at(3)).await);
    assert_eq!(exchanging_since(&bench.claim(first, at(4)).await), at(3));
    bench.release(first, 3).await;
    fresh(&bench.claim(other, at(6)).await);
    assert_eq!(other_landed_at(bench.claim(first, at(7)).await), None);
    assert_eq!(exchanging_since(&bench.claim(other, at(8)).await), at(6));
}

/// The answer to the first release may get lost, and what is released may be claimed before it is repeated.
pub async fn a_release_that_comes_late_does_not_free_a_later_claim(store: Subject) {
    let (bench, callback) = (Bench::new(store), callback_key());
    fresh(&bench.claim(callback, at(1)).await);
    bench.release(callback, 1).await;
    fresh(&bench.claim(callback, at(2)).await);
    bench.release(callback, 1).await;
    assert_eq!(exchanging_since(&bench.claim(callback, at(3)).await), at(2));
    bench.release(callback, 2).await;
    fresh(&bench.claim(callback, at(4)).await);
}

/// A finished one stays finished, an unknown one does not appear.
pub async fn releasing_has_no_effect_unless_it_is_exchanging(store: Subject) {
    let (bench, callback) = (Bench::new(store), callback_key());
    bench.release(callback, 1).await;
    fresh(&bench.claim(callback, at(2)).await);
    bench.finish(callback, "/a", 3).await;
    bench.release(callback, 2).await;
    assert_eq!(landed_at(&bench.claim(callback, at(5)).await), "/a");
}

/// Finishing an unknown, a released or a finished one changes nothing.
pub async fn finishing_has_no_effect_unless_it_is_exchanging(store: Subject) {
    let (bench, callback) = (Bench::new(store), callback_key());
    bench.finish(callback, "/early", 1).await;
    fresh(&bench.claim(callback, at(2)).await);
    bench.release(callback, 2).await;
    bench.finish(callback, "/released", 4).await;
    fresh(&bench.claim(callback, at(5)).await);
    bench.finish(callback, "/first", 6).await;
    bench.finish(callback, "/second", 7).await;
    assert_eq!(landed_at(&bench.claim(callback, at(8)).await), "/first");
}

/// Every field of it is as it was, until one millisecond before the end; at the end it is gone.
pub async fn the_outcome_is_given_again_for_the_rest_of_the_life(store: Subject) {
    let (callback, other) = (callback_key(), callback_key());
    for outcome in [
        sample::failed(FailedCallbackKind::AccessDenied),
        sample::landed("/~AAAAAAAAAAAAAAAAAAAAAA/labs"),
    ] {
        let bench = Bench::new(store.clone());
        fresh(&bench.claim(callback, at(1)).await);
        let finish = bench.store.finish_pending(bench.key, callback, outcome.clone(), at(2));
        ok(finish.await);
        for moment in [at(3), at(4), just_before(at(UNTIL))] {
            let Claim::Done(again) = bench.claim(callback, moment).await else {
                panic!("expected a finished authorization");
            };
            assert_eq!(again.to_bytes(), outcome.to_bytes());
            let Claim::OtherCallback { outcome: Some(told) } = bench.claim(other, moment).await else {
                panic!("expected how the other callback ended");
            };
            assert_eq!(told.to_bytes(), outcome.to_bytes());
        }
        fresh(&bench.claim(callback, at(UNTIL)).await);
    }
}

/// A process that died between claiming and finishing blocks it until its life ends, and no longer.
pub async fn a_claimed_one_stays_exchanging_until_exactly_its_end(store: Subject) {
    let (bench, first, other) = (Bench::new(store), callback_key(), callback_key());
    fresh(&bench.claim(first, at(1)).await);
    let before = just_before(at(UNTIL));
    assert_eq!(exchanging_since(&bench.claim(first, before).await), at(1));
    assert_eq!(other_landed_at(bench.claim(other, before).await), None);
    fresh(&bench.claim_until(other, at(200), at(UNTIL)).await);
    // The first one is late: what is claimed now is another's.
    bench.release(first, 101).await;
    bench.finish(first, "/late", 102).await;
    assert_eq!(other_landed_at(bench.claim(first, at(103)).await), None);
    assert_eq!(
        exchanging_since(&bench.claim(other, just_before(at(200))).await),
        at(100)
    );
    fresh(&bench.claim_until(first, at(200), at(200)).await);
}

/// Neither later nor earlier, while it is exchanging and when it is done.
pub async fn later_claims_do_not_move_the_end(store: Subject) {
    let callback = callback_key();
    for finished in [false, true] {
        let bench = Bench::new(store.clone());
        fresh(&bench.claim(callback, at(1)).await);
        if finished {
            bench.finish(callback, "/a", 2).await;
        }
        for (claimant, until) in [(callback, 300), (callback, 10), (callback_key(), 300)] {
            bench.claim_until(claimant, at(until), at(3)).await;
        }
        let claimed = bench.claim(callback, just_before(at(UNTIL))).await;
        assert!(
            matches!(claimed, Claim::Exchanging { .. } | Claim::Done(_)),
            "{claimed:?}"
        );
        fresh(&bench.claim_until(callback, at(UNTIL), at(UNTIL)).await);
    }
}

/// At its end or after it, it remembers nothing; what is remembered it learns like any other.
pub async fn a_claim_without_a_life_only_asks(store: Subject) {
    let (bench, first, other) = (Bench::new(store), callback_key(), callback_key());
    for until in [at(10), just_before(at(10)), at(0)] {
        fresh(&bench.claim_until(first, until, at(10)).await);
    }
    // Nobody holds it.
    bench.finish(first, "/asked", 10).await;
    fresh(&bench.claim_until(other, at(10), at(10)).await);
    // One millisecond of life is one.
    let shortest = at(10).saturating_add(MILLISECOND);
    fresh(&bench.claim_until(other, shortest, at(10)).await);
    assert_eq!(other_landed_at(bench.claim_until(first, at(10), at(10)).await), None);
    let joined = bench.claim_until(other, at(10), at(10)).await;
    assert_eq!(exchanging_since(&joined), at(10));
    bench.finish(other, "/a", 10).await;
    assert_eq!(landed_at(&bench.claim_until(other, at(0), at(10)).await), "/a");
    let told = other_landed_at(bench.claim_until(first, at(10), at(10)).await);
    assert_eq!(told.as_deref(), Some("/a"));
    fresh(&bench.claim_until(first, shortest, shortest).await);
}
