//! What a search finds, page by page: [`FhirPages`].

use std::{
    collections::{HashSet, VecDeque},
    fmt,
};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Fhir, FhirError, FhirRequest};
use crate::protocol::{
    body_kind::BodyKind,
    fhir::{
        address::within,
        bundle::{EntryMode, Page},
        outcome::OperationOutcome,
    },
    http::{HttpResponse, Method},
};

/// Servers filter after they have cut a page, so that some pages are empty. So many in a row are no search.
const MOST_EMPTY: u32 = 100;

/// What a search finds, in the order of the server. A page is fetched when the one before has been read.
pub struct FhirPages<T> {
    fhir: Fhir,
    /// What fetches the next page.
    next: Option<FhirRequest>,
    /// The addresses of pages that were fetched.
    seen: HashSet<String>,
    ready: VecDeque<T>,
    /// How many pages in a row had nothing that is wanted.
    empty: u32,
    with_included: bool,
    total: Option<u64>,
    remarks: Vec<OperationOutcome>,
}

impl<T: DeserializeOwned> FhirPages<T> {
    pub(super) fn new(first: FhirRequest, with_included: bool) -> Self {
        Self {
            fhir: first.fhir().clone(),
            next: Some(first),
            seen: HashSet::new(),
            ready: VecDeque::new(),
            empty: 0,
            with_included,
            total: None,
            remarks: Vec::new(),
        }
    }

    /// The next resource. `None` when there are no more, and after an error.
    ///
    /// # Errors
    ///
    /// [`FhirError`]; [`FhirError::Address`] when the server's link to the next page leads to another server, which gets no token.
    pub async fn next(&mut self) -> Result<Option<T>, FhirError> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Ok(Some(ready));
            }
            let Some(request) = self.next.take() else {
                return Ok(None);
            };
            self.fetch(request).await?;
        }
    }

    /// How many the server says there are in all (`total`), once a page has been read. Servers count differently, and many do not.
    #[must_use]
    pub const fn total(&self) -> Option<u64> {
        self.total
    }

    /// What the server remarked on the search, such as a parameter that it does not know.
    #[must_use]
    pub fn remarks(&self) -> &[OperationOutcome] {
        &self.remarks
    }

    async fn fetch(&mut self, request: FhirRequest) -> Result<(), FhirError> {
        let address = request.address().map(ToString::to_string).map_err(Clone::clone)?;
        if !self.seen.insert(address) {
            return Err(FhirError::Circle);
        }
        let response = request.send().await?;
        let page = Page::read(response.body()).ok_or_else(|| unreadable(response.body()))?;
        if self.total.is_none() {
            self.total = page.total;
        }
        let mut ready = VecDeque::new();
        for entry in page.entries {
            match entry.mode {
                EntryMode::Match => ready.push_back(read(entry.resource)?),
                EntryMode::Include if self.with_included => ready.push_back(read(entry.resource)?),
                EntryMode::Include => {}
                EntryMode::Outcome => {
                    let outcome = entry.resource.to_string();
                    self.remarks.extend(OperationOutcome::read(outcome.as_bytes()));
                }
            }
        }
        self.empty = if ready.is_empty() { self.empty + 1 } else { 0 };
        if self.empty > MOST_EMPTY {
            return Err(FhirError::Circle);
        }
        // All of a page or nothing: after an error nothing follows.
        self.ready = ready;
        if let Some(next) = page.next {
            let address = self.fhir.base().and_then(|base| within(base, &next));
            self.next = Some(FhirRequest::new(self.fhir.clone(), Method::Get, address, None));
        }
        Ok(())
    }
}

pub(super) fn read<T: DeserializeOwned>(resource: Value) -> Result<T, FhirError> {
    serde_json::from_value(resource).map_err(|error| FhirError::Unreadable {
        body: BodyKind::Json,
        line: error.line(),
        column: error.column(),
    })
}

pub(super) fn unreadable(body: &[u8]) -> FhirError {
    FhirError::Unreadable {
        body: BodyKind::of(&HttpResponse::new(200, Vec::new(), body.to_vec())),
        line: 0,
        column: 0,
    }
}

impl<T> fmt::Debug for FhirPages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FhirPages")
            .field("pages", &self.seen.len())
            .field("ready", &self.ready.len())
            .field("has_more", &self.next.is_some())
            .finish_non_exhaustive()
    }
}
