//! A program that uses a library, as a child process.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use serde_json::Value;

use super::library::{Language, Library};
use crate::needs;

/// How long one line of it may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// It waits for lines. Killed on drop.
pub(crate) struct Program {
    child: Child,
    input: ChildStdin,
    output: Receiver<String>,
}

impl Program {
    /// `None`, with a line that says why, where its language or its library is missing.
    ///
    /// # Panics
    ///
    /// When something is missing and `SMART_REQUIRE_INTEROP=1`.
    pub(super) fn start(library: &Library) -> Option<Self> {
        let clients = needs::directory().join("clients");
        let (looked, mut command, folder) = match library.language {
            Language::JavaScript { package } => {
                let looked = needs::node_package("clients/js", package);
                (looked, Command::new("node"), clients.join("js"))
            }
            Language::Python => {
                let looked = needs::python_environment();
                (looked, Command::new(needs::python()), clients.join("python"))
            }
        };
        if !needs::is_here(looked) {
            return None;
        }
        command.arg(folder.join(library.program));
        Some(Self::spawn(command))
    }

    /// A program that answers each line with one.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, output) = mpsc::channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self {
            input: child.stdin.take().unwrap(),
            child,
            output,
        }
    }

    /// What it answers.
    ///
    /// # Panics
    ///
    /// When it ends, says something else than JSON, or says nothing for too long.
    pub(crate) fn answer(&mut self, line: &Value) -> Value {
        writeln!(self.input, "{line}").unwrap();
        let answer = self.output.recv_timeout(PATIENCE).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("not a line of the program: {answer}"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
