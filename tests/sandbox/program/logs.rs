//! The lines about requests, and what becomes of them when nobody reads.

use super::*;

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
async fn a_line_of_text_stays_one_whatever_is_in_the_path() {
    let Some(program) = program() else { return };
    let running = Running::start(program, &["--port", "0", "--log", "text"]);
    let origin = running.ehr(0, "fhir-base-url").replace("/fhir", "");
    // It is written decoded, as there is something to redact in it.
    get(&format!(
        "{origin}/x%0A2026-01-01T00:00:00Z%20ehr%20GET%20/never%20200;code=1"
    ))
    .await;
    let (rest, _) = actix_web::rt::task::spawn_blocking(move || running.end("-TERM"))
        .await
        .unwrap();
    assert_eq!(rest.lines().count(), 1, "{rest}");
    assert!(
        rest.contains(" ehr GET /x\\n2026-01-01T00:00:00Z ehr GET /never 200;code=[redacted] 404"),
        "{rest}"
    );
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
    let out: Box<dyn Read + Send> = Box::new(child.stdout.take().unwrap());
    let mut out = BufReader::new(out);
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

/// So many requests for `/nowhere/{number}`, one after the other on one connection, each answered before the next.
fn ask(address: &str, count: usize) {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    for number in 0..count {
        let request = format!("GET /nowhere/{number} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let (mut line, mut length) = (String::new(), 0);
        while line != "\r\n" {
            line.clear();
            answers.read_line(&mut line).unwrap();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
        }
        answers.read_exact(&mut vec![0; length]).unwrap();
    }
}

/// More than a pipe takes, and than were kept once.
const MANY: usize = 12_000;

#[test]
fn every_request_that_was_answered_before_the_end_is_a_line_and_they_are_in_order() {
    let Some(program) = program() else { return };
    let running = Running::start(program, &["--port", "0", "--log", "json"]);
    let address = running.ehr(0, "listens-at");
    ask(&address, MANY);
    // Nobody has read anything until it is told to end.
    let (rest, status) = running.end("-TERM");
    let paths: Vec<String> = rest
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["path"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let expected: Vec<String> = (0..MANY).map(|number| format!("/nowhere/{number}")).collect();
    assert_eq!(paths.len(), MANY);
    assert!(paths == expected);
    assert_eq!(status, Some(0));
}

#[test]
fn it_ends_when_nobody_reads_the_log_and_when_who_read_it_has_gone() {
    let Some(program) = program() else { return };
    for reader_stays in [true, false] {
        let mut running = Running::start(program, &["--port", "0", "--log", "json"]);
        let address = running.ehr(0, "listens-at");
        let out = std::mem::replace(&mut running.out, BufReader::new(Box::new(std::io::empty())));
        let held = reader_stays.then_some(out);
        ask(&address, 2_000);
        let (_, status) = running.end("-TERM");
        assert_eq!(status, Some(0), "{reader_stays}");
        drop(held);
    }
}

#[cfg(unix)]
#[test]
fn a_log_goes_to_a_pipe_that_is_read_and_to_no_other_and_to_no_folder() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let pipe = folder.path("log");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let arguments = ["--port", "0", "--log", "json", "--log-file", &pipe];
    let refused = run_for_a_while(program, &arguments);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert_eq!(
        String::from_utf8(refused.stderr).unwrap(),
        format!(
            "actix-smart-sandbox: {pipe}: it is a pipe that nobody reads; start who reads it first, or name a file\n"
        )
    );

    let reader = Command::new("cat").arg(&pipe).stdout(Stdio::piped()).spawn().unwrap();
    // Until it reads, the program does not start.
    let until = Instant::now() + A_WHILE;
    let running = loop {
        assert!(Instant::now() < until, "nobody reads the pipe");
        let started = Running::try_start(program, &arguments);
        if let Some(running) = started {
            break running;
        }
    };
    ask(&running.ehr(0, "listens-at"), 3);
    assert_eq!(running.end("-TERM").1, Some(0));
    let read = reader.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(read.stdout).unwrap().lines().count(), 3);

    let inner = folder.path("");
    let told = mistakes(&run(program, &["--check", "--log", "json", "--log-file", &inner]));
    assert_eq!(told, [format!("log-file: {inner} is a folder: name a file")]);
    let device = ["--check", "--log", "json", "--log-file", "/dev/null"];
    assert!(run(program, &device).status.success());
}

#[cfg(target_os = "linux")]
#[actix_web::test]
async fn a_log_that_cannot_be_written_is_told_once_and_stops_nothing() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let people = folder.path("people");
    let arguments = [
        "--port",
        "0",
        "--control",
        "0",
        "--log",
        "json",
        "--log-file",
        "/dev/full",
    ];
    let told = Stdio::from(fs::File::create(&people).unwrap());
    let running = Running::try_start_and_tell(program, &arguments, told).unwrap();
    ask(&running.ehr(0, "listens-at"), 3);
    let health = get(&running.control("/health")).await;
    assert_eq!(health.status, 200, "{health:?}");
    let ended = actix_web::rt::task::spawn_blocking(move || running.end("-TERM"));
    assert_eq!(ended.await.unwrap().1, Some(0));
    let told = fs::read_to_string(&people).unwrap();
    let about_the_log: Vec<&str> = told.lines().filter(|line| line.contains("the log ")).collect();
    assert_eq!(about_the_log.len(), 1, "{told}");
    assert!(
        about_the_log[0].contains("the log cannot be written (No space left on device"),
        "{told}"
    );
}
