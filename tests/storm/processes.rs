//! Application processes: started, killed, stopped, started again on the same port.

use std::{
    fs::OpenOptions,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    application::{ORDERS, Orders},
    set_clock::ClockOrder,
    support::ports::until_listening,
};

/// The processes of one run. Killed on drop.
pub(crate) struct Processes {
    slots: Vec<Mutex<Slot>>,
    directory: PathBuf,
}

struct Slot {
    orders: Orders,
    generation: usize,
    child: Option<Child>,
}

impl Processes {
    /// One for each of `orders`, of which the agent is the first part of the name.
    pub(crate) fn start(orders: Vec<Orders>, directory: &Path) -> Self {
        let slot = |orders| {
            Mutex::new(Slot {
                orders,
                generation: 0,
                child: None,
            })
        };
        let processes = Self {
            slots: orders.into_iter().map(slot).collect(),
            directory: directory.to_owned(),
        };
        for at in 0..processes.count() {
            processes.spawn(at);
        }
        for at in 0..processes.count() {
            until_listening(processes.port(at));
        }
        processes
    }

    pub(crate) fn count(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn port(&self, at: usize) -> u16 {
        self.slots[at].lock().unwrap().orders.port
    }

    pub(crate) fn ports(&self) -> Vec<u16> {
        (0..self.count()).map(|at| self.port(at)).collect()
    }

    /// What the EHR knows the process as.
    pub(crate) fn agent(&self, at: usize) -> String {
        self.slots[at].lock().unwrap().agent()
    }

    /// SIGKILL. Gives back what the EHR knows the process as.
    pub(crate) fn kill(&self, at: usize) -> String {
        let mut slot = self.slots[at].lock().unwrap();
        let mut child = slot.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        slot.agent()
    }

    /// Sets the clock of a process. A wall clock that was set is the machine's: the next process in this place has it too.
    pub(crate) fn set_clock(&self, at: usize, order: ClockOrder) {
        let mut slot = self.slots[at].lock().unwrap();
        if let ClockOrder::WallAhead(millis) = order {
            slot.orders.wall_ahead = millis;
        }
        let input = slot.child.as_mut().and_then(|child| child.stdin.as_mut());
        if let Some(input) = input {
            // A process that dies at this moment does not read it any more.
            let _ = writeln!(input, "{}", serde_json::to_string(&order).unwrap());
        }
    }

    /// SIGSTOP: it does nothing until [`thaw`](Self::thaw). Gives back what the EHR knows the process as.
    pub(crate) fn freeze(&self, at: usize) -> String {
        self.signal(at, "-STOP")
    }

    /// SIGCONT.
    pub(crate) fn thaw(&self, at: usize) {
        self.signal(at, "-CONT");
    }

    fn signal(&self, at: usize, signal: &str) -> String {
        let slot = self.slots[at].lock().unwrap();
        let pid = slot.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        slot.agent()
    }

    /// As at a rolling restart: the process finishes what it is doing. Says how long that took.
    pub(crate) fn stop(&self, at: usize) -> Duration {
        let mut child = self.slots[at].lock().unwrap().child.take().unwrap();
        let began = Instant::now();
        drop(child.stdin.take());
        while child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < Duration::from_secs(40), "a process does not stop");
            sleep(Duration::from_millis(10));
        }
        began.elapsed()
    }

    /// In the place of one that was killed or stopped.
    pub(crate) fn restart(&self, at: usize) {
        self.slots[at].lock().unwrap().generation += 1;
        self.spawn(at);
        until_listening(self.port(at));
    }

    fn spawn(&self, at: usize) {
        let mut slot = self.slots[at].lock().unwrap();
        let orders = Orders {
            agent: slot.agent(),
            ..slot.orders.clone()
        };
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.directory.join(format!("process-{at}.log")))
            .unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_app", "--nocapture"])
            .env(ORDERS, serde_json::to_string(&orders).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        slot.child = Some(child);
    }

    /// The largest resident memory among the processes, in MiB; 0 where the system does not tell.
    pub(crate) fn memory(&self) -> u64 {
        let resident = |slot: &Mutex<Slot>| {
            let slot = slot.lock().unwrap();
            let status = std::fs::read_to_string(format!("/proc/{}/status", slot.child.as_ref()?.id())).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
            line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        };
        self.slots.iter().filter_map(resident).max().unwrap_or(0) / 1024
    }

    /// The last words of each process.
    pub(crate) fn logs(&self) -> String {
        let mut said = String::new();
        for at in 0..self.count() {
            let log = std::fs::read_to_string(self.directory.join(format!("process-{at}.log"))).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let tail = lines[lines.len().saturating_sub(15)..].join("\n");
            said.push_str(&format!("-- process {at}\n{tail}\n"));
        }
        said
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for slot in &mut self.slots {
            if let Some(mut child) = slot.get_mut().unwrap().child.take() {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

impl Slot {
    fn agent(&self) -> String {
        format!("{}.{}", self.orders.agent, self.generation)
    }
}
