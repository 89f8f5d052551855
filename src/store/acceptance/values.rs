//! Claims about values that belong to no browser.

use super::{Subject, at, just_before, ok, sample::value_key};
use crate::{store::ValueKey, time::Timestamp};

/// Until when a value is kept where a claim is not about that.
const FAR: u32 = 1_000;

/// One value.
struct Value<'a> {
    store: &'a Subject,
    key: ValueKey,
}

impl Value<'_> {
    /// Puts one text in the place of another, until a second, at a moment.
    async fn swap(&self, expected: Option<&str>, new: Option<&str>, until: u32, now: Timestamp) -> bool {
        let bytes = |text: &str| text.as_bytes().to_vec();
        let swap = self
            .store
            .swap_value(self.key, expected.map(bytes), new.map(bytes), at(until), now);
        ok(swap.await)
    }

    async fn load(&self, now: Timestamp) -> Option<String> {
        let loaded = ok(self.store.load_value(self.key, now).await);
        loaded.map(|bytes| String::from_utf8(bytes).unwrap())
    }
}

fn value(store: &Subject) -> Value<'_> {
    Value {
        store,
        key: value_key(),
    }
}

/// There one millisecond before, and gone at that moment. A swap begins a new life.
pub async fn a_value_comes_back_until_exactly_its_end(store: Subject) {
    let value = value(&store);
    assert_eq!(value.load(at(1)).await, None);
    assert!(value.swap(None, Some("a"), 10, at(1)).await);
    assert_eq!(value.load(just_before(at(10))).await.as_deref(), Some("a"));
    assert!(value.swap(Some("a"), Some("b"), 20, just_before(at(10))).await);
    assert_eq!(value.load(at(10)).await.as_deref(), Some("b"));
    assert_eq!(value.load(just_before(at(20))).await.as_deref(), Some("b"));
    assert_eq!(value.load(at(20)).await, None);
}

/// Neither where another is there, nor where there is none.
pub async fn a_value_is_swapped_only_for_the_expected_one(store: Subject) {
    let value = value(&store);
    assert!(!value.swap(Some("a"), Some("b"), FAR, at(1)).await);
    assert_eq!(value.load(at(1)).await, None);
    assert!(value.swap(None, Some("a"), FAR, at(1)).await);
    for unexpected in [None, Some("b"), Some(""), Some("aa")] {
        assert!(!value.swap(unexpected, Some("c"), FAR, at(2)).await, "{unexpected:?}");
        assert!(!value.swap(unexpected, None, FAR, at(2)).await, "{unexpected:?}");
        assert_eq!(value.load(at(2)).await.as_deref(), Some("a"));
    }
    assert!(value.swap(Some("a"), Some("b"), FAR, at(3)).await);
    assert_eq!(value.load(at(3)).await.as_deref(), Some("b"));
}

/// From the moment on at which it is not answered any more.
pub async fn a_value_whose_life_is_over_counts_as_none(store: Subject) {
    let value = value(&store);
    assert!(value.swap(None, Some("a"), 10, at(1)).await);
    assert!(!value.swap(None, Some("b"), 20, just_before(at(10))).await);
    assert!(!value.swap(Some("a"), Some("b"), 20, at(10)).await);
    assert!(value.swap(None, Some("b"), 20, at(10)).await);
    assert_eq!(value.load(at(11)).await.as_deref(), Some("b"));
}

/// And so does one for a value that would have no life.
pub async fn a_swap_for_nothing_removes(store: Subject) {
    let value = value(&store);
    assert!(value.swap(None, None, FAR, at(1)).await);
    assert!(value.swap(None, Some("a"), FAR, at(1)).await);
    assert!(value.swap(Some("a"), None, FAR, at(2)).await);
    assert_eq!(value.load(at(2)).await, None);
    assert!(value.swap(None, Some("a"), FAR, at(3)).await);
    assert!(value.swap(Some("a"), Some("b"), 4, at(4)).await);
    assert_eq!(value.load(at(4)).await, None);
}

/// One that goes takes no other along.
pub async fn each_value_has_a_life_of_its_own(store: Subject) {
    let (short, long) = (value(&store), value(&store));
    assert!(short.swap(None, Some("same"), 10, at(1)).await);
    assert!(long.swap(None, Some("same"), 20, at(1)).await);
    assert_eq!(short.load(at(10)).await, None);
    assert_eq!(long.load(at(10)).await.as_deref(), Some("same"));
    assert!(long.swap(Some("same"), None, 0, at(11)).await);
    assert!(short.swap(None, Some("again"), 20, at(11)).await);
    assert_eq!(short.load(at(12)).await.as_deref(), Some("again"));
}

/// From none to 256 KiB, whichever; each is told from all others.
pub async fn values_are_any_bytes(store: Subject) {
    let key = value_key();
    let texts: Vec<Vec<u8>> = vec![
        Vec::new(),
        vec![0],
        b"0".to_vec(),
        b"1700000000000:".to_vec(),
        b"\r\n".to_vec(),
        (0..=255).collect(),
        vec![0xff; 256 * 1024],
    ];
    let mut before = None;
    for text in texts {
        assert!(ok(store
            .swap_value(key, before, Some(text.clone()), at(FAR), at(1))
            .await));
        assert_eq!(ok(store.load_value(key, at(1)).await), Some(text.clone()));
        before = Some(text);
    }
}

/// Those that are not done learn it, and nothing of theirs is kept.
pub async fn of_many_swaps_for_the_same_exactly_one_is_done(store: Subject) {
    let key = value_key();
    store.set_time(at(1));
    let mut before: Option<Vec<u8>> = None;
    for round in 0..20_u8 {
        let swaps = (0..8_u8).map(|number| {
            let (store, expected, new) = (store.clone(), before.clone(), vec![round, number]);
            tokio::spawn(async move {
                let done = store
                    .store()
                    .backend()
                    .swap_value(key, expected, Some(new.clone()), at(FAR));
                ok(done.await).value.then_some(new)
            })
        });
        let mut done = Vec::new();
        for swap in swaps.collect::<Vec<_>>() {
            done.extend(swap.await.unwrap());
        }
        assert_eq!(done.len(), 1, "{done:?}");
        before = done.pop();
        assert_eq!(ok(store.load_value(key, at(1)).await), before);
    }
}
