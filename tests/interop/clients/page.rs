//! The tables of the guide, `src/guide/sandbox_clients.md`: what a test found, and what stands there.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use actix_smart_auth::sandbox::StrictCheck;

use super::{
    library::Library,
    run::{Kind, Outcome, Run, Step},
};

/// The rows of one library.
pub(super) struct Rows {
    name: &'static str,
    works: Vec<String>,
    refused: Vec<String>,
}

impl Rows {
    pub(super) const fn of(library: &Library) -> Self {
        Self {
            name: library.name,
            works: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// What works where the sandbox does as real EHRs do.
    pub(super) fn works(&mut self, kind: Kind, run: &Run) {
        let cells = Step::ALL.map(|step| match run.outcome(step) {
            Outcome::Done(_) => "yes",
            Outcome::Unsupported => "–",
            Outcome::Refused(_) => "refused",
            Outcome::NotReached => "",
        });
        let row = format!("| {} {} | {kind} | {} |", self.name, run.version, cells.join(" | "));
        self.works.push(row);
    }

    /// What single checks refuse.
    pub(super) fn refused(&mut self, kind: Kind, refused: &[(StrictCheck, Step)]) {
        let refused: Vec<String> = refused
            .iter()
            .map(|(check, step)| format!("`{}` ({step})", check.name()))
            .collect();
        let refused = match refused.is_empty() {
            true => "nothing".to_owned(),
            false => refused.join(", "),
        };
        self.refused.push(format!("| {} | {kind} | {refused} |", self.name));
    }

    /// # Panics
    ///
    /// When the guide has other rows. With `BLESS=1` it gets these.
    pub(super) fn stand_in_the_guide(&self) {
        // Several tests, one file.
        static FILE: Mutex<()> = Mutex::new(());
        let _turn = FILE.lock().unwrap_or_else(|broken| broken.into_inner());
        let text = fs::read_to_string(path()).unwrap();
        let expected: Vec<&str> = self.works.iter().chain(&self.refused).map(String::as_str).collect();
        let is_ours = |line: &&str| line.starts_with(&format!("| {} ", self.name));
        let there: Vec<&str> = text.lines().filter(is_ours).collect();
        if there == expected {
            return;
        }
        let blesses = env::var("BLESS").is_ok_and(|value| value == "1");
        assert!(
            blesses,
            "{} says\n{}\nand it is\n{}\nRun this test with BLESS=1 and look at the difference.",
            path().display(),
            there.join("\n"),
            expected.join("\n"),
        );
        fs::write(path(), self.replaced(&text)).unwrap();
    }

    /// The page with these rows, where the old ones were.
    fn replaced(&self, text: &str) -> String {
        let mut lines: Vec<&str> = Vec::new();
        let mut rows = [&self.works, &self.refused].into_iter();
        let mut is_within = false;
        for line in text.lines() {
            let is_ours = line.starts_with(&format!("| {} ", self.name));
            if !is_ours {
                lines.push(line);
            } else if !is_within {
                let table = rows.next().into_iter().flatten();
                lines.extend(table.map(String::as_str));
            }
            is_within = is_ours;
        }
        lines.join("\n") + "\n"
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/sandbox_clients.md")
}
