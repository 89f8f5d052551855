//! Servers of files that do what they should not, asked by either client: each line once, or an error.

use std::{future::Future, io::Write as _, time::Duration};

use actix_smart_auth::{
    bulk::{BulkClient, BulkFileError, Compression, Findings},
    error::TransportError,
    fhir::FhirError,
    transport::HttpClient,
};
use flate2::{Compression as Level, write::GzEncoder};

use super::{
    Folder,
    raw::{Answer, CLIENTS, FILE, Raw, all, first_byte, hanging, text, whole},
};

/// What the first attempt gets. Each is answered well when it is asked for again.
const BROKEN: [&str; 9] = [
    "nothing at all",
    "half a head",
    "less than announced",
    "a body that never comes",
    "no last chunk",
    "half a chunk",
    "a chunk size that is none",
    "hangs before the head",
    "hangs in the middle",
];

fn broken(how: &str) -> Answer {
    let text = text("x");
    let half = &text[..300];
    let announced = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", text.len());
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    match how {
        "nothing at all" => Vec::new().into(),
        "half a head" => b"HTTP/1.1 200 OK\r\nContent-Len".to_vec().into(),
        "less than announced" => [announced.as_str(), half].concat().into_bytes().into(),
        "a body that never comes" => announced.into_bytes().into(),
        "no last chunk" => format!("{chunked}{:x}\r\n{half}\r\n", half.len()).into_bytes().into(),
        "half a chunk" => format!("{chunked}{:x}\r\n{half}", half.len() + 9).into_bytes().into(),
        "a chunk size that is none" => format!("{chunked}{:x}\r\n{half}\r\nzz\r\n", half.len())
            .into_bytes()
            .into(),
        "hangs before the head" => hanging(Vec::new()),
        "hangs in the middle" => hanging([announced.as_str(), half].concat().into_bytes()),
        other => panic!("{other}"),
    }
}

/// One that is in a hurry where nothing else ends an attempt.
fn client_for(how: &str, bulk: BulkClient) -> BulkClient {
    let bulk = bulk.compression(Compression::Refused);
    match hangs(how) {
        true => bulk.timeout(Duration::from_millis(700)),
        false => bulk,
    }
}

fn hangs(how: &str) -> bool {
    how.starts_with("hangs")
}

/// Each broken answer, by either client. Those that hang take their time, and do so side by side.
async fn each_broken<F: Future<Output = ()> + 'static>(test: impl Fn(HttpClient, &'static str) -> F) {
    let all = CLIENTS.iter().flat_map(|client| BROKEN.map(|how| (*client, how)));
    let (hanging, others): (Vec<_>, Vec<_>) = all.partition(|(_, how)| hangs(how));
    let hanging: Vec<_> = hanging
        .into_iter()
        .map(|(client, how)| actix_web::rt::spawn(test(client, how)))
        .collect();
    for one in hanging {
        one.await.unwrap();
    }
    for (client, how) in others {
        test(client, how).await;
    }
}

#[actix_web::test]
async fn an_answer_that_breaks_off_is_followed_by_another_and_each_line_comes_once() {
    each_broken(|client, how| async move {
        let raw = Raw::start(move |number, _| match number {
            0 => broken(how),
            _ => whole("", text("x")).into(),
        });
        let (_exporter, mut lines) = raw.lines_with(client, |bulk| client_for(how, bulk)).await;
        let lines = all(&mut lines)
            .await
            .unwrap_or_else(|error| panic!("{client:?} {how}: {error}"));
        assert_eq!(
            lines.concat(),
            text("x").replace('\n', "").as_bytes(),
            "{client:?} {how}"
        );
        assert!(raw.requests().len() >= 2, "{client:?} {how}");
    })
    .await;
}

#[actix_web::test]
async fn answers_that_break_off_again_and_again_are_an_error() {
    each_broken(|client, how| async move {
        let raw = Raw::start(move |_, _| broken(how));
        let (_exporter, mut lines) = raw.lines_with(client, |bulk| client_for(how, bulk).attempts(2)).await;
        let error = all(&mut lines).await.unwrap_err();
        let expected = if hangs(how) {
            TransportError::Timeout
        } else {
            TransportError::Disconnected
        };
        let BulkFileError::Request {
            file,
            error: FhirError::Transport(error),
            ..
        } = error
        else {
            panic!("{client:?} {how}: {error}")
        };
        assert_eq!((file.as_str(), error), (FILE, expected), "{client:?} {how}");
        assert_eq!(raw.requests().len(), 2, "{client:?} {how}");
    })
    .await;
}

/// They would belong to another answer.
#[actix_web::test]
async fn bytes_behind_the_announced_length_are_no_part_of_the_file() {
    for client in CLIENTS {
        let raw = Raw::start(|_, _| [whole("", text("x")), text("y").into_bytes()].concat());
        let (_exporter, mut lines) = raw.lines(client).await;
        assert_eq!(all(&mut lines).await.unwrap().len(), 10, "{client:?}");
        assert_eq!(raw.requests().len(), 1);
    }
}

