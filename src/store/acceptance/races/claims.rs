//! Claims that meet.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use super::{ROUNDS, TASKS, at_once};
use crate::store::{
    CallbackKey, Claim, PendingKey,
    acceptance::{
        Subject, at, landed_at, ok,
        sample::{self, callback_key, pending_key},
    },
};

async fn claim(store: &Subject, key: PendingKey, callback: CallbackKey) -> Claim {
    ok(store.claim_pending(key, callback, at(100), at(1)).await)
}

/// One callback for the even numbers, the other for the odd ones.
const fn one_of([even, odd]: [CallbackKey; 2], number: usize) -> CallbackKey {
    if number.is_multiple_of(2) { even } else { odd }
}

/// A code is never sent twice.
pub async fn of_many_claims_exactly_one_is_fresh(store: Subject) {
    for _ in 0..ROUNDS {
        let (key, callback) = (pending_key(), callback_key());
        let claims = at_once(|_| {
            let store = store.clone();
            async move { claim(&store, key, callback).await }
        })
        .await;
        let fresh = claims.iter().filter(|claim| matches!(claim, Claim::Fresh)).count();
        let joined = claims.iter().filter(|claim| matches!(claim, Claim::Exchanging { .. }));
        assert_eq!((fresh, joined.count()), (1, TASKS - 1));
    }
}

/// Whichever of the two comes first: the others with the same one join, and none with the other one does.
pub async fn of_many_claims_of_two_callbacks_exactly_one_is_fresh(store: Subject) {
    for _ in 0..ROUNDS {
        let (key, callbacks) = (pending_key(), [callback_key(), callback_key()]);
        let claims = at_once(|number| {
            let (store, callback) = (store.clone(), one_of(callbacks, number));
            async move { claim(&store, key, callback).await }
        })
        .await;
        let of = |callback: usize| claims.iter().skip(callback).step_by(2);
        let fresh = [0, 1].map(|callback| of(callback).filter(|claim| matches!(claim, Claim::Fresh)).count());
        let first = usize::from(fresh == [0, 1]);
        assert_eq!(fresh.iter().sum::<usize>(), 1, "{claims:?}");
        let joined = of(first).filter(|claim| matches!(claim, Claim::Exchanging { .. }));
        let refused = of(1 - first).filter(|claim| matches!(claim, Claim::OtherCallback { outcome: None }));
        assert_eq!(
            (joined.count(), refused.count()),
            (TASKS / 2 - 1, TASKS / 2),
            "{claims:?}"
        );
    }
}

/// Two callbacks claim, release and claim again: never two at once, and the first outcome is the only one.
pub async fn a_released_authorization_has_one_holder_at_a_time(store: Subject) {
    let (key, callbacks) = (pending_key(), [callback_key(), callback_key()]);
    let holders = Arc::new(AtomicUsize::new(0));
    let held = at_once(|number| {
        let (store, holders, callback) = (store.clone(), Arc::clone(&holders), one_of(callbacks, number));
        async move {
            let mut held = 0;
            for _ in 0..ROUNDS {
                if matches!(claim(&store, key, callback).await, Claim::Fresh) {
                    assert_eq!(holders.fetch_add(1, SeqCst), 0, "two hold the same authorization");
                    held += 1;
                    tokio::task::yield_now().await;
                    holders.fetch_sub(1, SeqCst);
                    ok(store.release_pending(key, callback, at(1)).await);
                }
                tokio::task::yield_now().await;
            }
            held
        }
    })
    .await;
    assert!(held.iter().sum::<usize>() > 0);
    let [holder, other] = callbacks;
    assert!(matches!(claim(&store, key, holder).await, Claim::Fresh));
    at_once(|number| {
        let (store, callback) = (store.clone(), one_of(callbacks, number));
        async move {
            let outcome = sample::landed(&format!("/{}/{number}", number % 2));
            ok(store.finish_pending(key, callback, outcome, at(3)).await);
        }
    })
    .await;
    let first = claim(&store, key, holder).await;
    let second = claim(&store, key, holder).await;
    assert_eq!(landed_at(&first), landed_at(&second));
    assert!(
        landed_at(&first).starts_with("/0/"),
        "another callback finished it: {first:?}"
    );
    let told = claim(&store, key, other).await;
    assert!(matches!(told, Claim::OtherCallback { outcome: Some(_) }), "{told:?}");
}
