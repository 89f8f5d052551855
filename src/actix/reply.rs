//! Turning a page into the HTTP answer that fits the one who asked.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
};

use crate::{
    actix::asked::Asked,
    config::{SameSite, Settings},
    pages::{Audience, Page, REPLACED_PAGE_CONTENT_SECURITY_POLICY, Reference},
    protocol::scope::Scopes,
    runtime::Runtime,
};

/// Who may show pages in a frame, as a Content-Security-Policy says it: the application itself, and who is configured.
pub(super) fn frame_ancestors(settings: &Settings) -> String {
    let mut policy = "frame-ancestors 'self'".to_owned();
    for origin in &settings.frame_ancestors {
        policy.push(' ');
        policy.push_str(origin);
    }
    policy
}

/// Who may show the crate's own pages in a frame. `None`: anybody. Where no origin is named and browsers send our cookies to no frame
/// of another site, such a page shows nothing there that is anybody's, and says what to do.
fn frame_ancestors_of_pages(settings: &Settings) -> Option<String> {
    let is_closed = !settings.frame_ancestors.is_empty() || settings.cookies.same_site == SameSite::None;
    is_closed.then(|| frame_ancestors(settings))
}

/// What a script gets (RFC 9457).
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// A complete answer, kept with an error until Actix asks for it.
#[derive(Clone)]
pub(super) struct Reply {
    status: StatusCode,
    headers: Vec<(header::HeaderName, String)>,
    body: String,
    /// What the log has of it. `None` where nothing went wrong.
    line: Option<Line>,
}

/// The line about an answer that says what went wrong. The cause is in others with the same reference.
#[derive(Clone)]
struct Line {
    reference: Reference,
    code: &'static str,
    /// `None` where the crate is not installed.
    runtime: Option<Arc<Runtime>>,
}

impl Line {
    fn write(&self, status: StatusCode) {
        // Strangers can ask for what they are refused, again and again.
        let is_due = self.runtime.as_ref().is_none_or(|runtime| {
            let place = concat!(file!(), ":", line!());
            runtime.log_throttle.is_due_quietly_about(place, self.code)
        });
        if is_due {
            let (reference, code, status) = (self.reference, self.code, status.as_u16());
            tracing::info!(%reference, code, status, "a request was answered with what went wrong");
        }
    }
}

impl Reply {
    /// A page for a person, problem+json for a script.
    pub(super) fn page(page: Page, asked: Asked, runtime: Option<&Arc<Runtime>>) -> Self {
        let settings = runtime.map(|runtime| &runtime.settings);
        let page = Page {
            reference: (page.status >= 400).then_some(asked.reference),
            time: runtime.map(|runtime| runtime.wall_clock()),
            language: asked.language,
            brand: settings.and_then(|settings| settings.brand.clone()),
            tries_again_in: asked.reloads_after(&page),
            ..page
        };
        let reply = match asked.audience {
            Audience::Api => Self::problem(&page),
            Audience::Document | Audience::Form => Self::html(&page, settings),
        };
        let mut reply = reply.with(header::CONTENT_LANGUAGE, asked.language.tag());
        if settings.is_some_and(|settings| settings.language.varies()) {
            reply = reply.with(header::VARY, "Accept-Language");
        }
        if let (Some(wait), Some(reloads), Some(settings)) = (page.tries_again_in, &asked.reloads, settings) {
            reply = reply
                .with(header::REFRESH, reloads.refresh(wait))
                .with(header::SET_COOKIE, reloads.counted(settings, wait));
        }
        reply.line = page.reference.map(|reference| Line {
            reference,
            code: page.code,
            runtime: runtime.cloned(),
        });
        reply
    }

    fn html(page: &Page, settings: Option<&Settings>) -> Self {
        let replaced = settings.and_then(|settings| settings.pages.as_ref()?.render(page));
        let policy = match replaced {
            Some(_) => REPLACED_PAGE_CONTENT_SECURITY_POLICY.to_owned(),
            None => page.content_security_policy(),
        };
        let html = replaced.unwrap_or_else(|| page.html());
        let reply = Self::document(page.status, html, policy, settings);
        match page.retry_after {
            Some(wait) => reply.with(header::RETRY_AFTER, seconds(wait)),
            None => reply,
        }
    }

