//! The bytes of a file, whatever happens to its connections: [`Source`].

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::{
    file::BulkFile,
    file_error::BulkFileError,
    opened::{From, NotOpened, Until, open, request},
    trouble::{LONGEST_PAUSE, Trouble, trouble},
};
use crate::{
    fhir::FhirError,
    protocol::transport_error::TransportError,
    transport::{BodyStream, Bytes},
};

/// The bytes of a file, in order and each once. A connection that breaks is replaced: by one that goes on where it stopped, or by one
/// that begins again, whose first bytes have to be those that came before.
pub(super) struct Source {
    file: BulkFile,
    /// How many bytes were handed out.
    position: u64,
    /// Of those.
    digest: Sha256,
    /// Of the file that those are the first bytes of.
    validator: Option<String>,
    body: Option<BodyStream>,
    /// Of that.
    until: Until,
    bytes: Bytes,
    /// Where it was asked for.
    origin: String,
    /// Of the bytes that were handed out.
    certainty: Certainty,
    again: Option<Again>,
    is_refuted: bool,
    /// Attempts in a row that gave nothing new, and all that began again.
    failures: u32,
    beginnings: u32,
}

/// How certain it is that bytes are those of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certainty {
    /// They came as they are, or their checksum was right.
    Certain,
    /// They came compressed, and their checksum did not come yet.
    Unchecked,
    /// They are of an answer that turned out to be damaged.
    Damaged,
}

/// An answer that begins again. Until its first bytes are those that came before, it may be of another file, and nothing can go on by its
/// validator.
struct Again {
    /// How many bytes are still to be read past.
    left: u64,
    /// Of those that were.
    digest: Sha256,
    validator: Option<String>,
}

impl Source {
    pub(super) fn new(file: BulkFile) -> Self {
        Self::from(file, 0, Sha256::new(), None)
    }

    /// Behind bytes that are known already: how many, their digest, and the validator of the file that they are of.
    pub(super) const fn from(file: BulkFile, position: u64, digest: Sha256, validator: Option<String>) -> Self {
        Self {
            file,
            position,
            digest,
            validator,
            body: None,
            until: Until::End,
            bytes: Bytes::AsTheyCame,
            origin: String::new(),
            certainty: Certainty::Certain,
            again: None,
            is_refuted: false,
            failures: 0,
            beginnings: 0,
        }
    }

    pub(super) fn validator(&self) -> Option<&str> {
        self.validator.as_deref()
    }

    /// Whether what was handed out, or was known before, is not what the file begins with.
    pub(super) const fn is_refuted(&self) -> bool {
        self.is_refuted
    }

    /// Reads on until it is certain that what was handed out is what the server has.
    pub(super) async fn make_certain(&mut self) -> Result<(), BulkFileError> {
        while self.certainty != Certainty::Certain && self.next().await?.is_some() {}
        Ok(())
    }

