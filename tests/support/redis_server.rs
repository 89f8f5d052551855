//! A Redis server of one test, set up so that it forgets nothing that it acknowledged.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use super::ports::{free_port, until_listening};

/// The program of the servers: what `REDIS_SERVER` names (`valkey-server`, say), or else `redis-server`.
pub(crate) fn server_program() -> String {
    let named = std::env::var("REDIS_SERVER").ok().filter(|program| !program.is_empty());
    named.unwrap_or_else(|| "redis-server".to_owned())
}

/// Stopped and removed on drop.
pub(crate) struct RedisServer {
    child: Option<Child>,
    options: Vec<String>,
    pub(crate) port: u16,
    /// What it keeps on disk.
    pub(crate) directory: PathBuf,
}

impl RedisServer {
    /// `None`, with a line that says so, where there is no such program in the path.
    pub(crate) fn start(options: &[&str]) -> Option<Self> {
        let program = server_program();
        let known = Command::new(&program).arg("--version").stdout(Stdio::null()).status();
        if known.is_err() {
            println!("skipped: there is no {program} in the path");
            return None;
        }
        let port = free_port();
        let directory = std::env::temp_dir().join(format!("smart-redis-{port}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let mut server = Self {
            child: None,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            port,
            directory,
        };
        server.run();
        Some(server)
    }

    pub(crate) fn run(&mut self) {
        let child = Command::new(server_program())
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--dir"])
            .arg(&self.directory)
            .args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""])
            .args(&self.options)
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
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
