//! The bytes of a file, whatever happens to its connections: [`Source`].

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::{
    file::BulkFile,
    file_error::BulkFileError,
    opened::{From, NotOpened, Until, open, request},
    trouble::{LONGEST_PAUSE, Trouble, trouble},
};
use crate::{fhir::FhirError, protocol::transport_error::TransportError, transport::BodyStream};

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
    again: Option<Again>,
    /// Attempts in a row that gave nothing new, and all that began again.
    failures: u32,
    beginnings: u32,
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
            again: None,
            failures: 0,
            beginnings: 0,
        }
    }

    pub(super) fn validator(&self) -> Option<&str> {
        self.validator.as_deref()
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
                    let piece = self.new_bytes(piece)?;
                    if !piece.is_empty() {
                        self.failures = 0;
                        self.digest.update(&piece);
                        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
                        self.position = self.position.saturating_add(length);
                        return Ok(Some(piece));
                    }
                }
                Some(Err(error)) => {
                    let error = FhirError::from(error);
                    let Trouble::Passes { wait } = trouble(&error) else {
                        return Err(request(&self.file, error));
                    };
                    self.body = None;
                    self.pause(error, wait).await?;
                }
                None if self.again.is_some() => return Err(self.changed()),
                None => match self.until {
                    Until::End => return Ok(None),
                    Until::Byte { end, total } if self.position == end && total == Some(end) => return Ok(None),
                    Until::Byte { end, .. } if self.position > end => return Err(self.changed()),
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
            Err(NotOpened::Passing(error, retry_after)) => self.pause(error, retry_after).await,
            Err(NotOpened::OtherPart) if self.validator.is_some() => {
                self.validator = None;
                Ok(())
            }
            Err(NotOpened::OtherPart) => Err(self.changed()),
            Err(NotOpened::Failed(error)) => Err(error),
        }
    }

    async fn pause(&mut self, error: FhirError, retry_after: Option<Duration>) -> Result<(), BulkFileError> {
        let options = &self.file.bulk.options;
        self.failures = self.failures.saturating_add(1);
        if self.failures >= options.attempts || self.beginnings >= options.attempts {
            return Err(match error {
                FhirError::Transport(TransportError::DamagedBody) => BulkFileError::Damaged {
                    file: self.file.name().to_owned(),
                    byte: self.position,
                },
                error => request(&self.file, error),
            });
        }
        tracing::info!(file = self.file.name(), %error, "a file of an export was cut off; it is asked for again");
        tokio::time::sleep(options.pause(self.failures, retry_after, LONGEST_PAUSE)).await;
        Ok(())
    }

    /// What was not handed out before.
    fn new_bytes(&mut self, mut piece: Vec<u8>) -> Result<Vec<u8>, BulkFileError> {
        let Some(mut again) = self.again.take() else {
            return Ok(piece);
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
        } else {
            return Err(self.changed());
        }
        Ok(rest)
    }

    fn changed(&self) -> BulkFileError {
        BulkFileError::Changed {
            file: self.file.name().to_owned(),
        }
    }
}
