use super::*;
use crate::store::acceptance::sample::{callback_key, landed, pending_key};

const fn ms(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

impl Pendings {
    fn claim_new(&mut self, until: u64, now: u64) -> (PendingKey, CallbackKey) {
        let (key, callback) = (pending_key(), callback_key());
        assert!(matches!(self.claim(key, callback, ms(until), ms(now)), Claim::Fresh));
        (key, callback)
    }

    /// How many there are, in all three of its books.
    fn books(&self) -> usize {
        let books = [self.claimed.len(), self.by_expiry.len(), self.by_worth.len()];
        assert_eq!(books, [self.claimed.len(); 3]);
        self.claimed.len()
    }
}

#[test]
fn all_books_say_the_same_whatever_happens() {
    let mut pendings = Pendings::new(10);
    let (released, callback) = pendings.claim_new(100, 1);
    pendings.release(released, callback_key(), ms(1));
    assert_eq!(pendings.books(), 1);
    pendings.release(released, callback, ms(1));
    assert_eq!(pendings.books(), 0);
    let (finished, callback) = pendings.claim_new(100, 1);
    pendings.finish(finished, callback, landed("/a"));
    pendings.release(finished, callback, ms(1));
    assert_eq!(pendings.books(), 1);
    // The same key, after its end.
    assert!(matches!(
        pendings.claim(finished, callback, ms(300), ms(100)),
        Claim::Fresh
    ));
    assert_eq!(pendings.books(), 1);
    // Asking, before the end and at it.
    pendings.claim(finished, callback, ms(299), ms(299));
    assert_eq!(pendings.books(), 1);
    pendings.claim(finished, callback, ms(300), ms(300));
    assert_eq!(pendings.books(), 0);
}

#[test]
fn what_only_asks_pushes_nothing_out() {
    let mut pendings = Pendings::new(2);
    let kept = [pendings.claim_new(100, 1), pendings.claim_new(100, 2)];
    pendings.claim(pending_key(), callback_key(), ms(3), ms(3));
    for (key, callback) in kept {
        let claim = pendings.claim(key, callback, ms(100), ms(3));
        assert!(matches!(claim, Claim::Exchanging { .. }));
    }
}

#[test]
fn one_that_has_run_out_makes_room_before_one_that_has_not() {
    let mut pendings = Pendings::new(2);
    let (long, callback) = pendings.claim_new(200, 1);
    pendings.claim_new(100, 2);
    pendings.claim_new(300, 100);
    assert_eq!(pendings.books(), 2);
    let claim = pendings.claim(long, callback, ms(200), ms(101));
    assert!(matches!(claim, Claim::Exchanging { since } if since == ms(1)));
}

#[test]
fn there_are_never_more_than_the_limit_however_few_a_claim_clears_away() {
    let mut pendings = Pendings::new(50);
    for now in 1..=200 {
        pendings.claim_new(1000, now);
        assert!(pendings.count() <= 50);
    }
    assert_eq!(pendings.books(), 50);
    pendings.claim_new(3000, 1000);
    assert_eq!(pendings.books(), 50 - SWEEP + 1);
}
