//! A copy of the tree with all mutants that compile: [`Tree`].

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::{
    Result,
    list::{Genre, Mutant},
    rewrite::{SWITCH, Switches},
};

/// The compiler stops at the first of its passes that finds errors, so that there is more than one round.
const ROUNDS: usize = 20;
/// How far above an error the switch is looked for that has to do with it, and how far below a `match` its arms.
const ABOVE: usize = 8;
const ARMS: usize = 90;

/// Lints are for people. A wrapper and no flags: those would build the dependencies anew.
const WRAPPER: &str = "without-lints";
const WITHOUT_LINTS: &str = "#!/bin/sh\nexec \"$@\" --cap-lints allow\n";
/// Where the switches are defined.
const LIB: &str = "src/lib.rs";

pub struct Tree {
    pub root: PathBuf,
    /// The files with mutants, as they were: work goes on in the present directory meanwhile.
    sources: BTreeMap<String, String>,
}

impl Tree {
    /// A copy of what git knows or would add in the present directory.
    pub fn copied_to(directory: &Path, all: &[Mutant]) -> Result<Self> {
        let root = directory.join("tree");
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .output()?;
        for file in String::from_utf8(listed.stdout)?.split_terminator('\0') {
            let to = root.join(file);
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            // What is deleted and not committed is still listed.
            if let Ok(text) = fs::read(file)
                && fs::read(&to).ok().as_ref() != Some(&text)
            {
                fs::write(&to, text)?;
            }
        }
        fs::write(root.join(WRAPPER), WITHOUT_LINTS)?;
        fs::set_permissions(root.join(WRAPPER), Permissions::from_mode(0o755))?;
        let files = all.iter().map(|mutant| mutant.file.as_str()).chain([LIB]);
        let sources = files.map(|file| Ok((file.to_owned(), fs::read_to_string(file)?)));
        Ok(Self {
            root: root.canonicalize()?,
            sources: sources.collect::<std::io::Result<_>>()?,
        })
    }

    /// Puts the mutants into the sources, without those that do not compile. Returns the numbers of the others.
    pub fn with_switches(&self, all: &[Mutant]) -> Result<BTreeSet<usize>> {
        let (mut dropped, mut stay_const) = (BTreeSet::new(), BTreeSet::new());
        for round in 1..=ROUNDS {
            let placed = self.rewrite(all, &dropped, &stay_const)?;
            let (mut errors, mut unexplained) = (0, Vec::new());
            let before = (dropped.len(), stay_const.len());
            for message in messages(&self.cargo(&["check", "--lib"])?) {
                errors += 1;
                stay_const.extend(called_in_constants(&message));
                match self.causes(&message, all)? {
                    causes if causes.is_empty() => unexplained.push(message),
                    causes => dropped.extend(causes),
                }
            }
            println!(
                "round {round}: {errors} errors, {} mutants do not compile",
                dropped.len()
            );
            if errors == 0 {
                return Ok(placed);
            }
            if before == (dropped.len(), stay_const.len()) {
                let text = unexplained.iter().filter_map(|it| it["rendered"].as_str());
                return Err(format!("these errors are of no mutant:\n{}", text.collect::<String>()).into());
            }
        }
        Err("there are always more errors".into())
    }

    /// Builds `lib` (the unit tests) or a suite under `tests/`.
    pub fn build(&self, suite: &str) -> Result<PathBuf> {
        let target: &[&str] = match suite {
            "lib" => &["test", "--no-run", "--lib"],
            name => &["test", "--no-run", "--test", name],
        };
        let output = self.cargo(target)?;
        let built = lines(&output)
            .filter_map(|line| Some(line["executable"].as_str()?.into()))
            .last();
        built.ok_or_else(|| format!("{suite} cannot be built:\n{}", String::from_utf8_lossy(&output.stderr)).into())
    }

