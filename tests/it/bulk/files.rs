//! Files line by line.

use std::collections::BTreeMap;

use actix_smart_auth::{
    bulk::{BrokenLines, BulkFileError, BulkLines, Compression, ExportLevel, Findings},
    fhir::FhirError,
    sandbox::{Endpoint, ExportFiles, Fault, FaultPoint, SandboxExport, Times, When},
};
use serde_json::Value;

use super::{Exporter, assert_each_once};

const FILE: &str = "Observation.1.ndjson";

fn observations(count: u64) -> SandboxExport {
    SandboxExport::new().lines("Observation", count)
}

/// The only file, as it is read with these options.
async fn lines(
    exporter: &Exporter,
    change: impl Fn(actix_smart_auth::bulk::BulkClient) -> actix_smart_auth::bulk::BulkClient,
) -> BulkLines {
    let export = change(exporter.bulk())
        .export(ExportLevel::System)
        .types(["Observation"]);
    let manifest = export.start().await.unwrap().wait(|_| ()).await.unwrap();
    manifest.output(Some("Observation"))[0].lines()
}

async fn ids(lines: &mut BulkLines) -> Result<BTreeMap<String, u32>, BulkFileError> {
    let mut ids = BTreeMap::new();
    while let Some(line) = lines.next().await? {
        let resource: Value = serde_json::from_slice(&line).unwrap();
        *ids.entry(resource["id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(lines.next().await, Ok(None));
    Ok(ids)
}

#[actix_web::test]
async fn lines_come_each_once_with_gzip_and_without() {
    let exporter = Exporter::start(observations(5_000));
    for (compression, coding) in [(Compression::Accepted, "gzip"), (Compression::Refused, "identity")] {
        exporter.sandbox.clear_received_requests();
        let mut lines = lines(&exporter, |bulk| bulk.compression(compression)).await;
        assert_each_once(&ids(&mut lines).await.unwrap(), 5_000);
        assert_eq!(lines.number(), 5_000);
        let files = exporter.received(Endpoint::ExportFile);
        assert_eq!(files[0].header("accept-encoding"), Some(coding));
        assert!(
            files[0]
                .header("accept")
                .unwrap()
                .starts_with("application/fhir+ndjson")
        );
    }
}

#[actix_web::test]
async fn resources_come_typed() {
    let exporter = Exporter::start(SandboxExport::new());
    let manifest = exporter.manifest().await;
    let mut patients = manifest.output(Some("Patient"))[0].resources::<Value>();
    let mut count = 0;
    while let Some(patient) = patients.next().await.unwrap() {
        assert_eq!(patient["resourceType"], "Patient");
        count += 1;
    }
    assert_eq!(count, exporter.sandbox.patients().len());
}

/// It goes on where it stopped, or reads past what came before.
#[actix_web::test]
async fn a_file_whose_connection_breaks_goes_on_and_each_line_comes_once() {
    let cuts = [0, 1, 199, 200, 70_001, 3, 250_000];
    for (files, compression, parts) in [
        (ExportFiles::RangesAndGzip, Compression::Refused, true),
        (ExportFiles::RangesAndGzip, Compression::Accepted, false),
        (ExportFiles::Whole, Compression::Refused, false),
    ] {
        let exporter = Exporter::start(observations(5_000).files(files).cut_after(cuts));
        let mut lines = lines(&exporter, |bulk| bulk.compression(compression)).await;
        assert_each_once(&ids(&mut lines).await.unwrap(), 5_000);
        let requests = exporter.received(Endpoint::ExportFile);
        let with_range = requests.iter().filter(|request| request.header("range").is_some());
        assert_eq!(with_range.count() > 0, parts, "{files:?} {compression:?}");
        if parts {
            assert_eq!(requests.len(), cuts.len() + 1);
            assert!(
                requests
                    .iter()
                    .any(|request| request.header("if-range") == Some("\"0-Observation-0\""))
            );
        }
    }
}

#[actix_web::test]
async fn a_file_that_is_another_one_when_it_is_asked_for_again_is_an_error() {
    let exporter = Exporter::start(observations(5_000).files(ExportFiles::Whole).cut_after([300_000]));
    let mut lines = lines(&exporter, |bulk| bulk).await;
    for _ in 0..10 {
        lines.next().await.unwrap().unwrap();
    }
    // Nothing was asked again yet.
    exporter
        .sandbox
        .set_export(observations(5_000).files(ExportFiles::Whole).broken_line(5));
    let error = ids(&mut lines).await.unwrap_err();
    assert_eq!(error, BulkFileError::Changed { file: FILE.to_owned() });
}

#[actix_web::test]
async fn a_server_that_is_busy_is_waited_for_and_not_for_ever() {
    let busy = || Fault::TooManyRequests {
        retry_after: Some("0".to_owned()),
    };
    let exporter = Exporter::start(observations(10));
    let mut good = lines(&exporter, |bulk| bulk).await;
    exporter
        .sandbox
        .inject(FaultPoint::ExportFile, When::Before, busy(), Times::N(5));
    assert_eq!(ids(&mut good).await.unwrap().len(), 10);

    let mut bad = lines(&exporter, |bulk| bulk.attempts(3)).await;
    exporter.sandbox.clear_received_requests();
    exporter
        .sandbox
        .inject(FaultPoint::ExportFile, When::Before, busy(), Times::Always);
    let error = bad.next().await.unwrap_err();
    let BulkFileError::Request {
        error: FhirError::Status { status: 429, .. },
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(exporter.received(Endpoint::ExportFile).len(), 3);
    assert_eq!(bad.next().await, Ok(None), "after an error comes nothing");
}

#[actix_web::test]
async fn a_refusal_that_says_that_it_passes_is_waited_for_whatever_its_status() {
    let outcome = serde_json::json!({
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "transient"}],
    });
    let fault = Fault::Raw {
        status: 500,
        content_type: "application/fhir+json".to_owned(),
        body: outcome.to_string().into_bytes(),
    };
    let exporter = Exporter::start(observations(10));
    let mut lines = lines(&exporter, |bulk| bulk).await;
    exporter
        .sandbox
        .inject(FaultPoint::ExportFile, When::Before, fault, Times::N(2));
    assert_eq!(ids(&mut lines).await.unwrap().len(), 10);
}

#[actix_web::test]
async fn files_that_are_gone_are_told_from_what_passes() {
    for status in [404, 410] {
        let exporter = Exporter::start(observations(10));
        let mut lines = lines(&exporter, |bulk| bulk).await;
        exporter
            .sandbox
            .inject(FaultPoint::ExportFile, When::Before, Fault::Status(status), Times::Once);
        let error = lines.next().await.unwrap_err();
        assert_eq!(error, BulkFileError::Expired { file: FILE.to_owned() });
    }
    // In the middle.
    let exporter = Exporter::start(observations(10).cut_after([500]).expires_after(1));
    let mut lines = lines(&exporter, |bulk| bulk.compression(Compression::Refused)).await;
    let error = ids(&mut lines).await.unwrap_err();
    assert_eq!(error, BulkFileError::Expired { file: FILE.to_owned() });
}

#[actix_web::test]
async fn a_refusal_is_an_error_at_once() {
    let exporter = Exporter::start(observations(10));
    let mut lines = lines(&exporter, |bulk| bulk).await;
    exporter.sandbox.inject(
        FaultPoint::ExportFile,
        When::Before,
        Fault::OperationOutcome { status: 403 },
        Times::Always,
    );
    exporter.sandbox.clear_received_requests();
    let error = lines.next().await.unwrap_err();
    let BulkFileError::Request {
        error: FhirError::Outcome { status: 403, .. },
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(exporter.received(Endpoint::ExportFile).len(), 1);
}

#[actix_web::test]
async fn a_line_that_is_broken_is_named_or_left_out() {
    let exporter = Exporter::start(SandboxExport::new().broken_line(2));
    let manifest = exporter.manifest().await;
    let mut patients = manifest.output(Some("Patient"))[0].resources::<Value>();
    let mut came = 0;
    let error = loop {
        match patients.next().await {
            Ok(Some(_)) => came += 1,
            Ok(None) => panic!("nothing was broken"),
            Err(error) => break error,
        }
    };
    assert_eq!(came, 2);
    let expected = BulkFileError::BrokenLine {
        file: "Patient.1.ndjson".to_owned(),
        line: 3,
        column: 2,
    };
    assert_eq!(error, expected);
    assert_eq!(patients.next().await.unwrap(), None);

    let export = exporter
        .bulk()
        .broken_lines(BrokenLines::Skip)
        .export(ExportLevel::System);
    let manifest = export.start().await.unwrap().wait(|_| ()).await.unwrap();
    let mut patients = manifest.output(Some("Patient"))[0].resources::<Value>();
    let mut came = 0;
    while patients.next().await.unwrap().is_some() {
        came += 1;
    }
    assert_eq!((came + 1, patients.skipped()), (exporter.sandbox.patients().len(), 1));
}

#[actix_web::test]
async fn a_line_at_the_limit_is_read_and_one_byte_more_is_not() {
    let exporter = Exporter::start(observations(3).line_bytes(300));
    for (limit, fits) in [(299, true), (298, false)] {
        let mut lines = lines(&exporter, |bulk| bulk.line_limit(limit)).await;
        let file = FILE.to_owned();
        match ids(&mut lines).await {
            Ok(ids) => assert_eq!((ids.len(), fits), (3, true)),
            Err(error) => assert_eq!((error, fits), (BulkFileError::LineTooLong { file, line: 1 }, false)),
        }
    }
}

#[actix_web::test]
async fn lines_are_counted_against_the_manifest_unless_that_is_left() {
    for (by, told) in [(1, 11), (-1, 9)] {
        let exporter = Exporter::start(observations(10).miscount(by));
        let mut counted = lines(&exporter, |bulk| bulk).await;
        let (file, came) = (FILE.to_owned(), 10);
        assert_eq!(
            ids(&mut counted).await.unwrap_err(),
            BulkFileError::Miscounted { file, told, came }
        );
        let mut left = lines(&exporter, |bulk| bulk.findings(Findings::Report)).await;
        assert_eq!(ids(&mut left).await.unwrap().len(), 10);
    }
}
