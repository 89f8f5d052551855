//! Exports into a folder.

use std::fs;

use actix_smart_auth::{
    bulk::{
        AfterDownload, BrokenLine, BulkFileError, Counted, ExportEvent, ExportFolderError, ExportLevel,
        ExportStatusError, FileKind, Findings,
    },
    fhir::FhirError,
    sandbox::{Endpoint, Fault, FaultPoint, SandboxExport, Times, When},
};

use super::{Exporter, Folder, assert_each_once, ids};

fn observations(count: u64) -> SandboxExport {
    SandboxExport::new().lines("Observation", count)
}

#[actix_web::test]
async fn a_folder_has_the_files_under_names_of_ours_and_the_report_says_what_they_are() {
    let exporter = Exporter::start(observations(2_500).lines_per_file(1_000).errors(3));
    let folder = Folder::new();
    let mut told = Vec::new();
    let report = exporter
        .export()
        .to_folder(&folder.0, |event| {
            told.push(match event {
                ExportEvent::Begun => "begun".to_owned(),
                ExportEvent::InProgress(progress) => format!("{:?}", progress.percent),
                ExportEvent::Manifest(manifest) => format!("{} files", manifest.files().len()),
                ExportEvent::File(file) => file.name.clone(),
                _ => return,
            });
        })
        .await
        .unwrap();
    let names = [
        "Observation.1.ndjson",
        "Observation.2.ndjson",
        "Observation.3.ndjson",
        "Patient.1.ndjson",
        "error.OperationOutcome.1.ndjson",
    ];
    assert_eq!(folder.names(), names);
    assert_each_once(&ids(&folder.0, "Observation"), 2_500);
    assert_eq!(report.errors(), 3);
    assert_eq!(report.files.len(), 5);
    let observations: Vec<_> = report
        .files
        .iter()
        .filter(|file| file.resource_type == "Observation")
        .collect();
    let lines: Vec<_> = observations
        .iter()
        .map(|file| (file.lines, file.bytes, file.counted))
        .collect();
    assert_eq!(
        lines,
        [
            (1_000, 200_000, Counted::Right),
            (1_000, 200_000, Counted::Right),
            (500, 100_000, Counted::Right)
        ]
    );
    assert_eq!(report.files[4].kind, FileKind::Error);
    assert_eq!(told[..4], ["begun", "Some(34)", "Some(67)", "5 files"]);
    assert_eq!(told[4..].len(), 5);
}

#[cfg(unix)]
#[actix_web::test]
async fn what_is_in_the_folder_is_for_the_eyes_of_this_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let exporter = Exporter::start(observations(1));
    let folder = Folder::new();
    exporter.export().to_folder(&folder.0, |_| ()).await.unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.0), 0o700);
    for entry in fs::read_dir(&folder.0).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[actix_web::test]
async fn a_folder_that_is_complete_is_told_again_and_nothing_is_sent() {
    let exporter = Exporter::start(observations(10));
    let folder = Folder::new();
    let first = exporter.export().to_folder(&folder.0, |_| ()).await.unwrap();
    exporter.sandbox.clear_received_requests();
    let second = exporter.export().to_folder(&folder.0, |_| ()).await.unwrap();
    assert_eq!(first, second);
    assert!(exporter.sandbox.received_requests().is_empty());
}

#[actix_web::test]
async fn two_runs_do_not_work_in_one_folder() {
    let exporter = Exporter::start(observations(10));
    let folder = Folder::new();
    let (export, path) = (exporter.export(), folder.0.clone());
    let mut other = None;
    let first = export.to_folder(&path, |event| {
        if matches!(event, ExportEvent::Begun) {
            let mut second = Box::pin(export.to_folder(&path, |_| ()));
            other = Some(futures_now(second.as_mut()));
        }
    });
    first.await.unwrap();
    let error = other.unwrap().unwrap_err();
    assert!(matches!(error, ExportFolderError::InUse { .. }), "{error}");
    assert_eq!(exporter.kick_offs().len(), 1);
}

/// What comes of a future that waits for nothing but other threads.
fn futures_now<F: Future + Unpin>(mut future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = std::pin::Pin::new(&mut future).poll(&mut context) {
            return output;
        }
        std::thread::yield_now();
    }
}

#[actix_web::test]
async fn a_folder_with_something_else_is_left_alone() {
    let exporter = Exporter::start(observations(10));
    let folder = Folder::new();
    fs::create_dir(&folder.0).unwrap();
    fs::write(folder.0.join("Patient.1.ndjson"), "old").unwrap();
    let error = exporter.export().to_folder(&folder.0, |_| ()).await.unwrap_err();
    assert!(matches!(error, ExportFolderError::NotEmpty { .. }), "{error}");
    assert_eq!(fs::read_to_string(folder.0.join("Patient.1.ndjson")).unwrap(), "old");
    assert!(exporter.kick_offs().is_empty());
}

