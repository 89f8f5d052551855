//! Processes are killed, restarted, stopped and continued, and somebody sets their clocks.

use std::{
    sync::Mutex,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    dice::Dice,
    havoc::{Powers, now},
    processes::Processes,
    set_clock::ClockOrder,
};

/// A process that was killed.
#[derive(Debug)]
pub(crate) struct Kill {
    pub(crate) agent: String,
    /// When it was dead, in milliseconds since the epoch.
    pub(crate) at: u64,
}

/// A time in which a process was stopped (SIGSTOP).
#[derive(Debug)]
pub(crate) struct Freeze {
    pub(crate) agent: String,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// How long a process has to finish what it is doing when it is told to stop; then what is left is cut off.
const GRACE: Duration = Duration::from_secs(20);
/// How far a wall clock is set off, at most: an hour.
const OFF: u64 = 3_600_000;

/// The processes, each hit by one thing at a time.
pub(crate) struct Targets<'a> {
    processes: &'a Processes,
    free: Vec<Mutex<()>>,
}

impl<'a> Targets<'a> {
    pub(crate) fn new(processes: &'a Processes) -> Self {
        Self {
            processes,
            free: (0..processes.count()).map(|_| Mutex::default()).collect(),
        }
    }

    /// Kills and restarts until then, and each at least once. Gives back who was killed, and how many were restarted as they should be.
    pub(crate) fn kill_and_restart(&self, powers: Powers, until: Instant, dice: &mut Dice) -> (Vec<Kill>, usize) {
        let (mut kills, mut restarts) = (Vec::new(), 0);
        while Instant::now() < until || kills.is_empty() || restarts == 0 {
            sleep(dice.millis(if powers.long { 1_000..8_000 } else { 200..1_500 }));
            let at = dice.below(self.free.len());
            let Ok(_held) = self.free[at].try_lock() else { continue };
            let is_restart = match Instant::now() < until {
                true => dice.one_in(4),
                false => restarts == 0,
            };
            if is_restart {
                let agent = self.processes.agent(at);
                if self.processes.stop(at) >= GRACE {
                    // It had something to save and could not: that is cut off, which is as good as killed.
                    kills.push(Kill { agent, at: now() });
                }
                restarts += 1;
            } else {
                let agent = self.processes.kill(at);
                kills.push(Kill { agent, at: now() });
            }
            sleep(dice.millis(50..1_000));
            self.processes.restart(at);
        }
        (kills, restarts)
    }

    /// Stops and continues until then, and at least once.
    pub(crate) fn freeze(&self, powers: Powers, until: Instant, dice: &mut Dice) -> Vec<Freeze> {
        let mut freezes = Vec::new();
        while Instant::now() < until || freezes.is_empty() {
            sleep(dice.millis(500..2_500));
            let at = dice.below(self.free.len());
            let Ok(_held) = self.free[at].try_lock() else { continue };
            let (agent, from) = (self.processes.freeze(at), now());
            sleep(match powers.long && dice.one_in(4) {
                true => dice.millis(7_000..25_000),
                false => dice.millis(1_000..4_000),
            });
            self.processes.thaw(at);
            freezes.push(Freeze { agent, from, to: now() });
        }
        freezes
    }

    /// Sets wall clocks until then, and says how often.
    pub(crate) fn set_clocks(&self, until: Instant, dice: &mut Dice) -> usize {
        let mut steps = 0;
        while Instant::now() < until {
            sleep(dice.millis(200..1_500));
            let to = match dice.one_in(4) {
                true => 0,
                false => i64::try_from(dice.millis(0..2 * OFF).as_millis()).unwrap() - i64::try_from(OFF).unwrap(),
            };
            let at = dice.below(self.free.len());
            self.processes.set_clock(at, ClockOrder::WallAhead(to));
            steps += 1;
        }
        steps
    }
}
