//! How an export is waited for, and what its manifest says.

use std::time::{Duration, Instant};

use actix_smart_auth::{
    bulk::{ExportStatus, ExportStatusError, FileKind, Manifest, ManifestProblem, SavedExport},
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
        let first = raw_manifest(first.to_string());
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
async fn an_export_is_ended_when_the_server_has_time_for_it() {
    let exporter = Exporter::start(SandboxExport::new());
    let saved = exporter.job().await.saved();
    let busy = Fault::TooManyRequests {
        retry_after: Some("0".to_owned()),
    };
    for (times, attempts, ends) in [(Times::N(2), 2, false), (Times::N(2), 3, true)] {
        exporter
            .sandbox
            .inject(FaultPoint::ExportStatus, When::Before, busy.clone(), times);
        exporter.sandbox.clear_received_requests();
        let job = exporter.bulk().attempts(attempts).job(&saved).unwrap();
        let ended = job.cancel().await;
        let requests = exporter.received(Endpoint::ExportStatus).len();
        assert_eq!((ended.is_ok(), requests), (ends, attempts as usize));
    }
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
    manifest_of(manifest).await.unwrap_err()
}

async fn manifest_of(manifest: Value) -> Result<Manifest, ExportStatusError> {
    let exporter = Exporter::start(SandboxExport::new());
    let job = exporter.job().await;
    let answer = raw_manifest(manifest.to_string());
    exporter
        .sandbox
        .inject(FaultPoint::ExportStatus, When::Before, answer, Times::Always);
    job.wait(|_| ()).await
}

#[actix_web::test]
async fn a_manifest_that_cannot_be_used_is_told_by_what_is_wrong_with_it() {
    let good = json!({"transactionTime": "2026-01-31T08:15:00Z", "requiresAccessToken": true, "output": []});
    for (member, value, problem) in [
        ("transactionTime", json!(1), ManifestProblem::Member("transactionTime")),
        // None of these is an export that found nothing.
        ("output", Value::Null, ManifestProblem::Member("output")),
        ("deleted", json!({}), ManifestProblem::Member("deleted")),
        ("error", json!("none"), ManifestProblem::Member("error")),
        ("link", json!({"relation": "next"}), ManifestProblem::Member("link")),
        ("link", json!([{"relation": "next"}]), ManifestProblem::Member("link")),
        (
            "output",
            json!([{"type": "../../etc", "url": "https://a.example"}]),
            ManifestProblem::FileType {
                member: "output",
                number: 1,
            },
        ),
        (
            "output",
            json!([{"type": "Patient", "url": "/1"}, {"type": "Patient", "url": "/2"}, {"type": "Device", "url": "/1"}]),
            ManifestProblem::FileTwice { first: 1, second: 3 },
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

/// Names in a folder, where the letters of a type may be large or small.
#[actix_web::test]
async fn no_two_files_have_one_name_where_large_and_small_letters_are_the_same() {
    let names = ["Patient", "PATIENT", "Patient", "PaTient", "CON", "Com1", "Nul"];
    let output: Vec<_> = names
        .iter()
        .zip(1..)
        .map(|(name, number)| json!({"type": name, "url": format!("/{number}")}))
        .collect();
    let manifest = manifest_of(json!({
        "transactionTime": "2026-01-31T08:15:00Z",
        "requiresAccessToken": true,
        "output": output,
    }))
    .await
    .unwrap();
    let names: Vec<_> = manifest.files().iter().map(|file| file.name().to_owned()).collect();
    assert_eq!(
        names,
        [
            "Patient.1.ndjson",
            "PATIENT.2.ndjson",
            "Patient.3.ndjson",
            "PaTient.4.ndjson",
            "type.CON.1.ndjson",
            "type.Com1.1.ndjson",
            "type.Nul.1.ndjson",
        ]
    );
}

fn raw_manifest(body: String) -> Fault {
    Fault::Raw {
        status: 200,
        content_type: "application/json".to_owned(),
        body: body.into_bytes(),
    }
}

#[actix_web::test]
async fn a_manifest_at_the_limit_is_read_and_one_byte_more_is_not_and_its_pages_count_together() {
    let page = |link: &str| {
        format!(
            r#"{{"transactionTime":"2026-01-31T08:15:00Z","requiresAccessToken":true,"output":[],"link":[{{"relation":"{link}","url":"/bulk/status/0?page=2"}}]}}"#
        )
    };
    for pages in [vec![page("self")], vec![page("next"), page("self")]] {
        let length: usize = pages.iter().map(String::len).sum();
        for (limit, fits) in [(length, true), (length - 1, false)] {
            let exporter = Exporter::start(SandboxExport::new());
            let saved = exporter.job().await.saved();
            for page in &pages {
                exporter.sandbox.inject(
                    FaultPoint::ExportStatus,
                    When::Before,
                    raw_manifest(page.clone()),
                    Times::Once,
                );
            }
            let job = exporter.bulk().manifest_limit(limit).job(&saved).unwrap();
            let expected = if fits {
                None
            } else {
                Some(ExportStatusError::TooLarge { limit })
            };
            assert_eq!(job.wait(|_| ()).await.err(), expected, "{}", pages.len());
            assert_eq!(exporter.received(Endpoint::ExportStatus).len(), pages.len());
        }
    }
}

/// What a refusal says beside its status is not needed.
#[actix_web::test]
async fn a_refusal_that_is_larger_than_a_manifest_may_be_is_told_by_its_status() {
    let exporter = Exporter::start(SandboxExport::new());
    let saved = exporter.job().await.saved();
    let refusal = Fault::Raw {
        status: 403,
        content_type: "text/html".to_owned(),
        body: vec![b'x'; 1_000],
    };
    exporter
        .sandbox
        .inject(FaultPoint::ExportStatus, When::Before, refusal, Times::Once);
    let job = exporter.bulk().manifest_limit(999).job(&saved).unwrap();
    let error = job.wait(|_| ()).await.unwrap_err();
    assert!(
        matches!(error, ExportStatusError::Request(FhirError::Status { status: 403, .. })),
        "{error}"
    );
}