#[actix_web::test]
async fn another_part_than_the_one_that_was_asked_for_is_not_used_and_all_is_asked_for() {
    type Other = fn(usize, usize) -> String;
    let others: [Other; 5] = [
        |from, length| format!("bytes 0-{}/{length}", length - from - 1),
        |from, length| format!("bytes {}-{}/{length}", from + 1, length - 1),
        |_, length| format!("bytes */{length}"),
        |_, _| "lines 3-5/10".to_owned(),
        |_, _| String::new(),
    ];
    for client in CLIENTS {
        for other in others {
            let raw = Raw::start(move |number, request| {
                let text = text("x");
                let length = text.len();
                match number {
                    0 => {
                        let head = format!("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: {length}\r\n\r\n");
                        [head.as_bytes(), &text.as_bytes()[..200]].concat()
                    }
                    1 => {
                        let from = first_byte(request);
                        let (range, rest) = (other(from, length), &text.as_bytes()[from..]);
                        let head = format!(
                            "HTTP/1.1 206 P\r\nETag: \"a\"\r\nContent-Range: {range}\r\nContent-Length: {}\r\n\r\n",
                            rest.len()
                        );
                        [head.as_bytes(), rest].concat()
                    }
                    _ => whole("", text),
                }
            });
            let (_exporter, mut lines) = raw.lines(client).await;
            assert_eq!(all(&mut lines).await.unwrap().len(), 10, "{client:?}");
            let ranges: Vec<_> = raw
                .requests()
                .iter()
                .map(|request| request.contains("\r\nrange:"))
                .collect();
            assert_eq!(ranges, [false, true, false], "{client:?}");
        }
    }
}

#[actix_web::test]
async fn a_body_that_trickles_is_read_to_its_end() {
    for client in CLIENTS {
        // A chunk for each byte.
        let raw = Raw::start(|_, _| {
            let chunks: String = text("x").chars().map(|byte| format!("1\r\n{byte}\r\n")).collect();
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n").into_bytes()
        });
        let (_exporter, mut lines) = raw.lines(client).await;
        assert_eq!(all(&mut lines).await.unwrap().len(), 10, "{client:?}");
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Each in an answer that is whole as far as HTTP can tell.
const DAMAGED: [&str; 4] = ["cut off", "another checksum", "something behind", "no gzip"];

fn damaged(how: &str) -> Vec<u8> {
    let mut coded = gzip(&text("x"));
    let length = coded.len();
    match how {
        "cut off" => coded.truncate(length - 20),
        "another checksum" => coded[length - 6] ^= 1,
        "something behind" => coded.extend(b"<html>"),
        "no gzip" => coded = text("x").into_bytes(),
        other => panic!("{other}"),
    }
    whole("Content-Encoding: gzip\r\n", coded)
}

#[actix_web::test]
async fn a_damaged_gzip_body_is_asked_for_again_and_an_error_of_its_own_when_it_stays_so() {
    for client in CLIENTS {
        for how in DAMAGED {
            let raw = Raw::start(move |number, _| match number {
                0 => damaged(how),
                _ => whole("Content-Encoding: gzip\r\n", gzip(&text("x"))),
            });
            let (_exporter, mut lines) = raw.lines_with(client, |bulk| bulk).await;
            assert_eq!(all(&mut lines).await.unwrap().len(), 10, "{client:?} {how}");
            assert_eq!(raw.requests().len(), 2, "{client:?} {how}");

            let raw = Raw::start(move |_, _| damaged(how));
            let (_exporter, mut lines) = raw.lines_with(client, |bulk| bulk.attempts(3)).await;
            let error = all(&mut lines).await.unwrap_err();
            assert_eq!(raw.requests().len(), 3, "{client:?} {how} {error}");
            let BulkFileError::Damaged { file, byte } = error else {
                panic!("{client:?} {how}: {error}")
            };
            assert_eq!(file, FILE);
            // What can be uncompressed of so short a file may come out at its end only.
            let most = text("x").len() as u64;
            assert!(
                byte <= most && (how != "no gzip" || byte == 0),
                "{client:?} {how} {byte}"
            );
        }
    }
}

/// The checksum comes last: until then what came looks good, and is written.
#[actix_web::test]
async fn a_file_of_a_folder_that_came_damaged_is_in_the_end_as_the_server_has_it() {
    // Less than what is written at once, and more.
    for times in [1, 6_000] {
        let text = text("x").repeat(times);
        // Not compressed, so that one byte of it can be another.
        let mut encoder = GzEncoder::new(Vec::new(), Level::none());
        encoder.write_all(text.as_bytes()).unwrap();
        let good = encoder.finish().unwrap();
        let mut bad = good.clone();
        let subject = bad.windows(3).position(|bytes| bytes == b"\"x\"").unwrap();
        bad[subject + 1] = b'y';
        let raw = Raw::start(move |number, _| {
            whole(
                "Content-Encoding: gzip\r\n",
                if number == 0 { bad.clone() } else { good.clone() },
            )
        });
        let (_exporter, export) = raw.export(CLIENTS[0], |bulk| bulk.findings(Findings::Report).checkpoint(1));
        let folder = Folder::new();
        export.to_folder(&folder.0, |_| ()).await.unwrap();
        assert_eq!(std::fs::read_to_string(folder.0.join(FILE)).unwrap(), text, "{times}");
    }
}
