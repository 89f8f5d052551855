//! What is cleared away once it has run out or ended, and what is not.

use super::*;

#[test]
fn whatever_way_things_go_nothing_of_the_browser_stays_behind() {
    let store = small(100, 100);
    let end = EndReason::LoggedOut;
    // Ended one by one, all at once, and loaded after they ran out.
    let key = store.open(browser(), at(0));
    store.shared.end_launch(key, EndWhich::Any, end, rules(), at(1));
    let all = browser();
    store.open(all, at(0));
    store.shared.end_all_of(all, end, rules(), at(1));
    let idle = store.open(browser(), at(0));
    assert!(matches!(store.load(idle, at(3600)), LoadedLaunch::Ended(_)));
    assert_eq!(counts(&store), [0, 0, 3, 0]);
    // An authorization that is given back.
    let (key, callback) = store.claim(at(4000));
    assert_eq!(counts(&store)[3], 1);
    store.shared.release_pending(key, callback, at(4000));
    assert_eq!(counts(&store)[3], 0);
}

#[test]
fn what_ran_out_is_cleared_away_by_later_writes_a_few_at_a_time() {
    let store = small(1000, 1000);
    for _ in 0..100 {
        store.open(browser(), at(0));
        store.claim(at(0));
    }
    assert_eq!(counts(&store), [100, 100, 0, 100]);
    let later = at(3600);
    store.open(browser(), later);
    store.claim(later);
    let [_, launches, ended, pending] = counts(&store);
    assert_eq!((launches, ended, pending), (100 - 8 + 1, 8, 100 - 8 + 1));
    for _ in 0..30 {
        store.open(browser(), later);
        store.claim(later);
    }
    let [browsers, launches, _, pending] = counts(&store);
    assert_eq!((browsers, launches, pending), (31, 31, 31));
    // The memory of the ended ones goes the same way.
    for _ in 0..30 {
        store.open(browser(), at(3600 + 900));
    }
    assert_eq!(counts(&store)[2], 0);
}

#[test]
fn a_launch_that_ran_out_behind_many_others_is_not_open_for_any_write() {
    let store = small(10, 1000);
    let keys: Vec<_> = (0..50).map(|n| store.open(browser(), at(n))).collect();
    let [.., replaced, ended, leased] = keys[..] else {
        panic!("fifty keys")
    };
    let record = sample::launch(browser(), at(47));
    let replace = store
        .shared
        .replace_launch(replaced, Version(1), record, rules(), at(3700));
    assert_eq!(replace, Replaced::Gone);
    let again = store
        .shared
        .end_launch(ended, EndWhich::Any, EndReason::LoggedOut, rules(), at(3700));
    assert!(matches!(again, LaunchEnd::Ended(again) if again.count() == 0));
    assert!(!store.shared.acquire_lease(leased, lease_owner(), SECOND, at(3700)));
    for key in [replaced, ended, leased] {
        match store.load(key, at(3701)) {
            LoadedLaunch::Ended(ended) => assert_eq!(ended.reason, EndReason::Idle),
            other => panic!("expected an ended launch, got {other:?}"),
        }
    }
}

#[test]
fn launches_in_use_are_not_cleared_away_however_late_the_queue_notices() {
    let store = small(10, 1000);
    let keys: Vec<_> = (0..100).map(|_| store.open(browser(), at(0))).collect();
    for key in &keys {
        assert!(store.is_open(*key, at(3000)));
    }
    for seconds in 3600..3650 {
        store.open(browser(), at(seconds));
    }
    assert!(keys.iter().all(|key| store.is_open(*key, at(3650))));
    assert_eq!(counts(&store)[1], 150);
}

#[test]
fn a_launch_in_use_does_not_keep_those_behind_it_from_being_cleared_away() {
    let store = small(10, 1000);
    let used = store.open(browser(), at(0));
    for _ in 0..20 {
        store.open(browser(), at(1));
    }
    assert!(store.is_open(used, at(3000)));
    for _ in 0..5 {
        store.open(browser(), at(3601));
    }
    assert_eq!(counts(&store)[1], 1 + 5);
    assert!(store.is_open(used, at(3601)));
}
