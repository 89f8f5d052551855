//! Where exports begin, and how they are made: [`BulkClient`].

use std::{fmt, sync::Arc, time::Duration};

use url::Url;

use super::options::{AfterDownload, BrokenLines, Compression, Findings, Options};
use crate::{
    backend::BackendClient,
    fhir::FhirError,
    protocol::{
        fhir::address::FhirAddressError,
        urls::{UrlError, parse_https},
    },
};

/// Exports of one EHR, by the application itself.
///
/// Cheap to clone.
///
/// # Examples
///
/// ```no_run
/// use actix_smart_auth::{SmartConfig, bulk::ExportLevel};
///
/// # async fn run(config: SmartConfig) -> Result<(), Box<dyn std::error::Error>> {
/// let bulk = config.backend("https://ehr.example/fhir/r4").bulk();
/// let export = bulk.export(ExportLevel::Patient).types(["Patient", "Observation"]);
/// let report = export.to_folder("/var/exports/2026-01-31", |_| ()).await?;
/// println!("{} lines", report.lines());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct BulkClient {
    pub(super) client: BackendClient,
    pub(super) options: Arc<Options>,
}

impl BackendClient {
    /// Exports of this EHR.
    #[must_use]
    pub fn bulk(&self) -> BulkClient {
        BulkClient {
            client: self.clone(),
            options: Arc::new(Options::default()),
        }
    }
}

impl BulkClient {
    /// One more server where the token may go: its origin, such as `https://files.ehr.example`. Default: the origin of the FHIR base
    /// URL alone.
    ///
    /// For an EHR whose manifests list files there with `requiresAccessToken`, or whose status is there. Whoever runs that server
    /// can use the token at the EHR.
    ///
    /// # Errors
    ///
    /// [`UrlError`] when it is no https URL.
    pub fn token_also_to(mut self, origin: &str) -> Result<Self, UrlError> {
        let origin = parse_https(origin)?;
        self.change(|options| options.token_places.add(&origin));
        Ok(self)
    }

    /// The time for the head of an answer, and then for each piece of a file. Default: 60 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.change(|options| options.timeout = timeout);
        self
    }

    /// The shortest pause between two looks at an export, and before an attempt is made again, also where a server asks for less.
    /// Default: 1 s.
    #[must_use]
    pub fn shortest_wait(mut self, wait: Duration) -> Self {
        self.change(|options| options.shortest_wait = wait);
        self
    }

    /// How often in a row an attempt may fail for a reason that passes: a connection that breaks, a file that comes damaged, a server
    /// that is busy (429, 503). What they ask for (`Retry-After`, at most 5 minutes) is waited for. Default: 10.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.change(|options| options.attempts = attempts);
        self
    }

    /// The longest line, in bytes. It is what an export takes of memory at most, with some MiB. Default: 16 MiB.
    #[must_use]
    pub fn line_limit(mut self, bytes: usize) -> Self {
        self.change(|options| options.line_limit = bytes);
        self
    }

    /// How large a manifest may be, with all its pages, in bytes. In memory it is up to three times as large for a moment. One that lists
    /// 100,000 files with short addresses has some 16 MiB. Default: 16 MiB.
    #[must_use]
    pub fn manifest_limit(mut self, bytes: usize) -> Self {
        self.change(|options| options.manifest_limit = bytes);
        self
    }

    /// Whether files may come compressed. Default: [`Compression::Accepted`].
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.change(|options| options.compression = compression);
        self
    }

    /// What becomes of a line of [`BulkFile::resources`](super::BulkFile::resources) that cannot be read. Default:
    /// [`BrokenLines::Fail`].
    #[must_use]
    pub fn broken_lines(mut self, broken: BrokenLines) -> Self {
        self.change(|options| options.broken_lines = broken);
        self
    }

    /// What becomes of wrong counts and broken lines in a folder, and of wrong counts of lines that are streamed. Default:
    /// [`Findings::Fail`].
    #[must_use]
    pub fn findings(mut self, findings: Findings) -> Self {
        self.change(|options| options.findings = findings);
        self
    }

    /// What becomes of the files at the server when all of them are in the folder. Default: [`AfterDownload::Keep`].
    #[must_use]
    pub fn after_download(mut self, after: AfterDownload) -> Self {
        self.change(|options| options.after_download = after);
        self
    }

    /// How many bytes of a file in a folder may have to be fetched again after a crash. Default: 16 MiB.
    #[must_use]
    pub fn checkpoint(mut self, bytes: u64) -> Self {
        self.change(|options| options.checkpoint = bytes);
        self
    }

    /// The FHIR base URL.
    pub(super) fn base(&self) -> Result<Url, FhirError> {
        Url::parse(self.client.fhir_base_url()).map_err(|_| FhirError::Address(FhirAddressError::Malformed))
    }

    fn change(&mut self, change: impl FnOnce(&mut Options)) {
        change(Arc::make_mut(&mut self.options));
    }
}

impl fmt::Debug for BulkClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkClient")
            .field("client", &self.client)
            .field("options", &self.options)
            .finish()
    }
}
