//! How much a store holds, and what goes first when there is no room.

use super::*;

#[test]
fn at_the_limit_all_launches_stay_and_past_it_the_longest_unused_is_evicted() {
    let store = small(10, 3);
    let keys: Vec<_> = (0..3).map(|seconds| store.open(browser(), at(seconds))).collect();
    assert_eq!(counts(&store), [3, 3, 0, 0]);
    assert!(store.is_open(keys[0], at(10)));
    let newest = store.open(browser(), at(11));
    assert_eq!(counts(&store), [3, 3, 1, 0]);
    match store.load(keys[1], at(12)) {
        LoadedLaunch::Ended(ended) => assert_eq!((ended.reason, ended.ended_at), (EndReason::Evicted, at(11))),
        other => panic!("expected an ended launch, got {other:?}"),
    }
    for key in [keys[0], keys[2], newest] {
        assert!(store.is_open(key, at(12)));
    }
}

#[test]
fn what_is_evicted_is_handed_out_once_and_what_ran_out_is_not() {
    let store = small(10, 3);
    let open = |browser, seconds| {
        let (key, record) = (launch_key(), sample::launch(browser, at(seconds)));
        let ended = store
            .shared
            .open_launch(key, record, OthersOnOpen::EndAll, rules(), at(seconds));
        (key, ended.records.iter().map(|ended| ended.key).collect::<Vec<_>>())
    };
    let (first, second) = (browser(), browser());
    let (oldest, _) = open(first, 0);
    let (replaced, _) = open(second, 1);
    open(browser(), 2);
    let (_, ended) = open(browser(), 3);
    assert_eq!(ended, [oldest]);
    assert_eq!(counts(&store)[0], 3, "it stands in no list any more");
    let (_, ended) = open(second, 4);
    assert_eq!(ended, [replaced], "that was room enough");
    let idle = u32::try_from(rules().lifetimes.launch_idle.as_secs()).unwrap();
    for _ in 0..3 {
        let (_, ended) = open(browser(), 4 + idle);
        assert_eq!(ended, []);
    }
}

#[test]
fn at_the_limit_all_pending_authorizations_stay_and_past_it_the_oldest_goes() {
    let store = small(3, 10);
    let mut claims: Vec<_> = (0..3).map(|seconds| store.claim(at(seconds))).collect();
    assert_eq!(counts(&store), [0, 0, 0, 3]);
    let kept = |claims: &[_]| -> Vec<_> { claims.iter().map(|claim| store.remembers(*claim, at(3))).collect() };
    assert_eq!(kept(&claims), [true; 3]);
    claims.push(store.claim(at(3)));
    assert_eq!(counts(&store), [0, 0, 0, 3]);
    assert_eq!(kept(&claims), [false, true, true, true]);
}

#[test]
fn a_limit_of_zero_keeps_one() {
    let store = small(0, 0);
    for seconds in 0..3 {
        let browser = browser();
        let key = store.open(browser, at(seconds));
        let claim = store.claim(at(seconds));
        assert!(store.is_open(key, at(seconds)) && store.remembers(claim, at(seconds)));
    }
    assert_eq!(counts(&store), [1, 1, 1, 1]);
    let none_per_browser = {
        let mut rules = rules();
        rules.limits.launches = 0;
        rules
    };
    let (browser, key) = (browser(), launch_key());
    let record = sample::launch(browser, at(4));
    store
        .shared
        .open_launch(key, record, OthersOnOpen::Keep, none_per_browser, at(4));
    assert!(store.is_open(key, at(4)));
}

#[test]
fn a_large_store_never_holds_more_than_its_limits() {
    let store = small(3000, 3000);
    for n in 0..4000 {
        let now = at(0).saturating_add(n * Duration::from_millis(1));
        store.open(browser(), now);
        store.claim(now);
    }
    let [browsers, launches, ended, pending] = counts(&store);
    for (what, count) in [("launches", launches), ("pending", pending)] {
        assert!((2800..=3000).contains(&count), "{count} {what}");
    }
    assert_eq!(ended, 4000 - launches);
    assert_eq!(browsers, launches);
}

