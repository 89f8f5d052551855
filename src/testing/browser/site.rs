//! Who leads a browser somewhere, and what the browser says of it: [`Initiator`].

use url::Url;

/// Who causes a request: nobody but the person, or a page.
#[derive(Debug, Clone)]
pub(super) struct Initiator {
    page: Option<Url>,
    /// Whether the page lets its origin be told (`Referrer-Policy`).
    tells_origin: bool,
}

impl Initiator {
    /// Somebody types the address.
    pub(super) const fn nobody() -> Self {
        Self {
            page: None,
            tells_origin: true,
        }
    }

    /// Something on this page.
    pub(super) const fn link_on(page: Url) -> Self {
        Self {
            page: Some(page),
            tells_origin: true,
        }
    }

    /// Whether the page lets its origin be told.
    pub(super) fn telling_origin(self, tells_origin: bool) -> Self {
        Self { tells_origin, ..self }
    }

    /// Whether cookies that are for this site alone go along. Each origin is a site.
    pub(super) fn is_same_site(&self, url: &Url) -> bool {
        self.page.as_ref().is_none_or(|page| page.origin() == url.origin())
    }

    /// `Sec-Fetch-Site`, over all addresses that led here (Fetch Metadata Request Headers, section 2.4).
    pub(super) fn sec_fetch_site(&self, chain: &[Url]) -> &'static str {
        if self.page.is_none() {
            "none"
        } else if chain.iter().all(|url| self.is_same_site(url)) {
            "same-origin"
        } else {
            "cross-site"
        }
    }

    /// `Origin` of a request that changes something (Fetch, "append a request `Origin` header").
    pub(super) fn origin(&self) -> Option<String> {
        let page = self.page.as_ref()?;
        Some(if self.tells_origin {
            page.origin().ascii_serialization()
        } else {
            "null".to_owned()
        })
    }
}
