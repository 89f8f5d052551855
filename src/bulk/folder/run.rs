//! One run into a folder: [`BulkExport::to_folder`].

use std::{path::PathBuf, sync::Arc};

use tokio::task::spawn_blocking;

use super::{
    entry::failed,
    error::ExportFolderError,
    event::ExportEvent,
    journal::{Begun, Checkpoint, Journal, Known, Step},
    lock::FolderLock,
    part::{Part, give_name, has_length},
    report::{FileReport, FolderReport},
};
use crate::bulk::{AfterDownload, BulkExport, BulkFile, BulkFileError, ExportJob, Findings, Manifest, source::Source};

/// How much is collected before it is written.
const BATCH: usize = 1024 * 1024;

impl BulkExport {
    /// Exports into a folder: begins the export, waits for it, fetches its files. In a folder where an earlier run of the same export
    /// stopped, for whatever reason, it goes on; in one where it is complete, it says what is there.
    ///
    /// Files are called `Patient.1.ndjson`, `error.OperationOutcome.1.ndjson`, `deleted.Bundle.1.ndjson`; as long as one is
    /// not complete, `….part`. Their bytes are those of the server. The folder is made if it is not there; it and the files are for
    /// the eyes of this user alone. `events` is told what happens.
    ///
    /// It can be dropped at any time. What is held of a file is some MiB, or its longest line.
    ///
    /// # Errors
    ///
    /// [`ExportFolderError`]
    pub async fn to_folder(
        &self,
        folder: impl Into<PathBuf>,
        mut events: impl FnMut(ExportEvent<'_>),
    ) -> Result<FolderReport, ExportFolderError> {
        let folder = folder.into();
        let (lock, journal, known) = blocking(move || {
            let lock = Arc::new(FolderLock::take(&folder)?);
            let (journal, known) = Journal::open(Arc::clone(&lock))?;
            Ok((lock, journal, known))
        })
        .await?;
        let mut run = Run {
            export: self,
            lock,
            journal: Some(journal),
            known,
        };
        let job = run.job(&mut events).await?;
        let manifest = run.manifest(&job, &mut events).await?;
        let mut files = Vec::new();
        for file in manifest.files() {
            files.push(run.file(&file, &mut events).await?);
        }
        let report = FolderReport {
            transaction_time: manifest.transaction_time().clone(),
            files,
        };
        if self.bulk.options.findings == Findings::Fail && report.findings().next().is_some() {
            return Err(ExportFolderError::Findings {
                report: Box::new(report),
            });
        }
        // Not before: what is not as it should be may have to be fetched again.
        if self.bulk.options.after_download == AfterDownload::Release {
            run.release(&job).await?;
        }
        Ok(report)
    }
}

struct Run<'a> {
    export: &'a BulkExport,
    lock: Arc<FolderLock>,
    /// `None` while another thread writes to it.
    journal: Option<Journal>,
    known: Known,
}

