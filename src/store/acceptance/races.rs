//! Claims about operations that meet. Each runs many tasks at once, so that a missing step of atomicity shows; on a
//! single-threaded runtime they pass without proving much.

mod claims;

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

pub use self::claims::{
    a_released_authorization_has_one_holder_at_a_time, of_many_claims_exactly_one_is_fresh,
    of_many_claims_of_two_callbacks_exactly_one_is_fresh,
};
use super::{
    SECOND, Subject, at, end_reason, is_open, ok, rules,
    sample::{self, browser, lease_owner},
    wide_rules,
};
use crate::store::{
    BrowserKey, EndReason, LaunchEnd, LaunchKey, LaunchUse, LoadedLaunch, Memo, OthersOnOpen, Replaced, StoreRules,
    Version,
};

/// How many tasks meet.
const TASKS: usize = 16;
/// How often they do.
const ROUNDS: usize = 20;

/// Runs one task per number at once and gives what each returned, in their order.
async fn at_once<T, F>(task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let gate = Arc::new(tokio::sync::Barrier::new(TASKS));
    let running: Vec<_> = (0..TASKS)
        .map(|number| {
            let (gate, task) = (Arc::clone(&gate), task(number));
            tokio::spawn(async move {
                gate.wait().await;
                task.await
            })
        })
        .collect();
    let mut results = Vec::with_capacity(TASKS);
    for task in running {
        results.push(task.await.expect("a task of the race failed; its message is above"));
    }
    results
}

/// Opens a launch and returns how many others ended.
async fn open(
    store: &Subject,
    browser: BrowserKey,
    user: Option<[u8; 32]>,
    others: OthersOnOpen,
    rules: StoreRules,
) -> (LaunchKey, usize) {
    let (key, mut record) = sample::keyed_launch(browser, at(0));
    record.user = user;
    let ended = ok(store.open_launch(key, record, others, rules, at(0)).await);
    (key, ended.count())
}

async fn end_all(store: &Subject, browser: BrowserKey) -> usize {
    let end = store.end_all_of(browser, EndReason::LoggedOut, wide_rules(), at(1));
    ok(end.await).count()
}

async fn open_alone(store: &Subject) -> LaunchKey {
    open(store, browser(), None, OthersOnOpen::Keep, wide_rules()).await.0
}

/// Counting up through compare-and-replace loses no count, and the versions count the writes.
pub async fn no_update_is_lost(store: Subject) {
    let key = open_alone(&store).await;
    at_once(|_| {
        let store = store.clone();
        async move {
            for _ in 0..ROUNDS {
                while !count_up(&store, key).await {}
            }
        }
    })
    .await;
    let writes = TASKS * ROUNDS;
    match ok(store.load_launch(key, LaunchUse::Counts, wide_rules(), at(1)).await) {
        LoadedLaunch::Open { record, version } => {
            assert_eq!(usize::try_from(record.refresh.failures), Ok(writes));
            assert_eq!(usize::try_from(version.0), Ok(writes + 1));
        }
        other => panic!("expected an open launch, got {other:?}"),
    }
}

/// Tries once; false when somebody else was faster.
async fn count_up(store: &Subject, key: LaunchKey) -> bool {
    let loaded = ok(store.load_launch(key, LaunchUse::Counts, wide_rules(), at(1)).await);
    let LoadedLaunch::Open { record, version } = loaded else {
        panic!("expected an open launch, got {loaded:?}");
    };
    let mut next = (*record).clone();
    next.refresh.failures += 1;
    tokio::task::yield_now().await;
    let replaced = store.replace_launch(key, version, next, wide_rules(), at(1));
    match ok(replaced.await) {
        Replaced::Written(new) => {
            assert_eq!(new, Version(version.0 + 1));
            true
        }
        Replaced::Conflict => false,
        Replaced::Gone => panic!("nobody ended the launch"),
    }
}

/// A write while a launch ends comes before its end or not at all; afterwards the launch stays ended.
pub async fn ending_wins_over_replacing(store: Subject) {
    for _ in 0..ROUNDS {
        let key = open_alone(&store).await;
        let over = Arc::new(AtomicUsize::new(0));
        at_once(|number| {
            let (store, over) = (store.clone(), Arc::clone(&over));
            async move {
                if number == 0 {
                    tokio::task::yield_now().await;
                    let end = store.end_launch(key, EndReason::LoggedOut, wide_rules(), at(1));
                    assert_eq!(ok(end.await).count(), 1);
                    over.store(1, SeqCst);
                    return;
                }
                for _ in 0..ROUNDS {
                    let was_over = over.load(SeqCst) == 1;
                    let loaded = ok(store.load_launch(key, LaunchUse::Counts, wide_rules(), at(1)).await);
                    let LoadedLaunch::Open { record, version } = loaded else {
                        return;
                    };
                    assert!(!was_over, "an ended launch was open again");
                    let replace = store.replace_launch(key, version, (*record).clone(), wide_rules(), at(1));
                    ok(replace.await);
                }
            }
        })
        .await;
        assert_eq!(end_reason(&store, key, at(2)).await, EndReason::LoggedOut);
    }
}

