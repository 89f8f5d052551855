//! A browser with a cookie jar, and in front of it a load balancer that can be told which process gets a request.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use awc::{Client, Connector, http::Method};
use url::Url;

use crate::{fleet::Fleet, support::jar::Jar};

/// The header by which a page says that it was opened by a person.
pub(crate) const NAVIGATION: (&str, &str) = ("sec-fetch-mode", "navigate");
/// The header of a request that a page of the same origin makes.
pub(crate) const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");
/// The header of a request by a script.
pub(crate) const SCRIPT: (&str, &str) = ("accept", "application/json");

/// One request to the application.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) process: usize,
    pub(crate) path: String,
    /// `Some`: a POST with this form.
    pub(crate) form: Option<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The cookies to send instead of those of the jar.
    pub(crate) cookies: Option<String>,
}

impl Ask {
    /// A script's GET.
    pub(crate) fn api(process: usize, path: impl Into<String>) -> Self {
        Self::new(process, path, &[SCRIPT])
    }

    /// A person opens the page.
    pub(crate) fn page(process: usize, path: impl Into<String>) -> Self {
        Self::new(process, path, &[NAVIGATION])
    }

    /// A form of the application's own page.
    pub(crate) fn form(process: usize, path: impl Into<String>, form: impl Into<String>) -> Self {
        let mut ask = Self::new(process, path, &[NAVIGATION, SAME_ORIGIN]);
        ask.form = Some(form.into());
        ask
    }

    pub(crate) fn with_cookies(mut self, cookies: impl Into<String>) -> Self {
        self.cookies = Some(cookies.into());
        self
    }

    fn new(process: usize, path: impl Into<String>, headers: &[(&'static str, &'static str)]) -> Self {
        Self {
            process,
            path: path.into(),
            form: None,
            headers: headers
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
            cookies: None,
        }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The member `code` of a problem document.
    pub(crate) fn code(&self) -> String {
        let problem: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A launch as its browser has it.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) id: String,
    /// `smart_launch=ID.SECRET`
    pub(crate) cookie: String,
}

impl Held {
    pub(crate) fn secret(&self) -> &str {
        self.cookie.split_once('.').unwrap().1
    }

    pub(crate) fn path(&self, path: &str) -> String {
        format!("/~{}{path}", self.id)
    }
}

pub(crate) struct Browser {
    client: Client,
    fleet: Rc<Fleet>,
    /// The application's only: the sandbox sets none.
    jar: RefCell<Jar>,
}

impl Browser {
    pub(crate) fn new(fleet: &Rc<Fleet>) -> Self {
        // A connection for each request, so that they spread over the workers of a process.
        let connector = Connector::new()
            .conn_keep_alive(std::time::Duration::ZERO)
            .limit(1000)
            .timeout(std::time::Duration::from_secs(10));
        let client = Client::builder()
            .connector(connector)
            .timeout(std::time::Duration::from_secs(60))
            .disable_redirects()
            .no_default_headers()
            .finish();
        Self {
            client,
            fleet: Rc::clone(fleet),
            jar: RefCell::default(),
        }
    }

    pub(crate) async fn ask(&self, ask: &Ask) -> Answer {
        let url = format!("http://127.0.0.1:{}{}", self.fleet.port(ask.process), ask.path);
        let cookies = ask.cookies.clone().unwrap_or_else(|| self.cookies_for(&ask.path));
        let mut headers = ask.headers.clone();
        headers.push(("cookie", cookies));
        let answer = self.send(&url, &headers, ask.form.clone()).await;
        for text in answer.1 {
            self.jar.borrow_mut().keep(&self.fleet.origin, &text);
        }
        answer.0
    }

