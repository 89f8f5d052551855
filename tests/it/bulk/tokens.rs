//! Tokens that run out while an export is fetched.

use std::{collections::BTreeSet, time::Duration};

use actix_smart_auth::{
    SmartConfig,
    bulk::{ExportJob, ExportLevel},
    sandbox::{Endpoint, SandboxExport},
    time::ManualClock,
};

use super::{Exporter, SCOPES, registration};
use crate::support::clock;

/// Tokens of five minutes, and a clock that the test moves.
fn exporter() -> (ManualClock, Exporter) {
    let clock = clock();
    let sandbox = crate::support::strict_ehr()
        .clock(clock.clone())
        .token_lifetime(Duration::from_secs(300))
        .export(SandboxExport::new().lines("Observation", 30).lines_per_file(10))
        .start()
        .unwrap();
    let ehr = registration(&sandbox.fhir_base_url(), SCOPES);
    let config = SmartConfig::builder().clock(clock.clone()).ehr(ehr).build().unwrap();
    (clock, Exporter::of(sandbox, config))
}

async fn begun(exporter: &Exporter) -> ExportJob {
    let export = exporter.bulk().export(ExportLevel::System);
    export.types(["Observation"]).start().await.unwrap()
}

#[actix_web::test]
async fn each_file_has_a_token_that_is_fresh() {
    let (clock, exporter) = exporter();
    let job = begun(&exporter).await;
    for file in job.wait(|_| ()).await.unwrap().files() {
        let mut lines = file.lines();
        while lines.next().await.unwrap().is_some() {}
        clock.advance(Duration::from_secs(300));
    }
    let files = exporter.received(Endpoint::ExportFile);
    let tokens: BTreeSet<_> = files
        .iter()
        .map(|request| request.header("authorization").unwrap())
        .collect();
    assert_eq!((files.len(), tokens.len()), (3, 3));
}

#[actix_web::test]
async fn a_token_that_is_refused_is_replaced_once_for_a_status_and_for_a_file() {
    let (clock, exporter) = exporter();
    let job = begun(&exporter).await;
    exporter.sandbox.expire_access_tokens();
    // One that is younger is not replaced: another would be refused as well.
    clock.advance(Duration::from_secs(11));
    let manifest = job.wait(|_| ()).await.unwrap();
    exporter.sandbox.expire_access_tokens();
    clock.advance(Duration::from_secs(11));
    assert!(manifest.files()[0].lines().next().await.unwrap().is_some());
    let statuses = |endpoint| {
        let received = exporter.received(endpoint).into_iter();
        received.map(|request| request.status.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(statuses(Endpoint::ExportStatus), [401, 202, 202, 200]);
    assert_eq!(statuses(Endpoint::ExportFile), [401, 200]);
}
