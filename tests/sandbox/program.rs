//! The program `actix-smart-sandbox`, as somebody runs it who writes in another language. Built with the feature `sandbox-program` alone.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};

use super::support::{CALLBACK, Form, LAUNCH, authorization_at, exchange, get, send};

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
    out: BufReader<ChildStdout>,
    ready: Value,
}

impl Running {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let ready = line.strip_prefix("ready ").unwrap_or_else(|| panic!("{line:?}"));
        Self {
            child,
            out,
            ready: serde_json::from_str(ready).unwrap(),
        }
    }

    fn control(&self, path: &str) -> String {
        format!("{}{path}", self.ready["control"].as_str().unwrap())
    }

    fn ehr(&self, index: usize, key: &str) -> String {
        self.ready["ehrs"][index][key].as_str().unwrap().to_owned()
    }

    /// Sends the signal, and gives what else was written and the exit status.
    fn end(mut self, signal: &str) -> (String, Option<i32>) {
        let sent = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (rest, self.child.wait().unwrap().code())
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

#[test]
fn every_mistake_of_a_file_is_told_at_once_in_a_line_that_names_the_key_and_the_choices() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let file = folder.with(
        "wrong.toml",
        r#"
        adress = "127.0.0.1"
        log = "xml"
        [[ehr]]
        name = "a"
        settings = { mode = "fast", token-lifetime = -1, strict-checks = ["nonse"] }
        [[ehr.client]]
        client-id = "b"
        [[ehr]]
        port = 70000
        [[ehr.fault]]
        on = "tokens"
        fault = "reset"
        "#,
    );
    let told = mistakes(&run(program, &["--file", &file]));
    for (place, says) in [
        ("adress", "`danger-address`"),
        ("log", "`json` or `text`"),
        ("ehr[0].settings.mode", "`automatic` or `interactive`"),
        ("ehr[0].settings.token-lifetime", "-1 is no time"),
        ("ehr[0].settings.strict-checks[0]", "`nonce`"),
        ("ehr[0].client[0]", "redirect-uris is empty"),
        ("ehr[1].port", "70000"),
        ("ehr[1].fault[0].on", "`exchange`"),
    ] {
        let start = format!("{file}: {place}: ");
        assert!(
            told.iter().any(|line| line.starts_with(&start) && line.contains(says)),
            "{place}: {told:#?}"
        );
    }
    assert_eq!(told.len(), 8, "{told:#?}");
}

#[test]
fn files_that_cannot_be_used_are_told_together_and_so_are_names_that_two_have() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let file = folder.with(
        "files.toml",
        r#"
        [[ehr]]
        data = ["nobody.json"]
        tls = { files = { certificate = "no.pem", key = "no.key" } }
        [[ehr]]
        "#,
    );
    let told = mistakes(&run(program, &["--file", &file, "--check"])).join("\n");
    for says in [
        "ehr[0].data[0]: ",
        "nobody.json",
        "no.pem",
        "no.key",
        "ehr[1].name: another EHR is named ehr",
    ] {
        assert!(told.contains(says), "{says}: {told}");
    }
    let syntax = folder.with("syntax.toml", "[[ehr]]\nname = \n");
    let told = mistakes(&run(program, &["--file", &syntax]));
    assert!(
        told.len() == 1 && told[0].starts_with(&format!("{syntax}:2: ")),
        "{told:?}"
    );
    let none = folder.with("none.toml", "ehr = []");
    assert!(mistakes(&run(program, &["--file", &none]))[0].contains("there is no EHR"));
    let absent = folder.path("absent.toml");
    assert!(mistakes(&run(program, &["--file", &absent]))[0].contains("--init writes a file"));
    let odd = mistakes(&run(program, &["--set", "mode"]));
    assert!(odd[0].contains("give a key and a value"), "{odd:?}");
    let origin = mistakes(&run(program, &["--port", "0", "--origin", "ehr.test"]));
    assert!(origin[0].contains("scheme, host and port alone"), "{origin:?}");
    let two = folder.with("two.toml", "[[ehr]]\nname = \"a\"\n[[ehr]]\nname = \"b\"");
    let told = mistakes(&run(program, &["--file", &two, "--port", "0"]));
    assert!(told[0].contains("the file has several"), "{told:?}");
}

