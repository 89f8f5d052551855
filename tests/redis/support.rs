//! Servers, stores and launches to test with.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use actix_smart_auth::{
    Timestamp, TokenStore,
    store::{
        BrowserKey, LaunchKey, LaunchRecord, LoadedLaunch, OthersOnOpen, RedisStore, SealingKeys, StoreError,
        StoreRules, acceptance::sample,
    },
};
use redis::{Connection, TypedCommands as _};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// The server that the environment names. Says so when there is none.
pub(crate) fn redis_url() -> Option<String> {
    let url = std::env::var("REDIS_URL").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        println!("skipped: set REDIS_URL to run this against a Redis server");
    }
    url
}

pub(crate) fn key(number: u8) -> [u8; 32] {
    let mut key = [number; 32];
    key[0] = 0xff;
    key
}

pub(crate) fn keys(numbers: &[u8]) -> SealingKeys {
    SealingKeys::from_bytes(numbers.iter().copied().map(key)).unwrap()
}

/// A prefix that no other test has.
pub(crate) fn prefix() -> String {
    format!("test-{:016x}:", rand::random::<u64>())
}

pub(crate) fn store(url: &str, prefix: &str) -> TokenStore {
    sealed_with(url, prefix, &[1])
}

pub(crate) fn sealed_with(url: &str, prefix: &str, numbers: &[u8]) -> TokenStore {
    TokenStore::new(
        RedisStore::builder(url)
            .sealing_keys(keys(numbers))
            .prefix(prefix)
            .build()
            .unwrap(),
    )
}

pub(crate) fn rules() -> StoreRules {
    StoreRules::default()
}

pub(crate) async fn open(store: &TokenStore, browser: BrowserKey) -> Result<LaunchKey, StoreError> {
    open_as(store, sample::launch(browser, NOW), OthersOnOpen::Keep).await
}

pub(crate) async fn open_as(
    store: &TokenStore,
    record: LaunchRecord,
    others: OthersOnOpen,
) -> Result<LaunchKey, StoreError> {
    let mut key = *sample::launch_key().as_bytes();
    key[..2].copy_from_slice(&record.browser.as_bytes()[..2]);
    let key = LaunchKey::from_bytes(key);
    store.backend().open_launch(key, record, others, rules(), NOW).await?;
    Ok(key)
}

pub(crate) async fn load(store: &TokenStore, key: LaunchKey) -> Result<LoadedLaunch, StoreError> {
    store.backend().load_launch(key, rules(), NOW).await
}

pub(crate) async fn is_open(store: &TokenStore, key: LaunchKey) -> bool {
    matches!(load(store, key).await, Ok(LoadedLaunch::Open { .. }))
}

/// Waits until the launch can be loaded, and says how long that took.
pub(crate) async fn until_open(store: &TokenStore, key: LaunchKey) -> Duration {
    let began = Instant::now();
    while !is_open(store, key).await {
        assert!(began.elapsed() < Duration::from_secs(10), "not back after ten seconds");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}

/// The names in Redis that begin with `prefix` and contain `part`.
pub(crate) fn names(connection: &mut Connection, prefix: &str, part: &str) -> Vec<String> {
    let names: Vec<String> = connection
        .scan_match(format!("{prefix}*"))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    names.into_iter().filter(|name| name.contains(part)).collect()
}

/// A server of one test. Stopped and removed on drop.
pub(crate) struct Server {
    child: Option<Child>,
    port: u16,
    directory: PathBuf,
    options: Vec<String>,
}

impl Server {
    /// `None`, with a line that says why, where there is no `redis-server` or `REDIS_URL` does not ask for such tests.
    pub(crate) fn start(options: &[&str]) -> Option<Self> {
        redis_url()?;
        if Command::new("redis-server")
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .is_err()
        {
            println!("skipped: there is no redis-server in the path");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let directory = std::env::temp_dir().join(format!("smart-redis-{port}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let mut server = Self {
            child: None,
            port,
            directory,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
        };
        server.run();
        Some(server)
    }

    pub(crate) fn run(&mut self) {
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--dir"])
            .arg(&self.directory)
            .args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""])
            .args(&self.options)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "redis-server did not start");
            std::thread::sleep(Duration::from_millis(10));
        }
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

    pub(crate) fn url_with_password(&self, password: &str) -> String {
        format!("redis://:{password}@127.0.0.1:{}", self.port)
    }

    /// A connection of the test's own.
    pub(crate) fn connection(&self) -> Connection {
        redis::Client::open(self.url()).unwrap().get_connection().unwrap()
    }

    /// Runs one command on the server.
    pub(crate) fn command(&self, words: &[&str]) {
        let mut command = redis::cmd(words[0]);
        for word in &words[1..] {
            command.arg(*word);
        }
        command.exec(&mut self.connection()).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
