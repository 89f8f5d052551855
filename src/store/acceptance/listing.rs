//! Claims about the list of a browser's open launches.

use super::{
    Subject, at, is_open, just_before, ok, rules,
    sample::{self, browser},
};
use crate::{
    store::{BrowserKey, EndReason, LaunchKey, ListedLaunch, ListedUser, OthersOnOpen, Replaced, Version},
    time::Timestamp,
};

/// Opens a launch of a user `seconds` after the start.
async fn open(store: &Subject, browser: BrowserKey, user: Option<[u8; 32]>, seconds: u32) -> LaunchKey {
    let (key, mut record) = sample::keyed_launch(browser, at(seconds));
    record.user = user;
    let open = store.open_launch(key, record, OthersOnOpen::Keep, rules(), at(seconds));
    assert_eq!(ok(open.await).count(), 0);
    key
}

async fn list(store: &Subject, browser: BrowserKey, user: Option<[u8; 32]>, now: Timestamp) -> Vec<ListedLaunch> {
    let mut listed = ok(store.launches_of(browser, user, now).await);
    listed.sort_by_key(|launch| launch.key);
    listed
}

/// The keys of what is listed, sorted.
async fn keys(store: &Subject, browser: BrowserKey, now: Timestamp) -> Vec<LaunchKey> {
    let listed = list(store, browser, None, now).await;
    listed.into_iter().map(|launch| launch.key).collect()
}

fn sorted<const N: usize>(mut keys: [LaunchKey; N]) -> Vec<LaunchKey> {
    keys.sort_unstable();
    keys.into()
}

/// Not those that ended, nor those of another browser.
pub async fn exactly_the_open_launches_of_a_browser_are_listed(store: Subject) {
    let (mine, other) = (browser(), browser());
    assert_eq!(keys(&store, mine, at(0)).await, []);
    let [first, second, third] = [
        open(&store, mine, None, 0).await,
        open(&store, mine, None, 1).await,
        open(&store, mine, None, 2).await,
    ];
    let theirs = open(&store, other, None, 2).await;
    assert_eq!(keys(&store, mine, at(3)).await, sorted([first, second, third]));
    assert_eq!(keys(&store, other, at(3)).await, [theirs]);
    let end = store.end_launch(second, EndReason::LoggedOut, rules(), at(4));
    assert_eq!(ok(end.await).count(), 1);
    assert_eq!(keys(&store, mine, at(5)).await, sorted([first, third]));
    let end_all = store.end_all_of(mine, EndReason::LoggedOut, rules(), at(6));
    assert_eq!(ok(end_all.await).count(), 2);
    assert_eq!(keys(&store, mine, at(7)).await, []);
    assert_eq!(keys(&store, other, at(7)).await, [theirs]);
}

/// Though nothing has noticed it: one millisecond before the limit they are listed, at the limit they are not.
pub async fn launches_that_ran_out_are_not_listed(store: Subject) {
    let browser = browser();
    let (idle, used) = (
        open(&store, browser, None, 0).await,
        open(&store, browser, None, 0).await,
    );
    assert!(is_open(&store, used, at(50)).await);
    assert_eq!(keys(&store, browser, just_before(at(60))).await, sorted([idle, used]));
    assert_eq!(keys(&store, browser, at(60)).await, [used]);
    for seconds in [100, 150] {
        assert!(is_open(&store, used, at(seconds)).await);
    }
    assert_eq!(keys(&store, browser, just_before(at(200))).await, [used]);
    assert_eq!(keys(&store, browser, at(200)).await, []);
}

/// Opening and loading are uses; replacing and listing are not.
pub async fn each_is_listed_with_its_last_use(store: Subject) {
    let browser = browser();
    let key = open(&store, browser, None, 0).await;
    let last_used = async |seconds| {
        let listed = list(&store, browser, None, at(seconds)).await;
        listed.iter().map(|launch| launch.last_used).collect::<Vec<_>>()
    };
    assert_eq!(last_used(10).await, [at(0)]);
    assert!(is_open(&store, key, at(20)).await);
    assert_eq!(last_used(30).await, [at(20)]);
    let record = sample::launch(browser, at(0));
    let replace = store.replace_launch(key, Version(1), record, rules(), at(40));
    assert_eq!(ok(replace.await), Replaced::Written(Version(2)));
    assert_eq!(last_used(50).await, [at(20)]);
    assert_eq!(last_used(79).await, [at(20)]);
    assert!(!is_open(&store, key, at(80)).await, "listing was a use");
}

/// Both have to be known; the user of a launch is the one that was written last.
pub async fn the_user_of_each_is_compared(store: Subject) {
    let browser = browser();
    let nobody = open(&store, browser, None, 0).await;
    let first = open(&store, browser, sample::user(1), 0).await;
    let second = open(&store, browser, sample::user(2), 0).await;
    let users = async |user| {
        let listed = list(&store, browser, user, at(1)).await;
        [nobody, first, second].map(|key| {
            let launch = listed.iter().find(|launch| launch.key == key);
            launch.expect("an open launch is listed").user
        })
    };
    let (same, other, unknown) = (ListedUser::Same, ListedUser::Other, ListedUser::Unknown);
    assert_eq!(users(sample::user(1)).await, [unknown, same, other]);
    assert_eq!(users(sample::user(2)).await, [unknown, other, same]);
    assert_eq!(users(sample::user(3)).await, [unknown, other, other]);
    assert_eq!(users(None).await, [unknown; 3]);
    for (key, user) in [(nobody, sample::user(2)), (first, None)] {
        let mut record = sample::launch(browser, at(0));
        record.user = user;
        let replace = store.replace_launch(key, Version(1), record, rules(), at(1));
        assert_eq!(ok(replace.await), Replaced::Written(Version(2)));
    }
    assert_eq!(users(sample::user(2)).await, [same, unknown, same]);
}
