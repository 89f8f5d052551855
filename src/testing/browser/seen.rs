//! What was on a page, for the message of an error: [`PageSeen`].

use std::fmt;

use super::html::{Document, FieldSort};

/// How many of a sort are told, and how much text.
const MOST: usize = 12;
const MOST_TEXT: usize = 300;

/// What a page had to offer.
///
/// `Display` is for the message of a failed test: address, status, title, buttons, links, fields and the first lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PageSeen {
    /// The address, without its query.
    pub address: String,
    /// The status.
    pub status: u16,
    /// The title; empty where there is none.
    pub title: String,
    /// What the buttons of its forms say.
    pub buttons: Vec<String>,
    /// What its links say.
    pub links: Vec<String>,
    /// The fields of its forms, by label and name.
    pub fields: Vec<String>,
    /// Its text.
    pub text: String,
}

impl PageSeen {
    pub(super) fn of(address: String, status: u16, document: &Document) -> Self {
        let controls = || document.forms.iter().flat_map(|form| &form.fields);
        let shown = controls().filter(|field| field.sort != FieldSort::Hidden);
        Self {
            address,
            status,
            title: document.title.clone(),
            buttons: document
                .forms
                .iter()
                .flat_map(|form| form.buttons.iter().map(|button| button.says.clone()))
                .collect(),
            links: document.links.iter().map(|link| link.says.clone()).collect(),
            fields: shown.map(ToString::to_string).collect(),
            text: document.text.clone(),
        }
    }
}

impl fmt::Display for PageSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The page is {} (status {}", self.address, self.status)?;
        if !self.title.is_empty() {
            write!(f, ", “{}”", self.title)?;
        }
        f.write_str(").")?;
        for (what, all) in [
            ("Buttons", &self.buttons),
            ("Links", &self.links),
            ("Fields", &self.fields),
        ] {
            write!(f, " {what}: {}.", listed(all))?;
        }
        if self.text.is_empty() {
            return f.write_str(" It has no text.");
        }
        let start: String = self.text.chars().take(MOST_TEXT).collect();
        let more = if start.len() < self.text.len() { "…" } else { "" };
        write!(f, " It begins: {}{more}", start.replace('\n', " / "))
    }
}

fn listed(all: &[String]) -> String {
    let told: Vec<_> = all.iter().take(MOST).map(|name| format!("“{name}”")).collect();
    match all.len().saturating_sub(MOST) {
        _ if all.is_empty() => "none".to_owned(),
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}
