//! A primary with replicas, watched by sentinels, all of one test: [`SentinelSet`].

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{
    ports::{free_port, until_listening},
    redis_cli::{cli, cli_as},
    redis_server::{RedisServer, server_program},
};

/// What the sentinels call the primary.
pub(crate) const PRIMARY: &str = "mymaster";
/// For a fail-over that has to come soon: an option of sentinels.
pub(crate) const QUICK: &str = "sentinel down-after-milliseconds mymaster 500";

/// Stopped and removed on drop. The first server begins as the primary.
pub(crate) struct SentinelSet {
    pub(crate) servers: Vec<RedisServer>,
    pub(crate) sentinels: Vec<Sentinel>,
    password: String,
    sentinel_password: String,
}

/// One sentinel.
pub(crate) struct Sentinel {
    child: Option<Child>,
    pub(crate) port: u16,
    directory: PathBuf,
}

impl SentinelSet {
    /// `None`, with a line that says so, where there is no `redis-server`. `options` are those of every server, `sentinel_options` lines of
    /// each sentinel's configuration.
    pub(crate) fn start(replicas: usize, options: &[&str], sentinel_options: &str) -> Option<Self> {
        Self::start_with_passwords(replicas, options, sentinel_options, "", "")
    }

    /// The same, where servers and sentinels want these passwords.
    pub(crate) fn start_with_passwords(
        replicas: usize,
        options: &[&str],
        sentinel_options: &str,
        of_servers: &str,
        of_sentinels: &str,
    ) -> Option<Self> {
        let first = RedisServer::start(options)?;
        let port = first.port.to_string();
        let follow = [
            options,
            &["--replicaof", "127.0.0.1", &port, "--repl-diskless-sync-delay", "0"],
        ]
        .concat();
        let mut servers = vec![first];
        for _ in 0..replicas {
            servers.push(RedisServer::start(&follow)?);
        }
        let sentinels = (0..3)
            .map(|_| Sentinel::start(servers[0].port, sentinel_options))
            .collect();
        let set = Self {
            servers,
            sentinels,
            password: of_servers.to_owned(),
            sentinel_password: of_sentinels.to_owned(),
        };
        set.until_known(replicas);
        Some(set)
    }

    /// The addresses of the sentinels.
    pub(crate) fn urls(&self) -> Vec<String> {
        self.sentinels.iter().map(Sentinel::url).collect()
    }

    /// Which server the sentinels call the primary: its number.
    pub(crate) fn primary(&self) -> usize {
        let said = self.sentinels[0].cli(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", PRIMARY]);
        let port: u16 = said.lines().nth(1).unwrap().trim().parse().unwrap();
        self.servers.iter().position(|server| server.port == port).unwrap()
    }

    /// Waits until another server than this one is the primary for all sentinels, and says so itself.
    pub(crate) fn until_primary_is_not(&self, former: usize) -> usize {
        let began = Instant::now();
        loop {
            let now = self.primary();
            if now != former && cli(self.servers[now].port, &["ROLE"]).starts_with("master") {
                return now;
            }
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "no fail-over:\n{}",
                self.story()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the sentinels have written of the last fail-overs.
    pub(crate) fn story(&self) -> String {
        let mut story = String::new();
        for sentinel in &self.sentinels {
            let log = std::fs::read_to_string(sentinel.directory.join("sentinel.log")).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(40)..];
            story.push_str(&format!("sentinel {}:\n{}\n", sentinel.port, last.join("\n")));
        }
        story
    }

    /// Waits until every other server follows the primary.
    pub(crate) fn until_followed(&self) {
        let began = Instant::now();
        let followers = self.servers.len() - 1;
        let is_followed = || {
            let said = cli(self.servers[self.primary()].port, &["INFO", "replication"]);
            said.matches("state=online").count() == followers
        };
        while !is_followed() {
            assert!(
                began.elapsed() < Duration::from_secs(40),
                "the servers do not follow the primary"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until every sentinel knows the others and the replicas, and these have copied.
    fn until_known(&self, replicas: usize) {
        let began = Instant::now();
        let is_known = || {
            self.sentinels.iter().all(|sentinel| {
                let said = cli_as(&self.sentinel_password, sentinel.port, &["SENTINEL", "MASTER", PRIMARY]);
                let fields: Vec<_> = said.lines().collect();
                let field = |name: &str| {
                    let at = fields.iter().position(|line| line.trim() == name)?;
                    fields.get(at + 1)?.trim().parse::<usize>().ok()
                };
                field("num-other-sentinels") == Some(2) && field("num-slaves") == Some(replicas)
            }) && (1..=replicas).all(|at| {
                cli_as(&self.password, self.servers[at].port, &["INFO", "replication"]).contains("link_status:up")
            })
        };
        while !is_known() {
            assert!(
                began.elapsed() < Duration::from_secs(40),
                "the sentinels do not find each other"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Sentinel {
    /// Watches the server at this port, and takes it for dead only after longer than a busy machine keeps one waiting. `options` are
    /// lines of its configuration; they overrule ours.
    pub(crate) fn start(primary: u16, options: &str) -> Self {
        let port = free_port();
        let directory = std::env::temp_dir().join(format!("smart-sentinel-{port}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let configuration = format!(
            "bind 127.0.0.1\nport {port}\ndir {}\nlogfile sentinel.log\nsentinel monitor {PRIMARY} 127.0.0.1 {primary} 2\nsentinel \
             down-after-milliseconds {PRIMARY} 2000\nsentinel failover-timeout {PRIMARY} 3000\n{options}\n",
            directory.display()
        );
        std::fs::write(directory.join("sentinel.conf"), configuration).unwrap();
        let mut sentinel = Self {
            child: None,
            port,
            directory,
        };
        sentinel.run();
        sentinel
    }

    pub(crate) fn run(&mut self) {
        let child = Command::new(server_program())
            .arg(self.directory.join("sentinel.conf"))
            .arg("--sentinel")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        until_listening(self.port);
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// It hangs, and its connections stay open.
    pub(crate) fn pause(&self) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-STOP", &pid]).status().unwrap().success());
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn cli(&self, words: &[&str]) -> String {
        cli(self.port, words)
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