#[test]
fn ended_launches_are_bounded_too_and_the_oldest_is_forgotten_first() {
    let store = small(10, 3);
    let browser = browser();
    let keys: Vec<_> = (0..5)
        .map(|seconds| {
            let key = store.open(browser, at(seconds));
            let ended = store
                .shared
                .end_launch(key, EndWhich::Any, EndReason::LoggedOut, rules(), at(seconds));
            assert!(matches!(ended, LaunchEnd::Ended(ended) if ended.count() == 1));
            key
        })
        .collect();
    assert_eq!(counts(&store), [0, 0, 3, 0]);
    let remembered: Vec<_> = keys
        .iter()
        .map(|key| matches!(store.load(*key, at(6)), LoadedLaunch::Ended(_)))
        .collect();
    assert_eq!(remembered, [false, false, true, true, true]);
}

#[tokio::test]
async fn without_room_the_claims_that_are_worth_least_go_first() {
    let clock = crate::time::ManualClock::default();
    let store = MemoryStore::with_limits(MemoryStoreLimits::default().pending(3)).timed_by(clock.clone());
    let at = |seconds: u64| Timestamp::from_millis(1_700_000_000_000 + 1_000 * seconds);
    let (failed, landed, exchanging) = (pending_key(), pending_key(), pending_key());
    let callback = callback_key();
    let claim = async |key, seconds| {
        clock.set(at(seconds));
        let claimed = store.claim_pending(key, callback, at(600)).await;
        matches!(claimed.unwrap().value, Claim::Fresh)
    };
    // The oldest is worth most.
    for (seconds, key) in [(0, exchanging), (1, landed), (2, failed)] {
        assert!(claim(key, seconds).await);
    }
    let denied = sample::failed(crate::store::FailedCallbackKind::AccessDenied);
    store.finish_pending(failed, callback, denied).await.unwrap();
    store
        .finish_pending(landed, callback, sample::landed("/a"))
        .await
        .unwrap();
    let (one, two) = (pending_key(), pending_key());
    assert!(claim(one, 4).await);
    assert!(!claim(landed, 5).await && !claim(exchanging, 5).await);
    assert!(claim(two, 6).await);
    assert!(
        !claim(exchanging, 7).await,
        "a code that is being sent is not sent again"
    );
    assert!(claim(landed, 8).await, "what had landed made room");
}

#[test]
fn a_browser_keeps_so_many_launches_and_loses_the_longest_unused() {
    let store = MemoryStore::new();
    let browser = browser();
    let open = |seconds| {
        let mut rules = rules();
        rules.limits.launches = 2;
        let (key, record) = (launch_key(), sample::launch(browser, at(seconds)));
        let ended = store
            .shared
            .open_launch(key, record, OthersOnOpen::Keep, rules, at(seconds));
        (key, ended.records.iter().map(|ended| ended.key).collect::<Vec<_>>())
    };
    let (first, ended) = open(0);
    assert_eq!(ended, []);
    let (second, ended) = open(1);
    assert_eq!(ended, []);
    assert!(store.is_open(first, at(2)));
    let (third, ended) = open(3);
    assert_eq!(ended, [second]);
    assert!([first, third].into_iter().all(|key| store.is_open(key, at(4))));
}

type NoUse = fn(&MemoryStore, BrowserKey, LaunchKey);

