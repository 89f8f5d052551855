//! The demo, `examples/patient_app`, as a process of its own, with its own sandbox or with one of the test's.

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use actix_smart_auth::sandbox::{Fault, FaultPoint, SandboxClient, SandboxServer, Strictness, Times, When};
use serde_json::{Value, json};

use crate::{ports::free_port, stage::Servers};

/// The running demo. Ended on drop.
pub(crate) struct Demo {
    child: Child,
    /// Open as long as it runs: it would fail to write otherwise.
    _output: BufReader<ChildStdout>,
    address: String,
    /// One that can be told to fail.
    sandbox: Option<SandboxServer>,
}

impl Demo {
    /// `None`, with a line that says so, where it has not been built: `cargo test` builds examples unless one test is named.
    ///
    /// # Panics
    ///
    /// When it has not been built and `SMART_REQUIRE_CHROMIUM=1`.
    pub(crate) fn start() -> Option<Self> {
        let variables = [("PORT", "0"), ("SANDBOX_PORT", "0"), ("SANDBOX", "auto")];
        Self::with(variables.map(|(name, value)| (name, value.to_owned())), None)
    }

    /// The same, at a sandbox of this process, as at a real EHR.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub(crate) fn start_at_a_sandbox() -> Option<Self> {
        let port = free_port();
        let redirect_uri = format!("http://127.0.0.1:{port}/auth/callback");
        let client = SandboxClient::public("patient-app", &redirect_uri);
        let sandbox = SandboxServer::builder()
            .strictness(Strictness::AsSpecified)
            .client(client)
            .start()
            .unwrap();
        let scopes = "openid fhirUser launch/patient patient/*.rs offline_access";
        let variables = [
            ("FHIR_BASE_URL", sandbox.fhir_base_url()),
            ("SMART_CLIENT_ID", "patient-app".to_owned()),
            ("SMART_REDIRECT_URI", redirect_uri),
            ("SMART_SCOPES", scopes.to_owned()),
        ];
        Self::with(variables, Some(sandbox))
    }

    fn with<const N: usize>(variables: [(&str, String); N], sandbox: Option<SandboxServer>) -> Option<Self> {
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
            // Nobody reads its log, and it goes on.
            .env("RUST_LOG", "info")
            .stderr(Stdio::piped())
            .envs(variables)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stderr.take());
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut lines = output.by_ref().lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("Application:").map(|it| it.trim().to_owned()));
        let address = address.unwrap_or_default().trim_end_matches('/').to_owned();
        Some(Self {
            child,
            _output: output,
            address,
            sandbox,
        })
    }
}

impl Servers for Demo {
    fn addresses(&self) -> Value {
        json!({ "app": self.address })
    }

    fn answer(&self, question: &str, _: &Value) -> Value {
        match (question, &self.sandbox) {
            ("the FHIR server hangs", Some(sandbox)) => {
                let fault = Fault::Hang(Duration::from_secs(60));
                sandbox.inject(FaultPoint::Fhir, When::Before, fault, Times::Always);
                Value::Null
            }
            _ => panic!("a scenario asks the demo for {question}"),
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
