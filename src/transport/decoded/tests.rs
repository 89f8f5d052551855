use std::io::Write as _;

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};

use super::*;

fn answer(coding: &str, body: Vec<u8>) -> HttpResponse {
    HttpResponse::new(200, vec![("Content-Encoding".to_owned(), coding.to_owned())], body)
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn gzip_and_deflate_are_decoded_and_what_is_not_compressed_is_left_alone() {
    for (coding, body) in [
        ("gzip", gzip(b"{}")),
        ("X-GZIP", gzip(b"{}")),
        ("deflate", deflate(b"{}")),
        ("identity", b"{}".to_vec()),
        ("", b"{}".to_vec()),
    ] {
        assert_eq!(decoded(answer(coding, body), 2).unwrap().body, b"{}", "{coding}");
    }
    assert_eq!(decoded(answer("gzip", Vec::new()), 2).unwrap().body, b"");
}

#[test]
fn a_decoded_body_has_the_limit_of_any_other() {
    let bomb = gzip(&vec![b' '; 10_000_000]);
    assert_eq!(
        decoded(answer("gzip", bomb), 1000).unwrap_err(),
        TransportError::BodyTooLarge
    );
    let long = [b'x'; 11];
    assert_eq!(
        decoded(answer("gzip", gzip(&long)), 10).unwrap_err(),
        TransportError::BodyTooLarge
    );
    assert_eq!(decoded(answer("gzip", gzip(&long)), 11).unwrap().body, long);
}

#[test]
fn what_cannot_be_decoded_is_refused() {
    let mut broken = gzip(b"{\"a\":1}");
    broken.truncate(broken.len() - 4);
    for (coding, body, error) in [
        ("br", b"{}".to_vec(), TransportError::ContentCoding),
        ("gzip, gzip", gzip(b"{}"), TransportError::ContentCoding),
        ("gzip", b"{}".to_vec(), TransportError::DamagedBody),
        ("gzip", broken, TransportError::DamagedBody),
        ("deflate", b"{}".to_vec(), TransportError::DamagedBody),
    ] {
        assert_eq!(decoded(answer(coding, body), 100).unwrap_err(), error, "{coding}");
    }
}
