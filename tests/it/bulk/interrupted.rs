//! Exports that are interrupted at random places and resumed: every line once.

use actix_smart_auth::{
    bulk::{Compression, ExportEvent, ExportFolderError, ExportLevel},
    sandbox::{Endpoint, ExportFiles, SandboxExport},
};
use rand::RngExt as _;

use super::{Exporter, Folder, assert_each_once, ids};

const LINES: u64 = 20_000;
/// 4 MB, in three files.
fn observations() -> SandboxExport {
    SandboxExport::new().lines("Observation", LINES).lines_per_file(8_000)
}

const KINDS: [(ExportFiles, Compression); 3] = [
    (ExportFiles::RangesAndGzip, Compression::Refused),
    (ExportFiles::RangesAndGzip, Compression::Accepted),
    (ExportFiles::Whole, Compression::Refused),
];

/// Each attempt fails, and the next run goes on.
#[actix_web::test]
async fn cut_at_twenty_random_places_and_resumed_by_as_many_runs() {
    for (files, compression) in KINDS {
        // What is compressed is a hundredth.
        let most = if compression == Compression::Accepted && files == ExportFiles::RangesAndGzip {
            8_000
        } else {
            300_000
        };
        let cuts: Vec<u64> = (0..20).map(|_| rand::rng().random_range(0..most)).collect();
        let exporter = Exporter::start(observations().files(files).cut_after(cuts.clone()));
        let folder = Folder::new();
        let bulk = exporter.bulk().compression(compression).attempts(1).checkpoint(1);
        let mut runs = 0;
        let report = loop {
            runs += 1;
            assert!(runs <= 25, "{cuts:?}");
            match bulk.export(ExportLevel::System).to_folder(&folder.0, |_| ()).await {
                Ok(report) => break report,
                Err(ExportFolderError::File(_)) => {}
                Err(error) => panic!("{error} {cuts:?}"),
            }
        };
        assert!(runs > 2, "{runs} {cuts:?}");
        assert_eq!(report.findings().count(), 0, "{cuts:?}");
        assert_each_once(&ids(&folder.0, "Observation"), LINES);
        assert_eq!(exporter.kick_offs().len(), 1);
    }
}

/// As when somebody presses Ctrl-C: the run is dropped wherever it is.
#[actix_web::test]
async fn dropped_at_twenty_random_moments_and_resumed() {
    for (files, compression) in KINDS {
        let exporter = Exporter::start(observations().files(files));
        let folder = Folder::new();
        let bulk = exporter.bulk().compression(compression).checkpoint(300_000);
        for _ in 0..20 {
            let moments = rand::rng().random_range(1..30);
            let export = bulk.export(ExportLevel::System);
            // Before it is noted, an export that has begun is nobody's: the server says so, and a person waits or cancels it.
            let noted = std::cell::Cell::new(false);
            let mut run = Box::pin(export.to_folder(&folder.0, |_| noted.set(true)));
            let mut left = moments;
            let stopped = std::future::poll_fn(|cx| {
                if run.as_mut().poll(cx).is_ready() {
                    return std::task::Poll::Ready(false);
                }
                left -= i32::from(noted.get());
                if left <= 0 {
                    return std::task::Poll::Ready(true);
                }
                std::task::Poll::Pending
            })
            .await;
            drop(run);
            if !stopped {
                break;
            }
        }
        let report = bulk.export(ExportLevel::System).to_folder(&folder.0, |_| ()).await;
        let report = report.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(report.findings().count(), 0);
        assert_each_once(&ids(&folder.0, "Observation"), LINES);
    }
}

/// What a run has of a file it does not ask for again, where the server can go on.
#[actix_web::test]
async fn a_run_that_goes_on_asks_for_the_rest_of_a_file_alone() {
    let exporter = Exporter::start(observations().cut_after([0, 1_200_000]));
    let folder = Folder::new();
    let bulk = exporter.bulk().compression(Compression::Refused).attempts(1);
    let export = bulk.export(ExportLevel::System).types(["Observation"]);
    for _ in 0..2 {
        export.to_folder(&folder.0, |_| ()).await.unwrap_err();
    }
    exporter.sandbox.clear_received_requests();
    let mut resumed = false;
    export
        .to_folder(&folder.0, |event| resumed |= matches!(event, ExportEvent::Resumed))
        .await
        .unwrap();
    assert!(resumed);
    let files = exporter.received(Endpoint::ExportFile);
    let range = files[0].header("range").unwrap();
    let from: u64 = range
        .strip_prefix("bytes=")
        .unwrap()
        .strip_suffix('-')
        .unwrap()
        .parse()
        .unwrap();
    assert!((1_048_576..1_200_000).contains(&from), "{range}");
    assert_eq!(files[0].status, Some(206));
    assert_each_once(&ids(&folder.0, "Observation"), LINES);
}