/// Half of the tasks write, the others judge what they loaded and end that: what ended had not been written to since.
pub async fn an_end_of_an_older_version_never_ends_what_was_written_meanwhile(store: Subject) {
    for _ in 0..ROUNDS {
        let key = open_alone(&store).await;
        let last = Arc::new(AtomicUsize::new(1));
        let ended = at_once(|number| {
            let (store, last) = (store.clone(), Arc::clone(&last));
            async move {
                let loaded = ok(store.load_launch(key, LaunchUse::Counts, wide_rules(), at(1)).await);
                let LoadedLaunch::Open { record, version } = loaded else {
                    return None;
                };
                tokio::task::yield_now().await;
                if number.is_multiple_of(2) {
                    let replaced = store.replace_launch(key, version, (*record).clone(), wide_rules(), at(1));
                    if let Replaced::Written(Version(written)) = ok(replaced.await) {
                        last.fetch_max(usize::try_from(written).expect("few writes"), SeqCst);
                    }
                    return None;
                }
                let end = store.end_version(key, version, EndReason::RefreshRefused, wide_rules(), at(1));
                match ok(end.await) {
                    LaunchEnd::Ended(ended) if ended.count() == 1 => Some(version),
                    LaunchEnd::Ended(_) | LaunchEnd::Newer => None,
                }
            }
        })
        .await;
        let ended: Vec<_> = ended.into_iter().flatten().collect();
        let written = u64::try_from(last.load(SeqCst)).expect("few writes");
        match ended.as_slice() {
            [] => assert!(is_open(&store, key, at(1)).await),
            [version] => assert_eq!(version.0, written, "a version was ended that had been replaced"),
            several => panic!("ended more than once: {several:?}"),
        }
    }
}

/// So that tokens are revoked once.
pub async fn of_many_ends_exactly_one_ends(store: Subject) {
    for _ in 0..ROUNDS {
        let key = open_alone(&store).await;
        let ended = at_once(|_| {
            let store = store.clone();
            async move {
                let end = store.end_launch(key, EndReason::LoggedOut, wide_rules(), at(1));
                ok(end.await).records.len()
            }
        })
        .await;
        assert_eq!(ended.into_iter().sum::<usize>(), 1);
    }
}

/// A launch that opens while all are ended is ended then, or open afterwards and ended by the next; never lost.
pub async fn everything_opened_is_ended_by_exactly_one_end_all(store: Subject) {
    let browser = browser();
    let steps = at_once(|number| {
        let store = store.clone();
        async move {
            let (mut opened, mut ended) = (Vec::new(), 0);
            for _ in 0..ROUNDS {
                if number % 4 == 0 {
                    ended += end_all(&store, browser).await;
                } else {
                    opened.push(open(&store, browser, None, OthersOnOpen::Keep, wide_rules()).await.0);
                }
                tokio::task::yield_now().await;
            }
            (opened, ended)
        }
    })
    .await;
    let mut ended = end_all(&store, browser).await;
    let mut opened = Vec::new();
    for (keys, count) in steps {
        opened.extend(keys);
        ended += count;
    }
    assert_eq!(ended, opened.len());
    for key in opened {
        assert_eq!(end_reason(&store, key, at(2)).await, EndReason::LoggedOut);
    }
}

/// Exactly the limit is open afterwards, and the others are counted as ended once each.
pub async fn the_limit_of_launches_holds_when_many_open_at_once(store: Subject) {
    for _ in 0..ROUNDS {
        let browser = browser();
        let opened = at_once(|_| {
            let store = store.clone();
            async move { open(&store, browser, None, OthersOnOpen::Keep, rules()).await }
        })
        .await;
        let mut still_open = 0;
        for (key, _) in &opened {
            if is_open(&store, *key, at(1)).await {
                still_open += 1;
            } else {
                assert_eq!(end_reason(&store, *key, at(1)).await, EndReason::Evicted);
            }
        }
        let limit = rules().limits.launches;
        assert_eq!(still_open, limit);
        let ended: usize = opened.iter().map(|(_, ended)| ended).sum();
        assert_eq!(ended, TASKS - limit);
    }
}

