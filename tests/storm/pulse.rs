//! How long this machine keeps somebody waiting who wants nothing of anybody: [`Pulse`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

/// How often it beats.
const BEAT: Duration = Duration::from_millis(20);

/// Beats until it is dropped.
pub(crate) struct Pulse {
    longest: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Pulse {
    pub(crate) fn start() -> Self {
        let pulse = Self {
            longest: Arc::default(),
            over: Arc::default(),
        };
        let (longest, over) = (Arc::clone(&pulse.longest), Arc::clone(&pulse.over));
        thread::spawn(move || {
            while !over.load(SeqCst) {
                let began = Instant::now();
                thread::sleep(BEAT);
                let late = began.elapsed().saturating_sub(BEAT);
                longest.fetch_max(u64::try_from(late.as_millis()).unwrap(), SeqCst);
            }
        });
        pulse
    }

    /// By how many milliseconds a beat was late at most: little on a quiet machine.
    pub(crate) fn longest_stall(&self) -> u64 {
        self.longest.load(SeqCst)
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.over.store(true, SeqCst);
    }
}
