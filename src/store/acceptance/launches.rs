//! Claims about launches, one operation at a time.

use super::{
    Subject, at, end_reason, ended, is_open, just_before, load, look, ok, open_version, rules,
    sample::{self, browser, launch_key},
};
use crate::{
    store::{
        BrowserKey, EndReason, EndedLaunch, LaunchEnd, LaunchKey, LaunchRecord, LoadedLaunch, OthersOnOpen, Replaced,
        Version,
    },
    time::Timestamp,
};

/// Opens a launch and returns how many others ended.
async fn open_as(store: &Subject, key: LaunchKey, record: LaunchRecord, others: OthersOnOpen) -> usize {
    let now = record.opened_at;
    ok(store.open_launch(key, record, others, rules(), now).await).count()
}

/// Opens a launch `seconds` after the start beside whatever there is.
async fn open(store: &Subject, browser: BrowserKey, seconds: u32) -> LaunchKey {
    let key = launch_key();
    open_as(store, key, sample::launch(browser, at(seconds)), OthersOnOpen::Keep).await;
    key
}

/// Ends a launch and says whether it was open.
async fn end(store: &Subject, key: LaunchKey, reason: EndReason, now: Timestamp) -> bool {
    ok(store.end_launch(key, reason, rules(), now).await).count() == 1
}

async fn replace(store: &Subject, key: LaunchKey, expected: Version, record: LaunchRecord, now: Timestamp) -> Replaced {
    ok(store.replace_launch(key, expected, record, rules(), now).await)
}

/// Every field is as it was.
pub async fn a_launch_comes_back_whole_at_version_one(store: Subject) {
    let (key, mut record) = (launch_key(), sample::launch(browser(), at(0)));
    record.user = sample::user(1);
    assert_eq!(open_as(&store, key, record.clone(), OthersOnOpen::Keep).await, 0);
    match load(&store, key, at(1)).await {
        LoadedLaunch::Open { record: read, version } => {
            assert_eq!(version, Version(1));
            assert_eq!(read.to_bytes(), record.to_bytes());
        }
        other => panic!("expected an open launch, got {other:?}"),
    }
}

/// Nothing is made up, and ending it ends nothing.
pub async fn an_unknown_launch_is_not_found(store: Subject) {
    let key = launch_key();
    assert!(matches!(load(&store, key, at(0)).await, LoadedLaunch::NotFound));
    assert!(!end(&store, key, EndReason::LoggedOut, at(1)).await);
    assert!(matches!(load(&store, key, at(2)).await, LoadedLaunch::NotFound));
}

/// Repeating an attempt whose answer was lost neither undoes a later write nor ends anything.
pub async fn opening_a_known_key_again_changes_nothing(store: Subject) {
    let browser = browser();
    let (key, record) = (launch_key(), sample::launch(browser, at(0)));
    open_as(&store, key, record.clone(), OthersOnOpen::Keep).await;
    let later = open(&store, browser, 1).await;
    let mut refreshed = record.clone();
    refreshed.refresh.failures = 3;
    let written = replace(&store, key, Version(1), refreshed, at(2)).await;
    assert_eq!(written, Replaced::Written(Version(2)));
    assert_eq!(open_as(&store, key, record, OthersOnOpen::EndAll).await, 0);
    assert!(is_open(&store, later, at(3)).await);
    match load(&store, key, at(4)).await {
        LoadedLaunch::Open { record, version } => assert_eq!((version, record.refresh.failures), (Version(2), 3)),
        other => panic!("expected an open launch, got {other:?}"),
    }
}

/// Ending wins over a repeated attempt too.
pub async fn opening_an_ended_key_again_does_not_bring_it_back(store: Subject) {
    let browser = browser();
    let key = open(&store, browser, 0).await;
    assert!(end(&store, key, EndReason::LoggedOut, at(1)).await);
    let again = sample::launch(browser, at(2));
    assert_eq!(open_as(&store, key, again, OthersOnOpen::Keep).await, 0);
    assert_eq!(end_reason(&store, key, at(3)).await, EndReason::LoggedOut);
}

/// An older and a later version are conflicts and leave everything as it is; the right one counts up.
pub async fn a_record_is_replaced_only_at_the_expected_version(store: Subject) {
    let (key, record) = (launch_key(), sample::launch(browser(), at(0)));
    open_as(&store, key, record.clone(), OthersOnOpen::Keep).await;
    let with = |failures| {
        let mut record = record.clone();
        record.refresh.failures = failures;
        record
    };
    for (expected, failures, answer) in [
        (0, 9, Replaced::Conflict),
        (2, 9, Replaced::Conflict),
        (1, 1, Replaced::Written(Version(2))),
        (1, 9, Replaced::Conflict),
        (3, 9, Replaced::Conflict),
        (2, 2, Replaced::Written(Version(3))),
    ] {
        let replaced = replace(&store, key, Version(expected), with(failures), at(1)).await;
        assert_eq!(replaced, answer, "expecting version {expected}");
    }
    match load(&store, key, at(2)).await {
        LoadedLaunch::Open { record, version } => assert_eq!((version, record.refresh.failures), (Version(3), 2)),
        other => panic!("expected an open launch, got {other:?}"),
    }
}

