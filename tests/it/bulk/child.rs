//! A process of its own that exports into a folder.

use std::{env, process::Command};

use actix_smart_auth::bulk::{Compression, ExportEvent, ExportLevel};

use super::{Exporter, Folder, SCOPES};

/// Tells it what to do: address and folder.
const EXPORTER: &str = "TEST_BULK_EXPORTER";

/// What the process does. In the parent it is a test without anything to do.
#[actix_web::test]
async fn one_that_exports() {
    let Ok(told) = env::var(EXPORTER) else { return };
    let (base, folder) = told.split_once(' ').unwrap();
    let config = super::config(base, SCOPES);
    let bulk = super::bulk(&config, base)
        .compression(Compression::Refused)
        .checkpoint(1);
    let export = bulk.export(ExportLevel::System).types(["Observation"]);
    let made = export
        .to_folder(folder, |event| {
            if let ExportEvent::Received { bytes, .. } = event {
                println!("received {bytes}");
            }
        })
        .await;
    match made {
        Ok(report) => println!("complete {}", report.lines()),
        Err(error) => println!("failed: {error}"),
    }
}

/// Runs [`one_that_exports`], and says in lines what happens: `received`, then `complete` or `failed`. `through` are arguments of `sh` before
/// those of the program, where there are any.
pub(super) fn command(exporter: &Exporter, folder: &Folder, through: &[&str]) -> Command {
    let program = env::current_exe().unwrap();
    let mut command = match through {
        [] => Command::new(program),
        through => {
            let mut shell = Command::new("sh");
            shell.args(through).arg(program);
            shell
        }
    };
    command
        .args(["--exact", "bulk::child::one_that_exports", "--nocapture"])
        .env(
            EXPORTER,
            format!("{} {}", exporter.sandbox.fhir_base_url(), folder.0.display()),
        );
    command
}
