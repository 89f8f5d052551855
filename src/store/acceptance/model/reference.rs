//! The model: what the trait's documentation says, one operation at a time, without any thought of speed.

use super::{Answer, Claimed, LEASE, Operation};
use crate::{
    store::{
        BrowserKey, CallbackKey, EndReason, LaunchKey, LaunchUse, LeaseOwner, ListedUser, Memo, OthersOnOpen,
        PendingKey, Replaced, StoreRules, Version,
    },
    time::Timestamp,
};

fn handed_out(mut numbers: Vec<u32>) -> Answer {
    numbers.sort_unstable();
    Answer::HandedOut(numbers)
}

pub(super) struct Reference {
    rules: StoreRules,
    pendings: Vec<Pending>,
    launches: Vec<Launch>,
    lists: Vec<List>,
}

struct Pending {
    key: PendingKey,
    callback: CallbackKey,
    until: Timestamp,
    progress: Progress,
}

enum Progress {
    Exchanging(Timestamp),
    Done(u32),
}

struct List {
    browser: BrowserKey,
    memo: Memo,
    values: Vec<u8>,
    until: Timestamp,
}

struct Launch {
    key: LaunchKey,
    browser: BrowserKey,
    user: Option<[u8; 32]>,
    opened_at: Timestamp,
    last_used: Timestamp,
    version: Version,
    number: u32,
    lease: Option<(LeaseOwner, Timestamp)>,
    ended: Option<(EndReason, Timestamp)>,
}

impl Pending {
    fn is_exchanging(&self, key: PendingKey, callback: CallbackKey) -> bool {
        self.key == key && self.callback == callback && matches!(self.progress, Progress::Exchanging(_))
    }
}

impl Reference {
    pub(super) const fn new(rules: StoreRules) -> Self {
        Self {
            rules,
            pendings: Vec::new(),
            launches: Vec::new(),
            lists: Vec::new(),
        }
    }

    pub(super) fn perform(&mut self, operation: &Operation, now: Timestamp) -> Answer {
        self.let_run_out(now);
        match *operation {
            Operation::Claim(key, callback, until) => self.claim(key, callback, until, now),
            Operation::Release(key, callback, claimed) => {
                self.pendings
                    .retain(|pending| claimed == Claimed::Earlier || !pending.is_exchanging(key, callback));
                Answer::Nothing
            }
            Operation::Finish(key, callback, number) => {
                let pending = self
                    .pendings
                    .iter_mut()
                    .find(|pending| pending.is_exchanging(key, callback));
                if let Some(pending) = pending {
                    pending.progress = Progress::Done(number);
                }
                Answer::Nothing
            }
            Operation::List(browser, user) => self.list(browser, user),
            Operation::Remember(browser, memo, value, keep) => self.remember(browser, memo, value, keep, now),
            Operation::Recall(browser, memo) => {
                let lists = self
                    .lists
                    .iter()
                    .filter(|list| list.browser == browser && list.memo == memo);
                Answer::Values(lists.flat_map(|list| &list.values).map(|value| vec![*value]).collect())
            }
            Operation::Open(key, browser, user, others) => handed_out(self.open(key, browser, user, others, now)),
            Operation::Load(key, launch_use) => self.load(key, launch_use, now),
            Operation::Replace(key, expected, number, ..) => Answer::Replaced(self.replace(key, expected, number)),
            Operation::End(key, reason) => handed_out(match self.open_one(key) {
                Some(launch) => {
                    launch.ended = Some((reason, now));
                    vec![launch.number]
                }
                None => Vec::new(),
            }),
            Operation::EndAll(browser, reason) => {
                let mut numbers = Vec::new();
                for launch in self.open_of(browser) {
                    launch.ended = Some((reason, now));
                    numbers.push(launch.number);
                }
                handed_out(numbers)
            }
            Operation::Acquire(key, owner) => Answer::Yes(self.acquire(key, owner, now)),
            Operation::ReleaseLease(key, owner) => {
                if let Some(launch) = self.open_one(key)
                    && launch.lease.is_some_and(|(holder, _)| holder == owner)
                {
                    launch.lease = None;
                }
                Answer::Nothing
            }
        }
    }

    fn let_run_out(&mut self, now: Timestamp) {
        let lifetimes = self.rules.lifetimes;
        self.pendings.retain(|pending| now < pending.until);
        self.lists.retain(|list| now < list.until);
        for launch in &mut self.launches {
            let idle = launch.last_used.saturating_add(lifetimes.launch_idle);
            let too_old = launch.opened_at.saturating_add(lifetimes.launch_absolute);
            if launch.ended.is_none() && idle.min(too_old) <= now {
                launch.ended = Some(if idle < too_old {
                    (EndReason::Idle, idle)
                } else {
                    (EndReason::TooOld, too_old)
                });
            }
        }
    }

    fn open_one(&mut self, key: LaunchKey) -> Option<&mut Launch> {
        self.launches
            .iter_mut()
            .find(|launch| launch.key == key && launch.ended.is_none())
    }

