//! How an export is waited for, and what its manifest says.

use std::time::{Duration, Instant};

use actix_smart_auth::{
    bulk::{ExportStatus, ExportStatusError, FileKind, ManifestProblem, SavedExport},
    fhir::FhirError,
    sandbox::{Endpoint, Fault, FaultPoint, SandboxExport, Times, When},
};
use serde_json::{Value, json};

use super::{Exporter, bulk};

#[actix_web::test]
async fn progress_comes_as_a_number_until_the_manifest_is_there() {
    let exporter = Exporter::start(SandboxExport::new().looks(3).errors(2));
    let mut seen = Vec::new();
    let manifest = exporter
        .job()
        .await
        .wait(|progress| seen.push(progress.percent))
        .await
        .unwrap();
    assert_eq!(seen, [Some(25), Some(50), Some(75)]);
    assert_eq!(manifest.transaction_time().as_str(), "2026-01-31T08:15:00.000Z");
    assert!(manifest.request().unwrap().ends_with("/fhir/$export"));
    assert!(manifest.requires_access_token());
    assert!(manifest.expires().is_some());
    let files: Vec<_> = manifest.files();
    let names: Vec<_> = files.iter().map(|file| file.name()).collect();
    assert_eq!(
        names,
        [
            "Patient.1.ndjson",
            "Observation.1.ndjson",
            "error.OperationOutcome.1.ndjson"
        ]
    );
    assert_eq!((files[2].kind(), files[2].count()), (FileKind::Error, Some(2)));
    assert_eq!(manifest.output(None).len(), 2);
}

#[actix_web::test]
async fn the_server_says_when_the_next_look_is() {
    let exporter = Exporter::start(SandboxExport::new().looks(1).retry_after("1"));
    let job = exporter.job().await;
    let ExportStatus::InProgress { retry_after, progress } = job.poll().await.unwrap() else {
        panic!()
    };
    assert_eq!(
        (retry_after, progress.percent),
        (Some(Duration::from_secs(1)), Some(50))
    );
    assert!(matches!(job.poll().await.unwrap(), ExportStatus::Complete(_)));

    let exporter = Exporter::start(SandboxExport::new().looks(1).retry_after("1"));
    let job = exporter.job().await;
    let began = Instant::now();
    job.wait(|_| ()).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[actix_web::test]
async fn what_passes_is_asked_again_and_what_does_not_is_the_end() {
    let passing = [
        Fault::TooManyRequests {
            retry_after: Some("0".to_owned()),
        },
        Fault::Unavailable { retry_after: None },
        Fault::HtmlBody { status: 502 },
        Fault::Reset,
        Fault::Raw {
            status: 500,
            content_type: "application/fhir+json".to_owned(),
            body: json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "transient"}]})
                .to_string()
                .into_bytes(),
        },
    ];
    for fault in passing {
        let exporter = Exporter::start(SandboxExport::new());
        let job = exporter.job().await;
        exporter
            .sandbox
            .inject(FaultPoint::ExportStatus, When::Before, fault.clone(), Times::N(3));
        assert!(job.wait(|_| ()).await.is_ok(), "{fault:?}");
        assert_eq!(exporter.received(Endpoint::ExportStatus).len(), 6, "{fault:?}");
    }
    let exporter = Exporter::start(SandboxExport::new());
    let job = exporter.job().await;
    exporter.sandbox.inject(
        FaultPoint::ExportStatus,
        When::Before,
        Fault::OperationOutcome { status: 500 },
        Times::Once,
    );
    let error = job.wait(|_| ()).await.unwrap_err();
    assert!(
        matches!(
            error,
            ExportStatusError::Request(FhirError::Outcome { status: 500, .. })
        ),
        "{error}"
    );
    assert_eq!(exporter.received(Endpoint::ExportStatus).len(), 1);
}

/// Of a process that has no token yet.
#[actix_web::test]
async fn an_ehr_that_gives_no_token_for_the_moment_is_waited_for() {
    let exporter = Exporter::start(SandboxExport::new());
    let saved = exporter.job().await.saved();
    let other = super::config(&exporter.sandbox.fhir_base_url(), super::SCOPES);
    let job = bulk(&other, &exporter.sandbox.fhir_base_url()).job(&saved).unwrap();
    let trouble = Fault::Unavailable { retry_after: None };
    exporter
        .sandbox
        .inject(FaultPoint::Backend, When::Before, trouble, Times::Once);
    job.wait(|_| ()).await.unwrap();
    let tokens = exporter.received(Endpoint::Token);
    assert_eq!(tokens.last().unwrap().status, Some(200));
}

