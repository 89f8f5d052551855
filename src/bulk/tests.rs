//! What the errors of exports say to the person who reads them.

use std::{io, path::PathBuf};

use super::{
    BulkAddressError, BulkFileError, ExportFolderError, ExportStartError, ExportStatusError, FolderReport,
    ManifestProblem,
};
use crate::protocol::fhir::address::FhirAddressError;

fn all() -> Vec<String> {
    let file = || "Patient.1.ndjson".to_owned();
    let origin = || "https://files.example".to_owned();
    let path = || PathBuf::from("/exports/night");
    let error = || io::Error::from(io::ErrorKind::StorageFull);
    let files = [
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
