//! The program `actix-smart-sandbox`, as somebody runs it who writes in another language. Built with the feature `sandbox-program` alone.

mod files;
mod logs;
mod mistakes;
mod tls;

#[cfg(unix)]
use std::time::{Duration, Instant};
use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use serde_json::{Value, json};

use crate::support::{CALLBACK, Form, LAUNCH, authorization_at, exchange, get, send};

/// The program, or `None` and a line where it is not built.
#[expect(clippy::print_stdout, reason = "a test that skips says so")]
fn program() -> Option<&'static str> {
    if PROGRAM.is_none() {
        println!("skipped: the program is not built; use --all-features");
    }
    PROGRAM
}

// By the feature: cargo sets the variable also where it does not build the program, and an old one may be at its path.
#[cfg(feature = "sandbox-program")]
const PROGRAM: Option<&str> = Some(env!("CARGO_BIN_EXE_actix-smart-sandbox"));

#[cfg(not(feature = "sandbox-program"))]
const PROGRAM: Option<&str> = None;

/// A folder that is gone when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sandbox-program-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn with(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A program that has said that it is ready.
struct Running {
    child: Child,
    out: BufReader<Box<dyn Read + Send>>,
    ready: Value,
}

impl Running {
    fn start(program: &str, arguments: &[&str]) -> Self {
        Self::try_start(program, arguments).unwrap()
    }

    /// `None`: it ended without a ready line.
    fn try_start(program: &str, arguments: &[&str]) -> Option<Self> {
        Self::try_start_and_tell(program, arguments, Stdio::null())
    }

