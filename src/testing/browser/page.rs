//! What a browser shows: [`TestPage`].

use std::{fmt, sync::Arc};

use serde::de::DeserializeOwned;
use url::Url;

use super::{
    error::TestBrowserError,
    form::TestForm,
    html::{Document, Form, Link},
    seen::PageSeen,
    site::Initiator,
    text::one_line,
    window::{Answer, Purpose, Visit, Window, without_query},
};

/// How many pages may submit themselves one after the other.
const MOST_BY_THEMSELVES: usize = 5;

/// An answer, as a browser shows it. `Display` says in a few lines what is on it, for the messages of assertions.
#[derive(Debug, Clone)]
pub struct TestPage {
    window: Arc<Window>,
    answer: Arc<Answer>,
    document: Arc<Document>,
}

impl TestPage {
    /// Goes there, follows redirects, and submits what submits itself.
    pub(super) async fn open(window: &Arc<Window>, visit: Visit) -> Result<Self, TestBrowserError> {
        let mut page = Self::of(window, window.go(visit).await?);
        for _ in 0..MOST_BY_THEMSELVES {
            if !page.document.submits_itself {
                break;
            }
            let Some(form) = page.document.forms.first().cloned() else {
                break;
            };
            let visit = TestForm::new(page.clone(), form, None).visit()?;
            page = Self::of(window, window.go(visit).await?);
        }
        Ok(page)
    }

    /// What a script on the page `from` gets from this address.
    pub(super) async fn fetch_as_script(window: &Arc<Window>, from: Url, url: Url) -> Result<Self, TestBrowserError> {
        let visit = Visit {
            purpose: Purpose::Script,
            ..Visit::get(url, Initiator::link_on(from))
        };
        Ok(Self::of(window, window.go(visit).await?))
    }

    fn of(window: &Arc<Window>, answer: Answer) -> Self {
        let body = String::from_utf8_lossy(&answer.body);
        let document = if answer.is_html() {
            Document::parse(&body)
        } else {
            Document::plain(&body)
        };
        Self {
            window: Arc::clone(window),
            answer: Arc::new(answer),
            document: Arc::new(document),
        }
    }

