use super::*;

#[test]
fn a_browser_is_redirected_so_often_a_minute_and_no_more() {
    let limit = RedirectLimit::default();
    let (one, other) = (BrowserKey::of("one"), BrowserKey::of("other"));
    let at = Timestamp::from_millis;
    assert!(limit.allow(one, 1, at(0)));
    assert!(!limit.allow(one, 1, at(59_999)));
    assert!(limit.allow(other, 1, at(59_999)));
    assert!(limit.allow(one, 1, at(60_000)));
    assert!(limit.allow(one, 3, at(60_001)));
}

#[test]
fn the_memory_stays_bounded() {
    let limit = RedirectLimit::default();
    for n in 0..3 * BROWSERS {
        limit.allow(BrowserKey::of(&n.to_string()), 1, Timestamp::from_millis(0));
    }
    assert!(limit.0.lock().unwrap().len() <= BROWSERS);
}
