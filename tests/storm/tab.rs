//! One launch, as its clients see it: [`Tab`].

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use actix_smart_auth::time::{Clock as _, SystemClock};

use crate::{launch::Launch, silence::Silence};

/// Times are in milliseconds since the epoch.
pub(crate) struct Tab {
    pub(crate) launch: Launch,
    /// When it was first said to have ended; 0 while it is open.
    ended_at: AtomicU64,
    /// When it last answered with 200.
    answered_at: AtomicU64,
    /// The longest time between two such answers.
    longest_gap: AtomicU64,
    /// When the first request began that was answered with 503 after the last 200; 0 when there was none.
    silent_since: AtomicU64,
    /// The longest time in which every answer was 503.
    longest_silence: Mutex<Silence>,
}

impl Tab {
    pub(crate) fn of(launch: &Launch) -> Self {
        Self {
            launch: launch.clone(),
            ended_at: AtomicU64::new(0),
            answered_at: AtomicU64::new(now()),
            longest_gap: AtomicU64::new(0),
            silent_since: AtomicU64::new(0),
            longest_silence: Mutex::default(),
        }
    }

    /// A client got 200.
    pub(crate) fn answered(&self) {
        let before = self.answered_at.swap(now(), SeqCst);
        self.longest_gap.fetch_max(now().saturating_sub(before), SeqCst);
        let silent = self.silent_since.swap(0, SeqCst);
        if silent > 0 {
            let silence = Silence {
                from: silent,
                to: now(),
            };
            let mut longest = self.longest_silence.lock().unwrap();
            if silence.millis() > longest.millis() {
                *longest = silence;
            }
        }
    }

    /// The request that began then was answered with 503.
    pub(crate) fn refused(&self, began_at: u64) {
        let since = began_at.max(self.answered_at.load(SeqCst));
        let _ = self.silent_since.compare_exchange(0, since, SeqCst, SeqCst);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended_at().is_some()
    }

    /// When a client was first told so.
    pub(crate) fn ended_at(&self) -> Option<u64> {
        Some(self.ended_at.load(SeqCst)).filter(|at| *at > 0)
    }

    /// A client got 401.
    pub(crate) fn ended(&self) {
        let _ = self.ended_at.compare_exchange(0, now(), SeqCst, SeqCst);
    }

    /// Whether somebody had been told that it has ended when a request began.
    pub(crate) fn had_ended_before(&self, began_at: u64) -> bool {
        let ended_at = self.ended_at.load(SeqCst);
        ended_at > 0 && began_at > ended_at
    }

    pub(crate) fn longest_gap(&self) -> u64 {
        self.longest_gap.load(SeqCst)
    }

    pub(crate) fn longest_silence(&self) -> Silence {
        *self.longest_silence.lock().unwrap()
    }
}

/// In milliseconds since the epoch.
pub(crate) fn now() -> u64 {
    SystemClock.now().as_millis()
}
