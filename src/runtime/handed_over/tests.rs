use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::*;

#[test]
fn what_is_taken_stays_and_what_is_not_is_undone_once() {
    let undone = Arc::new(AtomicUsize::new(0));
    let new = || {
        let undone = Arc::clone(&undone);
        HandedOver::new(7, move |value| {
            undone.fetch_add(value, Ordering::SeqCst);
        })
    };
    assert_eq!(new().take(), Some(7));
    assert_eq!(undone.load(Ordering::SeqCst), 0);
    drop(new());
    assert_eq!(undone.load(Ordering::SeqCst), 7);
}

#[test]
fn an_answer_that_is_there_and_not_looked_at_is_undone() {
    let undone = Arc::new(AtomicUsize::new(0));
    let of_undo = Arc::clone(&undone);
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let handed_over = HandedOver::new(1, move |value| {
        of_undo.fetch_add(value, Ordering::SeqCst);
    });
    assert!(sender.send(handed_over).is_ok());
    assert_eq!(undone.load(Ordering::SeqCst), 0);
    drop(receiver);
    assert_eq!(undone.load(Ordering::SeqCst), 1);
}