    /// What it says to people goes there.
    fn try_start_and_tell(program: &str, arguments: &[&str], people: Stdio) -> Option<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(people)
            .spawn()
            .unwrap();
        let out: Box<dyn Read + Send> = Box::new(child.stdout.take().unwrap());
        let mut out = BufReader::new(out);
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        if line.is_empty() {
            child.wait().unwrap();
            return None;
        }
        let ready = line.strip_prefix("ready ").unwrap_or_else(|| panic!("{line:?}"));
        Some(Self {
            child,
            out,
            ready: serde_json::from_str(ready).unwrap(),
        })
    }

    fn control(&self, path: &str) -> String {
        format!("{}{path}", self.ready["control"].as_str().unwrap())
    }

    fn ehr(&self, index: usize, key: &str) -> String {
        self.ready["ehrs"][index][key].as_str().unwrap().to_owned()
    }

    /// Sends the signal, and gives what else was written and the exit status.
    fn end(mut self, signal: &str) -> (String, Option<i32>) {
        let mut out = std::mem::replace(&mut self.out, BufReader::new(Box::new(std::io::empty())));
        let (begins, begun) = mpsc::channel();
        let reader = thread::spawn(move || {
            begins.send(()).unwrap();
            let mut rest = String::new();
            out.read_to_string(&mut rest).unwrap();
            rest
        });
        // Before the signal: the program waits for who reads, and not for long.
        begun.recv().unwrap();
        let sent = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        (reader.join().unwrap(), self.child.wait().unwrap().code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs it to its end.
fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap()
}

/// So long a program may take that should end by itself.
#[cfg(unix)]
const A_WHILE: Duration = Duration::from_secs(20);

/// Runs it to its end, or for a while: then it has no exit status of its own.
#[cfg(unix)]
fn run_for_a_while(program: &str, arguments: &[&str]) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let until = Instant::now() + A_WHILE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() >= until {
            child.kill().unwrap();
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

#[track_caller]
fn mistakes(output: &Output) -> Vec<String> {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    text.lines()
        .map(|line| line.strip_prefix("actix-smart-sandbox: ").unwrap_or(line).to_owned())
        .collect()
}

const CLIENT: [&str; 6] = [
    "--client-id",
    "my app+1",
    "--redirect-uri",
    CALLBACK,
    "--launch-url",
    LAUNCH,
];

#[actix_web::test]
async fn flags_alone_are_enough_for_a_launch() {
    let Some(program) = program() else { return };
    let running = Running::start(program, &[&["--port", "0"][..], &CLIENT].concat());
    assert_eq!(running.ready["control"], Value::Null);
    let base = running.ehr(0, "fhir-base-url");
    let metadata = get(&format!("{base}/.well-known/smart-configuration")).await.json();
    let endpoint = |name: &str| metadata[name].as_str().unwrap().to_owned();
    let request = authorization_at(&base);
    let code = request
        .get(&endpoint("authorization_endpoint"))
        .await
        .location("code")
        .unwrap();
    let tokens = exchange(&code)
        .with("client_id", "my app+1")
        .post(&endpoint("token_endpoint"), &[])
        .await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    let page = get(&base.replace("/fhir", "/ehr/patient?id=amber-testwood")).await;
    assert!(page.body.contains("my app+1"), "{}", page.body);
    let health = base.replace("/fhir", "/health");
    assert_eq!(get(&health).await.status, 200);
}

#[actix_web::test]
async fn several_ehrs_run_in_one_process_and_are_driven_by_one_interface() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let file = folder.with(
        "two.toml",
        r#"
        [control]
        [[ehr]]
        name = "north"
        settings = { token-lifetime = 5, vendor = "epic" }
        [[ehr]]
        name = "south"
        [[ehr.fault]]
        on = "metadata"
        fault = { status = 500 }
        [[ehr.client]]
        client-id = "b"
        secret = "s"
        redirect-uris = ["http://127.0.0.1:1/back"]
        "#,
    );
    let running = Running::start(program, &["--file", &file, "--set", "expires-in=text"]);
    assert_eq!(get(&running.control("/health")).await.status, 200);
    let north = get(&running.control("/ehrs/north/settings")).await.json();
    assert_eq!(
        (&north["token-lifetime"], &north["expires-in"]),
        (&json!(5), &json!("text"))
    );
    assert!(
        north["peculiarities"]
            .as_array()
            .unwrap()
            .contains(&json!("no-revocation"))
    );
    let south = get(&running.control("/ehrs/south/clients")).await.json();
    assert_eq!(south["clients"][0]["client-id"], "b");
    let metadata = format!("{}/.well-known/smart-configuration", running.ehr(1, "fhir-base-url"));
    assert_eq!(get(&metadata).await.status, 500);
    assert_eq!(get(&metadata).await.status, 200);
}

#[actix_web::test]
async fn it_ends_in_order_while_a_request_hangs_and_somebody_waits() {
    let Some(program) = program() else { return };
    for signal in ["-INT", "-TERM"] {
        let folder = Folder::new();
        let file = folder.with(
            "hang.toml",
            "[control]\n[[ehr]]\nfault = [{ on = \"metadata\", fault = { hang = 600 }, times = \"always\" }]",
        );
        let running = Running::start(program, &["--file", &file]);
        let metadata = format!("{}/.well-known/smart-configuration", running.ehr(0, "fhir-base-url"));
        let hanging = actix_web::rt::spawn(async move { send("GET", &metadata, &[], "").await });
        // Answered when the other request has come.
        let came = get(&running.control("/ehrs/ehr/requests?at-least=1&timeout=60")).await;
        assert_eq!(came.status, 200);
        let url = running.control("/ehrs/ehr/requests?at-least=2&timeout=300");
        let waiting = actix_web::rt::spawn(async move { send("GET", &url, &[], "").await });
        assert_eq!(get(&running.control("/health")).await.status, 200);
        let ended = actix_web::rt::task::spawn_blocking(move || running.end(signal))
            .await
            .unwrap();
        // Both of them ask for ten seconds at least; who waits for neither has ended them.
        assert_eq!(ended.1, Some(0), "{signal}");
        assert!(hanging.await.unwrap().is_err() && waiting.await.unwrap().is_err());
    }
}

#[actix_web::test]
async fn every_key_of_the_file_that_init_writes_is_read() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let path = folder.path("new.toml");
    let written = run(program, &["--init", &path]);
    assert!(written.status.success(), "{written:?}");
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        run(program, &["--file", &path, "--check"]).status.success(),
        "as it is written"
    );

    // Every example with its `#` away, but for those of which there may be one.
    folder.with("people.json", r#"{"resourceType": "Patient", "id": "amber-testwood"}"#);
    let one_of = ["#jwks-url", "#jwks = ", "#automatic-user"];
    let uncommented: String = text
        .lines()
        .filter(|line| !one_of.iter().any(|start| line.starts_with(start)))
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') && !rest.is_empty() => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let all = folder.with("all.toml", &uncommented);
    let checked = run(program, &["--file", &all, "--check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

    let running = Running::start(program, &["--port", "0", "--control", "0"]);
    let document = get(&running.control("/openapi.json")).await.json();
    let schemas = &document["components"]["schemas"];
    for schema in ["Settings", "Client", "Fault"] {
        for key in schemas[schema]["properties"].as_object().unwrap().keys() {
            let is_there = text
                .lines()
                .any(|line| line.trim_start_matches('#').starts_with(&format!("{key} = ")));
            assert!(is_there, "{key} of {schema}");
        }
    }

    let again = run(program, &["--init", &path]);
    assert!(mistakes(&again)[0].contains("is there already"), "{again:?}");
}

#[actix_web::test]
async fn the_control_interface_is_off_unless_it_is_asked_for() {
    let Some(program) = program() else { return };
    let running = Running::start(program, &["--port", "0"]);
    let control = running.ehr(0, "ehr-url") + "__sandbox/health";
    assert_eq!(get(&control).await.status, 404);
    let page = Form::default().get(&running.ehr(0, "ehr-url")).await;
    assert_eq!(page.status, 200);
}

#[actix_web::test]
async fn a_bare_control_flag_leaves_the_port_of_the_file() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let port = crate::ports::free_port();
    let file = folder.with("port.toml", &format!("[control]\nport = {port}\n[[ehr]]"));
    let running = Running::start(program, &["--file", &file, "--control"]);
    assert_eq!(running.ready["control"], format!("http://127.0.0.1:{port}/__sandbox"));
}