    fn open_of(&mut self, browser: BrowserKey) -> impl Iterator<Item = &mut Launch> {
        self.launches
            .iter_mut()
            .filter(move |launch| launch.browser == browser && launch.ended.is_none())
    }

    fn claim(&mut self, key: PendingKey, callback: CallbackKey, until: Timestamp, now: Timestamp) -> Answer {
        if let Some(pending) = self.pendings.iter().find(|pending| pending.key == key) {
            return match (&pending.progress, pending.callback == callback) {
                (Progress::Exchanging(since), true) => Answer::Exchanging(*since),
                (Progress::Done(number), true) => Answer::Done(number.to_string()),
                (Progress::Exchanging(_), false) => Answer::OtherCallback(None),
                (Progress::Done(number), false) => Answer::OtherCallback(Some(number.to_string())),
            };
        }
        // One without a life is let run out before the next operation.
        self.pendings.push(Pending {
            key,
            callback,
            until,
            progress: Progress::Exchanging(now),
        });
        Answer::Fresh
    }

    fn list(&mut self, browser: BrowserKey, user: Option<[u8; 32]>) -> Answer {
        let mut listed: Vec<_> = self
            .open_of(browser)
            .map(|launch| {
                let compared = match (launch.user, user) {
                    (None, _) | (_, None) => ListedUser::Unknown,
                    (own, asked) if own == asked => ListedUser::Same,
                    _ => ListedUser::Other,
                };
                (launch.key, launch.last_used, compared)
            })
            .collect();
        listed.sort_by_key(|(key, ..)| *key);
        Answer::Listed(listed)
    }

    fn remember(&mut self, browser: BrowserKey, memo: Memo, value: u8, keep: usize, now: Timestamp) -> Answer {
        let lifetimes = self.rules.lifetimes;
        let at = self
            .lists
            .iter()
            .position(|list| list.browser == browser && list.memo == memo);
        let mut values = at.map(|at| self.lists.remove(at).values).unwrap_or_default();
        values.retain(|there| *there != value);
        values.push(value);
        let staying = values.split_off(values.len().saturating_sub(keep.max(1)));
        self.lists.push(List {
            browser,
            memo,
            values: staying,
            until: now
                .saturating_add(lifetimes.launch_absolute)
                .saturating_add(lifetimes.ended),
        });
        Answer::Values(values.into_iter().map(|value| vec![value]).collect())
    }

    fn open(
        &mut self,
        key: LaunchKey,
        browser: BrowserKey,
        user: Option<[u8; 32]>,
        others: OthersOnOpen,
        now: Timestamp,
    ) -> Vec<u32> {
        if self.launches.iter().any(|launch| launch.key == key) {
            return Vec::new();
        }
        let mut numbers = Vec::new();
        for launch in self.open_of(browser) {
            let other_user = launch.user.is_some() && user.is_some() && launch.user != user;
            let reason = match others {
                OthersOnOpen::EndAll => EndReason::Replaced,
                OthersOnOpen::EndOtherUsers if other_user => EndReason::OtherUser,
                OthersOnOpen::EndOtherUsers | OthersOnOpen::Keep => continue,
            };
            launch.ended = Some((reason, now));
            numbers.push(launch.number);
        }
        while self.open_of(browser).count() >= self.rules.limits.launches {
            if let Some(longest_unused) = self.open_of(browser).min_by_key(|launch| launch.last_used) {
                longest_unused.ended = Some((EndReason::Evicted, now));
                numbers.push(longest_unused.number);
            }
        }
        self.launches.push(Launch {
            key,
            browser,
            user,
            opened_at: now,
            last_used: now,
            version: Version(1),
            number: 0,
            lease: None,
            ended: None,
        });
        numbers
    }

    fn load(&mut self, key: LaunchKey, launch_use: LaunchUse, now: Timestamp) -> Answer {
        let remembered = self.rules.lifetimes.ended;
        let Some(launch) = self.launches.iter_mut().find(|launch| launch.key == key) else {
            return Answer::NotFound;
        };
        match launch.ended {
            None => {
                if launch_use.counts() {
                    launch.last_used = now;
                }
                Answer::Open(launch.browser, launch.version, launch.number)
            }
            Some((reason, at)) if now < at.saturating_add(remembered) => Answer::Ended(launch.browser, reason, at),
            Some(_) => Answer::NotFound,
        }
    }

    fn replace(&mut self, key: LaunchKey, expected: Version, number: u32) -> Replaced {
        let Some(launch) = self.open_one(key) else {
            return Replaced::Gone;
        };
        if launch.version != expected {
            return Replaced::Conflict;
        }
        launch.version = Version(expected.0 + 1);
        launch.number = number;
        // The sample that replaces has no user.
        launch.user = None;
        Replaced::Written(launch.version)
    }

    fn acquire(&mut self, key: LaunchKey, owner: LeaseOwner, now: Timestamp) -> bool {
        let Some(launch) = self.open_one(key) else {
            return false;
        };
        let free = launch
            .lease
            .is_none_or(|(holder, until)| holder == owner || until <= now);
        if free {
            launch.lease = Some((owner, now.saturating_add(LEASE)));
        }
        free
    }
}