    /// Opens an address as a person does, and follows where it leads; each step is for the next of these processes.
    pub(crate) async fn navigate(&self, url: &str, processes: &[usize]) -> (String, Answer) {
        let mut url = Url::parse(url).unwrap();
        let mut processes = processes.iter().copied().cycle();
        for _ in 0..10 {
            let answer = self.step(&url, &mut processes).await;
            if !(300..400).contains(&answer.status) {
                return (url.path().to_owned(), answer);
            }
            url = url.join(answer.header("location")).unwrap();
        }
        panic!("no end of redirects at {url}");
    }

    /// Follows redirects until the EHR sends the browser back, and gives back the address of the callback.
    pub(crate) async fn authorize(&self, url: &str, process: usize) -> String {
        let mut url = Url::parse(url).unwrap();
        while url.path() != "/auth/callback" {
            let answer = self.step(&url, &mut [process].into_iter()).await;
            assert!((300..400).contains(&answer.status), "{url}: {answer:?}");
            url = url.join(answer.header("location")).unwrap();
        }
        url.to_string()
    }

    /// Launches from the EHR; each step of the application is for the next of these processes.
    pub(crate) async fn launch(&self, patient: &str, encounter: &str, processes: &[usize]) -> Held {
        let url = self.fleet.ehr_launch_url(patient, encounter);
        let (path, answer) = self.navigate(&url, processes).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        self.held(&path)
    }

    /// The launch that a path names.
    pub(crate) fn held(&self, path: &str) -> Held {
        let id = path.strip_prefix("/~").unwrap().split('/').next().unwrap().to_owned();
        let mut jar = self.jar.borrow().all().into_iter();
        let (_, name, value) = jar.find(|(of, ..)| *of == format!("/~{id}")).unwrap();
        Held {
            cookie: format!("{name}={value}"),
            id,
        }
    }

    /// The session cookie, as it is sent.
    pub(crate) fn session_cookie(&self) -> String {
        self.cookies_for("/")
    }

    /// A request to the sandbox's FHIR server. Gives back the status.
    pub(crate) async fn fhir(&self, path: &str, token: &str) -> u16 {
        let url = format!("{}/{path}", self.fleet.sandbox.fhir_base_url());
        let headers = [("authorization", format!("Bearer {token}"))];
        self.send(&url, &headers, None).await.0.status
    }

    /// What the sandbox says about a token.
    pub(crate) async fn introspect(&self, token: &str) -> serde_json::Value {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", crate::setup::CLIENT_ID)
            .append_pair("token", token)
            .finish();
        let url = self.fleet.sandbox.introspection_endpoint();
        let answer = self.send(&url, &[], Some(form)).await.0;
        serde_json::from_str(&answer.body).unwrap()
    }

    async fn step(&self, url: &Url, processes: &mut impl Iterator<Item = usize>) -> Answer {
        match url.as_str().strip_prefix(&self.fleet.origin) {
            Some(path) => self.ask(&Ask::page(processes.next().unwrap(), path)).await,
            None => self.send(url.as_str(), &[], None).await.0,
        }
    }

    async fn send(&self, url: &str, headers: &[(&'static str, String)], form: Option<String>) -> (Answer, Vec<String>) {
        let method = if form.is_some() { Method::POST } else { Method::GET };
        let mut request = self.client.request(method, url).no_decompress();
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.insert_header((*name, value.as_str()));
        }
        let sent = match form {
            Some(form) => {
                let request = request.insert_header(("content-type", "application/x-www-form-urlencoded"));
                request.send_body(form).await
            }
            None => request.send().await,
        };
        let mut response = sent.unwrap_or_else(|error| panic!("{url}: {error}"));
        let body = response.body().limit(1_000_000).await.unwrap();
        let text = |value: &awc::http::header::HeaderValue| value.to_str().unwrap().to_owned();
        let set = response.headers().get_all("set-cookie").map(text).collect();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)));
        let answer = Answer {
            status: response.status().as_u16(),
            headers: headers.collect(),
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        (answer, set)
    }

    fn cookies_for(&self, path: &str) -> String {
        let path = path.split('?').next().unwrap();
        self.jar.borrow().header(&self.fleet.origin, path).unwrap_or_default()
    }
}
