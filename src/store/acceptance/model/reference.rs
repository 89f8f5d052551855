//! The model: what the trait's documentation says, one operation at a time, without any thought of speed.

use super::{Answer, LEASE, Operation};
use crate::{
    store::{
        BrowserKey, EndReason, LaunchKey, LaunchUse, LeaseOwner, OthersOnOpen, PendingKey, Replaced, StoreRules,
        Version,
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
}

struct Pending {
    key: PendingKey,
    browser: BrowserKey,
    started_at: Timestamp,
    progress: Progress,
}

enum Progress {
    Waiting,
    Exchanging(Timestamp),
    Done(u32),
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

impl Reference {
    pub(super) const fn new(rules: StoreRules) -> Self {
        Self {
            rules,
            pendings: Vec::new(),
            launches: Vec::new(),
        }
    }

    pub(super) fn perform(&mut self, operation: &Operation, now: Timestamp) -> Answer {
        self.let_run_out(now);
        match *operation {
            Operation::InsertPending(key, browser) => self.insert_pending(key, browser, now),
            Operation::Claim(key, browser) => self.claim(key, browser, now),
            Operation::Release(key) => {
                if let Some(pending) = self.pending(key)
                    && matches!(pending.progress, Progress::Exchanging(_))
                {
                    pending.progress = Progress::Waiting;
                }
                Answer::Nothing
            }
            Operation::Finish(key, number) => {
                if let Some(pending) = self.pending(key)
                    && matches!(pending.progress, Progress::Exchanging(_))
                {
                    pending.progress = Progress::Done(number);
                }
                Answer::Nothing
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
                self.pendings.retain(|pending| pending.browser != browser);
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
        self.pendings
            .retain(|pending| now < pending.started_at.saturating_add(lifetimes.pending));
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

    fn pending(&mut self, key: PendingKey) -> Option<&mut Pending> {
        self.pendings.iter_mut().find(|pending| pending.key == key)
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

    fn insert_pending(&mut self, key: PendingKey, browser: BrowserKey, now: Timestamp) -> Answer {
        self.pendings.retain(|pending| pending.key != key);
        let mine = self.pendings.iter().filter(|pending| pending.browser == browser);
        if mine.clone().count() >= self.rules.limits.pending {
            let waiting = |pending: &&Pending| matches!(pending.progress, Progress::Waiting);
            let oldest = mine
                .clone()
                .filter(waiting)
                .min_by_key(|pending| pending.started_at)
                .or_else(|| mine.min_by_key(|pending| pending.started_at))
                .map(|pending| pending.key);
            self.pendings.retain(|pending| Some(pending.key) != oldest);
        }
        self.pendings.push(Pending {
            key,
            browser,
            started_at: now,
            progress: Progress::Waiting,
        });
        Answer::Nothing
    }

    fn claim(&mut self, key: PendingKey, browser: BrowserKey, now: Timestamp) -> Answer {
        let Some(pending) = self.pending(key).filter(|pending| pending.browser == browser) else {
            return Answer::NotFound;
        };
        match pending.progress {
            Progress::Waiting => {
                pending.progress = Progress::Exchanging(now);
                Answer::Fresh(browser, pending.started_at)
            }
            Progress::Exchanging(since) => Answer::Exchanging(since),
            Progress::Done(number) => Answer::Done(number.to_string()),
        }
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
