//! Real processes of one test that share a Redis server: each is the test's own program, run for one test of it.

use std::{
    env,
    process::{Child, Command, Stdio},
};

/// The kind of process that a test starts several of.
#[derive(Debug, Clone, Copy)]
pub struct OneOfSeveral {
    /// The path of the test that such a process runs.
    pub test: &'static str,
    /// The variable that tells it what to work with. Where it is not set, that test does nothing.
    pub variable: &'static str,
    /// What it prints before each of its results.
    pub before_result: &'static str,
}

/// What such a process works with.
#[derive(Debug, Clone)]
pub struct Told {
    /// The FHIR base URL.
    pub base: String,
    /// The address of the Redis server.
    pub redis: String,
    /// Of all names there.
    pub prefix: String,
}

impl Told {
    /// With names of its own.
    pub fn new(base: String, redis: &str) -> Self {
        Self {
            base,
            redis: redis.to_owned(),
            prefix: format!("test-{:016x}:", rand::random::<u64>()),
        }
    }
}

impl OneOfSeveral {
    /// What this process was told, where it is one of several.
    pub fn told(self) -> Option<Told> {
        let told = env::var(self.variable).ok()?;
        let [base, redis, prefix] = told
            .split(' ')
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        Some(Told { base, redis, prefix })
    }

    /// Starts one.
    pub fn start(self, told: &Told) -> Child {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", self.test, "--nocapture"])
            .env(self.variable, format!("{} {} {}", told.base, told.redis, told.prefix))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// The results of so many that run at once.
    pub async fn results_of(self, processes: usize, told: &Told) -> Vec<String> {
        let processes: Vec<_> = (0..processes).map(|_| self.start(told)).collect();
        let mut results = Vec::new();
        for process in processes {
            results.extend(self.results(process).await);
        }
        results
    }

    /// One that is killed in the middle of its work: when it has begun.
    pub async fn killed_when(self, told: &Told, has_begun: impl FnMut() -> bool) {
        let mut dying = self.start(told);
        super::eventually("it has begun", has_begun).await;
        dying.kill().unwrap();
        dying.wait().unwrap();
    }

    /// Says a result, in such a process.
    pub fn say(self, result: &str) {
        println!("{}{result}", self.before_result);
    }

    /// The results of one, when it has ended.
    pub async fn results(self, process: Child) -> Vec<String> {
        let output = actix_web::web::block(move || process.wait_with_output().unwrap());
        let output = output.await.unwrap();
        assert!(output.status.success());
        let said = String::from_utf8(output.stdout).unwrap();
        said.lines()
            .filter_map(|line| Some(line.split_once(self.before_result)?.1.to_owned()))
            .collect()
    }
}
