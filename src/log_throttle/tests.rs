use super::*;

#[test]
fn each_place_says_ten_lines_in_ten_seconds() {
    let (log, start) = (LogThrottle::default(), Instant::now());
    let due = |place, millis| log.due_at(place, start + Duration::from_millis(millis)) != Due::No;
    assert_eq!((0..100).filter(|_| due("one", 0)).count(), 10);
    assert!(due("another", 0));
    assert!(!due("one", 9_999));
    assert!(due("one", 10_000));
    assert_eq!((0..100).filter(|_| due("one", 10_001)).count(), 9);
}