#[actix_web::test]
async fn another_export_or_another_server_does_not_go_on_with_a_folder() {
    let exporter = Exporter::start(observations(10));
    let folder = Folder::new();
    exporter.export().to_folder(&folder.0, |_| ()).await.unwrap();
    let others = [
        exporter.export().types(["Patient"]),
        exporter.bulk().export(ExportLevel::Patient),
        Exporter::start(observations(10)).export(),
    ];
    for other in others {
        let error = other.to_folder(&folder.0, |_| ()).await.unwrap_err();
        assert!(matches!(error, ExportFolderError::OtherExport { .. }), "{error}");
    }
}

#[actix_web::test]
async fn a_journal_that_cannot_be_read_is_an_error_and_half_a_last_line_is_none() {
    let exporter = Exporter::start(observations(10));
    let folder = Folder::new();
    let report = exporter.export().to_folder(&folder.0, |_| ()).await.unwrap();
    let path = folder.0.join("export.journal");
    let journal = fs::read_to_string(&path).unwrap();
    assert!(!journal.contains("Bearer"), "{journal}");
    fs::write(&path, format!("{journal}{{\"Done\":{{\"na")).unwrap();
    assert_eq!(exporter.export().to_folder(&folder.0, |_| ()).await.unwrap(), report);
    fs::write(&path, format!("nonsense\n{journal}")).unwrap();
    let error = exporter.export().to_folder(&folder.0, |_| ()).await.unwrap_err();
    assert!(matches!(error, ExportFolderError::BrokenJournal { .. }), "{error}");
}

#[actix_web::test]
async fn wrong_counts_and_broken_lines_are_an_error_when_everything_is_there_or_only_told() {
    let broken = Exporter::start(observations(10).broken_line(4));
    let miscounted = Exporter::start(observations(10).miscount(2));
    for (exporter, is_broken) in [(&broken, true), (&miscounted, false)] {
        let folder = Folder::new();
        let error = exporter.export().to_folder(&folder.0, |_| ()).await.unwrap_err();
        let ExportFolderError::Findings { report } = error else {
            panic!("{error}")
        };
        assert_eq!(folder.names().len(), 2);
        let file = &report.files[1];
        assert_eq!((file.lines, file.broken), (10, u64::from(is_broken)));
        if is_broken {
            let line: Vec<BrokenLine> = file.broken_lines.clone();
            assert_eq!((line.len(), line[0].line, line[0].column), (1, 5, 2));
        } else {
            assert_eq!(file.counted, Counted::Wrong(12));
        }
        let told = exporter.bulk().findings(Findings::Report).export(ExportLevel::System);
        assert_eq!(told.to_folder(&folder.0, |_| ()).await.unwrap(), *report);
    }
}

#[actix_web::test]
async fn what_cannot_be_written_is_an_error_that_names_the_file_and_the_next_run_goes_on() {
    let exporter = Exporter::start(observations(10));
    let folder = Folder::new();
    // A folder stands where the file is to be.
    let blocked = folder.0.join("Observation.1.ndjson.part");
    let in_the_way = |event: ExportEvent<'_>| {
        if matches!(event, ExportEvent::Begun) {
            fs::create_dir(&blocked).unwrap();
        }
    };
    let error = exporter.export().to_folder(&folder.0, in_the_way).await.unwrap_err();
    let ExportFolderError::Io { path, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(path, &blocked);
    fs::remove_dir(&blocked).unwrap();
    exporter.export().to_folder(&folder.0, |_| ()).await.unwrap();
    assert_eq!(exporter.kick_offs().len(), 1);
    let error = exporter.export().to_folder("/dev/null/x", |_| ()).await.unwrap_err();
    assert!(matches!(error, ExportFolderError::Io { .. }), "{error}");
}

#[actix_web::test]
async fn an_export_that_expires_is_told_and_what_came_stays() {
    let exporter = Exporter::start(observations(10).expires_after(1));
    let folder = Folder::new();
    for _ in 0..2 {
        let error = exporter.export().to_folder(&folder.0, |_| ()).await.unwrap_err();
        let ExportFolderError::File(BulkFileError::Expired { file }) = &error else {
            panic!("{error}")
        };
        assert_eq!(file, "Observation.1.ndjson");
    }
    assert!(folder.names().contains(&"Patient.1.ndjson".to_owned()));

    let cancelled = Exporter::start(observations(10));
    let folder = Folder::new();
    cancelled
        .sandbox
        .inject(FaultPoint::ExportStatus, When::Before, Fault::Status(404), Times::Once);
    let error = cancelled.export().to_folder(&folder.0, |_| ()).await.unwrap_err();
    assert!(
        matches!(error, ExportFolderError::Status(ExportStatusError::Gone)),
        "{error}"
    );
}

