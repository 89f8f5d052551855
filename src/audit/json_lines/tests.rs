use std::{env::temp_dir, fs, process};

use serde_json::json;

use super::*;
use crate::{
    store::{FailedCallback, FailedCallbackKind, LaunchKind},
    time::Timestamp,
};

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn of_test(name: &str) -> Self {
        let folder = temp_dir().join(format!("actix-smart-auth-{}-{name}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("audit.jsonl")
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.0.join(name)).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "{text}");
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn events<const N: usize>() -> [AuditEvent; N] {
    std::array::from_fn(|_| {
        let failed = FailedCallback::new(FailedCallbackKind::AccessDenied, LaunchKind::Ehr);
        AuditEvent::refused(Timestamp::from_millis(0), "https://ehr.example/fhir", &failed)
    })
}

/// The sink as the crate calls it.
fn write(sink: &JsonLines, events: &[AuditEvent]) -> Result<(), AuditError> {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(sink.write(events))
}

fn line_of(event: &AuditEvent) -> String {
    serde_json::to_string(event).unwrap()
}

#[test]
fn events_are_lines_in_their_order_behind_those_that_are_there() {
    let folder = Folder::of_test("order");
    let [first, second, third] = events();
    write(&JsonLines::open(folder.file()).unwrap(), std::slice::from_ref(&first)).unwrap();
    let after_a_restart = JsonLines::open(folder.file()).unwrap();
    let both = [second, third];
    write(&after_a_restart, &both).unwrap();
    let expected = [line_of(&first), line_of(&both[0]), line_of(&both[1])];
    assert_eq!(folder.lines("audit.jsonl"), expected);
}

#[test]
fn a_part_of_a_line_stays_alone_and_what_comes_next_is_whole() {
    let folder = Folder::of_test("part");
    fs::write(folder.file(), r#"{"id":"cut o"#).unwrap();
    let [event] = events();
    write(&JsonLines::open(folder.file()).unwrap(), std::slice::from_ref(&event)).unwrap();
    assert_eq!(
        folder.lines("audit.jsonl"),
        [r#"{"id":"cut o"#.to_owned(), line_of(&event)]
    );
}

#[test]
fn a_file_that_was_moved_away_is_left_alone_and_a_new_one_begun() {
    let folder = Folder::of_test("rotation");
    let sink = JsonLines::open(folder.file()).unwrap();
    let [before, after] = events();
    write(&sink, std::slice::from_ref(&before)).unwrap();
    fs::rename(folder.file(), folder.0.join("audit.jsonl.1")).unwrap();
    write(&sink, std::slice::from_ref(&after)).unwrap();
    assert_eq!(folder.lines("audit.jsonl.1"), [line_of(&before)]);
    assert_eq!(folder.lines("audit.jsonl"), [line_of(&after)]);
}

#[test]
fn what_cannot_be_written_is_unavailable_and_is_written_when_it_can() {
    let folder = Folder::of_test("away");
    let sink = JsonLines::open(folder.file()).unwrap();
    let [event] = events();
    fs::remove_dir_all(&folder.0).unwrap();
    assert_eq!(write(&sink, std::slice::from_ref(&event)), Err(AuditError::Unavailable));
    fs::create_dir_all(&folder.0).unwrap();
    assert_eq!(write(&sink, std::slice::from_ref(&event)), Ok(()));
    assert_eq!(folder.lines("audit.jsonl"), [line_of(&event)]);
}

#[test]
fn what_cannot_be_opened_is_told_at_the_start_with_its_path() {
    let folder = Folder::of_test("start");
    for path in [folder.0.join("no-such-folder/audit.jsonl"), folder.0.clone()] {
        let error = JsonLines::open(path.clone()).unwrap_err();
        assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_new_file_can_be_read_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::of_test("mode");
    JsonLines::open(folder.file()).unwrap();
    let mode = fs::metadata(folder.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_as_nothing_there_is_ever_on_a_disk() {
    let error = JsonLines::open("/dev/null").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{error}");
}

#[test]
fn an_application_may_write_something_else() {
    let folder = Folder::of_test("else");
    let sink = JsonLines::open(folder.file())
        .unwrap()
        .written_as(|event| json!({ "key": event.id, "text": "two\nlines" }));
    let [event] = events();
    write(&sink, std::slice::from_ref(&event)).unwrap();
    let expected = json!({ "key": event.id, "text": "two\nlines" }).to_string();
    assert_eq!(folder.lines("audit.jsonl"), [expected]);
}
