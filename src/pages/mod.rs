//! The pages that people see when something needs saying, as HTML and as problem+json. Nothing here knows Actix.

mod authorize_form;

use std::{fmt, time::Duration};

use serde_json::json;

pub(crate) use authorize_form::authorize_form_page;

use crate::protocol::scope::Scopes;

/// The policy of our own pages: our style (by its hash) and nothing else; no script, no base, no foreign form target.
///
/// `frame-ancestors` is left to the configuration: an EHR may show the application in a frame.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
     style-src 'sha256-jnjtC9NgTz69a8T5YFPafTW8DmkGITi8EMx3QWD7g7E='; base-uri 'none'; form-action 'self'";

/// The policy of a page that the application rendered ([`Pages`]): its own files, inline styles, still no script.
pub(crate) const REPLACED_PAGE_CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
     style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'self'";

/// [`STYLE`] as a policy names it. A test says what it has to be after a change.
const STYLE_SOURCE: &str = "'sha256-jnjtC9NgTz69a8T5YFPafTW8DmkGITi8EMx3QWD7g7E='";

/// The code of the page for a request that needs more scopes than were granted.
pub(crate) const INSUFFICIENT_SCOPE: &str = "insufficient-scope";

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0;font:1rem/1.5 system-ui,sans-serif}\
main{max-width:34rem;margin:0 auto;padding:2rem 1rem}\
h1{font-size:1.4rem;line-height:1.25}\
p{overflow-wrap:anywhere}\
.action,button{display:inline-block;padding:.6rem 1.1rem;border:1px solid;border-radius:.4rem;\
font:inherit;font-weight:600;color:inherit;background:none;text-decoration:none;cursor:pointer}\
input{font:inherit;padding:.55rem .7rem;border:1px solid;border-radius:.4rem;color:inherit;background:none}\
ul{list-style:none;padding:0}\
li{margin:.5rem 0}\
.small{font-size:.875rem;opacity:.8}";

/// What a person, or a program, is told.
///
/// All texts are plain: they are escaped where they go into HTML. `Debug` shows status and code only, because
/// [`detail`](Self::detail) may hold what the EHR wrote.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// What happened, as a name for programs that does not change, for example `no-launch`.
    pub code: &'static str,
    /// What happened, in a few words.
    pub title: String,
    /// What happened and what to do now.
    pub message: String,
    /// What helps whoever is asked for help. May be text from outside.
    pub detail: Option<String>,
    /// What can be done now.
    pub action: Option<PageAction>,
    /// What else can be done.
    pub other_action: Option<PageAction>,
    /// When it is worth trying again.
    pub retry_after: Option<Duration>,
    /// The scopes that the EHR did not grant, if that is the matter.
    pub missing_scopes: Option<Scopes>,
    /// What the person can choose from; empty but for the page that asks for the EHR.
    pub choices: Vec<PageAction>,
    /// A field to search with among more choices.
    pub search: Option<PageSearch>,
}

/// A search field of a [`Page`]: a form that asks for the page again by `GET`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageSearch {
    /// Where the form goes.
    pub action: String,
    /// Names and values of hidden fields that go along.
    pub kept: Vec<(&'static str, String)>,
    /// What was searched for; the field itself is named `q`.
    pub text: String,
}

/// A link on a [`Page`].
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageAction {
    /// What it says, for example `Start again`.
    pub label: String,
    /// Where it leads. Empty, as browsers understand it, for the address of the page itself, which may hold what does not
    /// belong into a page.
    pub href: String,
    /// Where that opens.
    pub opens: PageTarget,
}

/// Where a link of a [`Page`] opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PageTarget {
    /// In the same window or frame.
    #[default]
    Here,
    /// In a window of its own: render it with `target="_blank"`.
    NewWindow,
    /// In the same window or frame, by a form: render it as a button of one that posts there.
    Posted,
}

/// Renders the pages in the look of your application.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{Page, Pages};
///
/// #[derive(Debug)]
/// struct OurPages;
///
/// impl Pages for OurPages {
///     fn render(&self, page: &Page) -> Option<String> {
///         // Only the sign-in page is ours; the crate renders the others.
///         (page.code == "no-launch").then(|| "<!doctype html><title>Please sign in</title>…".to_owned())
///     }
/// }
/// ```
pub trait Pages: Send + Sync + fmt::Debug + 'static {
    /// The HTML document for this page; `None` for the crate's own.
    ///
    /// Escape every text of the page. The document may use inline styles and the style sheets, images and fonts of
    /// its own origin, but no scripts; it is answered with the page's status and is never cached.
    fn render(&self, page: &Page) -> Option<String>;
}

