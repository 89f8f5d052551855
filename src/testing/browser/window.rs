//! What sends a browser's requests and keeps its cookies: [`Window`].

use std::{
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use awc::http::{Method, header};
use url::{Host, Url};

use super::{
    error::TestBrowserError,
    jar::{Cause, Jar},
    site::Initiator,
};
use crate::time::{Clock as _, SystemClock};

/// As many as browsers follow.
const MOST_REDIRECTS: usize = 20;
const MOST_BYTES: usize = 20_000_000;
const PATIENCE: Duration = Duration::from_secs(30);
/// How many addresses of a loop are told.
const TOLD: usize = 4;

/// A browser's cookies, and the way to the servers of this machine.
#[derive(Debug, Default)]
pub(super) struct Window {
    jar: Mutex<Jar>,
}

/// Where somebody wants to go.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) url: Url,
    /// The form that is posted.
    pub(super) form: Option<String>,
    pub(super) initiator: Initiator,
    pub(super) purpose: Purpose,
}

/// What is done with the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is shown.
    Page,
    /// A script reads it.
    Script,
}

/// What came back in the end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) url: Url,
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Visit {
    pub(super) const fn get(url: Url, initiator: Initiator) -> Self {
        Self {
            url,
            form: None,
            initiator,
            purpose: Purpose::Page,
        }
    }

    const fn method(&self) -> Method {
        if self.form.is_some() { Method::POST } else { Method::GET }
    }

    fn cause(&self) -> Cause {
        if self.initiator.is_same_site(&self.url) {
            Cause::SameSite
        } else if self.form.is_none() && self.purpose == Purpose::Page {
            Cause::CrossSiteNavigation
        } else {
            Cause::CrossSite
        }
    }

    /// Where a redirect leads. 307 and 308 take the form along, the others do not (RFC 9110, section 15.4).
    fn redirected(self, status: u16, location: &str) -> Option<Self> {
        let url = self.url.join(location).ok()?;
        let form = self.form.filter(|_| matches!(status, 307 | 308));
        Some(Self { url, form, ..self })
    }
}

impl Window {
    /// Goes there, and follows redirects to their end.
    ///
    /// # Errors
    ///
    /// [`TestBrowserError`] where there is no answer.
    pub(super) async fn go(&self, mut visit: Visit) -> Result<Answer, TestBrowserError> {
        let mut chain = Vec::new();
        loop {
            chain.push(visit.url.clone());
            if chain.len() > MOST_REDIRECTS + 1 {
                let last = chain.iter().rev().take(TOLD).rev();
                return Err(TestBrowserError::TooManyRedirects {
                    limit: MOST_REDIRECTS,
                    last: last.map(without_query).collect(),
                });
            }
            let answer = self.send(&visit, &chain).await?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let (status, from) = (answer.status, without_query(&answer.url));
            let location = answer.header("location").unwrap_or_default().to_owned();
            let next = Some(location).filter(|location| !location.is_empty());
            visit = next
                .and_then(|location| visit.redirected(status, &location))
                .ok_or(TestBrowserError::RedirectToNowhere { address: from, status })?;
        }
    }

    pub(super) fn cookies(&self) -> Vec<(String, String)> {
        self.jar().names()
    }

    pub(super) fn forget_cookies(&self) {
        self.jar().clear();
    }

    async fn send(&self, visit: &Visit, chain: &[Url]) -> Result<Answer, TestBrowserError> {
        let url = &visit.url;
        let origin = url.origin().ascii_serialization();
        if url.scheme() != "http" {
            return Err(match is_this_machine(url) {
                true => TestBrowserError::NoAddress { address: origin },
                false => TestBrowserError::OtherHost { origin },
            });
        }
        if !is_this_machine(url) {
            return Err(TestBrowserError::OtherHost { origin });
        }
        let no_answer = |reason: String| TestBrowserError::NoAnswer {
            origin: origin.clone(),
            reason,
        };
        // A connection for each request: what a server does to an idle one is no subject of an application's test.
        let client = awc::ClientBuilder::new()
            .timeout(PATIENCE)
            .disable_redirects()
            .no_default_headers()
            .finish();
        let mut request = client.request(visit.method(), url.as_str()).no_decompress();
        for (name, value) in self.headers(visit, chain) {
            request = request.insert_header((name, value));
        }
        let sent = match &visit.form {
            Some(form) => request.send_body(form.clone()).await,
            None => request.send().await,
        };
        let mut response = sent.map_err(|error| no_answer(error.to_string()))?;
        let body = response.body().limit(MOST_BYTES).await;
        let body = body.map_err(|error| no_answer(error.to_string()))?;
        let answer = Answer {
            url: url.clone(),
            status: response.status().as_u16(),
            headers: response
                .headers()
                .iter()
                .map(|(name, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                    (name.as_str().to_owned(), value)
                })
                .collect(),
            body: body.to_vec(),
        };
        self.keep_cookies(&answer);
        Ok(answer)
    }

    fn headers(&self, visit: &Visit, chain: &[Url]) -> Vec<(&'static str, String)> {
        let (accept, mode, destination) = match visit.purpose {
            Purpose::Page => ("text/html,application/xhtml+xml,*/*;q=0.8", "navigate", "document"),
            Purpose::Script => ("application/json, */*;q=0.5", "cors", "empty"),
        };
        let mut headers = vec![
            ("accept", accept.to_owned()),
            ("accept-encoding", "identity".to_owned()),
            ("sec-fetch-mode", mode.to_owned()),
            ("sec-fetch-dest", destination.to_owned()),
            ("sec-fetch-site", visit.initiator.sec_fetch_site(chain).to_owned()),
        ];
        if visit.form.is_some() {
            let form = "application/x-www-form-urlencoded";
            headers.push(("content-type", form.to_owned()));
            headers.extend(visit.initiator.origin().map(|origin| ("origin", origin)));
        }
        let cookies = self.jar().header(&visit.url, visit.cause());
        headers.extend(cookies.map(|cookies| ("cookie", cookies)));
        headers
    }

    fn keep_cookies(&self, answer: &Answer) {
        let now = SystemClock.now();
        let mut jar = self.jar();
        for (name, value) in &answer.headers {
            if name == header::SET_COOKIE.as_str() {
                jar.keep(&answer.url, value, now);
            }
        }
    }

    fn jar(&self) -> MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answer {
    /// The first header of that name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether its body is a page, as far as its type says.
    pub(super) fn is_html(&self) -> bool {
        let content = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        content.starts_with("text/html") || content.starts_with("application/xhtml+xml")
    }
}

/// An address as messages have it: what stands in the query may be a code.
pub(super) fn without_query(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        // No question to a name server: it could say anything.
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
