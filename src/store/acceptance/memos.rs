//! Claims about the short lists that are kept with browsers.

use super::{Subject, at, just_before, ok, rules, sample::browser};
use crate::{
    store::{BrowserKey, Memo},
    time::Timestamp,
};

/// The list is forgotten 250 s after its newest value came: 200 s absolute, and 50 s of memory.
const LIFE: u32 = 250;
const MEMOS: [Memo; 3] = [Memo::SameBrowser, Memo::LaunchCookies, Memo::SignedOut];

/// One list.
struct List<'a> {
    store: &'a Subject,
    browser: BrowserKey,
    memo: Memo,
}

impl List<'_> {
    /// Adds a value and says which fell out.
    async fn remember(&self, value: &str, keep: usize, seconds: u32) -> Vec<String> {
        texts(self.remember_bytes(value.as_bytes(), keep, at(seconds)).await)
    }

    async fn remember_bytes(&self, value: &[u8], keep: usize, now: Timestamp) -> Vec<Vec<u8>> {
        let backend = self.store;
        let remember = backend.remember(self.browser, self.memo, value.to_vec(), keep, rules(), now);
        ok(remember.await)
    }

    async fn recall(&self, now: Timestamp) -> Vec<String> {
        texts(self.recall_bytes(now).await)
    }

    async fn recall_bytes(&self, now: Timestamp) -> Vec<Vec<u8>> {
        ok(self.store.recall(self.browser, self.memo, now).await)
    }
}

fn texts(values: Vec<Vec<u8>>) -> Vec<String> {
    let text = |value| String::from_utf8(value).expect("the value that was given");
    values.into_iter().map(text).collect()
}

fn list(store: &Subject) -> List<'_> {
    List {
        store,
        browser: browser(),
        memo: Memo::LaunchCookies,
    }
}

/// Also those that came at the same moment.
pub async fn values_come_back_the_oldest_first(store: Subject) {
    let list = list(&store);
    assert_eq!(list.recall(at(0)).await, [""; 0]);
    for (value, seconds) in [("c", 1), ("a", 1), ("b", 2)] {
        assert_eq!(list.remember(value, 3, seconds).await, [""; 0]);
    }
    for seconds in [2, 3] {
        assert_eq!(list.recall(at(seconds)).await, ["c", "a", "b"]);
    }
}

/// It stands there once, and takes no second place.
pub async fn a_value_that_comes_again_becomes_the_newest(store: Subject) {
    let list = list(&store);
    for value in ["a", "b", "c"] {
        list.remember(value, 3, 1).await;
    }
    assert_eq!(list.remember("a", 3, 1).await, [""; 0]);
    assert_eq!(list.recall(at(2)).await, ["b", "c", "a"]);
    assert_eq!(list.remember("c", 3, 2).await, [""; 0]);
    assert_eq!(list.recall(at(2)).await, ["b", "a", "c"]);
    // The newest itself.
    assert_eq!(list.remember("c", 3, 3).await, [""; 0]);
    assert_eq!(list.recall(at(3)).await, ["b", "a", "c"]);
}

/// At the limit nothing falls out; past it the oldest, as many as there are too many.
pub async fn past_the_limit_the_oldest_are_handed_out_and_gone(store: Subject) {
    let list = list(&store);
    for value in ["a", "b", "c"] {
        assert_eq!(list.remember(value, 3, 1).await, [""; 0]);
    }
    assert_eq!(list.remember("d", 3, 2).await, ["a"]);
    assert_eq!(list.recall(at(2)).await, ["b", "c", "d"]);
    assert_eq!(list.remember("e", 2, 3).await, ["b", "c"]);
    assert_eq!(list.recall(at(3)).await, ["d", "e"]);
    // With a limit that is larger again there is room again; what is gone stays away.
    assert_eq!(list.remember("f", 3, 4).await, [""; 0]);
    assert_eq!(list.recall(at(4)).await, ["d", "e", "f"]);
    // One that comes again is not among those that are too many.
    assert_eq!(list.remember("d", 2, 5).await, ["e"]);
    assert_eq!(list.recall(at(5)).await, ["f", "d"]);
}

