mod measurements;

use super::*;
use crate::store::{
    LaunchUse, LoadedLaunch, SealError, SealedKind, TokenStore,
    acceptance::sample::{self, browser, callback_key, launch_key, lease_owner, pending_key},
};

const SECOND: Duration = Duration::from_secs(1);

fn at(seconds: u32) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000).saturating_add(seconds * SECOND)
}

fn rules() -> StoreRules {
    StoreRules::default()
}

fn small(pending: usize, launches: usize) -> MemoryStore {
    MemoryStore::with_limits(MemoryStoreLimits::default().pending(pending).launches(launches))
}

impl MemoryStore {
    fn open(&self, browser: BrowserKey, now: Timestamp) -> LaunchKey {
        let (key, record) = (launch_key(), sample::launch(browser, now));
        self.shared.open_launch(key, record, OthersOnOpen::Keep, rules(), now);
        key
    }

    /// Claims a new authorization that began at `now`.
    fn claim(&self, now: Timestamp) -> (PendingKey, CallbackKey) {
        let (key, callback) = (pending_key(), callback_key());
        let until = now.saturating_add(rules().lifetimes.pending);
        let claim = self.shared.claim_pending(key, callback, until, now);
        assert!(matches!(claim, Claim::Fresh));
        (key, callback)
    }

    fn remembers(&self, (key, callback): (PendingKey, CallbackKey), now: Timestamp) -> bool {
        let claim = self.shared.claim_pending(key, callback, now, now);
        matches!(claim, Claim::Exchanging { .. } | Claim::Done(_))
    }

    fn load(&self, key: LaunchKey, now: Timestamp) -> LoadedLaunch {
        self.shared.load_launch(key, LaunchUse::Counts, rules(), now)
    }

    fn is_open(&self, key: LaunchKey, now: Timestamp) -> bool {
        matches!(self.load(key, now), LoadedLaunch::Open { .. })
    }
}

fn counts(store: &MemoryStore) -> [usize; 4] {
    let Counts {
        browsers,
        launches,
        ended,
        pending,
        lists: _,
    } = store.shared.counts();
    [browsers, launches, ended, pending]
}

#[test]
fn clones_share_the_launches_and_debug_shows_only_how_many() {
    let store = MemoryStore::new();
    let browser = browser();
    let key = store.clone().open(browser, at(0));
    store.claim(at(0));
    assert!(store.is_open(key, at(1)));
    assert_eq!(
        format!("{:?}", TokenStore::new(store)),
        "TokenStore(MemoryStore { browsers: 1, launches: 1, ended: 0, pending: 1, lists: 0 })"
    );
}

#[test]
fn the_default_token_store_is_in_memory_and_each_is_its_own() {
    let empty = "TokenStore(MemoryStore { browsers: 0, launches: 0, ended: 0, pending: 0, lists: 0 })";
    assert_eq!(format!("{:?}", TokenStore::default()), empty);
    assert_eq!(format!("{:?}", TokenStore::memory()), empty);
}

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

#[test]
fn a_clock_that_steps_back_ends_nothing_and_shortens_nothing() {
    let store = MemoryStore::new();
    let key = store.open(browser(), at(1000));
    assert!(store.is_open(key, at(0)));
    assert!(store.is_open(key, at(4599)));
    let unused = store.open(browser(), at(1000));
    assert!(store.is_open(unused, at(500)));
    assert!(!store.is_open(unused, at(4600)));
}

#[test]
fn a_browser_and_a_launch_stay_what_they_were_opened_as() {
    let store = MemoryStore::new();
    let (mine, other) = (browser(), browser());
    let key = store.open(mine, at(0));
    let replaced = store
        .shared
        .replace_launch(key, Version(1), sample::launch(other, at(5000)), rules(), at(1));
    assert_eq!(replaced, Replaced::Written(Version(2)));
    let end_all = |browser| {
        store
            .shared
            .end_all_of(browser, EndReason::LoggedOut, rules(), at(2))
            .count()
    };
    assert_eq!((end_all(other), end_all(mine)), (0, 1));
    assert_eq!(counts(&store)[0], 0);
}