#[test]
fn a_port_that_is_taken_is_no_mistake_of_the_file() {
    let Some(program) = program() else { return };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(program, &["--port", &port]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(&port) && text.contains("choose another port"), "{text}");
    assert_eq!(text.lines().count(), 1);
}

#[actix_web::test]
async fn people_of_a_file_are_the_people_of_the_ehr() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    folder.with(
        "people.json",
        r#"{"resourceType": "Patient", "id": "own-1", "name": [{"family": "Ownway", "given": ["Olga"]}]}"#,
    );
    let file = folder.with("own.toml", "[control]\n[[ehr]]\ndata = [\"people.json\"]");
    let running = Running::start(program, &["--file", &file]);
    let people = get(&running.control("/ehrs/ehr/people")).await.json();
    assert_eq!(
        people["patients"],
        json!([{"id": "own-1", "name": "Olga Ownway", "birth-date": null}])
    );
}

#[actix_web::test]
async fn a_certificate_of_its_own_is_trusted_by_who_trusts_the_file() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let (trusted, ready) = (folder.path("trusted.pem"), folder.path("ready.json"));
    let arguments = [
        "--port",
        "0",
        "--tls",
        "--control",
        "0",
        "--origin",
        "https://ehr.test:9443",
        "--trusted-certificate-file",
        &trusted,
        "--ready-file",
        &ready,
    ];
    let running = Running::start(program, &arguments);
    assert_eq!(running.ehr(0, "fhir-base-url"), "https://ehr.test:9443/fhir");
    let pem = fs::read_to_string(&trusted).unwrap();
    let described = get(&running.control("/ehrs/ehr")).await.json();
    assert_eq!(described["trusted-certificate"], pem);
    let written: Value = serde_json::from_str(&fs::read_to_string(&ready).unwrap()).unwrap();
    assert_eq!(written, running.ready);

    let port = running.ready["ehrs"][0]["listens-at"].as_str().unwrap().to_owned();
    let answer = |roots: rustls::RootCertStore, name: &str| tls_get(&port, roots, name);
    for name in ["127.0.0.1", "localhost", "ehr.test"] {
        let answer = answer(roots(&pem), name).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{name}: {answer}");
    }
    assert!(answer(roots(&pem), "other.test").is_err(), "another name");
    assert!(
        answer(roots(include_str!("../fixtures/tls/root.pem")), "localhost").is_err(),
        "another root"
    );
}

