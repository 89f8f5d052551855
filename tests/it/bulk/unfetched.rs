//! Servers of files that give no file, and what is said of them.

use actix_smart_auth::{
    bulk::BulkFileError,
    sandbox::{ExportFilesAt, ExportFilesToken, SandboxExport},
};

use super::{
    Exporter,
    raw::{CLIENTS, FILE, Raw, all, text, whole},
};
use crate::support::ClosedPort;

/// Each of them is no refusal, and none is the file.
#[actix_web::test]
async fn a_success_without_the_file_is_told_by_its_status_and_is_no_file_that_has_changed() {
    for client in CLIENTS {
        for (status, headers) in [
            (204, ""),
            (201, "Content-Length: 0\r\n"),
            (206, "Content-Range: bytes 0-1/9\r\nContent-Length: 2\r\n"),
            (416, "Content-Range: bytes */9\r\nContent-Length: 0\r\n"),
        ] {
            let body = if status == 206 { "{}" } else { "" };
            let raw = Raw::start(move |_, _| format!("HTTP/1.1 {status} X\r\n{headers}\r\n{body}").into_bytes());
            let (_exporter, mut lines) = raw.lines(client).await;
            let error = all(&mut lines).await.unwrap_err();
            let file = FILE.to_owned();
            assert_eq!(error, BulkFileError::NoFile { file, status }, "{client:?}");
            assert_eq!(raw.requests().len(), 1, "{client:?}");
        }
    }
}

#[actix_web::test]
async fn a_success_without_the_file_after_a_cut_is_told_by_its_status() {
    let raw = Raw::start(|number, _| match number {
        0 => {
            let mut answer = whole("", text("x"));
            answer.truncate(200);
            answer
        }
        _ => b"HTTP/1.1 204 X\r\n\r\n".to_vec(),
    });
    let (_exporter, mut lines) = raw.lines(CLIENTS[0]).await;
    let error = all(&mut lines).await.unwrap_err();
    let (file, status) = (FILE.to_owned(), 204);
    assert_eq!(error, BulkFileError::NoFile { file, status });
}

/// It is not the FHIR server, which is well.
#[actix_web::test]
async fn a_server_of_files_that_cannot_be_reached_is_named() {
    let closed = ClosedPort::new();
    let origin = closed.origin();
    let settings = SandboxExport::new()
        .files_token(ExportFilesToken::Refused)
        .files_at(ExportFilesAt::Address(format!("{origin}/")));
    let exporter = Exporter::start(settings);
    let export = exporter
        .bulk()
        .attempts(2)
        .export(actix_smart_auth::bulk::ExportLevel::System);
    let manifest = export.start().await.unwrap().wait(|_| ()).await.unwrap();
    let error = manifest.files()[0].lines().next().await.unwrap_err();
    let told = format!(
        "{} cannot be fetched from {origin}: the connection was refused",
        manifest.files()[0].name()
    );
    assert!(error.to_string().starts_with(&told), "{error}");
}