/// And none is listed that had ended before.
pub async fn a_launch_that_opened_before_is_listed_whatever_opens_and_ends_beside_it(store: Subject) {
    let browser = browser();
    let (kept, _) = open(&store, browser, None, OthersOnOpen::Keep, wide_rules()).await;
    at_once(|number| {
        let store = store.clone();
        async move {
            for _ in 0..ROUNDS {
                let (own, _) = open(&store, browser, None, OthersOnOpen::Keep, wide_rules()).await;
                let listed = async || {
                    let listed = ok(store.launches_of(browser, None, at(1)).await);
                    let is_listed = |key| listed.iter().any(|launch| launch.key == key);
                    (is_listed(kept), is_listed(own))
                };
                assert_eq!(listed().await, (true, true));
                if number % 2 == 0 {
                    let end = store.end_launch(own, EndReason::LoggedOut, wide_rules(), at(1));
                    assert_eq!(ok(end.await).count(), 1);
                    assert_eq!(listed().await, (true, false));
                }
            }
        }
    })
    .await;
    let listed = ok(store.launches_of(browser, None, at(1)).await);
    assert_eq!(listed.len(), 1 + TASKS / 2 * ROUNDS);
}

/// Each value is in the list afterwards or was handed out once; within the limit none is handed out.
pub async fn nothing_that_is_remembered_at_once_is_lost(store: Subject) {
    for keep in [TASKS * ROUNDS, 5] {
        let (browser, memo) = (browser(), Memo::SameBrowser);
        let dropped = at_once(|number| {
            let store = store.clone();
            async move {
                let mut dropped = Vec::new();
                for round in 0..ROUNDS {
                    let value = format!("{number} {round}").into_bytes();
                    let remember = store.remember(browser, memo, value, keep, wide_rules(), at(1));
                    dropped.extend(ok(remember.await));
                }
                dropped
            }
        })
        .await;
        let kept = ok(store.recall(browser, memo, at(1)).await);
        assert_eq!(kept.len(), keep);
        let mut all: Vec<_> = dropped.into_iter().flatten().chain(kept).collect();
        let values = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!((values, all.len()), (TASKS * ROUNDS, TASKS * ROUNDS));
    }
}

/// The launches that are open afterwards are of one user.
pub async fn of_two_users_that_open_at_once_only_one_stays(store: Subject) {
    for _ in 0..ROUNDS {
        let browser = browser();
        let opened = at_once(|number| {
            let store = store.clone();
            async move {
                let user = u8::from(number % 2 == 0);
                let (key, _) = open(
                    &store,
                    browser,
                    sample::user(user),
                    OthersOnOpen::EndOtherUsers,
                    wide_rules(),
                )
                .await;
                (key, user)
            }
        })
        .await;
        let mut users = Vec::new();
        for (key, user) in opened {
            if is_open(&store, key, at(1)).await {
                users.push(user);
            } else {
                assert_eq!(end_reason(&store, key, at(1)).await, EndReason::OtherUser);
            }
        }
        users.sort_unstable();
        users.dedup();
        assert_eq!(users.len(), 1, "launches of two users are open in one browser");
    }
}

/// The last to open.
pub async fn of_many_that_replace_all_others_one_stays(store: Subject) {
    for _ in 0..ROUNDS {
        let browser = browser();
        let opened = at_once(|_| {
            let store = store.clone();
            async move { open(&store, browser, None, OthersOnOpen::EndAll, wide_rules()).await }
        })
        .await;
        let mut still_open = 0;
        for (key, _) in &opened {
            still_open += usize::from(is_open(&store, *key, at(1)).await);
        }
        assert_eq!(still_open, 1);
        assert_eq!(opened.iter().map(|(_, ended)| ended).sum::<usize>(), TASKS - 1);
    }
}

/// Never two refresh at once.
pub async fn a_lease_has_one_holder_at_a_time(store: Subject) {
    let key = open_alone(&store).await;
    let holders = Arc::new(AtomicUsize::new(0));
    let held = at_once(|_| {
        let (store, holders) = (store.clone(), Arc::clone(&holders));
        async move {
            let mut held = 0;
            for _ in 0..ROUNDS {
                let owner = lease_owner();
                if ok(store.acquire_lease(key, owner, 10 * SECOND, at(1)).await) {
                    assert_eq!(holders.fetch_add(1, SeqCst), 0, "two hold the same lease");
                    held += 1;
                    tokio::task::yield_now().await;
                    holders.fetch_sub(1, SeqCst);
                    ok(store.release_lease(key, owner).await);
                }
                tokio::task::yield_now().await;
            }
            held
        }
    })
    .await;
    assert!(held.iter().sum::<usize>() > 0);
    assert!(ok(store.acquire_lease(key, lease_owner(), SECOND, at(2)).await));
}
