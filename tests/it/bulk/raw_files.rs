//! Files of servers that speak HTTP in ways of their own.

use actix_smart_auth::{bulk::BulkFileError, error::TransportError, fhir::FhirError, transport::HttpClient};

use super::raw::{CLIENTS, FILE, Raw, all, first_byte, text, whole};

fn assert_no_length(error: &BulkFileError) {
    let BulkFileError::Request {
        error: FhirError::Transport(TransportError::NoLength),
        ..
    } = error
    else {
        panic!("{error}")
    };
}

#[actix_web::test]
async fn a_file_that_ends_with_its_connection_is_read_by_reqwest_and_an_error_at_once_by_awc() {
    for version in ["1.0", "1.1"] {
        for client in CLIENTS {
            let raw = Raw::start(move |_, _| format!("HTTP/{version} 200 OK\r\n\r\n{}", text("x")).into_bytes());
            let (_exporter, mut lines) = raw.lines(client).await;
            let outcome = all(&mut lines).await;
            if client == HttpClient::Reqwest {
                assert_eq!(outcome.unwrap().len(), 10, "{version}");
            } else {
                assert_no_length(&outcome.unwrap_err());
            }
            assert_eq!(raw.requests().len(), 1, "{version} {client:?}");
        }
    }
}

/// The rest of a file, as an answer to `Range`.
#[actix_web::test]
async fn a_rest_that_ends_with_its_connection_does_not_end_the_file_where_it_was_cut() {
    for client in CLIENTS {
        let raw = Raw::start(|number, request| {
            let text = text("x");
            let length = text.len();
            if number == 0 {
                let head = format!("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: {length}\r\n\r\n");
                return [head.as_bytes(), &text.as_bytes()[..200]].concat();
            }
            let from = first_byte(request);
            let head = format!(
                "HTTP/1.1 206 P\r\nETag: \"a\"\r\nContent-Range: bytes {from}-{}/{length}\r\n\r\n",
                length - 1
            );
            [head.as_bytes(), &text.as_bytes()[from..]].concat()
        });
        let (_exporter, mut lines) = raw.lines(client).await;
        let outcome = all(&mut lines).await;
        if client == HttpClient::Reqwest {
            assert_eq!(outcome.unwrap().len(), 10);
        } else {
            assert_no_length(&outcome.unwrap_err());
        }
        assert_eq!(raw.requests().len(), 2, "{client:?}");
    }
}

/// Statuses that say all there is to say.
#[actix_web::test]
async fn an_answer_without_a_file_needs_no_length() {
    for client in CLIENTS {
        let raw = Raw::start(|number, _| match number {
            0 => b"HTTP/1.1 503 X\r\nRetry-After: 0\r\n\r\n".to_vec(),
            1 => b"HTTP/1.1 302 F\r\nLocation: /there\r\n\r\n".to_vec(),
            _ => whole("", text("x")),
        });
        let (_exporter, mut lines) = raw.lines(client).await;
        assert_eq!(all(&mut lines).await.unwrap().len(), 10, "{client:?}");
        assert_eq!(raw.requests().len(), 3, "{client:?}");
    }
}

/// It does not know `If-Range`.
#[actix_web::test]
async fn a_rest_of_another_file_is_not_put_behind_what_came() {
    for client in CLIENTS {
        let raw = Raw::start(|number, request| {
            let text = text(if number == 0 { "x" } else { "y" });
            let length = text.len();
            match number {
                0 => {
                    let head = format!("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: {length}\r\n\r\n");
                    [head.as_bytes(), &text.as_bytes()[..200]].concat()
                }
                1 => {
                    let from = first_byte(request);
                    let (last, rest) = (length - 1, length - from);
                    let head = format!(
                        "HTTP/1.1 206 P\r\nETag: \"b\"\r\nContent-Range: bytes {from}-{last}/{length}\r\n\
                     Content-Length: {rest}\r\n\r\n"
                    );
                    [head.as_bytes(), &text.as_bytes()[from..]].concat()
                }
                _ => whole("ETag: \"b\"\r\n", text),
            }
        });
        let (_exporter, mut lines) = raw.lines(client).await;
        let error = all(&mut lines).await.unwrap_err();
        assert_eq!(error, BulkFileError::Changed { file: FILE.to_owned() });
        let ranges: Vec<_> = raw
            .requests()
            .iter()
            .map(|request| request.contains("\r\nrange:"))
            .collect();
        assert_eq!(ranges, [false, true, false]);
    }
}

/// Each answer ends where a line does, so that nothing but `Content-Range` tells that more is to come.
#[actix_web::test]
async fn a_server_that_gives_less_than_was_asked_for_is_asked_for_the_rest() {
    for (is_total_told, client) in [true, false]
        .into_iter()
        .flat_map(|told| CLIENTS.map(|client| (told, client)))
    {
        let raw = Raw::start(move |number, request| {
            let text = text("x");
            let (length, line) = (text.len(), text.len() / 10);
            if number == 0 {
                let head = format!("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: {length}\r\n\r\n");
                return [head.as_bytes(), &text.as_bytes()[..2 * line]].concat();
            }
            let from = first_byte(request);
            if from == length {
                return format!("HTTP/1.1 416 R\r\nContent-Range: bytes */{length}\r\nContent-Length: 0\r\n\r\n")
                    .into_bytes();
            }
            let end = (from + 3 * line).min(length);
            let total = if is_total_told {
                length.to_string()
            } else {
                "*".to_owned()
            };
            let head = format!(
                "HTTP/1.1 206 P\r\nETag: \"a\"\r\nContent-Range: bytes {from}-{}/{total}\r\nContent-Length: {}\r\n\r\n",
                end - 1,
                end - from
            );
            [head.as_bytes(), &text.as_bytes()[from..end]].concat()
        });
        let (_exporter, mut lines) = raw.lines(client).await;
        assert_eq!(all(&mut lines).await.unwrap().len(), 10, "{is_total_told}");
        assert_eq!(raw.requests().len(), if is_total_told { 4 } else { 5 });
    }
}