    /// The status of the answer, such as 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.answer.status
    }

    /// The address that answered, after all redirects.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.answer.url
    }

    /// The path of that address, without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.answer.url.path()
    }

    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.answer.header(name)
    }

    /// The title; empty where there is none.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.document.title
    }

    /// The text, as somebody reads it: a line for each block, one blank where there are several. All of an answer that is no
    /// HTML.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.document.text
    }

    /// The body as it came.
    #[must_use]
    pub fn body(&self) -> String {
        String::from_utf8_lossy(&self.answer.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// [`TestBrowserError::NoJson`] when it is none, or of another form than `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, TestBrowserError> {
        serde_json::from_slice(&self.answer.body).map_err(|error| TestBrowserError::NoJson {
            reason: error.to_string(),
            page: self.boxed(),
        })
    }

    /// What is on it.
    #[must_use]
    pub fn seen(&self) -> PageSeen {
        PageSeen::of(without_query(&self.answer.url), self.answer.status, &self.document)
    }

    /// Clicks on the link or the button that says this: all of it, or a part that nothing else has.
    ///
    /// # Errors
    ///
    /// [`TestBrowserError::NothingToClick`] names what could be clicked, [`TestBrowserError::Several`] what is meant by too little
    /// text; the others when there is no answer.
    pub async fn click(&self, says: &str) -> Result<Self, TestBrowserError> {
        let links = self.document.links.iter().map(|link| (&link.says, Target::Link(link)));
        let forms = self.document.forms.iter();
        let buttons = forms.flat_map(|form| {
            let buttons = form.buttons.iter().enumerate();
            buttons.map(move |(at, button)| (&button.says, Target::Button(form, at)))
        });
        let found = the_one(says, links.chain(buttons).collect())?;
        match found {
            Some(Target::Link(link)) => self.follow(&link.href).await,
            Some(Target::Button(form, at)) => TestForm::new(self.clone(), form.clone(), Some(at)).submit().await,
            None => Err(TestBrowserError::NothingToClick {
                wanted: says.to_owned(),
                page: self.boxed(),
            }),
        }
    }

    /// The form with the button that says this, to be filled in. With an empty text: the one form that the page has.
    ///
    /// # Errors
    ///
    /// [`TestBrowserError::NoButton`] names the buttons that are there, [`TestBrowserError::Several`] those that could be meant.
    pub fn form(&self, button: &str) -> Result<TestForm, TestBrowserError> {
        let forms = || self.document.forms.iter();
        if let ("", [form]) = (button, self.document.forms.as_slice()) {
            let first = Some(0).filter(|_| !form.buttons.is_empty());
            return Ok(TestForm::new(self.clone(), form.clone(), first));
        }
        let buttons = forms().flat_map(|form| {
            let buttons = form.buttons.iter().enumerate();
            buttons.map(move |(at, button)| (&button.says, (form, at)))
        });
        match the_one(button, buttons.collect())? {
            Some((form, at)) => Ok(TestForm::new(self.clone(), form.clone(), Some(at))),
            None => Err(TestBrowserError::NoButton {
                wanted: button.to_owned(),
                page: self.boxed(),
            }),
        }
    }

    /// Opens an address that stands on this page, seen from it, as a link would.
    ///
    /// # Errors
    ///
    /// [`TestBrowserError`] when there is no answer.
    pub async fn follow(&self, href: &str) -> Result<Self, TestBrowserError> {
        let url = self.join(href)?;
        Self::open(&self.window, Visit::get(url, self.initiator())).await
    }

    /// Fetches an address as a script of this page does: JSON is preferred, and nothing is opened.
    ///
    /// # Errors
    ///
    /// [`TestBrowserError`] when there is no answer.
    pub async fn fetch(&self, href: &str) -> Result<Self, TestBrowserError> {
        let url = self.join(href)?;
        Self::fetch_as_script(&self.window, self.answer.url.clone(), url).await
    }

    /// Opens the address of this page again.
    ///
    /// # Errors
    ///
    /// [`TestBrowserError`] when there is no answer.
    pub async fn reload(&self) -> Result<Self, TestBrowserError> {
        Self::open(
            &self.window,
            Visit::get(self.answer.url.clone(), Initiator::link_on(self.answer.url.clone())),
        )
        .await
    }

    /// Goes on from here.
    pub(super) async fn go(&self, visit: Visit) -> Result<Self, TestBrowserError> {
        Self::open(&self.window, visit).await
    }

    pub(super) fn join(&self, href: &str) -> Result<Url, TestBrowserError> {
        let joined = self.answer.url.join(href);
        joined.map_err(|_| TestBrowserError::NoAddress {
            address: href.to_owned(),
        })
    }

    pub(super) fn initiator(&self) -> Initiator {
        let policy = self.header("referrer-policy").unwrap_or_default();
        Initiator::link_on(self.answer.url.clone()).telling_origin(!policy.contains("no-referrer"))
    }

    pub(super) fn boxed(&self) -> Box<PageSeen> {
        Box::new(self.seen())
    }
}

enum Target<'a> {
    Link(&'a Link),
    Button(&'a Form, usize),
}

/// The one that says this, or the only one that contains it.
pub(super) fn the_one<T>(wanted: &str, all: Vec<(&String, T)>) -> Result<Option<T>, TestBrowserError> {
    let wanted = one_line(wanted);
    let (exact, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(says, _)| **says == wanted);
    let mut candidates = exact;
    if candidates.is_empty() && !wanted.is_empty() {
        candidates = others.into_iter().filter(|(says, _)| says.contains(&wanted)).collect();
    }
    if candidates.len() > 1 {
        return Err(TestBrowserError::Several {
            wanted,
            found: candidates.into_iter().map(|(says, _)| format!("“{says}”")).collect(),
        });
    }
    Ok(candidates.pop().map(|(_, found)| found))
}

impl fmt::Display for TestPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.seen().fmt(f)
    }
}
