use super::*;

#[test]
fn each_sign_in_is_new_once_and_the_oldest_are_forgotten() {
    let seen = SeenLately::default();
    let state = |n: usize| State::new(format!("state {n}"));
    assert!((0..MOST).all(|n| seen.is_new(&state(n))));
    assert!((0..MOST).all(|n| !seen.is_new(&state(n))));
    assert!(seen.is_new(&state(MOST)));
    assert!(seen.is_new(&state(0)));
    assert!(!seen.is_new(&state(2)));
}
