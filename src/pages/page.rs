//! [`Page`]: what a person, or a program, is told.

use std::{fmt, time::Duration};

use super::reference::Reference;
use crate::protocol::scope::Scopes;

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
    /// What the answer is called in the log. `None` where nothing went wrong: on a page that asks or confirms.
    pub reference: Option<Reference>,
    /// What happened, in a few words.
    pub title: String,
    /// What happened and what to do now.
    pub message: String,
    /// What helps the support team. May be text from outside.
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

impl Page {
    pub(crate) fn new(status: u16, code: &'static str, title: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            reference: None,
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

    /// Names the answer, if it says that something went wrong.
    pub(crate) fn referred_to_by(mut self, reference: Reference) -> Self {
        self.reference = (self.status >= 400).then_some(reference);
        self
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
