//! A file whose answer has begun: [`open`].

use std::time::Duration;

use url::Url;

use super::{
    content_range::ContentRange,
    file::BulkFile,
    file_error::BulkFileError,
    options::Compression,
    sending::{Asked, REFUSAL_LIMIT, Token, ask, read},
    trouble::{Trouble, trouble},
};
use crate::{
    fhir::{FhirError, FhirResponse},
    protocol::{bulk::place::place, http::Method},
    transport::{BodyStream, Bytes, StreamedResponse},
};

/// Object stores redirect once, to an address that is signed.
const MOST_REDIRECTS: u32 = 5;

/// A file whose answer has begun.
pub(super) struct Opened {
    pub(super) body: BodyStream,
    /// The byte of the file that the body begins with: 0, or the one that was asked for.
    pub(super) starts_at: u64,
    pub(super) until: Until,
    pub(super) bytes: Bytes,
    /// Where it was asked for at last, behind all redirects.
    pub(super) origin: String,
    /// By which the server can tell that it is the same file, where it may go on with it.
    pub(super) validator: Option<String>,
}

/// Up to where the body of an answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// Its end is that of the file.
    End,
    /// Its end is before the byte `end` of a file with `total`, where the server knows that. It may be less than what was asked for.
    Byte { end: u64, total: Option<u64> },
}

/// From which byte on, and the validator of what is known before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct From<'a> {
    pub(super) byte: u64,
    pub(super) validator: Option<&'a str>,
}

/// Why a file did not open.
pub(super) enum NotOpened {
    /// It may open later.
    Passing {
        /// Where it was asked for.
        origin: String,
        error: FhirError,
        wait: Option<Duration>,
    },
    /// The server answered with another part than the one that was asked for: ask for all of it.
    OtherPart,
    Failed(BulkFileError),
}

/// Asks for a file: with the token where the manifest wants it and it may go there, and never with it to where a redirect leads.
pub(super) async fn open(file: &BulkFile, from: From<'_>) -> Result<Opened, NotOpened> {
    let failed = |error| NotOpened::Failed(error);
    let bulk = &file.bulk;
    let base = bulk
        .base()
        .map_err(|error| failed(request(file, bulk.client.fhir_base_url(), error)))?;
    let mut url = address(file, &base, &base, file.url()).map_err(failed)?;
    let mut token = match file.requires_access_token() {
        true if !bulk.options.token_places.have(&base, &url) => {
            return Err(failed(BulkFileError::TokenNotForThere {
                file: file.name().to_owned(),
                origin: url.origin().ascii_serialization(),
            }));
        }
        true => Token::Sent,
        false => Token::NotSent,
    };
    let headers = headers(bulk.options.compression, from);
    for _ in 0..=MOST_REDIRECTS {
        let asked = Asked {
            method: Method::Get,
            url: &url,
            accept: "application/fhir+ndjson, application/ndjson;q=0.9, */*;q=0.1",
            headers: headers.clone(),
            token,
        };
        let response = ask(bulk, &asked).await.map_err(|error| not_opened(file, &url, error))?;
        match response.status {
            200 | 206 | 416 => return begun(file, &url, from, response),
            301 | 302 | 303 | 307 | 308 => {
                let too_many = || {
                    failed(BulkFileError::Redirects {
                        file: file.name().to_owned(),
                    })
                };
                let location = response.header("location").ok_or_else(too_many)?;
                url = address(file, &base, &url, location).map_err(failed)?;
                token = Token::NotSent;
            }
            _ => return Err(refused(file, &url, response).await),
        }
    }
    Err(failed(BulkFileError::Redirects {
        file: file.name().to_owned(),
    }))
}

fn headers(compression: Compression, from: From<'_>) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    match (from.byte, from.validator) {
        (1.., Some(validator)) => {
            headers.push(("Range", format!("bytes={}-", from.byte)));
            headers.push(("If-Range", validator.to_owned()));
        }
        _ if compression == Compression::Accepted => headers.push(("Accept-Encoding", "gzip".to_owned())),
        _ => {}
    }
    headers
}