impl Run<'_> {
    async fn job(&mut self, events: &mut impl FnMut(ExportEvent<'_>)) -> Result<ExportJob, ExportFolderError> {
        let request = self.export.described();
        if let Some(begun) = &self.known.begun {
            let job = self.export.bulk.job(&begun.export);
            if begun.request != request || matches!(job, Err(crate::bulk::ExportStatusError::OtherServer)) {
                return Err(ExportFolderError::OtherExport {
                    path: self.lock.path.clone(),
                });
            }
            events(ExportEvent::Resumed);
            return Ok(job?);
        }
        let job = self.export.start().await?;
        let export = job.saved();
        if let Err(error) = self.note(Step::Begun(Begun { request, export })).await {
            // The next run would begin another one, which many servers refuse as long as there is this one.
            if let Err(error) = job.cancel().await {
                tracing::warn!(%error, "an export was begun that could not be noted in its folder, and could not be cancelled at the server");
            }
            return Err(error);
        }
        events(ExportEvent::Begun);
        Ok(job)
    }

    async fn manifest(
        &mut self,
        job: &ExportJob,
        events: &mut impl FnMut(ExportEvent<'_>),
    ) -> Result<Manifest, ExportFolderError> {
        let manifest = match self.known.manifest.take() {
            Some(facts) => Manifest::of_facts(self.export.bulk.clone(), facts),
            None => {
                let manifest = job.wait(|progress| events(ExportEvent::InProgress(progress))).await?;
                self.note(Step::Manifest(manifest.facts())).await?;
                manifest
            }
        };
        events(ExportEvent::Manifest(&manifest));
        Ok(manifest)
    }

    async fn file(
        &mut self,
        file: &BulkFile,
        events: &mut impl FnMut(ExportEvent<'_>),
    ) -> Result<FileReport, ExportFolderError> {
        let report = match self.known.done.remove(file.name()) {
            Some(report) if self.is_there(&report).await? => report,
            _ => {
                let report = match self.fetched(file, events).await? {
                    Fetched::All(report) => report,
                    // All of it is fetched, once.
                    Fetched::Refuted(_) => {
                        self.known.parts.remove(file.name());
                        match self.fetched(file, events).await? {
                            Fetched::All(report) => report,
                            Fetched::Refuted(error) => return Err(error.into()),
                        }
                    }
                };
                self.note(Step::Done(report.clone())).await?;
                report
            }
        };
        let (lock, name) = (Arc::clone(&self.lock), report.name.clone());
        blocking(move || {
            give_name(&lock.path, &name)?;
            lock.sync().map_err(|error| failed(&lock.path, error))
        })
        .await?;
        events(ExportEvent::File(&report));
        Ok(report)
    }

    /// Whether a file is there as the run left it that was done with it. Somebody may have moved it since, or cut it off.
    async fn is_there(&self, report: &FileReport) -> Result<bool, ExportFolderError> {
        let (lock, name, bytes) = (Arc::clone(&self.lock), report.name.clone(), report.bytes);
        blocking(move || Ok(has_length(&lock.path, &name, bytes))).await
    }

    async fn fetched(
        &mut self,
        file: &BulkFile,
        events: &mut impl FnMut(ExportEvent<'_>),
    ) -> Result<Fetched, ExportFolderError> {
        let options = Arc::clone(&self.export.bulk.options);
        let (bytes, validator) = match self.known.parts.get(file.name()) {
            Some(known) => (known.bytes, known.validator.clone()),
            None => (0, None),
        };
        let (lock, opened) = (Arc::clone(&self.lock), file.clone());
        let mut part = blocking(move || Part::open(&lock.path, &opened, bytes, options.line_limit)).await?;
        let validator = validator.filter(|_| part.bytes > 0);
        let mut source = Source::from(file.clone(), part.bytes, part.digest(), validator);
        let mut unsaved = 0_u64;
        loop {
            let batch = match batch(&mut source).await {
                Ok(batch) => batch,
                Err(error) if source.is_refuted() => return Ok(Fetched::Refuted(error)),
                Err(error) => {
                    // The next run goes on here.
                    self.checkpoint(file, part, &source).await?;
                    return Err(error.into());
                }
            };
            let is_last = batch.len() < BATCH;
            unsaved = unsaved.saturating_add(u64::try_from(batch.len()).unwrap_or(u64::MAX));
            let lock = Arc::clone(&self.lock);
            part = blocking(move || {
                part.write(&batch)?;
                drop(lock);
                Ok(part)
            })
            .await?;
            events(ExportEvent::Received {
                name: file.name(),
                bytes: part.bytes,
                lines: part.count(),
                of: file.count(),
            });
            if is_last {
                return blocking(move || part.report()).await.map(Fetched::All);
            }
            if unsaved >= self.export.bulk.options.checkpoint {
                unsaved = 0;
                part = self.checkpoint(file, part, &source).await?;
            }
        }
    }

    async fn checkpoint(&mut self, file: &BulkFile, part: Part, source: &Source) -> Result<Part, ExportFolderError> {
        let (part, bytes) = blocking(move || {
            let bytes = part.sync()?;
            Ok((part, bytes))
        })
        .await?;
        let checkpoint = Checkpoint {
            bytes,
            validator: source.validator().map(str::to_owned),
        };
        self.known.parts.insert(file.name().to_owned(), checkpoint.clone());
        self.note(Step::Part(file.name().to_owned(), checkpoint)).await?;
        Ok(part)
    }

    async fn release(&mut self, job: &ExportJob) -> Result<(), ExportFolderError> {
        if self.known.is_released {
            return Ok(());
        }
        match job.cancel().await {
            Ok(()) => self.note(Step::Released).await,
            Err(error) => {
                tracing::warn!(
                    %error,
                    "the server could not be told that it may remove the files of an export; run the export once more to tell it"
                );
                Ok(())
            }
        }
    }

    async fn note(&mut self, step: Step) -> Result<(), ExportFolderError> {
        let Some(mut journal) = self.journal.take() else {
            return Err(ExportFolderError::BrokenJournal {
                path: self.lock.path.clone(),
            });
        };
        let (journal, noted) = blocking(move || {
            let noted = journal.note(&step);
            Ok((journal, noted))
        })
        .await?;
        self.journal = Some(journal);
        noted
    }
}

/// What became of a file.
enum Fetched {
    All(FileReport),
    /// What is here is of another file than what is there, or came damaged.
    Refuted(BulkFileError),
}

/// The next bytes, a batch at a time. Fewer are the last.
async fn batch(source: &mut Source) -> Result<Vec<u8>, BulkFileError> {
    let mut batch = Vec::new();
    while batch.len() < BATCH {
        match source.next().await? {
            Some(piece) => batch.extend_from_slice(&piece),
            None => break,
        }
    }
    Ok(batch)
}

/// Disks block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ExportFolderError> + Send + 'static,
) -> Result<T, ExportFolderError> {
    let done = spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(failed(std::path::Path::new("…"), std::io::Error::other(error))))
}