    /// An HTML document and its own policy, which says nothing of frames.
    pub(super) fn document(status: u16, html: String, mut policy: String, settings: Option<&Settings>) -> Self {
        if let Some(ancestors) = settings.and_then(frame_ancestors_of_pages) {
            policy.push_str("; ");
            policy.push_str(&ancestors);
        }
        Self::new(status, html)
            .with(header::CONTENT_TYPE, "text/html; charset=utf-8")
            .with(header::CONTENT_SECURITY_POLICY, policy)
            // With `no-referrer` a form on the page would post `Origin: null`.
            .with(header::REFERRER_POLICY, "strict-origin")
    }

    /// JSON that nobody keeps.
    pub(super) fn json(status: u16, json: String) -> Self {
        Self::new(status, json).with(header::CONTENT_TYPE, "application/json")
    }

    /// problem+json (RFC 9457).
    fn problem(page: &Page) -> Self {
        let reply = Self::new(page.status, page.problem_json()).with(header::CONTENT_TYPE, PROBLEM_JSON);
        match page.retry_after {
            Some(wait) => reply.with(header::RETRY_AFTER, seconds(wait)),
            None => reply,
        }
    }

    /// `303 See Other`.
    pub(super) fn redirect(location: &str) -> Self {
        let mut reply = Self::new(303, String::new())
            .with(header::LOCATION, location)
            .with(header::REFERRER_POLICY, "no-referrer");
        reply.status = StatusCode::SEE_OTHER;
        reply
    }

    /// `303 See Other`, to the top of that page. A browser takes the fragment of the address that it comes from along to one
    /// that has none (RFC 9110, section 10.2.2), and this one may be of another patient, or of a link on any site.
    pub(super) fn redirect_here(location: &str) -> Self {
        let fragment = if location.contains('#') { "" } else { "#" };
        Self::redirect(&format!("{location}{fragment}"))
    }

    /// An answer without a body.
    pub(super) fn empty(status: StatusCode) -> Self {
        Self::new(status.as_u16(), String::new())
    }

    /// With the headers that every answer of this crate has.
    fn new(status: u16, body: String) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: vec![
                (header::CACHE_CONTROL, "no-store".to_owned()),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            ],
            body,
            line: None,
        }
    }

    /// Adds a header.
    pub(super) fn with(mut self, name: header::HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds a header for each of these values, as long as no more than so many bytes of headers come of it.
    pub(super) fn with_what_fits(
        self,
        name: &header::HeaderName,
        values: impl IntoIterator<Item = String>,
        most_bytes: usize,
    ) -> Self {
        let length = |name: &header::HeaderName, value: &str| name.as_str().len() + value.len() + ": \r\n".len();
        let bytes: usize = self.headers.iter().map(|(name, value)| length(name, value)).sum();
        let mut room = most_bytes.saturating_sub(bytes);
        values
            .into_iter()
            .fold(self, |reply, value| match room.checked_sub(length(name, &value)) {
                Some(left) => {
                    room = left;
                    reply.with(name.clone(), value)
                }
                None => reply,
            })
    }

    /// With another `Cache-Control` than `no-store`.
    pub(super) fn cached(mut self, value: &str) -> Self {
        self.headers.retain(|(name, _)| *name != header::CACHE_CONTROL);
        self.with(header::CACHE_CONTROL, value)
    }

    /// Adds what RFC 6750 (section 3.1) tells a client that needs other scopes.
    pub(super) fn with_challenge(self, needed: &Scopes) -> Self {
        // No scope may contain what would end the quoted text. A request for one that does still gets an answer.
        let fits = |c: char| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\');
        let challenge = match needed.as_str() {
            scope if scope.chars().all(fits) => format!(r#"Bearer error="insufficient_scope", scope="{scope}""#),
            _ => r#"Bearer error="insufficient_scope""#.to_owned(),
        };
        self.with(header::WWW_AUTHENTICATE, challenge)
    }

    pub(super) const fn status(&self) -> StatusCode {
        self.status
    }

    /// What the answer is called in the log, if it says that something went wrong.
    pub(super) fn reference(&self) -> Option<Reference> {
        self.line.as_ref().map(|line| line.reference)
    }

    /// The answer, and its line in the log.
    pub(super) fn to_response(&self) -> HttpResponse {
        if let Some(line) = &self.line {
            line.write(self.status);
        }
        self.to_response_without_line()
    }

    /// The answer alone, where another one may still take its place.
    pub(super) fn to_response_without_line(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status);
        for (name, value) in &self.headers {
            response.append_header((name.clone(), value.as_str()));
        }
        response.body(self.body.clone())
    }
}

/// Whole seconds, rounded up, at least one.
fn seconds(wait: Duration) -> String {
    wait.as_millis().div_ceil(1000).max(1).to_string()
}