#[actix_web::test]
async fn a_certificate_that_was_given_is_served() {
    let Some(program) = program() else { return };
    let fixture = |name: &str| format!("{}/tests/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    let (certificate, key) = (fixture("server.pem"), fixture("server.key"));
    let running = Running::start(program, &["--port", "0", "--certificate", &certificate, "--key", &key]);
    let base = running.ehr(0, "fhir-base-url");
    assert!(base.starts_with("https://127.0.0.1:"), "{base}");
    let address = running.ready["ehrs"][0]["listens-at"].as_str().unwrap().to_owned();
    let root = roots(include_str!("../fixtures/tls/root.pem"));
    let names = ["localhost", "127.0.0.1", "ehr.test", "ehr.example"];
    assert!(names.iter().any(|name| tls_get(&address, root.clone(), name).is_ok()));
}

fn roots(pem: &str) -> rustls::RootCertStore {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
        .unwrap();
    roots
}

/// `GET /health` at that address, as somebody who believes these and asks for this name.
fn tls_get(address: &str, roots: rustls::RootCertStore, name: &str) -> std::io::Result<String> {
    use std::io::Write;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = rustls::pki_types::ServerName::try_from(name.to_owned()).unwrap();
    let connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = rustls::StreamOwned::new(connection, std::net::TcpStream::connect(address)?);
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[actix_web::test]
async fn a_log_has_a_line_of_json_for_each_request_and_no_secret() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let log = folder.path("requests.log");
    let more = ["--port", "0", "--log", "json", "--secret", "s3cret-of-the-client"];
    let running = Running::start(program, &[&more[..], &CLIENT].concat());
    let base = running.ehr(0, "fhir-base-url");
    let code = authorization_at(&base)
        .get(&base.replace("/fhir", "/authorize"))
        .await
        .location("code")
        .unwrap();
    let form = exchange(&code)
        .with("client_id", "my app+1")
        .with("client_secret", "wrong-secret");
    assert_eq!(form.post(&base.replace("/fhir", "/token"), &[]).await.status, 401);
    let (rest, _) = actix_web::rt::task::spawn_blocking(move || running.end("-TERM"))
        .await
        .unwrap();
    let lines: Vec<Value> = rest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{rest}");
    assert_eq!(
        (&lines[1]["ehr"], &lines[1]["error"]),
        (&json!("ehr"), &json!("invalid_client"))
    );
    assert!(
        !rest.contains(&code) && !rest.contains("secret-of") && !rest.contains("wrong-secret"),
        "{rest}"
    );

    let arguments = ["--port", "0", "--log", "text", "--log-file", &log];
    let running = Running::start(program, &arguments);
    get(&format!("{}/metadata", running.ehr(0, "fhir-base-url"))).await;
    actix_web::rt::task::spawn_blocking(move || running.end("-TERM"))
        .await
        .unwrap();
    let text = fs::read_to_string(&log).unwrap();
    assert!(text.contains(" ehr GET /fhir/metadata 200"), "{text}");
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

/// Whatever is named in a file begins at the file.
#[test]
fn a_relative_path_of_a_file_begins_at_the_file() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    folder.with("people.json", r#"{"resourceType": "Patient", "id": "own-1"}"#);
    let file = folder.with("own.toml", "[[ehr]]\ndata = [\"people.json\"]");
    let checked = Command::new(program)
        .args(["--file", &file, "--check"])
        .current_dir(Path::new("/"))
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_no_link_with_a_name_that_can_be_guessed_is_followed() {
    use std::os::unix::fs::symlink;

    let Some(program) = program() else { return };
    let folder = Folder::new();
    let (link, target) = (folder.path("link.json"), folder.with("target.json", "before"));
    symlink(&target, &link).unwrap();
    let other = folder.with("other", "kept");
    symlink(&other, folder.path("ready.json.new")).unwrap();

    drop(Running::start(program, &["--port", "0", "--ready-file", &link]));
    assert_eq!(fs::read_link(&link).unwrap(), Path::new(&target));
    assert!(fs::read_to_string(&target).unwrap().contains("fhir-base-url"));

    let ready = folder.path("ready.json");
    let running = Running::start(program, &["--port", "0", "--ready-file", &ready]);
    assert!(fs::read_to_string(&ready).unwrap().contains("fhir-base-url"));
    assert_eq!(fs::read_to_string(&other).unwrap(), "kept");
    drop(running);
}

#[test]
fn an_address_that_opens_no_application_is_a_mistake_of_the_flags() {
    let Some(program) = program() else { return };
    let flags = [
        "--client-id",
        "a",
        "--redirect-uri",
        "javascript:alert(1)",
        "--port",
        "0",
    ];
    let output = run(program, &flags);
    assert_eq!(output.status.code(), Some(2));
    let told = mistakes(&output).join(" ");
    assert!(
        told.contains("opens no application; give an address with http"),
        "{told}"
    );
}

#[test]
fn keys_that_do_nothing_and_people_and_ports_that_cannot_be_are_told_before_anything_is_written() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let client = "{ client-id = \"b\", redirect-uris = [\"http://127.0.0.1:1/back\"] }";
    for (text, says) in [
        (
            "log-file = \"l\"\n[[ehr]]".to_owned(),
            "log-file: nothing is written there without log",
        ),
        (
            "trusted-certificate-file = \"t\"\n[[ehr]]".to_owned(),
            "trusted-certificate-file: no certificate is made",
        ),
        (
            format!("[[ehr]]\nclient = [{client}, {client}]"),
            "ehr[0].client[1].client-id: another client has the id b",
        ),
        (
            "[[ehr]]\nclient = [{ client-id = \"r\", introspects = \"all-tokens\" }]".to_owned(),
            "ehr[0].client[0]: a resource server that is not launched needs secret",
        ),
        (
            "[[ehr]]\norigin = \"ehr.test\"".to_owned(),
            "ehr[0].origin: the origin \"ehr.test\" is none",
        ),
        (
            "[[ehr]]\norigin = \"https://ehr.test:443\"".to_owned(),
            "alone, as in https://ehr.test",
        ),
        (
            "[[ehr]]\nsettings = { automatic-patient = \"nobody\" }".to_owned(),
            "ehr[0].settings.automatic-patient: ",
        ),
        (
            "[[ehr]]\nsettings = { automatic-user = \"Practitioner/nobody\" }".to_owned(),
            "ehr[0].settings.automatic-user: ",
        ),
        (
            "[[ehr]]\nportal-users = [\"Patient/nobody\"]".to_owned(),
            "ehr[0].portal-users: ",
        ),
        (
            "[[ehr]]\nname = \"a\"\nport = 4\n[[ehr]]\nname = \"b\"\nport = 4".to_owned(),
            "ehr[1].port: 4 is taken by another EHR",
        ),
        (
            "[control]\nport = 4\n[[ehr]]\nport = 4".to_owned(),
            "ehr[0].port: 4 is taken by another EHR or by [control]",
        ),
        (
            "[[ehr]]\nfault = [{ on = \"fhir\", fault = { status = 42 } }]".to_owned(),
            "42 is no HTTP status; give one from 100 to 599",
        ),
    ] {
        let file = folder.with("one.toml", &text);
        let told = mistakes(&run(program, &["--file", &file, "--check"]));
        assert_eq!(told.len(), 1, "{text}: {told:#?}");
        assert!(told[0].contains(says), "{told:?}");
    }
    let log = folder.path("requests.log");
    let checked = run(program, &["--log", "json", "--log-file", &log, "--check"]);
    assert!(checked.status.success() && !Path::new(&log).exists());
}

#[test]
fn a_mistake_at_the_beginning_of_a_line_is_told_with_the_number_of_that_line() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let file = folder.with("syntax.toml", "[[ehr]]\nname = \"a\"\n= 3\n");
    let told = mistakes(&run(program, &["--file", &file]));
    assert!(told[0].starts_with(&format!("{file}:3: ")), "{told:?}");
}

#[actix_web::test]
async fn files_that_say_what_runs_are_gone_before_it_listens_and_when_it_has_ended() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let (ready, trusted) = (folder.with("ready.json", "old"), folder.with("trusted.pem", "old"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let files = ["--tls", "--ready-file", &ready, "--trusted-certificate-file", &trusted];
    let failed = run(program, &[&files[..], &["--port", &port]].concat());
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    assert!(!Path::new(&ready).exists() && !Path::new(&trusted).exists());

    let running = Running::start(program, &[&files[..], &["--port", "0"]].concat());
    assert!(Path::new(&ready).exists() && Path::new(&trusted).exists());
    actix_web::rt::task::spawn_blocking(move || running.end("-TERM"))
        .await
        .unwrap();
    assert!(!Path::new(&ready).exists() && !Path::new(&trusted).exists());
}

#[test]
fn a_taken_port_of_the_control_interface_is_told_as_such() {
    let Some(program) = program() else { return };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(program, &["--port", "0", "--control", &port]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("the control interface: ") && text.contains("choose another port"),
        "{text}"
    );
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

#[test]
fn an_origin_that_is_an_address_of_ipv6_gets_a_certificate_for_that_address() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let trusted = folder.path("trusted.pem");
    let running = Running::start(
        program,
        &[
            "--port",
            "0",
            "--tls",
            "--origin",
            "https://[2001:db8::7]",
            "--trusted-certificate-file",
            &trusted,
        ],
    );
    let address = running.ready["ehrs"][0]["listens-at"].as_str().unwrap().to_owned();
    let pem = fs::read_to_string(&trusted).unwrap();
    assert!(tls_get(&address, roots(&pem), "2001:db8::7").is_ok());
}

/// A pipe whose reader has gone: writing to it fails.
#[cfg(unix)]
#[actix_web::test]
async fn it_runs_on_when_nobody_reads_what_it_says_to_people() {
    let Some(program) = program() else { return };
    let mut child = Command::new(program)
        .args(["--port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let ready = serde_json::from_str(line.strip_prefix("ready ").unwrap()).unwrap();
    let running = Running { child, out, ready };
    for _ in 0..3 {
        assert_eq!(get(&running.ehr(0, "ehr-url")).await.status, 200);
    }
    let ended = actix_web::rt::task::spawn_blocking(move || running.end("-TERM"))
        .await
        .unwrap();
    assert_eq!(ended.1, Some(0));
}