impl Page {
    pub(crate) fn new(status: u16, code: &'static str, title: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            title: title.to_owned(),
            message: message.into(),
            detail: None,
            action: None,
            other_action: None,
            retry_after: None,
            choices: Vec::new(),
            search: None,
            missing_scopes: None,
        }
    }

    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub(crate) fn with_action(mut self, label: &str, href: String) -> Self {
        self.action = Some(PageAction::new(label, href));
        self
    }

    /// A link to the page itself, to load it again.
    pub(crate) fn with_reload(self, label: &str) -> Self {
        self.with_action(label, String::new())
    }

    pub(crate) fn with_form(mut self, label: &str, href: String) -> Self {
        let opens = PageTarget::Posted;
        self.action = Some(PageAction {
            opens,
            ..PageAction::new(label, href)
        });
        self
    }

    pub(crate) fn with_other_action(mut self, label: &str, href: String) -> Self {
        self.other_action = Some(PageAction::new(label, href));
        self
    }

    pub(crate) fn with_new_window(mut self, label: &str, href: String) -> Self {
        let opens = PageTarget::NewWindow;
        self.action = Some(PageAction {
            opens,
            ..PageAction::new(label, href)
        });
        self
    }

    pub(crate) const fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    pub(crate) fn with_missing_scopes(mut self, missing: &Scopes) -> Self {
        self.missing_scopes = Some(missing.clone());
        self
    }

    /// The page as HTML: small, self-contained, without scripts.
    #[must_use]
    pub fn html(&self) -> String {
        let mut body = format!("<h1>{}</h1>\n<p>{}</p>\n", escape(&self.title), escape(&self.message));
        if let Some(search) = &self.search {
            body.push_str(&search.html());
        }
        if !self.choices.is_empty() {
            let links = self
                .choices
                .iter()
                .map(|choice| format!("<li>{}</li>\n", choice.html()));
            body.push_str(&format!("<ul>\n{}</ul>\n", links.collect::<String>()));
        }
        for action in self.action.iter().chain(&self.other_action) {
            body.push_str(&match action.opens {
                // No form may stand in a paragraph.
                PageTarget::Posted => format!("{}\n", action.html()),
                PageTarget::Here | PageTarget::NewWindow => format!("<p>{}</p>\n", action.html()),
            });
        }
        // A question is nothing to ask the support team about.
        if self.choices.is_empty() {
            body.push_str(&format!("<p class=\"small\">Code: {}</p>\n", escape(self.code)));
        }
        if let Some(detail) = &self.detail {
            body.push_str(&format!("<p class=\"small\">{}</p>\n", escape(detail)));
        }
        document(&self.title, &body)
    }

    /// The page for programs, `application/problem+json` (RFC 9457): `title`, `status`, `detail` (what to do), `code`,
    /// `launch_url` and `return_url` when there is somewhere to go, `explanation` when there is more to say; `missing_scopes` when the EHR
    /// did not grant them, with `error` as RFC 6750 (section 3.1) names it when the request needs them.
    #[must_use]
    pub fn problem_json(&self) -> String {
        let mut problem = json!({
            "type": format!("urn:actix-smart-auth:{}", self.code),
            "title": self.title,
            "status": self.status,
            "detail": self.message,
            "code": self.code,
        });
        if let Some(members) = problem.as_object_mut() {
            if let Some(detail) = &self.detail {
                members.insert("explanation".to_owned(), json!(detail));
            }
            let (launch, back) = match (&self.action, &self.other_action) {
                // A script knows the address that it has asked for.
                (Some(reload), other) if reload.href.is_empty() => (other.as_ref(), None),
                (action, other) => (action.as_ref(), other.as_ref()),
            };
            // A form is for people.
            if let Some(action) = launch.filter(|action| action.opens != PageTarget::Posted) {
                members.insert("launch_url".to_owned(), json!(action.href));
            }
            if let Some(other) = back {
                members.insert("return_url".to_owned(), json!(other.href));
            }
            if let Some(missing) = &self.missing_scopes {
                members.insert("missing_scopes".to_owned(), json!(missing));
            }
            if self.code == INSUFFICIENT_SCOPE {
                members.insert("error".to_owned(), json!("insufficient_scope"));
            }
        }
        problem.to_string()
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("status", &self.status)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl PageAction {
    pub(crate) fn new(label: &str, href: String) -> Self {
        Self {
            label: label.to_owned(),
            href,
            opens: PageTarget::Here,
        }
    }

    fn html(&self) -> String {
        let (href, label) = (escape(&self.href), escape(&self.label));
        match self.opens {
            PageTarget::Here => format!("<a class=\"action\" href=\"{href}\">{label}</a>"),
            PageTarget::NewWindow => format!("<a class=\"action\" href=\"{href}\" target=\"_blank\">{label}</a>"),
            PageTarget::Posted => {
                format!("<form method=\"post\" action=\"{href}\"><button>{label}</button></form>")
            }
        }
    }
}

impl PageSearch {
    fn html(&self) -> String {
        let kept = self.kept.iter().map(|(name, value)| {
            let value = escape(value);
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
        });
        format!(
            "<form method=\"get\" action=\"{}\" role=\"search\">{}\n<p><label>Name <input type=\"search\" name=\"q\" \
             value=\"{}\"></label> <button>Search</button></p>\n</form>\n",
            escape(&self.action),
            kept.collect::<String>(),
            escape(&self.text)
        )
    }
}

impl fmt::Debug for PageSearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageSearch").finish_non_exhaustive()
    }
}

impl fmt::Debug for PageAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageAction")
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

/// A whole document around a body that is escaped already.
fn document(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// Text as HTML, for an element's content and for a quoted attribute.
#[must_use]
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
