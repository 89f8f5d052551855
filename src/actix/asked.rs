//! [`Asked`]: what an answer depends on beside what there is to say.

use std::time::Duration;

use actix_web::{HttpMessage as _, HttpRequest};
use rand::RngExt as _;

use crate::{
    pages::{Audience, Language, Page, PageTarget, Reference, words::Words},
    runtime::Runtime,
    web::{Reloads, audience_of, language_of},
};

/// Who asks, in which language, and what the answer is called.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) audience: Audience,
    pub(super) language: Language,
    /// The same for all that is answered and logged about one request.
    pub(super) reference: Reference,
    /// How often its page has loaded itself again. `None`: it must not.
    pub(super) reloads: Option<Reloads>,
}

impl Asked {
    pub(super) fn of(request: &HttpRequest, runtime: &Runtime) -> Self {
        Self {
            language: language_of(request, &runtime.settings),
            reloads: Reloads::of(request, target_of(request), &runtime.settings),
            ..Self::without_settings(request)
        }
    }

    /// Where the crate is not installed, so that there are no settings.
    pub(super) fn without_settings(request: &HttpRequest) -> Self {
        let known = request.extensions().get::<Reference>().copied();
        let reference = known.unwrap_or_else(|| {
            let new = Reference::random(&mut rand::rng());
            request.extensions_mut().insert(new);
            new
        });
        Self {
            audience: audience_of(request),
            language: Language::default(),
            reference,
            reloads: None,
        }
    }

    /// For an answer that is made where the request is not at hand, so that nobody knows who asks.
    pub(super) fn by_a_script() -> Self {
        Self {
            audience: Audience::Api,
            language: Language::default(),
            reference: Reference::random(&mut rand::rng()),
            reloads: None,
        }
    }

    /// The same, for a page that must not load itself again.
    pub(super) fn without_reloads(mut self) -> Self {
        self.reloads = None;
        self
    }

    /// After how long the browser loads a page again by itself: one that says that something is soon over, and that a person
    /// opened. Up to half as long again, so that those who were turned away together do not come back together.
    pub(super) fn reloads_after(&self, page: &Page) -> Option<Duration> {
        let is_reloaded = page
            .action
            .as_ref()
            .is_some_and(|action| action.href.is_empty() && action.opens == PageTarget::Here);
        if page.status != 503 || self.audience != Audience::Document || !is_reloaded {
            return None;
        }
        let wait = self.reloads.as_ref()?.next_after(page.retry_after?)?.as_secs().max(2);
        Some(Duration::from_secs(rand::rng().random_range(wait..=wait + wait / 2)))
    }

    pub(super) const fn words(&self) -> &'static Words {
        self.language.words()
    }
}

/// Path and query, as the application sees them.
pub(super) fn target_of(request: &HttpRequest) -> &str {
    request.uri().path_and_query().map_or("", |it| it.as_str())
}