/// Older and later versions end nothing, and the launch works on; the right one ends it.
pub async fn a_launch_that_was_judged_by_an_older_version_goes_on(store: Subject) {
    let (key, record) = (launch_key(), sample::launch(browser(), at(0)));
    open_as(&store, key, record.clone(), OthersOnOpen::Keep).await;
    let end = async |version| {
        ok(store
            .end_version(key, Version(version), EndReason::RefreshRefused, rules(), at(2))
            .await)
    };
    assert_eq!(
        replace(&store, key, Version(1), record, at(1)).await,
        Replaced::Written(Version(2))
    );
    for version in [1, 3] {
        assert!(matches!(end(version).await, LaunchEnd::Newer), "version {version}");
        assert_eq!(open_version(&store, key, at(2)).await, Version(2));
    }
    let LaunchEnd::Ended(ended) = end(2).await else {
        panic!("this version was meant");
    };
    assert_eq!(ended.count(), 1);
    assert_eq!(end_reason(&store, key, at(3)).await, EndReason::RefreshRefused);
}

/// Unknown, ended and run-out ones: there is nothing to load again.
pub async fn a_launch_that_has_ended_is_not_newer_than_the_version_that_is_meant(store: Subject) {
    let nothing = async |key, now| {
        let ended = store.end_version(key, Version(7), EndReason::RefreshRefused, rules(), now);
        matches!(ok(ended.await), LaunchEnd::Ended(ended) if ended.count() == 0)
    };
    assert!(nothing(launch_key(), at(1)).await);
    let signed_out = open(&store, browser(), 0).await;
    assert!(end(&store, signed_out, EndReason::LoggedOut, at(1)).await);
    assert!(nothing(signed_out, at(2)).await);
    assert_eq!(end_reason(&store, signed_out, at(3)).await, EndReason::LoggedOut);
    let idle = open(&store, browser(), 0).await;
    assert!(nothing(idle, at(60)).await);
    assert_eq!(end_reason(&store, idle, at(61)).await, EndReason::Idle);
}

/// Neither with the right version nor with the first one.
pub async fn nothing_replaces_an_ended_or_unknown_launch(store: Subject) {
    let browser = browser();
    let key = open(&store, browser, 0).await;
    let record = sample::launch(browser, at(0));
    assert!(end(&store, key, EndReason::LoggedOut, at(1)).await);
    for expected in [Version(0), Version(1), Version(2)] {
        let replaced = replace(&store, key, expected, record.clone(), at(2)).await;
        assert_eq!(replaced, Replaced::Gone);
    }
    assert_eq!(end_reason(&store, key, at(3)).await, EndReason::LoggedOut);
    let unknown = replace(&store, launch_key(), Version(1), record, at(3)).await;
    assert_eq!(unknown, Replaced::Gone);
}

/// Whole until one millisecond before the end of the memory, forgotten at its end.
pub async fn an_ended_launch_is_remembered_for_exactly_its_time(store: Subject) {
    let (key, record) = (launch_key(), sample::launch(browser(), at(0)));
    open_as(&store, key, record.clone(), OthersOnOpen::Keep).await;
    assert!(end(&store, key, EndReason::PatientChanged, at(10)).await);
    let remembered = ended(&store, key, just_before(at(60))).await;
    let expected = EndedLaunch::of(&record, EndReason::PatientChanged, at(10));
    assert_eq!(remembered.to_bytes(), expected.to_bytes());
    assert!(matches!(load(&store, key, at(60)).await, LoadedLaunch::NotFound));
}

/// Ending an ended launch says that it was not open, and changes neither reason nor memory.
pub async fn the_first_reason_stays(store: Subject) {
    let key = open(&store, browser(), 0).await;
    assert!(end(&store, key, EndReason::RefreshRefused, at(1)).await);
    assert!(!end(&store, key, EndReason::LoggedOut, at(20)).await);
    let first = ended(&store, key, just_before(at(51))).await;
    assert_eq!((first.reason, first.ended_at), (EndReason::RefreshRefused, at(1)));
    assert!(matches!(load(&store, key, at(51)).await, LoadedLaunch::NotFound));
}

