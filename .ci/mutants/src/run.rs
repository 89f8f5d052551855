//! The tests of one suite, and what they notice: [`Suite`].

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{Result, build::Tree, list::Mutant};

/// How many tests the first run of a mutant has. Each further run has four times as many.
const FIRST: usize = 15;
/// How long a mutant has, at least, and how much longer than the tests took before.
const PATIENCE: (Duration, u32) = (Duration::from_secs(20), 6);
const TEST_THREADS: &str = "4";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Caught,
    TimedOut,
    /// The tests that pass it do not notice it.
    Missed,
    /// No test passes it.
    Unreached,
}

impl Verdict {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::TimedOut => "timed out",
            Self::Missed => "missed",
            Self::Unreached => "unreached",
        }
    }
}

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// How many tests a mutant has at most.
    pub nearest: usize,
    /// How many processes run at the same time.
    pub jobs: usize,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            nearest: usize::MAX,
            jobs: thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

pub struct Suite {
    effort: Effort,
    executable: PathBuf,
    root: PathBuf,
    tests: Vec<Test>,
}

struct Test {
    name: String,
    took: Duration,
    passes: BTreeSet<usize>,
}

impl Suite {
    /// Runs each test alone, to see which mutants it passes. Those that fail are left out.
    pub fn trace(executable: PathBuf, tree: &Tree, effort: Effort) -> Result<Self> {
        let mut suite = Self {
            effort,
            executable,
            root: tree.root.clone(),
            tests: Vec::new(),
        };
        let ignored = suite.names(&["--list", "--ignored"])?;
        let names: Vec<_> = suite.names(&["--list"])?.difference(&ignored).cloned().collect();
        let traced = in_parallel(effort.jobs, &names, |name| suite.traced(name));
        suite.tests = traced.into_iter().flatten().collect();
        println!(
            "{}: {} of {} tests",
            suite.executable.display(),
            suite.tests.len(),
            names.len()
        );
        Ok(suite)
    }

    /// Whether one of its tests comes by a mutant.
    pub fn passes(&self, id: usize) -> bool {
        self.tests.iter().any(|test| test.passes.contains(&id))
    }

    /// What comes of each of these mutants. In `diary` it stands as soon as it is known: a run may take hours.
    pub fn judge(&self, ids: &BTreeSet<usize>, all: &[Mutant], diary: &Path) -> Result<BTreeMap<usize, Verdict>> {
        let ids: Vec<_> = ids.iter().copied().collect();
        let diary = File::create(diary)?;
        let verdicts = in_parallel(self.effort.jobs, &ids, |&id| {
            let verdict = self.verdict(id);
            let name = all.get(id).map(|mutant| mutant.name.as_str()).unwrap_or_default();
            let line = format!("{}\t{name}\n", verdict.name());
            (&diary).write_all(line.as_bytes()).map(|()| (id, verdict))
        });
        Ok(verdicts.into_iter().collect::<std::io::Result<_>>()?)
    }

    fn names(&self, arguments: &[&str]) -> Result<BTreeSet<String>> {
        let output = Command::new(&self.executable)
            .args(arguments)
            .current_dir(&self.root)
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        Ok(text
            .lines()
            .filter_map(|line| line.strip_suffix(": test"))
            .map(str::to_owned)
            .collect())
    }

    fn traced(&self, name: &str) -> Option<Test> {
        let trace = self.root.with_file_name(format!("trace-{}", name.replace("::", "-")));
        let began = Instant::now();
        let outcome = self.run(
            &[name],
            ("MUTANT_TRACE", &trace.to_string_lossy()),
            Duration::from_secs(90),
        );
        let took = began.elapsed();
        let passed = fs::read_to_string(&trace).unwrap_or_default();
        let _ = fs::remove_file(&trace);
        (outcome == Some(true)).then(|| Test {
            name: name.to_owned(),
            took,
            passes: passed.lines().filter_map(|line| line.parse().ok()).collect(),
        })
    }

    /// First the tests that pass little else, which are the likeliest to be about it.
    fn verdict(&self, id: usize) -> Verdict {
        let mut tests: Vec<_> = self.tests.iter().filter(|test| test.passes.contains(&id)).collect();
        tests.sort_by_key(|test| (test.passes.len(), test.took));
        tests.truncate(self.effort.nearest);
        if tests.is_empty() {
            return Verdict::Unreached;
        }
        let (mut rest, mut count) = (tests.as_slice(), FIRST);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(count.min(rest.len()));
            (rest, count) = (later, count * 4);
            let names: Vec<_> = now.iter().map(|test| test.name.as_str()).collect();
            let usual: Duration = now.iter().map(|test| test.took).sum();
            match self.run(&names, ("MUTANT", &id.to_string()), PATIENCE.0.max(usual * PATIENCE.1)) {
                Some(true) => {}
                Some(false) => return Verdict::Caught,
                None => return Verdict::TimedOut,
            }
        }
        Verdict::Missed
    }

    /// Whether all of these pass. `None`: they do not come to an end.
    fn run(&self, names: &[&str], variable: (&str, &str), patience: Duration) -> Option<bool> {
        let mut child = Command::new(&self.executable)
            .args(["--exact", "--test-threads", TEST_THREADS])
            .args(names)
            .current_dir(&self.root)
            .env("CARGO_MANIFEST_DIR", &self.root)
            .env(variable.0, variable.1)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // What it starts ends with it.
            .process_group(0)
            .spawn()
            .ok()?;
        let until = Instant::now() + patience;
        while Instant::now() < until {
            if let Ok(Some(status)) = child.try_wait() {
                return Some(status.success());
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = Command::new("kill")
            .args(["-9", "--", &format!("-{}", child.id())])
            .status();
        let _ = child.wait();
        None
    }
}

/// So many at a time; in the order of the items.
fn in_parallel<T: Sync, R: Send>(jobs: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    let result = work(item);
                    done.lock().unwrap_or_else(PoisonError::into_inner).insert(at, result);
                }
            });
        }
    });
    done.into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .into_values()
        .collect()
}
