//! What the errors of exports say to the person who reads them.

use std::{io, path::PathBuf, time::Duration};

use super::{
    BrokenLine, BulkAddressError, BulkFileError, Counted, ExportFolderError, ExportStartError, ExportStatusError,
    FileKind, FileReport, FolderReport, ManifestProblem,
};
use crate::{
    fhir::FhirError,
    protocol::{body_kind::BodyKind, fhir::address::FhirAddressError, transport_error::TransportError},
};

fn all() -> Vec<String> {
    let file = || "Patient.1.ndjson".to_owned();
    let origin = || "https://files.example".to_owned();
    let path = || PathBuf::from("/exports/night");
    let error = || io::Error::from(io::ErrorKind::StorageFull);
    let files = [
        BulkFileError::NoFile {
            file: file(),
            status: 204,
        },
        BulkFileError::Expired { file: file() },
        BulkFileError::Address {
            file: file(),
            error: BulkAddressError::NotHttps,
        },
        BulkFileError::TokenNotForThere {
            file: file(),
            origin: origin(),
        },
        BulkFileError::Redirects { file: file() },
        BulkFileError::Damaged { file: file(), byte: 7 },
        BulkFileError::Changed { file: file() },
        BulkFileError::LineTooLong { file: file(), line: 7 },
        BulkFileError::BrokenLine {
            file: file(),
            line: 7,
            column: 9,
        },
        BulkFileError::Miscounted {
            file: file(),
            told: 7,
            came: 8,
        },
    ];
    let starts = [
        ExportStartError::Parameter(FhirAddressError::NoResourceType),
        ExportStartError::PatientsAtSystemLevel,
        ExportStartError::Busy { retry_after: None },
        ExportStartError::Busy {
            retry_after: Some(Duration::from_secs(120)),
        },
        ExportStartError::NotAccepted { status: 200 },
        ExportStartError::TooLarge,
        ExportStartError::NoStatusAddress,
        ExportStartError::StatusAddress(BulkAddressError::UserInfo),
        ExportStartError::TokenNotForThere { origin: origin() },
    ];
    let statuses = [
        ExportStatusError::Gone,
        ExportStatusError::OtherServer,
        ExportStatusError::Address(BulkAddressError::Malformed),
        ExportStatusError::TokenNotForThere { origin: origin() },
        ExportStatusError::TooLarge { limit: 7 },
        ExportStatusError::Manifest(ManifestProblem::Member("output")),
    ];
    let report = FolderReport {
        transaction_time: "2026-01-31T08:15:00Z".parse().unwrap(),
        files: Vec::new(),
    };
    let folders = [
        ExportFolderError::Io {
            path: path(),
            error: error(),
        },
        ExportFolderError::NoRoom {
            path: path(),
            error: error(),
        },
        ExportFolderError::NotAFile { path: path() },
        ExportFolderError::InUse { path: path() },
        ExportFolderError::NotEmpty { path: path() },
        ExportFolderError::OtherExport { path: path() },
        ExportFolderError::BrokenJournal { path: path() },
        ExportFolderError::Findings { report: report.into() },
    ];
    let mut all: Vec<_> = files.iter().map(ToString::to_string).collect();
    all.extend(starts.iter().map(ToString::to_string));
    all.extend(statuses.iter().map(ToString::to_string));
    all.extend(folders.iter().map(ToString::to_string));
    all
}

/// The first half is what happened. What the server or the network says for itself (`Request`) has a message of its own.
#[test]
fn each_message_says_what_happened_and_behind_a_semicolon_what_to_do() {
    for message in all() {
        let (happened, to_do) = message.split_once("; ").unwrap_or((message.as_str(), ""));
        assert!(happened.len() > 20 && to_do.len() > 10, "{message}");
    }
}

/// The option of that name is for other answers.
#[test]
fn no_message_names_an_option_that_exports_do_not_have() {
    for message in all() {
        assert!(!message.contains("body_limit"), "{message}");
    }
}

/// It need not be the FHIR server, and may be one that nobody knows of.
#[test]
fn a_file_that_cannot_be_fetched_is_told_with_its_own_server() {
    for error in [
        FhirError::Transport(TransportError::Dns),
        FhirError::Status {
            status: 403,
            body: BodyKind::Xml,
            retry_after: None,
        },
    ] {
        let message = BulkFileError::Request {
            file: "Patient.1.ndjson".to_owned(),
            origin: "https://files.example".to_owned(),
            error,
        }
        .to_string();
        assert!(
            message.starts_with("Patient.1.ndjson cannot be fetched from https://files.example: "),
            "{message}"
        );
        assert!(!message.contains("FHIR server"), "{message}");
    }
}

#[test]
fn a_busy_server_is_told_with_the_time_and_with_how_an_old_export_is_ended() {
    for (retry_after, time) in [(Some(Duration::from_secs(120)), "in 120 s"), (None, "later")] {
        let message = ExportStartError::Busy { retry_after }.to_string();
        for part in [
            time,
            "it is busy",
            "another one of this client",
            "`BulkClient::job(&saved)`",
        ] {
            assert!(message.contains(part), "{message}");
        }
    }
}

#[test]
fn findings_name_the_first_file_its_line_and_its_count() {
    let file = |name: &str, counted, broken_lines: Vec<BrokenLine>| FileReport {
        name: name.to_owned(),
        kind: FileKind::Output,
        resource_type: "Patient".to_owned(),
        lines: 9,
        bytes: 90,
        counted,
        broken: u64::try_from(broken_lines.len()).unwrap(),
        broken_lines,
    };
    let broken = || vec![BrokenLine { line: 3, column: 7 }, BrokenLine { line: 5, column: 1 }];
    for (counted, broken, told) in [
        (
            Counted::Right,
            broken(),
            "B: line 3 cannot be read, at column 7 (2 such lines)",
        ),
        (Counted::Wrong(8), vec![], "B: it has 9 lines, and the manifest says 8"),
        (
            Counted::Wrong(8),
            broken(),
            "B: line 3 cannot be read, at column 7 (2 such lines), and it has 9 lines, and the manifest says 8",
        ),
    ] {
        let report = FolderReport {
            transaction_time: "2026-01-31T08:15:00Z".parse().unwrap(),
            files: vec![file("A", Counted::NotTold, vec![]), file("B", counted, broken)],
        };
        let message = ExportFolderError::Findings { report: report.into() }.to_string();
        assert!(message.contains(&format!("(1 file, the first: {told})")), "{message}");
    }
}