/// One millisecond before the limit it is open, at the limit it has ended.
pub async fn a_launch_is_idle_exactly_at_the_limit(store: Subject) {
    let (used, unused) = (open(&store, browser(), 0).await, open(&store, browser(), 0).await);
    assert!(is_open(&store, used, just_before(at(60))).await);
    assert_eq!(end_reason(&store, unused, at(60)).await, EndReason::Idle);
}

/// Loading is a use.
pub async fn a_use_starts_the_idle_time_anew(store: Subject) {
    let key = open(&store, browser(), 0).await;
    assert!(is_open(&store, key, at(59)).await);
    assert!(is_open(&store, key, just_before(at(119))).await);
    let ended = ended(&store, key, just_before(at(179))).await;
    assert_eq!((ended.reason, ended.ended_at), (EndReason::Idle, just_before(at(179))));
}

/// It is answered as a use is, and leaves both limits where they were: to the millisecond, and also when a use came
/// between two looks.
pub async fn a_look_is_no_use(store: Subject) {
    let (key, record) = (launch_key(), sample::launch(browser(), at(0)));
    open_as(&store, key, record.clone(), OthersOnOpen::Keep).await;
    for seconds in [1, 30, 59] {
        match look(&store, key, at(seconds)).await {
            LoadedLaunch::Open { record: read, version } => {
                assert_eq!((version, read.to_bytes()), (Version(1), record.to_bytes()));
            }
            other => panic!("expected an open launch, got {other:?}"),
        }
    }
    let open = look(&store, key, just_before(at(60))).await;
    assert!(matches!(open, LoadedLaunch::Open { .. }), "{open:?}");
    let unused = ended(&store, key, at(60)).await;
    assert_eq!((unused.reason, unused.ended_at), (EndReason::Idle, at(60)));

    let used = self::open(&store, browser(), 0).await;
    assert!(is_open(&store, used, at(50)).await);
    look(&store, used, at(109)).await;
    assert!(is_open(&store, used, just_before(at(110))).await);
    let other = self::open(&store, browser(), 0).await;
    assert!(is_open(&store, other, at(50)).await);
    look(&store, other, just_before(at(110))).await;
    assert_eq!(end_reason(&store, other, at(110)).await, EndReason::Idle);
}

/// At the same moment as a use, with the same reason, and remembered from then on.
pub async fn a_look_ends_what_has_run_out(store: Subject) {
    let browser = browser();
    let (idle, old) = (open(&store, browser, 0).await, open(&store, browser, 0).await);
    assert!(is_open(&store, old, at(50)).await);
    match look(&store, idle, at(60)).await {
        LoadedLaunch::Ended(ended) => assert_eq!((ended.reason, ended.ended_at), (EndReason::Idle, at(60))),
        other => panic!("expected an ended launch, got {other:?}"),
    }
    for seconds in [100, 150] {
        assert!(is_open(&store, old, at(seconds)).await);
    }
    let last = look(&store, old, just_before(at(200))).await;
    assert!(matches!(last, LoadedLaunch::Open { .. }), "{last:?}");
    match look(&store, old, at(200)).await {
        LoadedLaunch::Ended(ended) => assert_eq!((ended.reason, ended.ended_at), (EndReason::TooOld, at(200))),
        other => panic!("expected an ended launch, got {other:?}"),
    }
    assert!(matches!(look(&store, old, at(250)).await, LoadedLaunch::NotFound));
    assert!(matches!(
        look(&store, launch_key(), at(0)).await,
        LoadedLaunch::NotFound
    ));
}

/// A tab that only asks by itself is the longest unused one.
pub async fn a_look_does_not_save_a_launch_from_being_evicted(store: Subject) {
    let browser = browser();
    let first = open(&store, browser, 1).await;
    let others = [open(&store, browser, 2).await, open(&store, browser, 3).await];
    look(&store, first, at(4)).await;
    let record = sample::launch(browser, at(5));
    assert_eq!(open_as(&store, launch_key(), record, OthersOnOpen::Keep).await, 1);
    assert_eq!(end_reason(&store, first, at(6)).await, EndReason::Evicted);
    for key in others {
        assert!(is_open(&store, key, at(6)).await);
    }
}

/// A refresh in the background keeps no unused launch open.
pub async fn replacing_is_not_a_use(store: Subject) {
    let (key, record) = (launch_key(), sample::launch(browser(), at(0)));
    open_as(&store, key, record.clone(), OthersOnOpen::Keep).await;
    let replaced = replace(&store, key, Version(1), record, at(59)).await;
    assert_eq!(replaced, Replaced::Written(Version(2)));
    assert_eq!(end_reason(&store, key, at(60)).await, EndReason::Idle);
}

