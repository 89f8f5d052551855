//! Claims about what the launches of one browser do to each other.

use super::{
    super::{
        Subject, at, end_reason, is_open, look, ok, rules,
        sample::{self, browser, launch_key_of},
    },
    end, open, open_as,
};
use crate::store::{EndReason, OthersOnOpen};

/// A tab that only asks by itself is the longest unused one.
pub async fn a_look_does_not_save_a_launch_from_being_evicted(store: Subject) {
    let browser = browser();
    let first = open(&store, browser, 1).await;
    let others = [open(&store, browser, 2).await, open(&store, browser, 3).await];
    look(&store, first, at(4)).await;
    let record = sample::launch(browser, at(5));
    assert_eq!(
        open_as(&store, launch_key_of(record.browser), record, OthersOnOpen::Keep).await,
        1
    );
    assert_eq!(end_reason(&store, first, at(6)).await, EndReason::Evicted);
    for key in others {
        assert!(is_open(&store, key, at(6)).await);
    }
}

/// Three are kept. The longest unused goes, not the oldest.
pub async fn past_the_limit_of_a_browser_the_longest_unused_is_evicted(store: Subject) {
    let browser = browser();
    let first = open(&store, browser, 1).await;
    let second = open(&store, browser, 2).await;
    let third = open(&store, browser, 3).await;
    assert!(is_open(&store, first, at(4)).await);
    let fourth = launch_key_of(browser);
    let ended = open_as(&store, fourth, sample::launch(browser, at(5)), OthersOnOpen::Keep).await;
    assert_eq!(ended, 1);
    assert_eq!(end_reason(&store, second, at(6)).await, EndReason::Evicted);
    for key in [first, third, fourth] {
        assert!(is_open(&store, key, at(6)).await);
    }
}

/// Ended and run-out ones are not counted against the limit.
pub async fn a_launch_that_ran_out_takes_no_place(store: Subject) {
    let browser = browser();
    let idle = open(&store, browser, 0).await;
    let ended = open(&store, browser, 30).await;
    let open_one = open(&store, browser, 40).await;
    assert!(end(&store, ended, EndReason::LoggedOut, at(50)).await);
    for seconds in [60, 61] {
        let record = sample::launch(browser, at(seconds));
        assert_eq!(
            open_as(&store, launch_key_of(record.browser), record, OthersOnOpen::Keep).await,
            0
        );
    }
    assert!(is_open(&store, open_one, at(62)).await);
    assert_eq!(end_reason(&store, idle, at(62)).await, EndReason::Idle);
}

/// Though it was used after all the others.
pub async fn a_launch_that_is_too_old_takes_no_place(store: Subject) {
    let browser = browser();
    let old = open(&store, browser, 0).await;
    for seconds in [50, 100, 150] {
        assert!(is_open(&store, old, at(seconds)).await);
    }
    let others = [open(&store, browser, 170).await, open(&store, browser, 180).await];
    assert!(is_open(&store, old, at(190)).await);
    let record = sample::launch(browser, at(200));
    assert_eq!(
        open_as(&store, launch_key_of(record.browser), record, OthersOnOpen::Keep).await,
        0
    );
    for key in others {
        assert!(is_open(&store, key, at(201)).await);
    }
    assert_eq!(end_reason(&store, old, at(201)).await, EndReason::TooOld);
}

/// Users have to be known and different.
pub async fn others_of_another_user_end_and_no_others(store: Subject) {
    let browser = browser();
    let as_user = |user, seconds| {
        let mut record = sample::launch(browser, at(seconds));
        record.user = user;
        record
    };
    let (nobody, first) = (launch_key_of(browser), launch_key_of(browser));
    open_as(&store, nobody, as_user(None, 0), OthersOnOpen::EndOtherUsers).await;
    let record = as_user(sample::user(1), 1);
    assert_eq!(open_as(&store, first, record, OthersOnOpen::EndOtherUsers).await, 0);
    let same = launch_key_of(browser);
    let record = as_user(sample::user(1), 2);
    assert_eq!(open_as(&store, same, record, OthersOnOpen::EndOtherUsers).await, 0);
    assert!(end(&store, nobody, EndReason::LoggedOut, at(3)).await);
    let nobody = launch_key_of(browser);
    let record = as_user(None, 4);
    assert_eq!(open_as(&store, nobody, record, OthersOnOpen::EndOtherUsers).await, 0);
    assert!(is_open(&store, first, at(4)).await);
    let other = launch_key_of(browser);
    let record = as_user(sample::user(2), 5);
    assert_eq!(open_as(&store, other, record, OthersOnOpen::EndOtherUsers).await, 2);
    for key in [first, same] {
        assert_eq!(end_reason(&store, key, at(6)).await, EndReason::OtherUser);
    }
    for key in [nobody, other] {
        assert!(is_open(&store, key, at(6)).await);
    }
    // When both are welcome, none ends.
    let record = as_user(sample::user(3), 7);
    assert_eq!(
        open_as(&store, launch_key_of(record.browser), record, OthersOnOpen::Keep).await,
        0
    );
}

/// Their users do not matter.
pub async fn all_others_end_when_the_policy_says_so(store: Subject) {
    let browser = browser();
    let mut keys = Vec::new();
    for (seconds, user) in [(1, None), (2, sample::user(1)), (3, sample::user(2))] {
        let (key, mut record) = sample::keyed_launch(browser, at(seconds));
        record.user = user;
        open_as(&store, key, record, OthersOnOpen::Keep).await;
        keys.push(key);
    }
    let (newest, mut record) = sample::keyed_launch(browser, at(4));
    record.user = sample::user(1);
    assert_eq!(open_as(&store, newest, record, OthersOnOpen::EndAll).await, 3);
    for key in keys {
        assert_eq!(end_reason(&store, key, at(5)).await, EndReason::Replaced);
    }
    assert!(is_open(&store, newest, at(5)).await);
}

/// Neither by a policy nor by a limit.
pub async fn launches_of_other_browsers_are_never_touched(store: Subject) {
    let (mine, other) = (browser(), browser());
    let mut theirs = sample::launch(other, at(0));
    theirs.user = sample::user(1);
    let key = launch_key_of(other);
    open_as(&store, key, theirs, OthersOnOpen::Keep).await;
    for (seconds, others) in [
        (1, OthersOnOpen::EndAll),
        (2, OthersOnOpen::EndOtherUsers),
        (3, OthersOnOpen::Keep),
        (4, OthersOnOpen::Keep),
        (5, OthersOnOpen::Keep),
    ] {
        let mut record = sample::launch(mine, at(seconds));
        record.user = sample::user(2);
        open_as(&store, launch_key_of(record.browser), record, others).await;
    }
    assert!(is_open(&store, key, at(6)).await);
}

/// With the reason that was given, whatever they were doing; a second time there is nothing to end.
pub async fn ending_all_ends_the_launches_of_that_browser_only(store: Subject) {
    let (mine, other) = (browser(), browser());
    let launches = [open(&store, mine, 0).await, open(&store, mine, 1).await];
    let theirs = open(&store, other, 1).await;
    let end_all = |now| store.end_all_of(mine, EndReason::LoggedOut, rules(), now);
    assert_eq!(ok(end_all(at(2)).await).count(), 2);
    assert_eq!(ok(end_all(at(3)).await).count(), 0);
    for key in launches {
        assert_eq!(end_reason(&store, key, at(4)).await, EndReason::LoggedOut);
    }
    assert!(is_open(&store, theirs, at(4)).await);
}
