//! The demo, `examples/patient_app`, as a process of its own.

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::stage::Servers;

/// The running demo. Ended on drop.
pub(crate) struct Demo {
    child: Child,
    /// Open as long as it runs: it would fail to write otherwise.
    _output: BufReader<ChildStdout>,
    address: String,
}

impl Demo {
    /// `None`, with a line that says so, where it has not been built: `cargo test` builds examples unless one test is named.
    ///
    /// # Panics
    ///
    /// When it has not been built and `SMART_REQUIRE_CHROMIUM=1`.
    pub(crate) fn start() -> Option<Self> {
        // Cargo names the binaries of a package to its tests, and not its examples. They lie beside each other.
        let test = env::current_exe().unwrap();
        let program = test.ancestors().nth(2).unwrap().join("examples/patient_app");
        if !program.exists() {
            let required = env::var("SMART_REQUIRE_CHROMIUM").is_ok_and(|value| value == "1");
            assert!(!required, "run `cargo build --examples --all-features`");
            println!("skipped: the demo has not been built; run `cargo build --examples --all-features`");
            return None;
        }
        let mut command = Command::new(program);
        for of_a_person in ["FHIR_BASE_URL", "SANDBOX_URL", "SANDBOX_EHRS", "APP_URL", "REDIS_URL"] {
            command.env_remove(of_a_person);
        }
        let mut child = command
            .envs([
                ("PORT", "0"),
                ("SANDBOX_PORT", "0"),
                ("SANDBOX", "auto"),
                ("RUST_LOG", "off"),
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut lines = output.by_ref().lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("Application:").map(|it| it.trim().to_owned()));
        let address = address.unwrap_or_default().trim_end_matches('/').to_owned();
        Some(Self {
            child,
            _output: output,
            address,
        })
    }
}

impl Servers for Demo {
    fn addresses(&self) -> Value {
        json!({ "app": self.address })
    }

    fn answer(&self, question: &str, _: &Value) -> Value {
        panic!("a scenario asks the demo for {question}")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