#[test]
fn what_a_store_seals_opens_for_its_clones_and_no_other_store() {
    let store = MemoryStore::new();
    let sealed = |store: &MemoryStore| {
        let keys = store.sealing_keys().unwrap();
        keys.seal(SealedKind::LaunchCookie, &[7; 32], b"x".to_vec()).unwrap()
    };
    let open = |store: &MemoryStore, sealed: &[u8]| {
        let keys = store.sealing_keys().unwrap();
        keys.open(SealedKind::LaunchCookie, &[7; 32], sealed)
            .map(|value| value.to_vec())
    };
    assert_eq!(open(&store.clone(), &sealed(&store)), Ok(b"x".to_vec()));
    let other = MemoryStore::new();
    assert_eq!(open(&other, &sealed(&store)), Err(SealError::UnknownKey));
}

#[test]
fn a_future_that_is_never_polled_does_nothing() {
    let store = MemoryStore::new();
    let key = store.open(browser(), at(0));
    drop(store.end_launch(key, EndWhich::Any, EndReason::LoggedOut, rules()));
    drop(store.acquire_lease(key, lease_owner(), SECOND));
    assert!(store.is_open(key, at(2)));
    assert!(store.shared.acquire_lease(key, lease_owner(), SECOND, at(1)));
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
fn a_store_and_its_clones_are_one_place_and_another_store_is_another() {
    let store = MemoryStore::new();
    let place = store.process_local();
    assert!(place.is_some());
    assert_eq!(store.clone().process_local(), place);
    assert_ne!(MemoryStore::new().process_local(), place);
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

#[test]
fn the_other_launches_of_a_browser_end_as_the_rule_says() {
    let [same, other] = [Some([1; 32]), Some([2; 32])];
    for (others, user, ends) in [
        (OthersOnOpen::Keep, other, None),
        (OthersOnOpen::EndAll, same, Some(EndReason::Replaced)),
        (OthersOnOpen::EndAll, None, Some(EndReason::Replaced)),
        (OthersOnOpen::EndOtherUsers, same, None),
        (OthersOnOpen::EndOtherUsers, other, Some(EndReason::OtherUser)),
        (OthersOnOpen::EndOtherUsers, None, None),
    ] {
        let store = MemoryStore::new();
        let browser = browser();
        let open = |user, now| {
            let mut record = sample::launch(browser, now);
            record.user = user;
            let key = launch_key();
            let ended = store.shared.open_launch(key, record, others, rules(), now);
            (key, ended.records.iter().map(|ended| ended.key).collect::<Vec<_>>())
        };
        let (first, _) = open(same, at(0));
        let (_, ended) = open(user, at(1));
        let expected = ends.map(|_| first).into_iter().collect::<Vec<_>>();
        assert_eq!(ended, expected, "{others:?} {user:?}");
        match (store.load(first, at(2)), ends) {
            (LoadedLaunch::Open { .. }, None) => {}
            (LoadedLaunch::Ended(launch), Some(reason)) => assert_eq!(launch.reason, reason),
            (loaded, _) => panic!("{others:?} {user:?}: {loaded:?}"),
        }
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

#[test]
fn open_launches_are_counted_and_those_of_a_browser_listed() {
    let store = MemoryStore::new();
    let [browser, other] = [browser(), browser()];
    let mut keys = Vec::new();
    for count in 0..3 {
        assert_eq!(TokenStoreBackend::open_launches(&store), Some(count));
        keys.push(store.open(browser, at(0)));
    }
    let listed = store.shared.launches_of(browser, None, at(1));
    assert_eq!(listed.iter().map(|launch| launch.key).collect::<Vec<_>>(), keys);
    assert!(store.shared.launches_of(other, None, at(1)).is_empty());
}

#[test]
fn lists_are_counted() {
    let store = MemoryStore::new();
    let mut expected = 0;
    for browser in [browser(), browser()] {
        for memo in [Memo::SameBrowser, Memo::LaunchCookies] {
            assert_eq!(store.shared.counts().lists, expected);
            store.shared.remember(browser, memo, vec![1], 8, rules(), at(0));
            store.shared.remember(browser, memo, vec![2], 8, rules(), at(0));
            expected += 1;
        }
    }
    assert_eq!(store.shared.counts().lists, expected);
}