#[actix_web::test]
async fn a_page_of_the_manifest_that_cannot_be_had_for_the_moment_is_asked_for_again() {
    for trouble in [Fault::Unavailable { retry_after: None }, Fault::Reset] {
        let exporter = Exporter::start(SandboxExport::new().looks(0));
        let job = exporter.job().await;
        let first = json!({
            "transactionTime": "2026-01-31T08:15:00Z",
            "requiresAccessToken": true,
            "output": [],
            "link": [{"relation": "next", "url": "/bulk/status/0?page=2"}],
        });
        let first = Fault::Raw {
            status: 200,
            content_type: "application/json".to_owned(),
            body: first.to_string().into_bytes(),
        };
        for fault in [first, trouble] {
            exporter
                .sandbox
                .inject(FaultPoint::ExportStatus, When::Before, fault, Times::Once);
        }
        job.wait(|_| ()).await.unwrap();
        assert_eq!(exporter.received(Endpoint::ExportStatus).len(), 3);
    }
}

#[actix_web::test]
async fn what_passes_too_often_is_the_end() {
    let exporter = Exporter::start(SandboxExport::new());
    let saved = exporter.job().await.saved();
    exporter.sandbox.inject(
        FaultPoint::ExportStatus,
        When::Before,
        Fault::Status(503),
        Times::Always,
    );
    let job = exporter.bulk().attempts(3).job(&saved).unwrap();
    let error = job.wait(|_| ()).await.unwrap_err();
    assert!(
        matches!(error, ExportStatusError::Request(FhirError::Status { status: 503, .. })),
        "{error}"
    );
    assert_eq!(exporter.received(Endpoint::ExportStatus).len(), 3);
}

#[actix_web::test]
async fn an_export_that_was_ended_is_gone_and_ending_it_again_is_no_error() {
    let exporter = Exporter::start(SandboxExport::new());
    let job = exporter.job().await;
    job.cancel().await.unwrap();
    assert_eq!(job.poll().await.unwrap_err(), ExportStatusError::Gone);
    assert_eq!(job.wait(|_| ()).await.unwrap_err(), ExportStatusError::Gone);
    job.cancel().await.unwrap();
}

#[actix_web::test]
async fn another_process_goes_on_with_what_was_saved() {
    let exporter = Exporter::start(SandboxExport::new());
    let saved = serde_json::to_string(&exporter.job().await.saved()).unwrap();
    let saved: SavedExport = serde_json::from_str(&saved).unwrap();
    assert!(!format!("{saved:?}").contains("/bulk/status/"), "{saved:?}");
    let other = super::config(&exporter.sandbox.fhir_base_url(), super::SCOPES);
    let job = bulk(&other, &exporter.sandbox.fhir_base_url()).job(&saved).unwrap();
    assert!(job.wait(|_| ()).await.is_ok());

    let elsewhere = super::config("https://ehr.example/fhir", super::SCOPES);
    let error = bulk(&elsewhere, "https://ehr.example/fhir").job(&saved).unwrap_err();
    assert_eq!(error, ExportStatusError::OtherServer);
}

#[actix_web::test]
async fn a_token_that_is_refused_on_the_way_is_replaced_once() {
    let exporter = Exporter::start(SandboxExport::new());
    let job = exporter.job().await;
    exporter.sandbox.expire_access_tokens();
    // The token is too young to be replaced: another would be refused as well.
    let error = job.poll().await.unwrap_err();
    assert!(
        matches!(
            error,
            ExportStatusError::Request(FhirError::Outcome { status: 401, .. })
        ),
        "{error}"
    );
}

/// Answers the next look with this manifest.
async fn with_manifest(manifest: Value) -> ExportStatusError {
    let exporter = Exporter::start(SandboxExport::new());
    let job = exporter.job().await;
    let answer = Fault::Raw {
        status: 200,
        content_type: "application/json".to_owned(),
        body: manifest.to_string().into_bytes(),
    };
    exporter
        .sandbox
        .inject(FaultPoint::ExportStatus, When::Before, answer, Times::Always);
    job.wait(|_| ()).await.unwrap_err()
}

#[actix_web::test]
async fn a_manifest_that_cannot_be_used_is_told_by_what_is_wrong_with_it() {
    let good = json!({"transactionTime": "2026-01-31T08:15:00Z", "requiresAccessToken": true, "output": []});
    for (member, value, problem) in [
        ("transactionTime", json!(1), ManifestProblem::Member("transactionTime")),
        (
            "output",
            json!([{"type": "../../etc", "url": "https://a.example"}]),
            ManifestProblem::FileType,
        ),
        (
            "requiresAccessToken",
            json!("yes"),
            ManifestProblem::Member("requiresAccessToken"),
        ),
    ] {
        let mut manifest = good.clone();
        manifest[member] = value;
        assert_eq!(with_manifest(manifest).await, ExportStatusError::Manifest(problem));
    }
    assert_eq!(
        with_manifest(json!([])).await,
        ExportStatusError::Manifest(ManifestProblem::NotJson)
    );
    // A page that leads to itself.
    let mut manifest = good;
    manifest["link"] = json!([{"relation": "next", "url": "/bulk/status/0"}]);
    assert_eq!(
        with_manifest(manifest).await,
        ExportStatusError::Manifest(ManifestProblem::TooMany)
    );
}
