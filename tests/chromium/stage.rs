//! The browser's side: `run.mjs` as a child process, its questions answered and its claims collected.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Condvar, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// How long a scenario may take, on a machine that does much else. A scenario that goes wrong ends by itself, and sooner.
const LIMIT: Duration = Duration::from_secs(240);

/// What a scenario is played against.
pub(crate) trait Servers {
    /// The addresses, for a scenario.
    fn addresses(&self) -> Value;

    /// Answers what a scenario asks while it runs.
    fn answer(&self, question: &str, detail: &Value) -> Value;
}

/// What is needed to play scenarios: a browser, Node.js, and the packages that drive the one from the other and judge a page.
pub(crate) struct Stage {
    directory: PathBuf,
    chromium: PathBuf,
    node: PathBuf,
}

impl Stage {
    /// `None`, with a line that says why, where something is missing.
    ///
    /// # Panics
    ///
    /// When something is missing and `SMART_REQUIRE_CHROMIUM=1`.
    pub(crate) fn find() -> Option<Self> {
        let missing = match Self::look() {
            Ok(stage) => return Some(stage),
            Err(missing) => missing,
        };
        let required = env::var("SMART_REQUIRE_CHROMIUM").is_ok_and(|value| value == "1");
        assert!(!required, "{missing}");
        println!("skipped: {missing}");
        None
    }

    fn look() -> Result<Self, String> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chromium");
        let chromium = in_path("chromium").ok_or("there is no chromium in the path")?;
        let node = in_path("node").ok_or("there is no node in the path")?;
        let has = |package: &str| {
            directory
                .join("node_modules")
                .join(package)
                .join("package.json")
                .exists()
        };
        if !(has("playwright-core") && has("axe-core")) {
            return Err(format!("run `npm ci --ignore-scripts` in {}", directory.display()));
        }
        Ok(Self {
            directory,
            chromium,
            node,
        })
    }

    /// Plays a scenario, given as `file.function`, with `options` of its own.
    ///
    /// # Panics
    ///
    /// When a claim does not hold, or the scenario does not come to its end in time.
    pub(crate) fn play(&self, scenario: &str, servers: &impl Servers, options: Value) {
        let _turn = Turn::take();
        let profiles = Profiles::new(scenario);
        let world = json!({
            "addresses": servers.addresses(),
            "chromium": self.chromium,
            "profiles": profiles.0,
            "options": options,
        });
        let mut node = Command::new(&self.node);
        node.arg(self.directory.join("run.mjs"))
            .args([scenario, &world.to_string()]);
        let broken = Player::start(node).play(servers);
        assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
    }
}

/// How many browsers run at once. Eight on two cores lose connections that nobody has closed.
const AT_ONCE: usize = 2;

static PLAYING: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// The right to have a browser. Given back on drop, also when a claim does not hold.
struct Turn;

impl Turn {
    fn take() -> Self {
        let playing = PLAYING.lock().unwrap();
        let mut playing = ENDED.wait_while(playing, |playing| *playing >= AT_ONCE).unwrap();
        *playing += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Ok(mut playing) = PLAYING.lock() {
            *playing = playing.saturating_sub(1);
        }
        ENDED.notify_one();
    }
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|it| it.join(name)).find(|it| it.is_file())
}

/// A directory for the browser's profiles of one test. Removed on drop.
struct Profiles(PathBuf);

impl Profiles {
    fn new(scenario: &str) -> Self {
        let name = format!("{scenario}-{}-{:?}", std::process::id(), thread::current().id());
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }
}

impl Drop for Profiles {
    fn drop(&mut self) {
        // A browser that was ended may still be writing; what is left lies in `target`.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The child process. Ended on drop; the browser ends with it, as the pipe between them closes.
struct Player(Child);

impl Player {
    fn start(mut node: Command) -> Self {
        Self(node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }

    /// The claims that do not hold.
    fn play(mut self, servers: &impl Servers) -> Vec<String> {
        let until = Instant::now() + LIMIT;
        let lines = BufReader::new(self.0.stdout.take().unwrap()).lines();
        let mut answers = self.0.stdin.take().unwrap();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut broken = Vec::new();
        let mut claims = 0;
        loop {
            let Ok(line) = receiver.recv_timeout(until.saturating_duration_since(Instant::now())) else {
                broken.push("the scenario did not come to its end".to_owned());
                return broken;
            };
            let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not a line of run.mjs: {line}"));
            if let Some(question) = line["ask"].as_str() {
                writeln!(answers, "{}", servers.answer(question, &line["detail"])).unwrap();
            } else if let Some(claim) = line["claim"].as_str() {
                let holds = line["holds"] == true;
                println!("{} {claim}", if holds { "✓" } else { "✗" });
                claims += 1;
                if !holds {
                    broken.push(format!("✗ {claim}\n    seen: {}", line["seen"]));
                }
            } else {
                assert_eq!(line, json!({ "end": true }));
                assert!(claims > 0, "nothing was claimed");
                return broken;
            }
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
