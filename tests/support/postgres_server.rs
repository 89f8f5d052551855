//! A PostgreSQL server of one test, set up so that it forgets nothing that it acknowledged.

use std::{
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use super::ports::{free_port, until_listening};

/// Stopped and removed on drop.
pub(crate) struct PostgresServer {
    child: Option<Child>,
    programs: PathBuf,
    options: Vec<String>,
    pub(crate) port: u16,
    /// What it keeps on disk.
    pub(crate) directory: PathBuf,
}

impl PostgresServer {
    /// `None`, with a line that says so, where PostgreSQL is not installed.
    pub(crate) fn start(options: &[&str]) -> Option<Self> {
        let mut server = Self::empty(options)?;
        let made = server
            .program("initdb")
            .args(["--auth", "trust", "--username", "smart", "--no-sync", "--pgdata"])
            .arg(server.data())
            .stdout(Stdio::null())
            .status();
        assert!(made.unwrap().success());
        server.run();
        Some(server)
    }

    /// One without data.
    pub(crate) fn empty(options: &[&str]) -> Option<Self> {
        let Some(programs) = programs() else {
            println!("skipped: there is no PostgreSQL server on this machine");
            return None;
        };
        let port = free_port();
        let directory = std::env::temp_dir().join(format!("smart-postgres-{port}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        if let Some((user, _)) = unprivileged() {
            std::os::unix::fs::chown(&directory, Some(user), None).unwrap();
        }
        Some(Self {
            child: None,
            programs,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            port,
            directory,
        })
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// A program of PostgreSQL's.
    pub(crate) fn program(&self, name: &str) -> Command {
        self.command(&self.programs.join(name))
    }

    /// Any program, as the user that the server runs as.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some((user, group)) = unprivileged() {
            command.uid(user).gid(group);
        }
        command.current_dir(&self.directory);
        command
    }

    pub(crate) fn run(&mut self) {
        let began = Instant::now();
        // What is left of one that was killed may still be ending.
        while !self.try_run() {
            assert!(began.elapsed() < Duration::from_secs(60), "the server does not start");
            sleep(Duration::from_millis(100));
        }
        until_listening(self.port);
    }

    fn try_run(&mut self) -> bool {
        let mut child = self
            .program("postgres")
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1", "-k"])
            .arg(&self.directory)
            .args(self.options.iter().flat_map(|option| ["-c", option]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let is_ready = || {
            self.program("pg_isready")
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status()
                .is_ok_and(|status| status.success())
        };
        while !is_ready() {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            sleep(Duration::from_millis(20));
        }
        self.child = Some(child);
        true
    }

    /// As if it failed: nothing is finished, and nothing written that was not.
    pub(crate) fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        for process in self.processes(child.id()) {
            signal("-CONT", process);
        }
        signal("-QUIT", child.id());
        child.wait().unwrap();
    }

    /// The server, and what it has started for each connection.
    fn processes(&self, server: u32) -> Vec<u32> {
        let listed = Command::new("pgrep")
            .args(["-P", &server.to_string()])
            .output()
            .unwrap();
        let children = String::from_utf8(listed.stdout).unwrap();
        std::iter::once(server)
            .chain(children.lines().filter_map(|line| line.parse().ok()))
            .collect()
    }

    pub(crate) fn pause(&self) {
        for process in self.processes(self.child.as_ref().unwrap().id()) {
            signal("-STOP", process);
        }
    }

    pub(crate) fn resume(&self) {
        for process in self.processes(self.child.as_ref().unwrap().id()) {
            signal("-CONT", process);
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://smart@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn signal(signal: &str, process: u32) {
    // A process for a connection may have ended meanwhile.
    let _ = Command::new("kill")
        .args([signal, &process.to_string()])
        .stderr(Stdio::null())
        .status();
}

/// Where the programs are: in the path, or where Debian puts them.
fn programs() -> Option<PathBuf> {
    let in_path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    installed.sort();
    std::env::split_paths(&in_path)
        .chain(installed.into_iter().rev())
        // A distribution may have a wrapper of some of them in the path.
        .find(|folder| {
            ["postgres", "initdb", "pg_isready"]
                .iter()
                .all(|name| is_file(&folder.join(name)))
        })
}

fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Whom a server runs as when this is the superuser, whom it refuses.
fn unprivileged() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
    };
    (id(&["-u"])? == 0).then(|| Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?)))?
}
