//! Claims about launches that nobody uses, or that are open for too long.

use super::{
    super::{
        Subject, at, end_reason, ended, is_open, just_before, load, look, ok, open_version, rules,
        sample::{self, browser, launch_key},
    },
    end, open, open_as, replace,
};
use crate::store::{EndReason, LoadedLaunch, OthersOnOpen, Replaced, Version};

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
    let (key, record) = sample::keyed_launch(browser(), at(0));
    open_as(&store, key, record.clone(), OthersOnOpen::Keep).await;
    for seconds in [1, 30, 59] {
        match look(&store, key, at(seconds)).await {
            LoadedLaunch::Open { record: read, version } => {
                assert_eq!((version, read.to_bytes()), (Version(1), record.to_bytes()));
            }
            other => panic!("expected an open launch, got {other:?}"),
        }
    }
    let last = look(&store, key, just_before(at(60))).await;
    assert!(matches!(last, LoadedLaunch::Open { .. }), "{last:?}");
    let unused = ended(&store, key, at(60)).await;
    assert_eq!((unused.reason, unused.ended_at), (EndReason::Idle, at(60)));

    let used = open(&store, browser(), 0).await;
    assert!(is_open(&store, used, at(50)).await);
    look(&store, used, at(109)).await;
    assert!(is_open(&store, used, just_before(at(110))).await);
    let other = open(&store, browser(), 0).await;
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

/// A refresh in the background keeps no unused launch open.
pub async fn replacing_is_not_a_use(store: Subject) {
    let (key, record) = sample::keyed_launch(browser(), at(0));
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