/// The one that came.
pub async fn a_limit_of_none_keeps_one(store: Subject) {
    let list = list(&store);
    assert_eq!(list.remember("a", 0, 1).await, [""; 0]);
    assert_eq!(list.recall(at(1)).await, ["a"]);
    assert_eq!(list.remember("b", 0, 2).await, ["a"]);
    assert_eq!(list.remember("c", 1, 3).await, ["b"]);
    assert_eq!(list.recall(at(3)).await, ["c"]);
}

/// The same value may stand in each.
pub async fn each_browser_has_each_list_on_its_own(store: Subject) {
    let browsers = [browser(), browser()];
    let lists = || {
        let of = |browser| MEMOS.map(|memo| (browser, memo));
        browsers.into_iter().flat_map(of).map(|(browser, memo)| List {
            store: &store,
            browser,
            memo,
        })
    };
    for (number, list) in lists().enumerate() {
        assert_eq!(list.remember("same", 2, 1).await, [""; 0]);
        assert_eq!(list.remember(&format!("own {number}"), 2, 1).await, [""; 0]);
    }
    for (number, list) in lists().enumerate() {
        assert_eq!(list.recall(at(2)).await, ["same".to_owned(), format!("own {number}")]);
    }
}

/// One millisecond before it is whole, then it is gone, and a value that comes then is the first of a new list.
pub async fn a_list_is_forgotten_exactly_at_its_end(store: Subject) {
    let (early, late) = (list(&store), list(&store));
    for list in [&early, &late] {
        list.remember("a", 2, 0).await;
        list.remember("b", 2, 0).await;
    }
    let end = at(LIFE);
    assert_eq!(early.recall(just_before(end)).await, ["a", "b"]);
    let dropped = late.remember_bytes(b"c", 2, just_before(end)).await;
    assert_eq!(texts(dropped), ["a"]);
    assert_eq!(early.recall(end).await, [""; 0]);
    assert_eq!(early.remember("c", 2, LIFE).await, [""; 0]);
    assert_eq!(early.recall(end).await, ["c"]);
    assert_eq!(late.recall(end).await, ["b", "c"]);
}

/// For the older values too. Reading does not, nor does a value that comes again keep its former end.
pub async fn a_value_prolongs_the_life_of_the_whole_list(store: Subject) {
    let list = list(&store);
    list.remember("a", 3, 0).await;
    list.remember("b", 3, 100).await;
    assert_eq!(list.recall(at(LIFE)).await, ["a", "b"]);
    assert_eq!(list.recall(just_before(at(100 + LIFE))).await, ["a", "b"]);
    assert_eq!(list.recall(at(100 + LIFE)).await, [""; 0]);
    list.remember("b", 3, 400).await;
    list.remember("b", 3, 500).await;
    assert_eq!(list.recall(just_before(at(500 + LIFE))).await, ["b"]);
    assert_eq!(list.recall(at(500 + LIFE)).await, [""; 0]);
}

/// Up to 128 bytes, whichever.
pub async fn values_are_any_bytes(store: Subject) {
    let list = list(&store);
    let values: Vec<Vec<u8>> = vec![
        (0..128).collect(),
        (128..=255).collect(),
        vec![0; 128],
        vec![0; 127],
        b"1700000000000:".to_vec(),
        b":".to_vec(),
        b"\r\n".to_vec(),
        Vec::new(),
    ];
    for value in &values {
        assert!(list.remember_bytes(value, values.len(), at(1)).await.is_empty());
    }
    assert_eq!(list.recall_bytes(at(1)).await, values);
    // Each is found again, and no other is taken for it.
    for value in &values {
        assert!(list.remember_bytes(value, values.len(), at(2)).await.is_empty());
    }
    assert_eq!(list.recall_bytes(at(2)).await, values);
    assert_eq!(list.remember_bytes(b"last", 1, at(3)).await, values);
}
