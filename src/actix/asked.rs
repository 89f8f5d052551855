//! [`Asked`]: what an answer depends on beside what there is to say.

use std::time::Duration;

use actix_web::{HttpMessage as _, HttpRequest};
use rand::RngExt as _;

use crate::{
    config::Paths,
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
    /// How often its page has loaded itself again.
    pub(super) reloads: Reloads,
    /// Where the browser finds what it asked for, from the root of the site. `None`: nowhere that may be named.
    address: Option<String>,
}

impl Asked {
    pub(super) fn of(request: &HttpRequest, runtime: &Runtime) -> Self {
        Self {
            language: language_of(request, &runtime.settings),
            reloads: Reloads::of(request, &runtime.settings),
            address: address_of(request, &runtime.settings.paths),
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
            reloads: Reloads::none_left(),
            address: None,
        }
    }

    /// For an answer that is made where the request is not at hand, so that nobody knows who asks.
    pub(super) fn by_a_script() -> Self {
        Self {
            audience: Audience::Api,
            language: Language::default(),
            reference: Reference::random(&mut rand::rng()),
            reloads: Reloads::none_left(),
            address: None,
        }
    }

    /// The same, for a page that must not load itself again.
    pub(super) fn without_reloads(mut self) -> Self {
        self.reloads = Reloads::none_left();
        self
    }

    /// After how long the browser loads a page again by itself: one that says that something is soon over, and that a person
    /// opened. Up to half as long again, so that those who were turned away together do not come back together.
    pub(super) fn reloads_after(&self, page: &Page) -> Option<Duration> {
        let is_reloaded = page
            .action
            .as_ref()
            .is_some_and(|action| action.href.is_empty() && action.opens == PageTarget::Here);
        if page.status != 503 || self.address.is_none() || self.audience != Audience::Document || !is_reloaded {
            return None;
        }
        let wait = self.reloads.next_after(page.retry_after?)?.as_secs().max(2);
        Some(Duration::from_secs(rand::rng().random_range(wait..=wait + wait / 2)))
    }

    /// The value of `Refresh`. With the address: at one with a fragment, as a launch lands on, Chromium does nothing for the seconds
    /// alone.
    pub(super) fn refresh(&self, wait: Duration) -> String {
        let address = self.address.as_deref().unwrap_or_default();
        format!("{};url={address}", wait.as_secs())
    }

    pub(super) const fn words(&self) -> &'static Words {
        self.language.words()
    }
}

fn address_of(request: &HttpRequest, paths: &Paths) -> Option<String> {
    let address = paths.external(request.uri().path_and_query()?.as_str());
    // Two slashes would lead to another site.
    let is_here = address.starts_with('/') && !address.starts_with("//") && !address.contains('\\');
    is_here.then_some(address)
}

#[cfg(test)]
mod tests {
    use actix_web::{
        http::{Uri, uri::PathAndQuery},
        test::TestRequest,
    };

    use super::*;
    use crate::{config::Ehr, smart_config::SmartConfig};

    #[test]
    fn a_page_loads_itself_again_where_it_is_and_never_at_another_site() {
        let ehr = Ehr::builder("https://ehr.example/fhir")
            .client_id("my-app")
            .redirect_uri("https://app.example/auth/callback")
            .scopes("launch/patient");
        let config = SmartConfig::builder().ehr(ehr).build().unwrap();
        let paths = &config.runtime().settings.paths;
        for (asked, expected) in [
            ("/~abc/", Some("/~abc/")),
            ("/~abc/labs?day=1", Some("/~abc/labs?day=1")),
            ("//evil.example/~abc/", None),
        ] {
            let uri = Uri::from(PathAndQuery::from_static(asked));
            let request = TestRequest::default().uri(&uri.to_string()).to_http_request();
            assert_eq!(address_of(&request, paths).as_deref(), expected, "{asked}");
        }
    }
}
