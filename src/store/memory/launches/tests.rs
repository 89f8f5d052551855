//! A launch at the moments at which something ends: there until then, and not at it.

use super::*;
use crate::store::acceptance::sample::{self, browser, launch_key, lease_owner};

const IDLE: u64 = 1_000;

const fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn lifetimes() -> Lifetimes {
    Lifetimes {
        launch_idle: Duration::from_millis(IDLE),
        launch_absolute: Duration::from_millis(5_000),
        ended: Duration::from_millis(300),
        ..Lifetimes::default()
    }
}

fn empty() -> Launches {
    Launches::new(1_000)
}

impl Launches {
    fn open_at(&mut self, now: u64) -> (LaunchKey, BrowserKey) {
        let (key, browser) = (launch_key(), browser());
        assert!(self.open_again(key, browser, now));
        (key, browser)
    }

    fn open_again(&mut self, key: LaunchKey, browser: BrowserKey, now: u64) -> bool {
        let record = sample::launch(browser, at(now));
        self.insert(key, record, &lifetimes(), at(now), (&mut Vec::new(), &mut Vec::new()))
    }

    fn end_at(&mut self, key: LaunchKey, lifetimes: &Lifetimes, now: u64) -> bool {
        self.end(key, EndReason::LoggedOut, lifetimes, at(now), &mut Vec::new())
            .is_some()
    }

    fn load_at(&mut self, key: LaunchKey, lifetimes: &Lifetimes, now: u64) -> LoadedLaunch {
        self.load(key, LaunchUse::Counts, lifetimes, at(now), &mut Vec::new())
    }

    fn replace_at(&mut self, key: LaunchKey, now: u64) -> Replaced {
        let mut record = Arc::new(sample::launch(browser(), at(now)));
        self.replace(key, Version(1), &mut record, &lifetimes(), at(now), &mut Vec::new())
    }
}

#[test]
fn a_key_is_known_while_its_launch_is_open_and_while_its_end_is_remembered() {
    let mut launches = empty();
    let (key, browser) = launches.open_at(0);
    assert!(launches.knows(key) && !launches.knows(launch_key()));
    assert!(!launches.open_again(key, browser, 1));
    assert!(launches.end_at(key, &lifetimes(), 2));
    assert!(launches.knows(key));
    assert!(!launches.open_again(key, browser, 3));
}

#[test]
fn a_launch_is_listed_with_its_own_browser_while_it_is_open() {
    let mut launches = empty();
    let (key, mine) = launches.open_at(0);
    assert!(launches.is_listed(key, mine));
    assert!(!launches.is_listed(key, browser()) && !launches.is_listed(launch_key(), mine));
    launches.end_at(key, &lifetimes(), 1);
    assert!(!launches.is_listed(key, mine));
}

#[test]
fn a_launch_is_newer_than_a_version_that_was_replaced_until_it_runs_out() {
    let mut launches = empty();
    let (key, _) = launches.open_at(0);
    let [first, second] = [1, 2].map(|version| EndWhich::Version(Version(version)));
    assert!(!launches.is_newer(key, first, at(1)) && launches.is_newer(key, second, at(1)));
    assert_eq!(launches.replace_at(key, 1), Replaced::Written(Version(2)));
    for (now, is_newer) in [(IDLE - 1, true), (IDLE, false), (IDLE + 1, false)] {
        assert_eq!(launches.is_newer(key, first, at(now)), is_newer, "{now}");
        assert!(!launches.is_newer(key, second, at(now)) && !launches.is_newer(key, EndWhich::Any, at(now)));
    }
    assert!(!launches.is_newer(launch_key(), first, at(1)));
}

#[test]
fn a_launch_can_be_looked_at_until_it_runs_out() {
    let mut launches = empty();
    let (key, _) = launches.open_at(0);
    for (now, is_open) in [(IDLE - 1, true), (IDLE, false), (IDLE + 1, false)] {
        let glance = launches.glance(key, at(now));
        assert_eq!(glance.map(|glance| glance.last_used), is_open.then_some(at(0)), "{now}");
    }
    assert!(launches.glance(launch_key(), at(0)).is_none());
}

#[test]
fn an_end_is_remembered_until_it_is_forgotten() {
    let mut launches = empty();
    let (key, _) = launches.open_at(0);
    launches.end_at(key, &lifetimes(), 100);
    assert!(matches!(
        launches.load_at(key, &lifetimes(), 399),
        LoadedLaunch::Ended(_)
    ));
    for now in [400, 401] {
        assert!(
            matches!(launches.load_at(key, &lifetimes(), now), LoadedLaunch::NotFound),
            "{now}"
        );
    }
}

#[test]
fn an_end_that_is_forgotten_at_once_takes_no_room() {
    for (ended, remembered) in [(0, 0), (1, 1)] {
        let lifetimes = Lifetimes {
            ended: Duration::from_millis(ended),
            ..lifetimes()
        };
        let mut launches = empty();
        let [(logged_out, _), (ran_out, _)] = [0, 0].map(|now| launches.open_at(now));
        assert!(launches.end_at(logged_out, &lifetimes, 10));
        assert_eq!(launches.ended_count(), remembered, "logged out");
        assert_eq!(launches.knows(logged_out), remembered == 1);
        launches.load_at(ran_out, &lifetimes, IDLE);
        assert_eq!(launches.ended_count(), 2 * remembered, "ran out");
    }
}

/// More than one write clears away stand before it.
#[test]
fn a_launch_that_has_run_out_takes_no_record_and_no_lease_though_nothing_has_cleared_it_away() {
    let behind_others = || {
        let mut launches = empty();
        for _ in 0..5 * SWEEP {
            launches.open_at(0);
        }
        let (key, _) = launches.open_at(1);
        (launches, key)
    };
    for (now, is_open) in [(IDLE, true), (IDLE + 1, false), (IDLE + 2, false)] {
        let (mut launches, key) = behind_others();
        let expected = if is_open {
            Replaced::Written(Version(2))
        } else {
            Replaced::Gone
        };
        assert_eq!(launches.replace_at(key, now), expected, "{now}");
        let (mut launches, key) = behind_others();
        let leased = launches.acquire_lease(key, lease_owner(), Duration::from_secs(1), at(now));
        assert_eq!(leased, is_open, "{now}");
    }
}

#[test]
fn a_launch_that_is_unused_for_too_long_when_it_is_too_old_ends_as_too_old() {
    for (absolute, reason) in [
        (IDLE - 1, EndReason::TooOld),
        (IDLE, EndReason::TooOld),
        (IDLE + 1, EndReason::Idle),
    ] {
        let lifetimes = Lifetimes {
            launch_absolute: Duration::from_millis(absolute),
            ..lifetimes()
        };
        let mut launches = empty();
        let (key, record) = (launch_key(), sample::launch(browser(), at(0)));
        launches.insert(key, record, &lifetimes, at(0), (&mut Vec::new(), &mut Vec::new()));
        match launches.load_at(key, &lifetimes, IDLE) {
            LoadedLaunch::Ended(ended) => {
                let ended_at = at(absolute.min(IDLE));
                assert_eq!((ended.reason, ended.ended_at), (reason, ended_at), "{absolute}");
            }
            other => panic!("{absolute}: {other:?}"),
        }
    }
}
