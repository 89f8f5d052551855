//! A real process that exports and is killed, again and again: every line once.

use std::{
    env,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use actix_smart_auth::{
    bulk::{Compression, ExportEvent, ExportLevel},
    sandbox::{ExportFilesToken, SandboxExport},
};
use rand::RngExt as _;

use super::{Exporter, Folder, SCOPES, assert_each_once, ids};

/// Tells a child what to do: address and folder.
const EXPORTER: &str = "TEST_BULK_EXPORTER";
const LINES: u64 = 60_000;

/// What a child does. In the parent it is a test without anything to do.
#[actix_web::test]
async fn one_that_is_killed() {
    let Ok(told) = env::var(EXPORTER) else { return };
    let (base, folder) = told.split_once(' ').unwrap();
    let config = super::config(base, SCOPES);
    let bulk = super::bulk(&config, base)
        .compression(Compression::Refused)
        .checkpoint(1);
    let export = bulk.export(ExportLevel::System).types(["Observation"]);
    let report = export
        .to_folder(folder, |event| {
            if let ExportEvent::Received { bytes, .. } = event {
                println!("received {bytes}");
            }
        })
        .await
        .unwrap();
    println!("complete {}", report.lines());
}

fn child(exporter: &Exporter, folder: &Folder) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "bulk::killed::one_that_is_killed", "--nocapture"])
        .env(
            EXPORTER,
            format!("{} {}", exporter.sandbox.fhir_base_url(), folder.0.display()),
        )
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_process_that_is_killed_while_it_writes_is_followed_by_one_that_goes_on() {
    // 12 MB in two files, without a token: children have keys of their own that the EHR knows.
    let export = SandboxExport::new()
        .lines("Observation", LINES)
        .lines_per_file(35_000)
        .files_token(ExportFilesToken::Refused);
    let exporter = Exporter::start(export);
    let folder = Folder::new();
    let mut killed = 0;
    loop {
        let mut process = child(&exporter, &folder);
        let pieces = rand::rng().random_range(1..4);
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut is_complete = false;
        let mut left = pieces;
        for line in lines.map_while(Result::ok) {
            is_complete |= line.contains("complete");
            left -= i32::from(line.contains("received"));
            if left <= 0 && killed < 4 {
                break;
            }
        }
        if is_complete {
            assert!(process.wait().unwrap().success());
            break;
        }
        process.kill().unwrap();
        process.wait().unwrap();
        killed += 1;
        assert!(killed < 20);
    }
    assert!(killed >= 2, "{killed}");
    assert_each_once(&ids(&folder.0, "Observation"), LINES);
    assert_eq!(exporter.kick_offs().len(), 1);
}
