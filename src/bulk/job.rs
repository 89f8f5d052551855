//! An export that runs: [`ExportJob`].

use std::{collections::HashSet, fmt, time::Duration};

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    client::BulkClient,
    manifest::Manifest,
    sending::{Asked, REFUSAL_LIMIT, Token, ask, read},
    status_error::ExportStatusError,
    trouble::{Trouble, pause_before_again, trouble},
};
use crate::{
    fhir::{FhirError, FhirResponse},
    protocol::{
        bulk::{
            manifest::{ManifestPage, ManifestProblem},
            place::place,
            progress::ExportProgress,
        },
        http::{HttpResponse, Method},
        token_response::retry_after,
        transport_error::TransportError,
    },
    time::Timestamp,
};

const MOST_PAGES: usize = 1_000;
/// Between two looks, where the server does not say.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// An export that the server has begun.
///
/// `Debug` shows whose it is, and not the address of its status, which may be all that one needs to read it.
#[derive(Clone)]
pub struct ExportJob {
    bulk: BulkClient,
    status: Url,
}

/// An export as it can be kept, in a file or a database, so that another process goes on with it ([`BulkClient::job`]).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedExport {
    fhir_base_url: String,
    status_url: String,
}

/// What is known of an export.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ExportStatus {
    /// It runs.
    InProgress {
        /// How far it is.
        progress: ExportProgress,
        /// How long the server asks to wait before the next look, at most 5 minutes.
        retry_after: Option<Duration>,
    },
    /// It is complete.
    Complete(Manifest),
}

impl BulkClient {
    /// An export that this or another process has begun ([`ExportJob::saved`]).
    ///
    /// # Errors
    ///
    /// [`ExportStatusError::OtherServer`] when it is one of another EHR, and [`ExportStatusError::Address`] or
    /// [`ExportStatusError::TokenNotForThere`] when the token may not go to its status.
    pub fn job(&self, saved: &SavedExport) -> Result<ExportJob, ExportStatusError> {
        if saved.fhir_base_url != self.client.fhir_base_url() {
            return Err(ExportStatusError::OtherServer);
        }
        let base = self.base()?;
        let status = checked(self, &base, &base, &saved.status_url)?;
        Ok(ExportJob::new(self.clone(), status))
    }
}

impl ExportJob {
    pub(super) const fn new(bulk: BulkClient, status: Url) -> Self {
        Self { bulk, status }
    }

    /// What another process needs to go on with it. Keep it as you keep the records: who has the address of the status may be able to
    /// read them.
    #[must_use]
    pub fn saved(&self) -> SavedExport {
        SavedExport {
            fhir_base_url: self.bulk.client.fhir_base_url().to_owned(),
            status_url: self.status.to_string(),
        }
    }

    /// Asks once how far it is.
    ///
    /// # Errors
    ///
    /// [`ExportStatusError`]. One that passes (429, 503, a connection that breaks) says nothing about the export: ask again.
    pub async fn poll(&self) -> Result<ExportStatus, ExportStatusError> {
        let now = self.bulk.client.runtime().wall_clock();
        let response = self
            .ask(Method::Get, &self.status, self.bulk.options.manifest_limit)
            .await?;
        match response.status {
            202 => Ok(ExportStatus::InProgress {
                progress: ExportProgress::read(response.header("x-progress")),
                retry_after: retry_after(&response, now),
            }),
            404 | 410 => Err(ExportStatusError::Gone),
            200 => Ok(ExportStatus::Complete(self.manifest(response).await?)),
            status => {
                FhirResponse::of(response, now)?;
                tracing::warn!(
                    status,
                    "the status of an export is answered with a status that says nothing"
                );
                Err(ManifestProblem::NotJson.into())
            }
        }
    }

    /// Waits until it is complete, and tells `progress` of each look.
    ///
    /// Between two looks it waits for as long as the server says (`Retry-After`), else longer each time, up to a minute. It may take
    /// hours. It can be dropped at any time, and waited for again.
    ///
    /// # Errors
    ///
    /// [`ExportStatusError`]; what passes is tried again, [`BulkClient::attempts`] times in a row.
    pub async fn wait(&self, mut progress: impl FnMut(&ExportProgress)) -> Result<Manifest, ExportStatusError> {
        let options = &self.bulk.options;
        let (mut looks, mut failures) = (0_u32, 0_u32);
        loop {
            let asked = match self.poll().await {
                Ok(ExportStatus::Complete(manifest)) => return Ok(manifest),
                Ok(ExportStatus::InProgress {
                    progress: made,
                    retry_after,
                }) => {
                    failures = 0;
                    progress(&made);
                    retry_after
                }
                Err(ExportStatusError::Request(error)) => {
                    failures = failures.saturating_add(1);
                    let Trouble::Passes { wait } = trouble(&error) else {
                        return Err(error.into());
                    };
                    if failures >= options.attempts {
                        return Err(error.into());
                    }
                    tracing::info!(%error, "the status of an export could not be read; it is asked for again");
                    wait
                }
                Err(error) => return Err(error),
            };
            tokio::time::sleep(options.pause(looks, asked, LONGEST_PAUSE)).await;
            looks = looks.saturating_add(1);
        }
    }

