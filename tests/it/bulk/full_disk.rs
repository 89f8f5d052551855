//! A disk without room: a process that may write files of a few bytes only.
#![cfg(unix)]

use actix_smart_auth::{
    bulk::{Compression, ExportLevel},
    sandbox::{Endpoint, ExportFilesToken, SandboxExport},
};

use super::{Exporter, Folder, assert_each_once, child::command, ids};

/// What a run says whose files may have so many blocks of 512 bytes (some shells: 1024).
fn run_with_room(exporter: &Exporter, folder: &Folder, blocks: u32) -> String {
    // The signal would end the process; without it writing fails, as on a disk that is full.
    let script = r#"trap "" XFSZ; ulimit -f "$1"; shift; exec "$@""#;
    let through = ["-c", script, "sh", &blocks.to_string()];
    let output = command(exporter, folder, &through).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

async fn go_on(exporter: &Exporter, folder: &Folder) {
    let bulk = exporter.bulk().compression(Compression::Refused);
    let export = bulk.export(ExportLevel::System).types(["Observation"]);
    export.to_folder(&folder.0, |_| ()).await.unwrap();
}

fn exporter(lines: u64, lines_per_file: u64) -> Exporter {
    // Without a token: the process has a key of its own that the EHR knows.
    let export = SandboxExport::new()
        .lines("Observation", lines)
        .lines_per_file(lines_per_file)
        .files_token(ExportFilesToken::Refused);
    Exporter::start(export)
}

fn assert_no_room_for(said: &str, folder: &Folder, name: &str) {
    let path = folder.0.join(name);
    assert!(said.contains("no room"), "{said}");
    assert!(said.contains(path.to_str().unwrap()), "{said}");
}

#[actix_web::test]
async fn a_file_without_room_is_gone_on_with_from_what_the_journal_says() {
    let exporter = exporter(60_000, 60_000);
    let folder = Folder::new();
    let said = run_with_room(&exporter, &folder, 8_192);
    assert_no_room_for(&said, &folder, "Observation.1.ndjson.part");
    exporter.sandbox.clear_received_requests();
    go_on(&exporter, &folder).await;
    let files = exporter.received(Endpoint::ExportFile);
    let from = files[0].header("range").unwrap();
    assert!(from.len() >= "bytes=1048576-".len(), "{from}");
    assert_each_once(&ids(&folder.0, "Observation"), 60_000);
    assert!(exporter.kick_offs().is_empty());
}

#[actix_web::test]
async fn a_journal_without_room_keeps_what_it_has_and_the_next_run_goes_on() {
    // The manifest has 200 files, which is a line of more than 16 KiB.
    let exporter = exporter(2_000, 10);
    let folder = Folder::new();
    let said = run_with_room(&exporter, &folder, 16);
    assert_no_room_for(&said, &folder, "export.journal");
    go_on(&exporter, &folder).await;
    assert_each_once(&ids(&folder.0, "Observation"), 2_000);
    assert_eq!(exporter.kick_offs().len(), 1);
}

/// Nobody would know of it, and many servers run one export of a client at a time.
#[actix_web::test]
async fn an_export_that_cannot_be_noted_is_ended_at_the_server() {
    let exporter = exporter(10, 10);
    let folder = Folder::new();
    let said = run_with_room(&exporter, &folder, 0);
    assert_no_room_for(&said, &folder, "export.journal");
    let ended = exporter.received(Endpoint::ExportStatus);
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].method, "DELETE");
    go_on(&exporter, &folder).await;
    assert_each_once(&ids(&folder.0, "Observation"), 10);
    assert_eq!(exporter.kick_offs().len(), 2);
}
