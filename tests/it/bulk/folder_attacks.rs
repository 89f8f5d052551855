//! A folder that somebody else may write to: nothing is read or written but files of the folder itself.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use actix_smart_auth::{
    bulk::{Compression, ExportEvent, ExportFolderError},
    sandbox::SandboxExport,
};

use super::{Exporter, Folder, assert_each_once, ids};

const PART: &str = "Observation.1.ndjson.part";
const WHOLE: &str = "Observation.1.ndjson";

fn observations() -> SandboxExport {
    SandboxExport::new().lines("Observation", 10)
}

/// What somebody puts into the folder under a name of the export's.
#[derive(Debug, Clone, Copy)]
enum Planted {
    /// A link to a file of somebody else.
    SymbolicLink,
    /// A link to a file that is not there yet.
    DanglingLink,
    /// Another name of a file of somebody else.
    HardLink,
    Folder,
}

const PLANTED: [Planted; 4] = [
    Planted::SymbolicLink,
    Planted::DanglingLink,
    Planted::HardLink,
    Planted::Folder,
];

impl Planted {
    /// Puts it there. `outside` is the file of somebody else.
    fn put(self, path: &Path, outside: &Path) {
        fs::write(outside, "theirs").unwrap();
        match self {
            Self::SymbolicLink => symlink(outside, path).unwrap(),
            Self::DanglingLink => {
                fs::remove_file(outside).unwrap();
                symlink(outside, path).unwrap();
            }
            Self::HardLink => fs::hard_link(outside, path).unwrap(),
            Self::Folder => fs::create_dir(path).unwrap(),
        }
    }

    fn assert_untouched(self, outside: &Path) {
        if matches!(self, Self::DanglingLink) {
            assert!(!outside.exists(), "{self:?}");
        } else {
            assert_eq!(fs::read_to_string(outside).unwrap(), "theirs", "{self:?}");
        }
    }
}

/// A folder, and a file beside it.
fn places() -> (Folder, Folder, PathBuf) {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    fs::create_dir(&folder.0).unwrap();
    fs::create_dir(&elsewhere.0).unwrap();
    let outside = elsewhere.0.join("theirs");
    (folder, elsewhere, outside)
}

impl Planted {
    fn assert_refused(self, error: &ExportFolderError, at: &Path) {
        match (self, error) {
            (Self::Folder, ExportFolderError::Io { path, .. }) | (_, ExportFolderError::NotAFile { path }) => {
                assert_eq!(path, at);
            }
            _ => panic!("{self:?} {error}"),
        }
    }
}

#[actix_web::test]
async fn a_lock_or_a_journal_that_is_no_file_of_the_folder_is_refused_before_anything_is_asked() {
    for name in ["export.lock", "export.journal"] {
        for planted in PLANTED {
            let exporter = Exporter::start(observations());
            let (folder, _elsewhere, outside) = places();
            let path = folder.0.join(name);
            planted.put(&path, &outside);
            let error = exporter.export().to_folder(&folder.0, |_| ()).await.unwrap_err();
            planted.assert_refused(&error, &path);
            planted.assert_untouched(&outside);
            assert!(exporter.kick_offs().is_empty(), "{name} {planted:?}");
        }
    }
}

/// They are of the time before the export: nothing of them is wanted.
#[actix_web::test]
async fn links_in_the_place_of_a_file_that_begins_are_replaced_and_what_they_lead_to_stays() {
    for name in [PART, WHOLE] {
        for planted in [Planted::SymbolicLink, Planted::DanglingLink, Planted::HardLink] {
            let exporter = Exporter::start(observations());
            let (folder, _elsewhere, outside) = places();
            let path = folder.0.join(name);
            let plant = |event: ExportEvent<'_>| {
                if matches!(event, ExportEvent::Begun) {
                    planted.put(&path, &outside);
                }
            };
            let export = exporter.export().types(["Observation"]);
            export.to_folder(&folder.0, plant).await.unwrap();
            planted.assert_untouched(&outside);
            assert!(fs::symlink_metadata(folder.0.join(WHOLE)).unwrap().is_file());
            assert_each_once(&ids(&folder.0, "Observation"), 10);
        }
    }
}

#[actix_web::test]
async fn a_file_that_is_gone_on_with_has_to_be_the_one_that_was_written() {
    for planted in PLANTED {
        let settings = SandboxExport::new().lines("Observation", 20_000).cut_after([2_500_000]);
        let exporter = Exporter::start(settings);
        let (folder, _elsewhere, outside) = places();
        let bulk = exporter
            .bulk()
            .attempts(1)
            .checkpoint(1)
            .compression(Compression::Refused);
        let export = bulk
            .export(actix_smart_auth::bulk::ExportLevel::System)
            .types(["Observation"]);
        export.to_folder(&folder.0, |_| ()).await.unwrap_err();
        let part = folder.0.join(PART);
        fs::remove_file(&part).unwrap();
        planted.put(&part, &outside);
        let error = export.to_folder(&folder.0, |_| ()).await.unwrap_err();
        planted.assert_refused(&error, &part);
        planted.assert_untouched(&outside);
        if matches!(planted, Planted::Folder) {
            fs::remove_dir(&part).unwrap();
        } else {
            fs::remove_file(&part).unwrap();
        }
        export.to_folder(&folder.0, |_| ()).await.unwrap();
        assert_each_once(&ids(&folder.0, "Observation"), 20_000);
    }
}

#[actix_web::test]
async fn a_complete_file_that_became_a_link_is_fetched_again() {
    let exporter = Exporter::start(observations());
    let (folder, _elsewhere, outside) = places();
    let export = exporter.export().types(["Observation"]);
    export.to_folder(&folder.0, |_| ()).await.unwrap();
    let whole = folder.0.join(WHOLE);
    // As long as it was.
    let theirs = "x".repeat(fs::read(&whole).unwrap().len());
    fs::remove_file(&whole).unwrap();
    Planted::SymbolicLink.put(&whole, &outside);
    fs::write(&outside, &theirs).unwrap();
    export.to_folder(&folder.0, |_| ()).await.unwrap();
    assert_eq!(fs::read_to_string(&outside).unwrap(), theirs);
    assert!(fs::symlink_metadata(&whole).unwrap().is_file());
    assert_each_once(&ids(&folder.0, "Observation"), 10);
}
