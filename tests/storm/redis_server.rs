//! A Redis server of one run, set up so that it forgets nothing that it acknowledged.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::processes::{free_port, until_listening};

/// Stopped on drop.
pub(crate) struct RedisServer {
    child: Option<Child>,
    port: u16,
    directory: PathBuf,
}

impl RedisServer {
    /// `None`, with a line that says so, where there is none.
    pub(crate) fn start(directory: &Path) -> Option<Self> {
        let known = Command::new("redis-server")
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        if known.is_err() || cfg!(not(feature = "redis")) {
            println!("skipped: needs the feature `redis` and redis-server in the path");
            return None;
        }
        let mut server = Self {
            child: None,
            port: free_port(),
            directory: directory.to_owned(),
        };
        server.run();
        Some(server)
    }

    pub(crate) fn run(&mut self) {
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--dir"])
            .arg(&self.directory)
            .args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""])
            .args(["--maxmemory-policy", "noeviction"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        until_listening(self.port);
    }

    /// As if the power failed.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Every command that was written to disk: all that Redis was ever told to keep.
    pub(crate) fn told(&self) -> String {
        let mut told = String::new();
        for file in std::fs::read_dir(self.directory.join("appendonlydir")).unwrap() {
            told.push_str(&String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()));
        }
        told
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