/// Neither using nor replacing it moves that limit.
pub async fn a_launch_is_too_old_exactly_at_the_limit_however_it_is_used(store: Subject) {
    let browser = browser();
    let (one, other) = (open(&store, browser, 0).await, open(&store, browser, 0).await);
    for seconds in [50, 100, 150] {
        let version = open_version(&store, one, at(seconds)).await;
        let replaced = replace(&store, one, version, sample::launch(browser, at(0)), at(seconds)).await;
        assert!(matches!(replaced, Replaced::Written(_)));
        assert!(is_open(&store, other, at(seconds)).await);
    }
    assert!(is_open(&store, one, just_before(at(200))).await);
    let too_old = ended(&store, other, at(200)).await;
    assert_eq!((too_old.reason, too_old.ended_at), (EndReason::TooOld, at(200)));
    assert_eq!(end_reason(&store, one, at(200)).await, EndReason::TooOld);
}

/// Though nothing has looked at it since.
pub async fn a_launch_that_ran_out_is_not_open_for_any_operation(store: Subject) {
    let browser = browser();
    let (one, other) = (open(&store, browser, 0).await, open(&store, browser, 0).await);
    let record = sample::launch(browser, at(0));
    let replaced = replace(&store, one, Version(1), record, at(60)).await;
    assert_eq!(replaced, Replaced::Gone);
    assert!(!end(&store, other, EndReason::LoggedOut, at(60)).await);
    assert_eq!(end_reason(&store, one, at(61)).await, EndReason::Idle);
    assert_eq!(end_reason(&store, other, at(61)).await, EndReason::Idle);
    let late = open(&store, browser, 70).await;
    let end_all = store.end_all_of(browser, EndReason::LoggedOut, rules(), at(130));
    assert_eq!(ok(end_all.await).count(), 0);
    assert_eq!(end_reason(&store, late, at(131)).await, EndReason::Idle);
}

/// Not from the moment at which somebody noticed.
pub async fn a_launch_that_ran_out_is_remembered_from_the_moment_it_did(store: Subject) {
    let (seen, unseen) = (open(&store, browser(), 0).await, open(&store, browser(), 0).await);
    let idle = ended(&store, seen, just_before(at(110))).await;
    assert_eq!((idle.reason, idle.ended_at), (EndReason::Idle, at(60)));
    assert!(matches!(load(&store, seen, at(110)).await, LoadedLaunch::NotFound));
    assert!(matches!(load(&store, unseen, at(110)).await, LoadedLaunch::NotFound));
}

/// Three are kept. The longest unused goes, not the oldest.
pub async fn past_the_limit_of_a_browser_the_longest_unused_is_evicted(store: Subject) {
    let browser = browser();
    let first = open(&store, browser, 1).await;
    let second = open(&store, browser, 2).await;
    let third = open(&store, browser, 3).await;
    assert!(is_open(&store, first, at(4)).await);
    let fourth = launch_key();
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
        assert_eq!(open_as(&store, launch_key(), record, OthersOnOpen::Keep).await, 0);
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
    assert_eq!(open_as(&store, launch_key(), record, OthersOnOpen::Keep).await, 0);
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
    let (nobody, first) = (launch_key(), launch_key());
    open_as(&store, nobody, as_user(None, 0), OthersOnOpen::EndOtherUsers).await;
    let record = as_user(sample::user(1), 1);
    assert_eq!(open_as(&store, first, record, OthersOnOpen::EndOtherUsers).await, 0);
    let same = launch_key();
    let record = as_user(sample::user(1), 2);
    assert_eq!(open_as(&store, same, record, OthersOnOpen::EndOtherUsers).await, 0);
    assert!(end(&store, nobody, EndReason::LoggedOut, at(3)).await);
    let nobody = launch_key();
    let record = as_user(None, 4);
    assert_eq!(open_as(&store, nobody, record, OthersOnOpen::EndOtherUsers).await, 0);
    assert!(is_open(&store, first, at(4)).await);
    let other = launch_key();
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
    assert_eq!(open_as(&store, launch_key(), record, OthersOnOpen::Keep).await, 0);
}

/// Whoever their users are.
pub async fn all_others_end_when_the_policy_says_so(store: Subject) {
    let browser = browser();
    let mut keys = Vec::new();
    for (seconds, user) in [(1, None), (2, sample::user(1)), (3, sample::user(2))] {
        let (key, mut record) = (launch_key(), sample::launch(browser, at(seconds)));
        record.user = user;
        open_as(&store, key, record, OthersOnOpen::Keep).await;
        keys.push(key);
    }
    let (newest, mut record) = (launch_key(), sample::launch(browser, at(4)));
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
    let key = launch_key();
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
        open_as(&store, launch_key(), record, others).await;
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
