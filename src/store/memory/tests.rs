mod clearing;
mod limits;
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

#[test]
fn a_store_and_its_clones_are_one_place_and_another_store_is_another() {
    let store = MemoryStore::new();
    let place = store.process_local();
    assert!(place.is_some());
    assert_eq!(store.clone().process_local(), place);
    assert_ne!(MemoryStore::new().process_local(), place);
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
fn the_browsers_that_have_lists_are_counted() {
    let store = MemoryStore::new();
    for expected in 0..3 {
        assert_eq!(store.shared.counts().lists, expected);
        let browser = browser();
        for memo in [Memo::SameBrowser, Memo::LaunchCookies] {
            store.shared.remember(browser, memo, vec![1], 8, rules(), at(0));
            store.shared.remember(browser, memo, vec![2], 8, rules(), at(0));
            assert_eq!(store.shared.counts().lists, expected + 1);
        }
    }
}

#[test]
fn what_launches_of_one_ehr_have_alike_is_kept_once_also_when_they_are_refreshed() {
    let store = MemoryStore::new();
    let keys = [(); 2].map(|()| store.open(browser(), at(0)));
    let record = |key| match store.load(key, at(1)) {
        LoadedLaunch::Open { record, .. } => record,
        other => panic!("{other:?}"),
    };
    let alike = || {
        let [one, other] = keys.map(record);
        let granted = [&one, &other].map(|record| record.tokens.granted.as_str().as_ptr());
        Arc::ptr_eq(&one.origin, &other.origin) && granted[0] == granted[1]
    };
    assert!(alike());
    let refreshed = sample::launch(record(keys[0]).browser, at(1));
    let replaced = store
        .shared
        .replace_launch(keys[0], Version(1), refreshed, rules(), at(1));
    assert_eq!(replaced, Replaced::Written(Version(2)));
    assert!(alike());
}

/// What it has is the browser's list: an entry there leads to the launch and back.
#[test]
fn a_replacing_record_cannot_give_a_launch_to_another_browser() {
    let store = MemoryStore::new();
    let (owner, other) = (browser(), browser());
    let key = store.open(owner, at(0));
    let of_another = sample::launch(other, at(1));
    store.shared.replace_launch(key, Version(1), of_another, rules(), at(1));
    let LoadedLaunch::Open { record, .. } = store.load(key, at(2)) else {
        panic!("it is open");
    };
    assert_eq!(record.browser, owner);
    assert_eq!(store.shared.launches_of(other, None, at(2)).len(), 0);
    store
        .shared
        .end_launch(key, EndWhich::Any, EndReason::LoggedOut, rules(), at(3));
    assert_eq!(counts(&store), [0, 0, 1, 0]);
}