#[actix_web::test]
async fn the_server_may_remove_the_files_when_they_are_here_if_that_is_wanted() {
    for (after, deletes) in [(AfterDownload::Keep, 0), (AfterDownload::Release, 1)] {
        let exporter = Exporter::start(observations(10));
        let folder = Folder::new();
        let export = exporter.bulk().after_download(after).export(ExportLevel::System);
        export.to_folder(&folder.0, |_| ()).await.unwrap();
        let requests = exporter.received(Endpoint::ExportStatus).into_iter();
        assert_eq!(requests.filter(|request| request.method == "DELETE").count(), deletes);
    }
}

fn releases(exporter: &Exporter) -> usize {
    let requests = exporter.received(Endpoint::ExportStatus).into_iter();
    requests.filter(|request| request.method == "DELETE").count()
}

/// They may have to be fetched again.
#[actix_web::test]
async fn the_files_stay_at_the_server_while_something_is_wrong_with_them() {
    for settings in [observations(10).miscount(2), observations(10).broken_line(4)] {
        let exporter = Exporter::start(settings);
        let folder = Folder::new();
        let bulk = exporter.bulk().after_download(AfterDownload::Release);
        let error = bulk
            .export(ExportLevel::System)
            .to_folder(&folder.0, |_| ())
            .await
            .unwrap_err();
        assert!(matches!(error, ExportFolderError::Findings { .. }), "{error}");
        assert_eq!(releases(&exporter), 0);
        let taken_as_it_is = bulk.findings(Findings::Report).export(ExportLevel::System);
        taken_as_it_is.to_folder(&folder.0, |_| ()).await.unwrap();
        assert_eq!(releases(&exporter), 1);
    }
}

#[actix_web::test]
async fn the_server_is_told_once_that_it_may_remove_the_files() {
    for is_told in [true, false] {
        let exporter = Exporter::start(observations(10));
        let folder = Folder::new();
        let export = exporter
            .bulk()
            .after_download(AfterDownload::Release)
            .export(ExportLevel::System)
            .types(["Observation"]);
        let not_told = |event: ExportEvent<'_>| {
            if matches!(event, ExportEvent::File(_)) && !is_told {
                exporter
                    .sandbox
                    .inject(FaultPoint::ExportStatus, When::Before, Fault::Status(500), Times::Once);
            }
        };
        let report = export.to_folder(&folder.0, not_told).await.unwrap();
        if !is_told {
            exporter.sandbox.clear_received_requests();
            assert_eq!(export.to_folder(&folder.0, |_| ()).await.unwrap(), report);
        }
        assert_eq!(releases(&exporter), 1, "{is_told}");
        exporter.sandbox.clear_received_requests();
        assert_eq!(export.to_folder(&folder.0, |_| ()).await.unwrap(), report);
        assert!(exporter.sandbox.received_requests().is_empty(), "{is_told}");
    }
}

#[actix_web::test]
async fn a_complete_file_that_is_missing_or_was_cut_off_is_fetched_again() {
    let exporter = Exporter::start(observations(10).lines_per_file(5));
    let folder = Folder::new();
    let export = exporter.export().types(["Observation"]);
    let report = export.to_folder(&folder.0, |_| ()).await.unwrap();
    let path = folder.0.join("Observation.1.ndjson");
    let whole = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    for _ in 0..2 {
        exporter.sandbox.clear_received_requests();
        assert_eq!(export.to_folder(&folder.0, |_| ()).await.unwrap(), report);
        assert_eq!(fs::read(&path).unwrap(), whole);
        assert_eq!(exporter.received(Endpoint::ExportFile).len(), 1);
        fs::write(&path, &whole[..200]).unwrap();
    }
}

/// The export goes on at the server, and is not begun again.
#[actix_web::test]
async fn a_run_that_an_error_between_two_looks_has_ended_is_gone_on_with_by_the_next_one() {
    let exporter = Exporter::start(observations(10).looks(2));
    let folder = Folder::new();
    let export = exporter.export().types(["Observation"]);
    let fails_next = |event: ExportEvent<'_>| {
        if matches!(event, ExportEvent::InProgress(_)) {
            exporter
                .sandbox
                .inject(FaultPoint::ExportStatus, When::Before, Fault::Status(500), Times::Once);
        }
    };
    let error = export.to_folder(&folder.0, fails_next).await.unwrap_err();
    assert!(
        matches!(
            error,
            ExportFolderError::Status(ExportStatusError::Request(FhirError::Status { status: 500, .. }))
        ),
        "{error}"
    );
    assert_eq!(exporter.received(Endpoint::ExportStatus).len(), 2);
    export.to_folder(&folder.0, |_| ()).await.unwrap();
    assert_each_once(&ids(&folder.0, "Observation"), 10);
    assert_eq!(exporter.kick_offs().len(), 1);
}
