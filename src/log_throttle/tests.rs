use super::*;
use crate::config::tests::logged;

#[test]
fn each_place_says_ten_lines_in_ten_seconds() {
    let (log, start) = (LogThrottle::default(), Instant::now());
    let due = |place, millis| log.due_at(place, "", start + Duration::from_millis(millis)) != Due::No;
    assert_eq!((0..100).filter(|_| due("one", 0)).count(), 10);
    assert!(due("another", 0));
    assert!(!due("one", 9_999));
    assert!(due("one", 10_000));
    assert_eq!((0..100).filter(|_| due("one", 10_001)).count(), 9);
}

#[test]
fn that_lines_are_left_out_is_said_at_the_level_of_what_is_left_out() {
    for (quietly, level) in [(true, "INFO"), (false, "WARN")] {
        let log = LogThrottle::default();
        let due = || match quietly {
            true => log.is_due_quietly("one"),
            false => log.is_due("one"),
        };
        let (written, text) = logged(|| (0..20).filter(|_| due()).count());
        assert_eq!(written, 10);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains(level) && text.contains("may repeat"), "{text}");
    }
}

#[test]
fn lines_about_one_keep_out_none_about_another() {
    let log = LogThrottle::default();
    for about in ["one", "another"] {
        assert_eq!(
            (0..100).filter(|_| log.is_due_about("place", about)).count(),
            10,
            "{about}"
        );
    }
}
