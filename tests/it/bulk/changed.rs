//! Files that the server replaces while they are read: nothing of the one stands behind something of the other.

use actix_smart_auth::{
    bulk::{BulkFileError, Compression, ExportFolderError, ExportLevel},
    sandbox::{Endpoint, SandboxExport},
};

use super::{Exporter, Folder};

/// 4 MB in one file.
fn before() -> SandboxExport {
    SandboxExport::new().lines("Observation", 20_000)
}

/// The same but for a line near the beginning, and with another `ETag`.
fn after() -> SandboxExport {
    before().broken_line(5)
}

/// The second cut comes before what was known is read past.
#[actix_web::test]
async fn a_file_that_is_replaced_and_cut_twice_is_an_error() {
    let exporter = Exporter::start(before().cut_after([300_000]));
    let bulk = exporter.bulk().compression(Compression::Refused);
    let export = bulk.export(ExportLevel::System).types(["Observation"]);
    let manifest = export.start().await.unwrap().wait(|_| ()).await.unwrap();
    let mut lines = manifest.files()[0].lines();
    lines.next().await.unwrap().unwrap();
    exporter.sandbox.set_export(after().cut_after([1_000]));
    let error = loop {
        match lines.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("two files were read as one"),
            Err(error) => break error,
        }
    };
    let file = "Observation.1.ndjson".to_owned();
    assert_eq!(error, BulkFileError::Changed { file });
    let requests = exporter.received(Endpoint::ExportFile);
    let ranges: Vec<_> = requests
        .iter()
        .map(|request| request.header("range").is_some())
        .collect();
    assert_eq!(ranges, [false, true, false]);
}

/// Each run is cut off once.
#[actix_web::test]
async fn a_file_that_is_replaced_between_runs_is_fetched_anew() {
    let exporter = Exporter::start(before().cut_after([1_200_000]));
    let folder = Folder::new();
    let bulk = exporter
        .bulk()
        .compression(Compression::Refused)
        .attempts(1)
        .checkpoint(1);
    let export = bulk.export(ExportLevel::System).types(["Observation"]);
    for _ in 0..2 {
        let error = export.to_folder(&folder.0, |_| ()).await.unwrap_err();
        assert!(matches!(error, ExportFolderError::File(_)), "{error}");
        exporter.sandbox.set_export(after().cut_after([1_000]));
    }
    exporter.sandbox.set_export(after());
    let error = export.to_folder(&folder.0, |_| ()).await.unwrap_err();
    let ExportFolderError::Findings { report } = error else {
        panic!("{error}")
    };
    let broken: Vec<_> = report.files[0].broken_lines.iter().map(|broken| broken.line).collect();
    assert_eq!((broken, report.files[0].lines), (vec![6], 20_000));
}
