//! Lines that are no resources, in a folder and as a stream: both say the same of each.

use actix_smart_auth::{
    bulk::{BrokenLine, BrokenLines, BulkFileError, Compression, Findings},
    transport::HttpClient,
};
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{
    Folder,
    raw::{FILE, Raw, whole},
};

/// A line, and the column at which it cannot be read.
const LINES: [(&[u8], Option<usize>); 14] = [
    (br#"{"resourceType":"Observation"}"#, None),
    (b"  {\"a\":1}  ", None),
    (b"\xef\xbb\xbf{\"a\":1}", None),
    (b"{\"a\":1}\r", None),
    (b"{\"id\":\"\xff\"}", Some(8)),
    (b"{\"\xc3\x28\":1}", Some(3)),
    (b"\xff\xfe{\0}\0", Some(1)),
    (b"[]", Some(1)),
    (b"17", Some(1)),
    (b"null", Some(1)),
    (b" \"text\"", Some(2)),
    (b"<html>", Some(1)),
    (b"{\"a\":1}{\"b\":2}", Some(8)),
    (b"{\"a\":", Some(5)),
];

#[actix_web::test]
async fn a_line_that_is_no_object_in_utf_8_is_found_by_the_stream_and_by_the_folder_at_the_same_place() {
    for (line, column) in LINES {
        let body = [b"{\"a\":1}\n".as_slice(), line, b"\n\n{\"a\":2}"].concat();
        let raw = Raw::start(move |_, _| whole("", &body));
        let told = String::from_utf8_lossy(line);

        let (_exporter, export) = raw.export(HttpClient::Awc, |bulk| {
            bulk.findings(Findings::Report).compression(Compression::Refused)
        });
        let folder = Folder::new();
        let report = export.to_folder(&folder.0, |_| ()).await.unwrap();
        let file = &report.files[0];
        let found: Vec<_> = file
            .broken_lines
            .iter()
            .map(|BrokenLine { line, column, .. }| (*line, *column))
            .collect();
        let expected: Vec<_> = column.map(|column| (2, column)).into_iter().collect();
        assert_eq!(
            (found, file.broken, file.lines),
            (expected, u64::from(column.is_some()), 3),
            "{told}"
        );

        assert_streamed::<Value>(&raw, column, &told).await;
        assert_streamed::<IgnoredAny>(&raw, column, &told).await;
    }
}

async fn assert_streamed<T: serde::de::DeserializeOwned>(raw: &Raw, column: Option<usize>, told: &str) {
    for broken in [BrokenLines::Fail, BrokenLines::Skip] {
        let (_exporter, export) = raw.export(HttpClient::Awc, |bulk| {
            bulk.findings(Findings::Report).broken_lines(broken)
        });
        let manifest = export.start().await.unwrap().wait(|_| ()).await.unwrap();
        let mut resources = manifest.files()[0].resources::<T>();
        let mut came = 0;
        let ended = loop {
            match resources.next().await {
                Ok(Some(_)) => came += 1,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        match (column, broken) {
            (None, _) => assert_eq!((ended, came, resources.skipped()), (Ok(()), 3, 0), "{told}"),
            (Some(_), BrokenLines::Skip) => assert_eq!((ended, came, resources.skipped()), (Ok(()), 2, 1), "{told}"),
            (Some(column), _) => {
                let (file, line) = (FILE.to_owned(), 2);
                assert_eq!(ended, Err(BulkFileError::BrokenLine { file, line, column }), "{told}");
                assert_eq!(came, 1);
            }
        }
    }
}