fn begun(file: &BulkFile, url: &Url, from: From<'_>, response: StreamedResponse) -> Result<Opened, NotOpened> {
    let validator = validator(&response);
    let origin = url.origin().ascii_serialization();
    if response.status == 200 {
        return Ok(Opened {
            body: response.body,
            starts_at: 0,
            until: Until::End,
            bytes: response.bytes,
            origin,
            validator,
        });
    }
    // A part, where all was asked for.
    if from.validator.is_none() {
        return Err(no_file(file, response.status));
    }
    let range = ContentRange::read(response.header("content-range").unwrap_or_default());
    let until = match (response.status, range) {
        (206, Some(ContentRange::Part { first, end, total })) if first == from.byte => Until::Byte { end, total },
        (416, Some(ContentRange::NothingOf { total })) if total == from.byte => Until::End,
        _ => return Err(NotOpened::OtherPart),
    };
    // A server that does not know `If-Range` answers with a part of whatever is there now.
    let is_of_another = response
        .header("etag")
        .is_some_and(|tag| Some(tag.trim()) != from.validator);
    if is_of_another || response.bytes == Bytes::Decoded {
        return Err(NotOpened::OtherPart);
    }
    Ok(Opened {
        // Behind the last byte is nothing.
        body: if until == Until::End {
            BodyStream::of_one(Vec::new())
        } else {
            response.body
        },
        starts_at: from.byte,
        until,
        bytes: response.bytes,
        origin,
        validator: from.validator.map(str::to_owned),
    })
}

/// A strong one of a file that came as it is: bytes can be counted in that alone.
fn validator(response: &StreamedResponse) -> Option<String> {
    let tag = response.header("etag")?.trim();
    let is_strong = tag.len() > 2 && tag.len() <= 200 && tag.starts_with('"') && tag.ends_with('"');
    let is_plain = response.bytes == Bytes::AsTheyCame;
    let has_ranges = !response
        .header("accept-ranges")
        .is_some_and(|ranges| ranges.trim().eq_ignore_ascii_case("none"));
    (is_strong && is_plain && has_ranges).then(|| tag.to_owned())
}

async fn refused(file: &BulkFile, url: &Url, response: StreamedResponse) -> NotOpened {
    if matches!(response.status, 404 | 410) {
        return NotOpened::Failed(BulkFileError::Expired {
            file: file.name().to_owned(),
        });
    }
    let (now, status) = (file.bulk.client.runtime().wall_clock(), response.status);
    let response = match read(response, REFUSAL_LIMIT).await {
        Ok(response) => response,
        Err(error) => return not_opened(file, url, error.into()),
    };
    match FhirResponse::of(response, now) {
        Err(error) => not_opened(file, url, error),
        // A good answer without a file, such as 204.
        Ok(_) => no_file(file, status),
    }
}

fn no_file(file: &BulkFile, status: u16) -> NotOpened {
    NotOpened::Failed(BulkFileError::NoFile {
        file: file.name().to_owned(),
        status,
    })
}

fn not_opened(file: &BulkFile, url: &Url, error: FhirError) -> NotOpened {
    let origin = url.origin().ascii_serialization();
    match trouble(&error) {
        Trouble::Passes { wait } => NotOpened::Passing { origin, error, wait },
        Trouble::Stays => NotOpened::Failed(request(file, &origin, error)),
    }
}

fn address(file: &BulkFile, base: &Url, seen_from: &Url, text: &str) -> Result<Url, BulkFileError> {
    place(base, seen_from, text).map_err(|error| BulkFileError::Address {
        file: file.name().to_owned(),
        error,
    })
}

pub(super) fn request(file: &BulkFile, origin: &str, error: FhirError) -> BulkFileError {
    BulkFileError::Request {
        file: file.name().to_owned(),
        origin: origin.to_owned(),
        error,
    }
}
