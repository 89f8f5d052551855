//! A process of the application, seen from the test. What it does itself stands in [`crate::child`].

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use crate::{child::SETUP, setup::Setup};

/// One process of the application. Killed on drop.
pub(crate) struct Process {
    child: Child,
    port: u16,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    log: Arc<Mutex<String>>,
}

impl Process {
    pub(crate) fn start(setup: &Setup) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_app", "--nocapture"])
            .env(SETUP, serde_json::to_string(setup).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let log = collect(child.stderr.take().unwrap());
        let mut process = Self {
            child,
            port: 0,
            input,
            output,
            log,
        };
        process.port = process.wait_for("port=").parse().unwrap();
        process
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Moves its clock, and waits until that is done.
    pub(crate) fn advance(&mut self, by: Duration) {
        writeln!(self.input, "advance {}", by.as_millis()).unwrap();
        self.wait_for("advanced");
    }

    /// Reads lines until one begins so; gives back its rest.
    fn wait_for(&mut self, begin: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.output.read_line(&mut line).unwrap();
            assert!(read > 0, "the process ended: {}", self.log.lock().unwrap());
            if let Some(rest) = line.trim_end().strip_prefix(begin) {
                return rest.to_owned();
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(mut from: ChildStderr) -> Arc<Mutex<String>> {
    let log = Arc::new(Mutex::new(String::new()));
    let into = Arc::clone(&log);
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            into.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
    });
    log
}
