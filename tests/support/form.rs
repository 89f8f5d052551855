//! The page that posts the authorization request, as a browser reads and submits it.

use awc::http::Method;
use url::Url;

use super::{Answer, Browser};

/// The one form of a page.
#[derive(Debug, Clone)]
pub struct Form {
    pub method: String,
    pub action: String,
    pub fields: Vec<(String, String)>,
    /// What stands between `<form …>` and `</form>`.
    pub inner: String,
}

impl Form {
    /// The form in an HTML page; `None` when there is none.
    pub fn of(html: &str) -> Option<Self> {
        let (_, rest) = html.split_once("<form ")?;
        let (head, rest) = rest.split_once('>')?;
        let (inner, _) = rest.split_once("</form>")?;
        let inputs = inner.split("<input ").skip(1);
        Some(Self {
            method: attribute(head, "method")?,
            action: attribute(head, "action")?,
            fields: inputs
                .map(|input| (attribute(input, "name").unwrap(), attribute(input, "value").unwrap()))
                .collect(),
            inner: inner.to_owned(),
        })
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(key, _)| key == name);
        field.map(|(_, value)| value.as_str())
    }

    /// `application/x-www-form-urlencoded`
    pub fn encoded(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish()
    }
}

impl Browser {
    /// A navigation that follows redirects and submits a form that submits itself, to its end.
    pub async fn open(&self, url: &str) -> Answer {
        let page = self.navigate(url).await;
        if !page.body.contains(".submit()") {
            return page;
        }
        let answer = self.submit(&page).await;
        let next = Url::parse(&answer.url).unwrap().join(answer.location()).unwrap();
        self.navigate(next.as_str()).await
    }

    /// Submits the form of a page. What comes back is not followed.
    pub async fn submit(&self, page: &Answer) -> Answer {
        let form = Form::of(&page.body).unwrap();
        assert_eq!(form.method, "post");
        let action = Url::parse(&page.url).unwrap().join(&form.action).unwrap();
        let headers = [("sec-fetch-mode", "navigate"), ("sec-fetch-site", "cross-site")];
        self.send(Method::POST, action.as_str(), &headers, Some(&form.encoded()))
            .await
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(
        value
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&amp;", "&"),
    )
}