#[test]
fn what_is_no_use_of_a_launch_leaves_it_the_longest_unused() {
    let no_uses: [(&str, NoUse); 4] = [
        ("a load that does not count", |store, _, key| {
            let loaded = store.shared.load_launch(key, LaunchUse::DoesNotCount, rules(), at(3));
            assert!(matches!(loaded, LoadedLaunch::Open { .. }));
        }),
        ("a replacing record", |store, browser, key| {
            let record = sample::launch(browser, at(3));
            let replaced = store.shared.replace_launch(key, Version(1), record, rules(), at(3));
            assert_eq!(replaced, Replaced::Written(Version(2)));
        }),
        ("a lease", |store, _, key| {
            let owner = lease_owner();
            assert!(store.shared.acquire_lease(key, owner, SECOND, at(3)));
            store.shared.release_lease(key, owner);
        }),
        ("a list", |store, browser, _| {
            assert_eq!(store.shared.launches_of(browser, None, at(3)).len(), 1);
        }),
    ];
    for (what, no_use) in no_uses {
        let store = small(10, 3);
        let mine = browser();
        let oldest = store.open(mine, at(0));
        let others = [1, 2].map(|seconds| store.open(browser(), at(seconds)));
        no_use(&store, mine, oldest);
        store.open(browser(), at(4));
        match store.load(oldest, at(5)) {
            LoadedLaunch::Ended(ended) => assert_eq!(ended.reason, EndReason::Evicted, "{what}"),
            other => panic!("{what}: expected an ended launch, got {other:?}"),
        }
        assert!(others.into_iter().all(|key| store.is_open(key, at(5))), "{what}");
    }
}

#[test]
fn past_the_limit_the_longest_unused_goes_also_where_several_were_used_since() {
    let store = small(10, 3);
    let [first, second, third] = [0, 1, 2].map(|seconds| store.open(browser(), at(seconds)));
    assert!(store.is_open(first, at(10)) && store.is_open(second, at(11)));
    store.open(browser(), at(12));
    assert!([first, second].into_iter().all(|key| store.is_open(key, at(13))));
    assert!(!store.is_open(third, at(13)));
}

/// The rules for what is noted of a sign-in.
fn rules_of_sign_in() -> StoreRules {
    let mut rules = rules();
    (rules.lifetimes.launch_absolute, rules.lifetimes.ended) = (rules.lifetimes.pending, Duration::ZERO);
    rules
}

#[test]
fn a_flood_of_sign_ins_takes_nothing_that_is_noted_of_the_browsers_in_which_people_work() {
    const MEMOS: [Memo; 3] = [Memo::SameBrowser, Memo::LaunchCookies, Memo::SignedOut];
    let store = small(10, 100);
    let at_work: Vec<_> = (0..400).map(|_| browser()).collect();
    for browser in &at_work {
        for memo in MEMOS {
            store.shared.remember(*browser, memo, vec![1], 8, rules(), at(0));
        }
    }
    for n in 0..5_000 {
        let (sign_in, now) = (browser(), at(1 + n / 10));
        let noted = [(); 2].map(|()| vec![2]);
        for value in noted {
            store
                .shared
                .remember(sign_in, Memo::SameBrowser, value, 8, rules_of_sign_in(), now);
        }
        assert_eq!(store.shared.recall(sign_in, Memo::SameBrowser, now).len(), 1, "{n}");
    }
    assert_eq!(store.shared.counts().lists, 800);
    for memo in MEMOS {
        let is_there = |browser: &&BrowserKey| store.shared.recall(**browser, memo, at(3_600)).len() == 1;
        assert_eq!(at_work.iter().filter(is_there).count(), 400, "{memo:?}");
    }
}

#[test]
fn there_are_lists_for_eight_names_of_each_launch_and_past_that_those_that_run_out_first_go() {
    let store = small(10, 100);
    let note = |seconds| {
        let browser = browser();
        store
            .shared
            .remember(browser, Memo::SameBrowser, vec![1], 8, rules(), at(seconds));
        browser
    };
    let names: Vec<_> = (0..800).map(note).collect();
    let is_there = |name: &BrowserKey| store.shared.recall(*name, Memo::SameBrowser, at(900)).len() == 1;
    assert!(names.iter().all(is_there));
    note(800);
    assert!(!names.first().is_some_and(is_there) && names.iter().skip(1).all(is_there));
}
