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

#[test]
fn however_many_sign_ins_there_are_they_push_out_each_other_and_no_list_that_ends_later() {
    let mut memos = Memos::new(10);
    let at_work = [(); 9].map(|()| new_key());
    for key in at_work {
        memos.note(key, "a", 10_000, 1);
    }
    let mut before = None;
    for now in 2..=500 {
        let sign_in = new_key();
        memos.note(sign_in, "b", now + 100, now);
        // It is there until the next one comes.
        assert_eq!(memos.length(sign_in, now), 1, "{now}");
        assert!(before.is_none_or(|before| memos.length(before, now) == 0), "{now}");
        before = Some(sign_in);
    }
    assert_eq!(at_work.map(|key| memos.length(key, 501)), [1; 9]);
    assert_eq!(memos.count(), 10);
}

#[test]
fn where_all_are_of_people_at_work_sign_ins_take_the_room_of_one() {
    let mut memos = Memos::new(3);
    let at_work = [10_000, 10_001, 10_002].map(|until| {
        let key = new_key();
        memos.note(key, "a", until, 1);
        key
    });
    for now in 2..=50 {
        memos.note(new_key(), "b", now + 100, now);
    }
    assert_eq!(at_work.map(|key| memos.length(key, 51)), [0, 1, 1]);
}

#[test]
fn lists_that_ran_out_are_cleared_away_from_behind_those_that_were_noted_before_and_live() {
    let mut memos = Memos::new(1000);
    let at_work = new_key();
    memos.note(at_work, "a", 10_000, 1);
    for now in 2..=101 {
        memos.note(new_key(), "b", 200, now);
    }
    assert_eq!(memos.count(), 101);
    for _ in 0..25 {
        memos.note(at_work, "a", 10_000, 200);
    }
    assert_eq!(memos.count(), 1);
    assert!(memos.sooner.is_empty() && memos.sooner_by_end.is_empty());
}

#[test]
fn a_list_that_lives_longer_keeps_the_others_of_its_browser_from_being_forgotten() {
    let mut memos = Memos::new(2);
    let browser = browser();
    memos.note((browser, Memo::LaunchCookies), "a", 10_000, 1);
    memos.note((browser, Memo::SignedOut), "b", 100, 2);
    let other = new_key();
    memos.note(other, "c", 200, 3);
    memos.note(new_key(), "d", 300, 4);
    assert_eq!(memos.length(other, 5), 0);
    assert_eq!(memos.length((browser, Memo::SignedOut), 5), 1);
    assert_eq!(memos.length((browser, Memo::LaunchCookies), 100), 1);
    assert_eq!(memos.sooner_by_end.len(), memos.sooner.len());
}

/// The same as a plain table: what it has to do, in the way in which that is easily seen.
#[derive(Default)]
struct Plain(Vec<(Key, u64)>);

impl Plain {
    fn note(&mut self, key: Key, until: u64, now: u64, limit: usize) {
        self.0.retain(|(there, _)| *there != key);
        let dead = self.0.iter().filter(|(_, until)| *until <= now).count();
        let too_many = (self.0.len() + 1).saturating_sub(limit).max(dead.min(SWEEP));
        self.0.sort_by_key(|(_, until)| *until);
        self.0.drain(..too_many);
        self.0.push((key, until));
    }
}

proptest::proptest! {
    #[test]
    fn in_whatever_order_lists_run_out_those_that_do_so_first_go_first(
        steps in proptest::collection::vec((0_usize..12, 1_u64..60, 0_u64..5), 1..120),
        limit in 1_usize..10,
    ) {
        let keys = [(); 12].map(|()| new_key());
        let (mut memos, mut plain, mut now) = (Memos::new(limit), Plain::default(), 1_000);
        for (step, (key, lifetime, pause)) in (0..).zip(steps) {
            now += 1_000 * pause;
            // No two run out at the same moment.
            let until = now + 1_000 * lifetime + step;
            memos.note(keys[key], "a", until, now);
            plain.note(keys[key], until, now, limit);
            let left = |key: &Key| plain.0.iter().any(|(there, until)| there == key && now < *until);
            for key in &keys {
                proptest::prop_assert_eq!(memos.length(*key, now) == 1, left(key));
            }
            proptest::prop_assert_eq!(memos.count(), plain.0.len());
            proptest::prop_assert_eq!(memos.sooner_by_end.len(), memos.sooner.len());
        }
    }
}
