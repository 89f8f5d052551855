use super::*;
use crate::config::tests::logged;

#[test]
fn each_place_says_ten_lines_in_ten_seconds() {
    let (log, start) = (LogThrottle::default(), Instant::now());
    let due = |place, millis| log.is_due_at(place, "", Loudness::Warn, start + Duration::from_millis(millis));
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

struct Owner {
    log_throttle: LogThrottle,
}

#[test]
fn a_line_that_names_an_ehr_counts_for_that_ehr() {
    let owner = Owner {
        log_throttle: LogThrottle::default(),
    };
    let (_, text) = logged(|| {
        for _ in 0..20 {
            for name in ["https://one.example".to_owned(), "https://other.example".to_owned()] {
                log_seldom!(owner, warn, ehr = name, status = 503, "it is in trouble");
            }
        }
    });
    for name in ["one", "other"] {
        let lines = text
            .lines()
            .filter(|line| line.contains("in trouble") && line.contains(name));
        assert_eq!(lines.count(), 10, "{text}");
    }
}

#[test]
fn a_line_that_names_what_a_stranger_sent_counts_for_its_place() {
    let owner = Owner {
        log_throttle: LogThrottle::default(),
    };
    let (_, text) = logged(|| {
        for n in 0..40 {
            log_seldom!(owner, warn, ehr = ?format!("https://invented-{n}.example"), "nobody knows it");
        }
    });
    assert_eq!(text.lines().filter(|line| line.contains("nobody knows it")).count(), 10);
}

#[test]
fn many_ehrs_are_remembered_up_to_a_bound_and_count_for_their_place_beyond() {
    let (log, now) = (LogThrottle::default(), Instant::now());
    let written = (0..10 * MOST).filter(|n| log.is_due_at("place", &n.to_string(), Loudness::Warn, now));
    assert_eq!(written.count(), MOST + usize::try_from(LINES).unwrap());
    assert!(log.0.lock().unwrap().len() <= MOST + 1);
    // Another place has its own lines all the same, and those that are known go on.
    assert!(log.is_due_at("another", "ehr", Loudness::Warn, now));
    assert!(log.is_due_at("place", "0", Loudness::Warn, now));
}

#[test]
fn how_many_lines_were_left_out_is_said_once_with_the_next_line_of_any_place() {
    for (loudness, level) in [(Loudness::Info, "INFO"), (Loudness::Warn, "WARN")] {
        let (log, start) = (LogThrottle::default(), Instant::now());
        let (_, flood) = logged(|| (0..25).filter(|_| log.is_due_at("one", "ehr", loudness, start)).count());
        assert!(!flood.contains("left_out"), "{flood}");
        let later = start + TIME;
        let (_, text) = logged(|| {
            let span = tracing::error_span!("smart.launch", reference = "OF-ANOTHER");
            let _entered = span.enter();
            assert!(log.is_due_at("another", "", Loudness::Warn, later));
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains(level) && text.contains("left_out=15"), "{text}");
        assert!(
            text.contains(r#"place="one" about="ehr""#) && !text.contains("OF-ANOTHER"),
            "{text}"
        );
        let (_, again) = logged(|| log.is_due_at("one", "ehr", loudness, later + TIME));
        assert_eq!(again, "");
    }
}
