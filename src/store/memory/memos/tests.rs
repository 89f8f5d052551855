use super::*;
use crate::store::acceptance::sample::browser;

type Key = (BrowserKey, Memo);

const fn ms(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn new_key() -> Key {
    (browser(), Memo::SameBrowser)
}

impl Memos {
    fn note(&mut self, key: Key, value: &str, until: u64, now: u64) {
        let dropped = self.remember(key, value.as_bytes().to_vec(), 8, ms(until), ms(now));
        assert!(dropped.is_empty());
    }

    fn length(&self, key: Key, now: u64) -> usize {
        self.recall(key, ms(now)).len()
    }
}

#[test]
fn past_the_limit_the_browser_whose_lists_end_first_is_forgotten() {
    let mut memos = Memos::new(2);
    let [first, second, third] = [new_key(), new_key(), new_key()];
    memos.note(first, "a", 100, 1);
    memos.note(second, "b", 101, 2);
    // A new value makes the first the one that ends last.
    memos.note(first, "c", 102, 3);
    memos.note(third, "d", 103, 4);
    assert_eq!([first, second, third].map(|key| memos.length(key, 5)), [2, 0, 1]);
    assert_eq!(memos.count(), 2);
}

#[test]
fn a_list_that_is_asked_for_is_forgotten_no_later() {
    let mut memos = Memos::new(2);
    let [first, second, third] = [new_key(), new_key(), new_key()];
    memos.note(first, "a", 100, 1);
    memos.note(second, "b", 101, 2);
    assert_eq!(memos.length(first, 3), 1);
    memos.note(third, "c", 102, 4);
    assert_eq!([first, second, third].map(|key| memos.length(key, 5)), [0, 1, 1]);
}

#[test]
fn in_a_full_store_a_list_takes_another_value_and_loses_none() {
    let mut memos = Memos::new(2);
    let [first, second] = [new_key(), new_key()];
    memos.note(first, "a", 100, 1);
    memos.note(second, "b", 101, 2);
    memos.note(first, "c", 102, 3);
    assert_eq!([first, second].map(|key| memos.length(key, 4)), [2, 1]);
}

#[test]
fn lists_that_ran_out_are_cleared_away_a_few_with_every_value() {
    let mut memos = Memos::new(1000);
    for _ in 0..100 {
        memos.note(new_key(), "a", 100, 1);
    }
    let key = new_key();
    memos.note(key, "a", 300, 99);
    assert_eq!(memos.count(), 101);
    memos.note(key, "a", 300, 100);
    assert_eq!(memos.count(), 101 - SWEEP);
    for _ in 0..100 {
        memos.note(key, "a", 300, 101);
    }
    assert_eq!(memos.count(), 1);
}

#[test]
fn there_are_never_more_browsers_than_the_limit() {
    let mut memos = Memos::new(50);
    for now in 1..=200 {
        memos.note(new_key(), "a", 1000 + now, now);
        assert!(memos.count() <= 50);
    }
    assert_eq!(memos.count(), 50);
}

#[test]
fn a_list_is_there_until_its_end_and_not_at_it() {
    let mut memos = Memos::new(10);
    let [read, written_before, written_at] = [new_key(), new_key(), new_key()];
    for key in [read, written_before, written_at] {
        memos.note(key, "a", 100, 1);
    }
    assert_eq!((memos.length(read, 99), memos.length(read, 100)), (1, 0));
    memos.note(written_before, "b", 200, 99);
    memos.note(written_at, "b", 200, 100);
    assert_eq!([written_before, written_at].map(|key| memos.length(key, 101)), [2, 1]);
}

#[test]
fn each_list_of_a_browser_ends_by_itself_and_counts_its_own_values() {
    let mut memos = Memos::new(10);
    let browser = browser();
    let [names, cookies] = [Memo::SameBrowser, Memo::LaunchCookies].map(|memo| (browser, memo));
    memos.note(names, "a", 100, 1);
    memos.note(cookies, "a", 200, 2);
    assert_eq!([names, cookies].map(|key| memos.length(key, 99)), [1, 1]);
    assert_eq!([names, cookies].map(|key| memos.length(key, 100)), [0, 1]);
    // What ran out is gone for good when another list of the browser is written to.
    memos.note(cookies, "b", 300, 100);
    assert_eq!([names, cookies].map(|key| memos.length(key, 1)), [0, 2]);
    memos.note(names, "c", 300, 101);
    for kept in 1..=2 {
        let dropped = memos.remember(names, vec![kept], 2, ms(300), ms(102));
        assert_eq!(dropped.len(), usize::from(kept == 2), "{kept}");
    }
    assert_eq!([names, cookies].map(|key| memos.length(key, 103)), [2, 2]);
}