    fn rewrite(
        &self,
        all: &[Mutant],
        dropped: &BTreeSet<usize>,
        stay_const: &BTreeSet<String>,
    ) -> Result<BTreeSet<usize>> {
        let mut files: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
        for (id, mutant) in all.iter().enumerate() {
            // A file whose mutants are all dropped is written as it was.
            let of_file = files.entry(&mutant.file).or_default();
            if !dropped.contains(&id) {
                of_file.push((id, mutant));
            }
        }
        let mut placed = BTreeSet::new();
        for (file, mutants) in files {
            let switches = Switches::new(mutants.into_iter(), stay_const);
            let (text, found) = switches.put_into(&self.sources[file])?;
            placed.extend(found);
            fs::write(self.root.join(file), text)?;
        }
        fs::write(self.root.join(LIB), self.sources[LIB].clone() + SWITCH)?;
        Ok(placed)
    }

    fn cargo(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new("cargo");
        // What other builds made of the dependencies is good here too.
        if env::var_os("CARGO_TARGET_DIR").is_none() {
            command.env("CARGO_TARGET_DIR", env::current_dir()?.join("target"));
        }
        let output = command
            .args(arguments)
            .args(["--locked", "--all-features", "--message-format=json"])
            .current_dir(&self.root)
            .env("RUSTC_WORKSPACE_WRAPPER", self.root.join(WRAPPER))
            .stderr(Stdio::piped())
            .output()?;
        Ok(output)
    }

    /// The mutants that an error is about.
    fn causes(&self, message: &Value, all: &[Mutant]) -> Result<BTreeSet<usize>> {
        let spans: Vec<&Value> = message["spans"].as_array().into_iter().flatten().collect();
        let (primary, others): (Vec<_>, Vec<_>) = spans.into_iter().partition(|span| span["is_primary"] == true);
        for span in primary.iter().chain(&others).flat_map(|span| with_expansions(span)) {
            let Some(file) = span["file_name"].as_str().filter(|file| file.starts_with("src/")) else {
                continue;
            };
            let text = fs::read_to_string(self.root.join(file))?;
            let lines: Vec<&str> = text.lines().collect();
            let line = |name: &str| {
                span[name]
                    .as_u64()
                    .and_then(|line| usize::try_from(line).ok())
                    .unwrap_or(1)
            };
            let (start, end) = (line("line_start"), line("line_end"));
            let within = |from: usize, to: usize| lines.get(from..to.min(lines.len())).unwrap_or_default().join("\n");
            let here = switches(&within(start.saturating_sub(1), end.min(start + 3)));
            if !here.is_empty() {
                return Ok(here.into_iter().collect());
            }
            if message["code"]["code"] == "E0004" {
                let arms = switches(&within(start, start + ARMS)).into_iter();
                return Ok(arms
                    .filter(|&id| all.get(id).is_some_and(|it| it.genre == Genre::MatchArm))
                    .collect());
            }
            if let Some(nearest) = switches(&within(start.saturating_sub(ABOVE), start)).last() {
                return Ok(BTreeSet::from([*nearest]));
            }
        }
        Ok(BTreeSet::new())
    }
}

/// The numbers of the switches in a text, in their order.
fn switches(text: &str) -> Vec<usize> {
    let after = text.split("mutant_switch::on(").skip(1);
    let number = |text: &str| text.trim_start().split("usize").next()?.parse().ok();
    after.filter_map(number).collect()
}

fn with_expansions(span: &Value) -> Vec<&Value> {
    let mut all = vec![span];
    while let Some(outer) = all.last().and_then(|last| last.get("expansion")?.get("span")) {
        all.push(outer);
    }
    all
}

fn called_in_constants(message: &Value) -> Option<String> {
    let text = message["message"].as_str()?;
    let name = text.strip_prefix("cannot call non-const ")?.split('`').nth(1)?;
    let plain = name.split("::<").next()?;
    plain
        .rsplit("::")
        .next()
        .filter(|name| *name != "on")
        .map(str::to_owned)
}

fn lines(output: &Output) -> impl Iterator<Item = Value> {
    output
        .stdout
        .split(|&byte| byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
}

fn messages(output: &Output) -> Vec<Value> {
    let errors = lines(output).map(|mut line| line["message"].take());
    errors
        .filter(|message| message["level"] == "error" && message["spans"] != Value::Array(vec![]))
        .collect()
}