    /// The next bytes. `None` is the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, BulkFileError> {
        loop {
            let Some(body) = &mut self.body else {
                self.open().await?;
                continue;
            };
            match body.next().await {
                Some(Ok(piece)) => {
                    let Some(piece) = self.new_bytes(piece) else {
                        self.differs().await?;
                        continue;
                    };
                    if !piece.is_empty() {
                        self.failures = 0;
                        if self.bytes == Bytes::Decoded && self.certainty == Certainty::Certain {
                            self.certainty = Certainty::Unchecked;
                        }
                        self.digest.update(&piece);
                        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
                        self.position = self.position.saturating_add(length);
                        return Ok(Some(piece));
                    }
                }
                Some(Err(error)) => {
                    let error = FhirError::from(error);
                    let Trouble::Passes { wait } = trouble(&error) else {
                        return Err(request(&self.file, &self.origin, error));
                    };
                    // Nothing was handed out of one that begins again.
                    if is_damaged(&error) && self.again.is_none() && self.certainty == Certainty::Unchecked {
                        self.certainty = Certainty::Damaged;
                    }
                    self.body = None;
                    self.pause(error, wait).await?;
                }
                None if self.again.is_some() => return Err(self.refuted()),
                None => match self.until {
                    Until::End => {
                        self.certainty = Certainty::Certain;
                        return Ok(None);
                    }
                    Until::Byte { end, total } if self.position == end && total == Some(end) => return Ok(None),
                    Until::Byte { end, .. } if self.position > end => return Err(self.refuted()),
                    // Less than was asked for, or than was announced.
                    Until::Byte { .. } => {
                        self.body = None;
                        self.pause(TransportError::Disconnected.into(), None).await?;
                    }
                },
            }
        }
    }

    async fn open(&mut self) -> Result<(), BulkFileError> {
        let from = From {
            byte: self.position,
            validator: self.validator.as_deref(),
        };
        match open(&self.file, from).await {
            Ok(opened) => {
                self.body = Some(opened.body);
                self.until = opened.until;
                self.bytes = opened.bytes;
                self.origin = opened.origin;
                if opened.starts_at == self.position {
                    self.validator = opened.validator;
                    self.again = None;
                } else {
                    self.beginnings = self.beginnings.saturating_add(1);
                    self.validator = None;
                    self.again = Some(Again {
                        left: self.position,
                        digest: Sha256::new(),
                        validator: opened.validator,
                    });
                }
                Ok(())
            }
            Err(NotOpened::Passing { origin, error, wait }) => {
                self.origin = origin;
                self.pause(error, wait).await
            }
            Err(NotOpened::OtherPart) => {
                self.validator = None;
                Ok(())
            }
            Err(NotOpened::Failed(error)) => Err(error),
        }
    }

    async fn pause(&mut self, error: FhirError, retry_after: Option<Duration>) -> Result<(), BulkFileError> {
        let options = &self.file.bulk.options;
        self.failures = self.failures.saturating_add(1);
        if self.failures >= options.attempts || self.beginnings >= options.attempts {
            return Err(match is_damaged(&error) {
                true => self.damaged(),
                false => request(&self.file, &self.origin, error),
            });
        }
        let error = request(&self.file, &self.origin, error);
        tracing::info!(%error, "a file of an export was cut off, or did not come; it is asked for again");
        tokio::time::sleep(options.pause(self.failures, retry_after, LONGEST_PAUSE)).await;
        Ok(())
    }

    /// What was not handed out before. `None`: what was before is not what the answer begins with.
    fn new_bytes(&mut self, mut piece: Vec<u8>) -> Option<Vec<u8>> {
        let Some(mut again) = self.again.take() else {
            return Some(piece);
        };
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        let known = usize::try_from(length.min(again.left)).unwrap_or(piece.len());
        let rest = piece.split_off(known);
        again.digest.update(&piece);
        again.left = again.left.saturating_sub(length);
        if again.left > 0 {
            self.again = Some(again);
        } else if again.digest.finalize() == self.digest.clone().finalize() {
            self.validator = again.validator;
            self.certainty = match self.bytes {
                Bytes::AsTheyCame => Certainty::Certain,
                Bytes::Decoded => Certainty::Unchecked,
            };
        } else {
            return None;
        }
        Some(rest)
    }

    /// After an answer that does not begin with what was handed out. One that is damaged says nothing of the file: it is asked for again.
    async fn differs(&mut self) -> Result<(), BulkFileError> {
        let body = self.body.take().filter(|_| self.bytes == Bytes::Decoded);
        if let Some(mut body) = body {
            while let Some(piece) = body.next().await {
                if let Err(error) = piece {
                    return self.pause(error.into(), None).await;
                }
            }
        }
        Err(self.refuted())
    }

    /// What was handed out is not what the file begins with: it was damaged on its way, or the file is another one now.
    fn refuted(&mut self) -> BulkFileError {
        self.is_refuted = true;
        match self.certainty {
            Certainty::Damaged => self.damaged(),
            Certainty::Certain | Certainty::Unchecked => BulkFileError::Changed {
                file: self.file.name().to_owned(),
            },
        }
    }

    fn damaged(&self) -> BulkFileError {
        BulkFileError::Damaged {
            file: self.file.name().to_owned(),
            byte: self.position,
        }
    }
}

const fn is_damaged(error: &FhirError) -> bool {
    matches!(error, FhirError::Transport(TransportError::DamagedBody))
}
