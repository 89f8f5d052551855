//! A browser: cookies with their paths, redirects followed on demand, `Sec-Fetch` headers.

use std::sync::Mutex;

use awc::{
    Connector,
    http::{Method, header::HeaderMap},
};
use url::Url;

use super::jar::Jar;

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    /// The address that answered.
    pub url: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where it leads. An empty fragment leads to the same place.
    pub fn location(&self) -> &str {
        let location = self.header("location");
        location.strip_suffix('#').unwrap_or(location)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The launch cookies that are set, those that are taken away aside.
    pub fn launch_cookies(&self) -> Vec<String> {
        let mut cookies = self.set_cookies();
        cookies.retain(|cookie| cookie.starts_with("smart_launch=") && !cookie.starts_with("smart_launch=;"));
        cookies
    }

    pub fn set_cookies(&self) -> Vec<String> {
        self.headers
            .get_all("set-cookie")
            .map(|value| value.to_str().unwrap().to_owned())
            .collect()
    }
}

/// A browser with a cookie jar.
#[derive(Default)]
pub struct Browser {
    jar: Mutex<Jar>,
    /// What a proxy takes away from paths.
    prefix: Option<&'static str>,
    /// What stands in front of each `Cookie` header: other sites' cookies, which need not be text.
    in_front: Mutex<Vec<u8>>,
    answers: Mutex<Vec<Answer>>,
}

impl Browser {
    pub fn new() -> Self {
        Self::default()
    }

    /// A browser that reaches the application through a proxy which takes `prefix` away from the path.
    pub fn behind_proxy(prefix: &'static str) -> Self {
        Self {
            prefix: Some(prefix),
            ..Self::default()
        }
    }

    /// A navigation, not following redirects.
    pub async fn get(&self, url: &str) -> Answer {
        self.send(Method::GET, url, &[("sec-fetch-mode", "navigate")], None)
            .await
    }

    /// A call by a script.
    pub async fn api(&self, url: &str) -> Answer {
        self.send(Method::GET, url, &[("accept", "application/json")], None)
            .await
    }

    /// A form that a page of the same origin sends. Where the answer is the page at the same address, that page.
    pub async fn post(&self, url: &str) -> Answer {
        let answer = self.post_only(url).await;
        if answer.status == 303 && answer.location() == url_path(url) {
            return self.get(url).await;
        }
        answer
    }

    /// The same without following.
    pub async fn post_only(&self, url: &str) -> Answer {
        let headers = [("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")];
        self.send(Method::POST, url, &headers, Some("")).await
    }

    /// A navigation that follows redirects to its end.
    pub async fn navigate(&self, url: &str) -> Answer {
        let mut url = url.to_owned();
        for _ in 0..20 {
            let answer = self.get(&url).await;
            if !(300..400).contains(&answer.status) {
                return answer;
            }
            url = Url::parse(&url).unwrap().join(answer.location()).unwrap().to_string();
        }
        panic!("more than 20 redirects, the last to {url}");
    }

    /// Follows redirects until one leads to an address that begins with `prefix`, which is returned and not opened.
    pub async fn navigate_until(&self, url: &str, prefix: &str) -> String {
        let mut url = url.to_owned();
        for _ in 0..20 {
            let answer = self.get(&url).await;
            assert!(
                (300..400).contains(&answer.status),
                "{url} answered {}: {}",
                answer.status,
                answer.body
            );
            url = Url::parse(&url).unwrap().join(answer.location()).unwrap().to_string();
            if url.starts_with(prefix) {
                return url;
            }
        }
        panic!("no redirect to {prefix}");
    }

    pub async fn send(&self, method: Method, url: &str, headers: &[(&str, &str)], form: Option<&str>) -> Answer {
        // A connection of its own each time: what a closed one does to a request is not the subject here.
        let client = awc::ClientBuilder::new()
            .connector(Connector::new().timeout(std::time::Duration::from_secs(5)))
            .timeout(std::time::Duration::from_secs(90))
            .disable_redirects()
            .no_default_headers()
            .finish();
        let mut request = client.request(method, self.behind(url)).no_decompress();
        let mut cookies = self.in_front.lock().unwrap().clone();
        if let Some(own) = self.cookies_for(url) {
            cookies.extend_from_slice(own.as_bytes());
        }
        if !cookies.is_empty() {
            let cookies = awc::http::header::HeaderValue::from_bytes(&cookies).unwrap();
            request = request.insert_header(("cookie", cookies));
        }
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        let sent = match form {
            Some(form) => {
                let request = request.insert_header(("content-type", "application/x-www-form-urlencoded"));
                request.send_body(form.to_owned()).await
            }
            None => request.send().await,
        };
        let mut response = sent.unwrap_or_else(|error| panic!("{url}: {error}"));
        let body = response.body().limit(20_000_000).await.unwrap();
        let answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: String::from_utf8_lossy(&body).into_owned(),
            url: url.to_owned(),
        };
        self.keep(&answer);
        self.answers.lock().unwrap().push(answer.clone());
        answer
    }

    /// The address that the server behind the proxy sees.
    fn behind(&self, url: &str) -> String {
        let mut seen = Url::parse(url).unwrap();
        if let Some(path) = self
            .prefix
            .and_then(|prefix| url_path(url).strip_prefix(prefix).map(str::to_owned))
        {
            seen.set_path(&path);
        }
        // As it was written, where nothing has to be changed: parsing might tidy it up.
        if self.prefix.is_some() {
            seen.to_string()
        } else {
            url.to_owned()
        }
    }

    /// Everything that came back so far, oldest first.
    pub fn answers(&self) -> Vec<Answer> {
        self.answers.lock().unwrap().clone()
    }

    /// The value of the `Cookie` header for an address: longer paths first, as browsers do it.
    pub fn cookies_for(&self, url: &str) -> Option<String> {
        let url = Url::parse(url).unwrap();
        self.jar.lock().unwrap().header(&host(&url), url.path())
    }

    /// Puts this in front of every `Cookie` header from now on.
    pub fn put_in_front(&self, cookies: &[u8]) {
        *self.in_front.lock().unwrap() = cookies.to_vec();
    }

    /// The value of a cookie on `/` whose name begins so.
    pub fn cookie(&self, begins: &str) -> Option<(String, String)> {
        let mut jar = self.jar().into_iter();
        let found = jar.find(|(path, name, _)| path == "/" && name.starts_with(begins));
        found.map(|(_, name, value)| (name, value))
    }

    /// Forgets the cookies whose name contains `part`.
    pub fn forget(&self, part: &str) {
        let mut jar = self.jar.lock().unwrap();
        jar.0.retain(|(_, _, name), _| !name.contains(part));
    }

    /// Puts a cookie into the jar.
    pub fn plant(&self, url: &str, path: &str, name: &str, value: &str) {
        let host = host(&Url::parse(url).unwrap());
        let mut jar = self.jar.lock().unwrap();
        jar.0.insert((host, path.to_owned(), name.to_owned()), value.to_owned());
    }

    /// All cookies: path, name, value.
    pub fn jar(&self) -> Vec<(String, String, String)> {
        self.jar.lock().unwrap().all()
    }

    fn keep(&self, answer: &Answer) {
        let host = host(&Url::parse(&answer.url).unwrap());
        let mut jar = self.jar.lock().unwrap();
        for text in answer.set_cookies() {
            jar.keep(&host, &text);
        }
    }
}

fn url_path(url: &str) -> String {
    Url::parse(url).unwrap().path().to_owned()
}

fn host(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap(), url.port_or_known_default().unwrap())
}
