//! What a large manifest takes of memory: a process of its own says it.
#![cfg(target_os = "linux")]

use std::{env, fs, process::Command};

use actix_smart_auth::{
    bulk::{BulkFileError, ExportEvent, ExportFolderError, ExportLevel},
    sandbox::{Fault, FaultPoint, SandboxExport, Times, When},
};

use super::{Exporter, Folder, SCOPES};

/// Tells a child what to do: address and folder.
const EXPORTER: &str = "TEST_BULK_LARGE_MANIFEST";

/// The most memory that this process has had, in KiB.
fn most_memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// What a child does. In the parent it is a test without anything to do.
#[actix_web::test]
async fn one_with_a_large_manifest() {
    let Ok(told) = env::var(EXPORTER) else { return };
    let (base, folder) = told.split_once(' ').unwrap();
    let config = super::config(base, SCOPES);
    let bulk = super::bulk(&config, base).manifest_limit(64 << 20);
    let export = bulk.export(ExportLevel::System);
    let mut before = 0;
    let begun = |event: ExportEvent<'_>| {
        if matches!(event, ExportEvent::Begun) {
            before = most_memory();
        }
    };
    // It is read, and noted in the journal; there are no files.
    let error = export.to_folder(folder, begun).await.unwrap_err();
    assert!(
        matches!(error, ExportFolderError::File(BulkFileError::Expired { .. })),
        "{error}"
    );
    println!("took {} KiB", most_memory() - before);
}

#[actix_web::test]
async fn a_manifest_takes_three_times_its_size_of_memory_at_most() {
    for (files, address) in [(60_000, 200), (100_000, 450)] {
        let exporter = Exporter::start(SandboxExport::new());
        let rest = "x".repeat(address - 6);
        let listed = |number| format!(r#"{{"type":"Observation","url":"/{number:06}{rest}","count":7}}"#);
        let manifest = format!(
            r#"{{"transactionTime":"2026-01-31T08:15:00Z","requiresAccessToken":false,"output":[{}]}}"#,
            (0..files).map(listed).collect::<Vec<_>>().join(",")
        );
        let length = manifest.len() / 1024;
        let answer = Fault::Raw {
            status: 200,
            content_type: "application/json".to_owned(),
            body: manifest.into_bytes(),
        };
        exporter
            .sandbox
            .inject(FaultPoint::ExportStatus, When::Before, answer, Times::Always);
        let folder = Folder::new();
        let output = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "bulk::large_manifest::one_with_a_large_manifest",
                "--nocapture",
            ])
            .env(
                EXPORTER,
                format!("{} {}", exporter.sandbox.fhir_base_url(), folder.0.display()),
            )
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}");
        let took = said.split("took ").nth(1).and_then(|rest| rest.split(' ').next());
        let took: usize = took.unwrap().parse().unwrap();
        println!("a manifest of {length} KiB took {took} KiB");
        assert!(took <= 3 * length, "{took} of {length} KiB");
    }
}
