//! [`Page`]: what a person, or a program, is told.

use std::{fmt, time::Duration};

use super::{brand::Brand, language::Language, logo::Logo, reference::Reference};
use crate::{protocol::scope::Scopes, time::Timestamp};

/// What a person, or a program, is told.
///
/// All texts are plain: they are escaped where they go into HTML. `Debug` shows status and code only, because
/// [`detail`](Self::detail) may hold what the EHR wrote.
///
/// An application can make pages of its own, for its own errors and for tests of its [`Pages`](super::Pages):
///
/// ```
/// use actix_smart_auth::pages::{Brand, Language, Page};
///
/// let status = 404;
/// let page = Page::new(status, "unmeasured", "Nothing was measured yet", "Come back after the first visit.")
///     .with_action("Back to the chart", "summary")
///     .with_brand(Brand::new("Growth charts"))
///     .with_language(Language::English);
/// assert!(page.html().contains("<h1>Nothing was measured yet</h1>"));
/// assert!(page.problem_json().contains(r#""code":"unmeasured""#));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// What happened, as a name for programs that does not change, for example `no-launch`.
    pub code: &'static str,
    /// What the answer is called in the log. `None` where nothing went wrong: on a page that asks or confirms.
    pub reference: Option<Reference>,
    /// When the answer was made, in UTC.
    pub time: Option<Timestamp>,
    /// The language of its texts.
    pub language: Language,
    /// Whose page it is, if that is configured.
    pub brand: Option<Brand>,
    /// What happened, in a few words.
    pub title: String,
    /// What happened and what to do now.
    pub message: String,
    /// What `message` says, for a page that is read: as a list with sentences around it. Show it in place of the message.
    pub list: Option<PageList>,
    /// What helps the support team. May be text from outside.
    pub detail: Option<String>,
    /// What can be done now.
    pub action: Option<PageAction>,
    /// What else can be done.
    pub other_action: Option<PageAction>,
    /// When it is worth trying again.
    pub retry_after: Option<Duration>,
    /// When the browser loads the page again by itself: the answer has a `Refresh` header, and the page has to say so.
    pub tries_again_in: Option<Duration>,
    /// The scopes that the EHR did not grant, if that is the matter.
    pub missing_scopes: Option<Scopes>,
    /// What the person can choose from; empty but for the page that asks for the EHR.
    pub choices: Vec<PageAction>,
    /// A field to search with among more choices.
    pub search: Option<PageSearch>,
    /// The sentence of `message` that says when to try again. Where the page does so by itself it says that instead.
    pub(crate) when: Option<String>,
    /// The language of `detail`, where it may be another than that of the page.
    pub(crate) detail_language: Option<Language>,
}

/// What a [`Page`] says with a list in its middle.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageList {
    /// What stands before the list; ends with a colon.
    pub before: String,
    /// One line each.
    pub items: Vec<String>,
    /// What stands after it.
    pub after: String,
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
    /// What stands below it in smaller letters, for example a place.
    pub note: Option<String>,
    /// A picture beside it.
    pub logo: Option<Logo>,
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

