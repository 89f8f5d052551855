//! A real process that exports and is killed, again and again: every line once.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use actix_smart_auth::sandbox::{ExportFilesToken, SandboxExport};
use rand::RngExt as _;

use super::{Exporter, Folder, assert_each_once, child::command, ids};

const LINES: u64 = 60_000;

#[test]
fn a_process_that_is_killed_while_it_writes_is_followed_by_one_that_goes_on() {
    // 12 MB in two files, without a token: the processes have keys of their own that the EHR knows.
    let export = SandboxExport::new()
        .lines("Observation", LINES)
        .lines_per_file(35_000)
        .files_token(ExportFilesToken::Refused);
    let exporter = Exporter::start(export);
    let folder = Folder::new();
    let mut killed = 0;
    loop {
        let mut process = command(&exporter, &folder, &[]).stdout(Stdio::piped()).spawn().unwrap();
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
    assert!(killed >= 1, "{killed}");
    assert_each_once(&ids(&folder.0, "Observation"), LINES);
    assert_eq!(exporter.kick_offs().len(), 1);
}
