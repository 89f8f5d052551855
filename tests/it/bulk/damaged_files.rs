//! Compressed files of which wrong bytes come out before the damage is noticed: the checksum stands at the end.

use std::io::Write as _;

use actix_smart_auth::bulk::{BrokenLines, BulkClient, BulkFile, BulkFileError, Findings};
use flate2::{Compression as Level, write::GzEncoder};
use serde_json::Value;

use super::{
    Exporter,
    raw::{Answer, CLIENTS, FILE, Raw, all, text, whole},
};

/// More than is uncompressed at once.
const TIMES: usize = 3_000;
const LINES: usize = 10 * TIMES;

/// Not compressed really, so that one byte of it can be another.
fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::none());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Its first line is no JSON, and only its checksum tells.
fn damaged(mut coded: Vec<u8>) -> Vec<u8> {
    let subject = coded.windows(3).position(|bytes| bytes == b"\"x\"").unwrap();
    coded[subject] = b'y';
    coded
}

fn answer(coded: &[u8]) -> Answer {
    whole("Content-Encoding: gzip\r\n", coded).into()
}

/// The connection breaks behind the first 200,000 bytes.
fn cut(coded: &[u8]) -> Answer {
    let mut answer = whole("Content-Encoding: gzip\r\n", coded);
    answer.truncate(200_000);
    answer.into()
}

async fn file(raw: &Raw, change: impl FnOnce(BulkClient) -> BulkClient) -> (Exporter, BulkFile) {
    let (exporter, export) = raw.export(CLIENTS[1], |bulk| change(bulk.findings(Findings::Report)));
    let manifest = export.start().await.unwrap().wait(|_| ()).await.unwrap();
    let file = manifest.files()[0].clone();
    (exporter, file)
}

async fn read(file: &BulkFile) -> Result<usize, BulkFileError> {
    let mut resources = file.resources::<Value>();
    let mut count = 0;
    while resources.next().await?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// The server's file is good, and has not changed.
#[actix_web::test]
async fn a_file_that_came_damaged_once_is_never_called_broken_or_changed() {
    let good = gzip(&text("x").repeat(TIMES));
    let bad = damaged(good.clone());
    for broken in [BrokenLines::Fail, BrokenLines::Skip] {
        let (good, bad) = (good.clone(), bad.clone());
        let raw = Raw::start(move |number, _| answer(if number == 0 { &bad } else { &good }));
        let (_exporter, file) = file(&raw, |bulk| bulk.broken_lines(broken)).await;
        let error = read(&file).await.unwrap_err();
        assert!(matches!(error, BulkFileError::Damaged { .. }), "{broken:?}: {error}");
        assert_eq!(raw.requests().len(), 2, "{broken:?}");
    }
}

#[actix_web::test]
async fn a_line_that_is_too_long_because_of_damage_is_not_called_too_long() {
    let good = gzip(&text("x").repeat(TIMES));
    let mut bad = good.clone();
    let end = bad.windows(2).position(|bytes| bytes == b"}\n").unwrap();
    bad[end + 1] = b' ';
    let raw = Raw::start(move |number, _| answer(if number == 0 { &bad } else { &good }));
    let (_exporter, file) = file(&raw, |bulk| bulk.line_limit(text("x").len() / 10)).await;
    let error = all(&mut file.lines()).await.unwrap_err();
    assert!(matches!(error, BulkFileError::Damaged { .. }), "{error}");
}

#[actix_web::test]
async fn a_broken_line_of_the_server_is_called_so_also_when_it_comes_compressed() {
    let coded = gzip(&text("x").repeat(TIMES).replacen("\"x\"", "yx\"", 1));
    let raw = Raw::start(move |_, _| answer(&coded));
    let (_exporter, file) = file(&raw, |bulk| bulk).await;
    let error = read(&file).await.unwrap_err();
    assert!(
        matches!(&error, BulkFileError::BrokenLine { file, line: 1, .. } if file == FILE),
        "{error}"
    );
    assert_eq!(raw.requests().len(), 1);
}

/// What was handed out is good: the answer that is compared with it is the damaged one.
#[actix_web::test]
async fn an_answer_that_is_damaged_before_where_the_one_before_it_was_cut_is_asked_for_again() {
    let good = gzip(&text("x").repeat(TIMES));
    let bad = damaged(good.clone());
    let raw = Raw::start(move |number, _| match number {
        0 => cut(&good),
        1 => answer(&bad),
        _ => answer(&good),
    });
    let (_exporter, file) = file(&raw, |bulk| bulk).await;
    assert_eq!(read(&file).await.unwrap(), LINES);
    assert_eq!(raw.requests().len(), 3);
}

/// Nothing says that the first answer was damaged.
#[actix_web::test]
async fn a_compressed_file_that_is_another_one_after_a_cut_has_changed() {
    let (before, after) = (gzip(&text("x").repeat(TIMES)), gzip(&text("y").repeat(TIMES)));
    let raw = Raw::start(move |number, _| match number {
        0 => cut(&before),
        _ => answer(&after),
    });
    let (_exporter, file) = file(&raw, |bulk| bulk).await;
    let error = read(&file).await.unwrap_err();
    assert_eq!(error, BulkFileError::Changed { file: FILE.to_owned() });
}
