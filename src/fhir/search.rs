//! A search: [`FhirSearch`].

use serde::de::DeserializeOwned;

use super::{FhirError, FhirPages, FhirRequest};

/// A search, or a history, until it is sent.
#[must_use = "a search does nothing until it is sent"]
#[derive(Debug)]
pub struct FhirSearch {
    request: FhirRequest,
    by_post: bool,
    with_included: bool,
}

impl FhirSearch {
    pub(super) const fn new(request: FhirRequest) -> Self {
        Self {
            request,
            by_post: false,
            with_included: false,
        }
    }

    /// A parameter, as it is: a comma, `|` or `$` in a *value* is escaped by you (FHIR, "Escaping Search Parameters").
    pub fn param(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.query(name, value);
        self
    }

    /// How many resources a page is to have (`_count`).
    pub fn count(self, count: u32) -> Self {
        self.param("_count", &count.to_string())
    }

    /// By POST, with the parameters in the body: addresses stand in the logs of proxies and servers, and have a longest length.
    pub const fn by_post(mut self) -> Self {
        self.by_post = true;
        self
    }

    /// With what the found resources refer to, where the search asks for it (`_include`, `_revinclude`). Without this they are left
    /// out, because they were not searched for.
    pub const fn with_included(mut self) -> Self {
        self.with_included = true;
        self
    }

    /// The pages, each fetched when it is needed.
    #[must_use]
    pub fn pages<T: DeserializeOwned>(self) -> FhirPages<T> {
        let request = if self.by_post {
            self.request.into_posted_search()
        } else {
            self.request
        };
        FhirPages::new(request, self.with_included)
    }

    /// All that is found, at most so many: a search that nobody has thought about can find everything.
    ///
    /// # Errors
    ///
    /// [`FhirError`]; also when a later page fails. What was read until then is lost: ask for [`pages`](Self::pages) to keep it.
    pub async fn all<T: DeserializeOwned>(self, at_most: usize) -> Result<Vec<T>, FhirError> {
        let mut pages = self.pages();
        let mut all = Vec::new();
        while all.len() < at_most
            && let Some(next) = pages.next().await?
        {
            all.push(next);
        }
        Ok(all)
    }
}

impl FhirRequest {
    /// Reads the answer, a `Bundle`, page by page: of an operation such as `$everything`.
    pub const fn paged(self) -> FhirSearch {
        FhirSearch::new(self)
    }
}
