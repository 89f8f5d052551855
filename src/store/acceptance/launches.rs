//! Claims about launches, one operation at a time.

mod one_browser;
mod running_out;

use super::{
    Subject, at, end_reason, ended, is_open, just_before, load, ok, open_version, rules,
    sample::{self, browser, launch_key},
};
use crate::{
    store::{
        BrowserKey, EndReason, EndedLaunch, LaunchEnd, LaunchKey, LaunchRecord, LoadedLaunch, OthersOnOpen, Replaced,
        Version,
    },
    time::Timestamp,
};

pub use self::{one_browser::*, running_out::*};

/// Opens a launch and returns how many others ended.
async fn open_as(store: &Subject, key: LaunchKey, record: LaunchRecord, others: OthersOnOpen) -> usize {
    let now = record.opened_at;
    ok(store.open_launch(key, record, others, rules(), now).await).count()
}

/// Opens a launch `seconds` after the start beside whatever there is.
async fn open(store: &Subject, browser: BrowserKey, seconds: u32) -> LaunchKey {
    let (key, record) = sample::keyed_launch(browser, at(seconds));
    open_as(store, key, record, OthersOnOpen::Keep).await;
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
    let (key, mut record) = sample::keyed_launch(browser(), at(0));
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
    let (key, record) = sample::keyed_launch(browser, at(0));
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
    let (key, record) = sample::keyed_launch(browser(), at(0));
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
    let (key, record) = sample::keyed_launch(browser(), at(0));
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
    let (key, record) = sample::keyed_launch(browser(), at(0));
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
