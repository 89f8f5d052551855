//! Bodies that are decoded while they come: [`decoded_stream`].

use std::{io::Write as _, mem};

use flate2::write::MultiGzDecoder;

use super::body_stream::{BodySource, BodyStream, Bytes, PieceFuture, StreamedResponse};
use crate::protocol::{transport_error::TransportError, visible::in_log};

/// Decodes the body of an answer while it is read. A small piece may grow to any size; what comes out at once is some 32 KiB.
///
/// Of a body that is decoded, `content-encoding` and `content-length` are gone.
pub(crate) fn decoded_stream(mut response: StreamedResponse) -> Result<StreamedResponse, TransportError> {
    let Some(coding) = response.header("content-encoding") else {
        return Ok(response);
    };
    let coding = coding.trim().to_ascii_lowercase();
    match coding.as_str() {
        "" | "identity" => return Ok(response),
        "gzip" | "x-gzip" => {}
        other => {
            tracing::error!(
                coding = in_log(other),
                "a server sent a large answer in a content coding that nobody asked for and that cannot be decoded; have it \
                 answer with gzip or without"
            );
            return Err(TransportError::ContentCoding);
        }
    }
    response.headers.retain(|(name, _)| {
        !["content-encoding", "content-length"]
            .iter()
            .any(|dropped| name.eq_ignore_ascii_case(dropped))
    });
    response.bytes = Bytes::Decoded;
    let coded = mem::replace(&mut response.body, BodyStream::of_one(Vec::new()));
    response.body = BodyStream::new(Gunzip {
        coded,
        piece: Vec::new(),
        taken: 0,
        has_come: false,
        decoder: Some(MultiGzDecoder::new(Vec::new())),
    });
    Ok(response)
}

struct Gunzip {
    coded: BodyStream,
    /// What came, of which so many bytes are decoded.
    piece: Vec<u8>,
    taken: usize,
    has_come: bool,
    /// `None`: the end.
    decoder: Option<MultiGzDecoder<Vec<u8>>>,
}

impl Gunzip {
    async fn decode(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        loop {
            let Some(decoder) = &mut self.decoder else {
                return Ok(None);
            };
            let rest = self.piece.get(self.taken..).unwrap_or_default();
            if rest.is_empty() {
                match self.coded.next().await {
                    Some(piece) => {
                        self.piece = piece?;
                        self.taken = 0;
                        self.has_come = true;
                        continue;
                    }
                    None => return self.end(),
                }
            }
            // One call fills the decoder's buffer once, whatever it is given.
            self.taken += decoder.write(rest).map_err(|_| TransportError::DamagedBody)?;
            let decoded = mem::take(decoder.get_mut());
            if !decoded.is_empty() {
                return Ok(Some(decoded));
            }
        }
    }

    /// A body without a byte is empty, whatever it is called.
    fn end(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        let Some(decoder) = self.decoder.take().filter(|_| self.has_come) else {
            return Ok(None);
        };
        // It was cut off in the middle, or somebody else's bytes follow.
        let decoded = decoder.finish().map_err(|_| TransportError::DamagedBody)?;
        Ok(Some(decoded).filter(|decoded| !decoded.is_empty()))
    }
}

impl BodySource for Gunzip {
    fn next(&mut self) -> PieceFuture<'_> {
        Box::pin(async move { self.decode().await.transpose() })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::transport::loopback::block_on;

    struct Pieces(std::vec::IntoIter<Vec<u8>>);

    impl BodySource for Pieces {
        fn next(&mut self) -> PieceFuture<'_> {
            let next = self.0.next().map(Ok);
            Box::pin(async move { next })
        }
    }

    fn zipped(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn answer(coding: &str, pieces: Vec<Vec<u8>>) -> StreamedResponse {
        let headers = vec![
            ("Content-Encoding".to_owned(), coding.to_owned()),
            ("Content-Length".to_owned(), "7".to_owned()),
        ];
        StreamedResponse::new(200, headers, BodyStream::new(Pieces(pieces.into_iter())))
    }

    fn all(mut response: StreamedResponse) -> Result<(Vec<u8>, usize), TransportError> {
        block_on(async {
            let (mut body, mut largest) = (Vec::new(), 0);
            while let Some(piece) = response.body.next().await {
                let piece = piece?;
                largest = largest.max(piece.len());
                body.extend(piece);
            }
            Ok((body, largest))
        })
    }

    #[test]
    fn a_body_is_decoded_however_it_is_cut_and_says_so() {
        let text = (0..20_000_u32).map(|n| n.to_string()).collect::<String>();
        let coded = zipped(text.as_bytes());
        for size in [1, 7, 1000, coded.len()] {
            let pieces = coded.chunks(size).map(<[u8]>::to_vec).collect();
            let response = decoded_stream(answer("gzip", pieces)).unwrap();
            assert_eq!(response.bytes, Bytes::Decoded);
            assert_eq!(response.header("content-length"), None);
            assert_eq!(all(response).unwrap().0, text.as_bytes(), "{size}");
        }
    }

    #[test]
    fn members_one_after_the_other_are_one_body() {
        let coded = [zipped(b"one\n"), zipped(b"two\n")].concat();
        assert_eq!(
            all(decoded_stream(answer("x-gzip", vec![coded])).unwrap()).unwrap().0,
            b"one\ntwo\n"
        );
    }

    /// 64 MiB of zeros are some 64 KiB, coded.
    #[test]
    fn what_grows_a_thousandfold_comes_out_in_small_pieces() {
        let coded = zipped(&vec![0; 64 << 20]);
        assert!(coded.len() < 100_000);
        let (body, largest) = all(decoded_stream(answer("gzip", vec![coded])).unwrap()).unwrap();
        assert_eq!(body.len(), 64 << 20);
        assert!(largest <= 128 * 1024, "{largest}");
    }

    #[test]
    fn a_coded_body_that_is_cut_off_or_broken_is_an_error() {
        let coded = zipped("x".repeat(100_000).as_bytes());
        for length in [1, 5, 20, coded.len() - 9, coded.len() - 1] {
            let cut = coded[..length].to_vec();
            assert_eq!(
                all(decoded_stream(answer("gzip", vec![cut])).unwrap()).unwrap_err(),
                TransportError::DamagedBody,
                "{length}"
            );
        }
        let mut broken = coded;
        let last = broken.len() - 5;
        broken[last] ^= 1;
        assert_eq!(
            all(decoded_stream(answer("gzip", vec![broken])).unwrap()).unwrap_err(),
            TransportError::DamagedBody
        );
    }

    #[test]
    fn what_nobody_asked_for_is_refused_and_what_is_not_coded_is_left_alone() {
        assert_eq!(
            decoded_stream(answer("br", vec![b"x".to_vec()])).unwrap_err(),
            TransportError::ContentCoding
        );
        let plain = decoded_stream(answer("identity", vec![b"x".to_vec()])).unwrap();
        assert_eq!(plain.header("content-length"), Some("7"));
        assert_eq!(plain.bytes, Bytes::AsTheyCame);
        assert_eq!(all(plain).unwrap().0, b"x");
        assert_eq!(all(decoded_stream(answer("gzip", vec![])).unwrap()).unwrap().0, b"");
    }
}