impl Page {
    /// A page in English, without anything to press.
    ///
    /// `code` is a name for programs: lower case, with hyphens. `message` says what happened, and what to do now.
    #[must_use]
    pub fn new(status: u16, code: &'static str, title: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            reference: None,
            time: None,
            language: Language::English,
            brand: None,
            title: title.into(),
            message: message.into(),
            list: None,
            detail: None,
            action: None,
            other_action: None,
            retry_after: None,
            tries_again_in: None,
            choices: Vec::new(),
            search: None,
            missing_scopes: None,
            when: None,
            detail_language: None,
        }
    }

    /// Its name in the log.
    #[must_use]
    pub fn with_reference(mut self, reference: Reference) -> Self {
        self.reference = Some(reference);
        self
    }

    /// When it was made.
    #[must_use]
    pub fn with_time(mut self, time: Timestamp) -> Self {
        self.time = Some(time);
        self
    }

    /// The language of its texts. The crate's own words on it are in that language.
    #[must_use]
    pub fn with_language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// Whose page it is.
    #[must_use]
    pub fn with_brand(mut self, brand: Brand) -> Self {
        self.brand = Some(brand);
        self
    }

    /// What helps the support team.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// What helps those who wrote the application, who read English.
    pub(crate) fn with_english_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail_language = Some(Language::English);
        self.with_detail(detail)
    }

    /// A message with a list in its middle. [`message`](Self::message) becomes the same in one paragraph, for programs and for pages
    /// that do not show the list.
    #[must_use]
    pub fn with_list(mut self, list: PageList) -> Self {
        self.message = list.in_one_paragraph();
        self.list = Some(list);
        self
    }

    /// A link for what can be done now.
    #[must_use]
    pub fn with_action(mut self, label: &str, href: impl Into<String>) -> Self {
        self.action = Some(PageAction::new(label, href));
        self
    }

    /// A link for what else can be done.
    #[must_use]
    pub fn with_other_action(mut self, label: &str, href: impl Into<String>) -> Self {
        self.other_action = Some(PageAction::new(label, href));
        self
    }

    /// A link to the page itself, to load it again.
    #[must_use]
    pub fn with_reload(self, label: &str) -> Self {
        self.with_action(label, String::new())
    }

    /// A button that posts to an address.
    #[must_use]
    pub fn with_form(mut self, label: &str, href: impl Into<String>) -> Self {
        self.action = Some(PageAction::new(label, href).opening(PageTarget::Posted));
        self
    }

    /// A link that opens a window of its own.
    #[must_use]
    pub fn with_new_window(mut self, label: &str, href: impl Into<String>) -> Self {
        self.action = Some(PageAction::new(label, href).opening(PageTarget::NewWindow));
        self
    }

    /// When it is worth trying again.
    #[must_use]
    pub const fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// What the person can choose from.
    #[must_use]
    pub fn with_choices(mut self, choices: Vec<PageAction>) -> Self {
        self.choices = choices;
        self
    }

    /// A field to search with among more choices.
    #[must_use]
    pub fn with_search(mut self, search: PageSearch) -> Self {
        self.search = Some(search);
        self
    }

    pub(crate) fn with_missing_scopes(mut self, missing: &Scopes) -> Self {
        self.missing_scopes = Some(missing.clone());
        self
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
    /// A link that opens in the same window. An empty `href` is the address of the page itself.
    #[must_use]
    pub fn new(label: &str, href: impl Into<String>) -> Self {
        Self {
            label: label.to_owned(),
            href: href.into(),
            opens: PageTarget::Here,
            note: None,
            logo: None,
        }
    }

    /// With something below it in smaller letters.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// With a picture beside it.
    #[must_use]
    pub fn with_logo(mut self, logo: Logo) -> Self {
        self.logo = Some(logo);
        self
    }

    /// The same link, opening elsewhere.
    #[must_use]
    pub const fn opening(mut self, target: PageTarget) -> Self {
        self.opens = target;
        self
    }
}

impl PageList {
    /// A list between two texts, of which the first ends with a colon. The items are phrases without a full stop.
    #[must_use]
    pub fn new(before: impl Into<String>, items: Vec<String>, after: impl Into<String>) -> Self {
        Self {
            before: before.into(),
            items,
            after: after.into(),
        }
    }

    fn in_one_paragraph(&self) -> String {
        format!("{} {}. {}", self.before, self.items.join("; "), self.after)
    }
}

impl fmt::Debug for PageList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageList").finish_non_exhaustive()
    }
}

impl PageSearch {
    /// A search field whose form goes to an address, with what was searched for last.
    #[must_use]
    pub fn new(action: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            kept: Vec::new(),
            text: text.into(),
        }
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