    /// Ends it at the server: it stops, or its files are removed. That there is none any more is as good.
    ///
    /// # Errors
    ///
    /// [`ExportStatusError::Request`]; what passes is tried again, [`BulkClient::attempts`] times in a row.
    pub async fn cancel(&self) -> Result<(), ExportStatusError> {
        let mut failures = 0_u32;
        loop {
            let error = match self.cancel_once().await {
                Err(ExportStatusError::Request(error)) => error,
                ended => return ended,
            };
            failures = failures.saturating_add(1);
            let Some(pause) = pause_before_again(&self.bulk.options, &error, failures) else {
                return Err(error.into());
            };
            tracing::info!(%error, "an export could not be ended yet; that is tried again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn cancel_once(&self) -> Result<(), ExportStatusError> {
        let response = self.ask(Method::Delete, &self.status, REFUSAL_LIMIT).await?;
        if matches!(response.status, 404 | 410) {
            return Ok(());
        }
        FhirResponse::of(response, self.bulk.client.runtime().wall_clock())?;
        tracing::info!(ehr = self.bulk.client.fhir_base_url(), "an export was ended");
        Ok(())
    }

    /// The manifest with all its pages.
    async fn manifest(&self, first: HttpResponse) -> Result<Manifest, ExportStatusError> {
        let base = self.bulk.base()?;
        let mut left = self.bulk.options.manifest_limit.saturating_sub(first.body.len());
        let expires = first
            .header("expires")
            .and_then(|date| httpdate::parse_http_date(date).ok());
        let mut page = ManifestPage::read(&first.body)?;
        // Pages may follow, and it is read.
        drop(first);
        let (mut at, mut seen) = (self.status.clone(), HashSet::new());
        while let Some(next) = page.next.take() {
            at = checked(&self.bulk, &base, &at, &next)?;
            if !seen.insert(at.to_string()) || seen.len() > MOST_PAGES {
                return Err(ManifestProblem::TooMany.into());
            }
            let response = self.ask(Method::Get, &at, left).await?;
            left = left.saturating_sub(response.body.len());
            let now = self.bulk.client.runtime().wall_clock();
            let response = FhirResponse::of(response, now)?;
            page.join(ManifestPage::read(response.body())?)?;
        }
        let repeated = page.take_each_once(&base)?;
        if repeated > 0 {
            tracing::warn!(
                ehr = self.bulk.client.fhir_base_url(),
                repeated,
                "the manifest of an export lists files more than once; each of them is taken once"
            );
        }
        Ok(Manifest::new(self.bulk.clone(), page, expires.map(Timestamp::from)))
    }

    /// Asks, for an answer of at most so many bytes.
    async fn ask(&self, method: Method, url: &Url, most: usize) -> Result<HttpResponse, ExportStatusError> {
        let asked = Asked {
            method,
            url,
            accept: "application/json, application/fhir+json;q=0.9",
            headers: vec![("Accept-Encoding", "gzip".to_owned())],
            token: Token::Sent,
        };
        let response = ask(&self.bulk, &asked).await?;
        read(response, most).await.map_err(|error| match error {
            TransportError::BodyTooLarge => ExportStatusError::TooLarge {
                limit: self.bulk.options.manifest_limit,
            },
            error => FhirError::from(error).into(),
        })
    }
}

/// An address where the token may go.
fn checked(bulk: &BulkClient, base: &Url, seen_from: &Url, text: &str) -> Result<Url, ExportStatusError> {
    let address = place(base, seen_from, text)?;
    if !bulk.options.token_places.have(base, &address) {
        return Err(ExportStatusError::TokenNotForThere {
            origin: address.origin().ascii_serialization(),
        });
    }
    Ok(address)
}

impl fmt::Debug for ExportJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportJob")
            .field("ehr", &self.bulk.client.fhir_base_url())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SavedExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SavedExport")
            .field("fhir_base_url", &self.fhir_base_url)
            .finish_non_exhaustive()
    }
}
