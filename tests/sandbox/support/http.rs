//! Requests and answers of HTTP.

use std::time::Duration;

use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// The decoded parameter of the `Location` header.
    pub(crate) fn location(&self, name: &str) -> Option<String> {
        assert_eq!(self.status, 302, "{self:?}");
        let url = url::Url::parse(self.header("location").unwrap()).unwrap();
        url.query_pairs().find(|(k, _)| k == name).map(|(_, v)| v.into_owned())
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.json()[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name}: {self:?}"))
            .to_owned()
    }

    /// The OAuth error in a JSON answer.
    #[track_caller]
    pub(crate) fn is_error(&self, status: u16, error: &str) {
        assert_eq!(
            (self.status, self.json()["error"].as_str()),
            (status, Some(error)),
            "{self:?}"
        );
        assert_eq!(self.header("cache-control"), Some("no-store"));
    }

    /// The OAuth error in a JSON answer, and the text for the developer at the other end.
    #[track_caller]
    pub(crate) fn is_refusal(&self, status: u16, error: &str, description: &str) {
        self.is_error(status, error);
        assert_eq!(self.text("error_description"), description);
    }

    /// The OAuth error in a redirect to the application, and its text.
    #[track_caller]
    pub(crate) fn is_redirected(&self, error: &str, description: &str) {
        let seen = (self.location("error"), self.location("error_description"));
        assert_eq!((seen.0.as_deref(), seen.1.as_deref()), (Some(error), Some(description)));
        assert_eq!(self.location("code"), None);
    }

    /// A page for a person that says this, and leads nowhere.
    #[track_caller]
    pub(crate) fn is_problem(&self, text: &str) {
        assert_eq!((self.status, self.header("location")), (400, None), "{self:?}");
        assert!(self.header("content-type").unwrap().starts_with("text/html"));
        assert!(self.body.contains(&format!("<p>{text}</p>")), "{text}: {}", self.body);
    }
}

/// So long no answer takes. It ends a test that hangs, and is no claim about speed.
const GUARD: Duration = Duration::from_secs(120);

/// One request, redirects not followed. `Err` if the connection broke.
pub(crate) async fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer, String> {
    let client = awc::Client::builder().disable_redirects().timeout(GUARD).finish();
    let mut request = client.request(method.parse().unwrap(), url);
    for (name, value) in headers {
        request = request.append_header((*name, *value));
    }
    let mut response = request
        .send_body(body.to_owned())
        .await
        .map_err(|error| error.to_string())?;
    let headers = response.headers().iter();
    Ok(Answer {
        status: response.status().as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: String::from_utf8(response.body().limit(20 << 20).await.unwrap().to_vec()).unwrap(),
    })
}

/// A request whose connection has to hold.
pub(crate) async fn sent(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    send(method, url, headers, body).await.unwrap()
}

pub(crate) async fn get(url: &str) -> Answer {
    send("GET", url, &[], "").await.unwrap()
}

/// Name and value pairs that a test can spoil.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(pub(crate) Vec<(String, String)>);

impl Form {
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    /// Sets or replaces.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(key, _)| key != name);
        self.again(name, value)
    }

    /// Adds, though it may be there already.
    pub(crate) fn again(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(key, _)| key != name);
        self
    }

    pub(crate) fn encoded(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }

    pub(crate) async fn post(&self, url: &str, headers: &[(&str, &str)]) -> Answer {
        self.try_post(url, headers).await.unwrap()
    }

    pub(crate) async fn try_post(&self, url: &str, headers: &[(&str, &str)]) -> Result<Answer, String> {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        send("POST", url, &[&form[..], headers].concat(), &self.encoded()).await
    }

    pub(crate) async fn get(&self, url: &str) -> Answer {
        get(&format!("{url}?{}", self.encoded())).await
    }
}
