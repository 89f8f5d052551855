//! An HTML page, as far as somebody reads and uses it: [`Document`].

mod builder;

use std::fmt;

use html5gum::{DefaultEmitter, Token, Tokenizer};

use builder::Builder;

/// Text, links and forms of a page.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) title: String,
    /// A line for each block.
    pub(super) text: String,
    pub(super) links: Vec<Link>,
    pub(super) forms: Vec<Form>,
    /// Whether a script submits its first form at once.
    pub(super) submits_itself: bool,
}

/// `<a href>`
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) says: String,
    pub(super) href: String,
}

/// `<form>`, with all that belongs to it.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    /// `None`: the address of the page.
    pub(super) action: Option<String>,
    pub(super) is_post: bool,
    pub(super) fields: Vec<Field>,
    pub(super) buttons: Vec<Button>,
}

/// What submits a form.
#[derive(Debug, Clone, Default)]
pub(super) struct Button {
    pub(super) says: String,
    pub(super) name: Option<String>,
    pub(super) value: String,
    /// Where this one submits to, where that is not where the form does.
    pub(super) action: Option<String>,
    pub(super) is_post: Option<bool>,
}

/// What is sent with a form.
#[derive(Debug, Clone, Default)]
pub(super) struct Field {
    pub(super) sort: FieldSort,
    /// What stands beside it; empty where there is nothing.
    pub(super) label: String,
    /// Empty: it is not sent.
    pub(super) name: String,
    pub(super) value: String,
    /// Of a check box or a radio button.
    pub(super) is_checked: bool,
    /// Of a list: what a choice says, and what is sent for it.
    pub(super) choices: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum FieldSort {
    #[default]
    Text,
    Hidden,
    CheckBox,
    Radio,
    List,
}

impl Document {
    pub(super) fn parse(html: &str) -> Self {
        let mut emitter = DefaultEmitter::default();
        // What stands in a script is no tag.
        emitter.naively_switch_states(true);
        let mut builder = Builder::default();
        for token in Tokenizer::new_with_emitter(html, emitter) {
            let Ok(token) = token;
            match token {
                Token::StartTag(tag) => {
                    let attributes = tag
                        .attributes
                        .iter()
                        .map(|(name, value)| (text(name), text(value)))
                        .collect();
                    builder.open(&text(&tag.name), &attributes);
                }
                Token::EndTag(tag) => builder.close(&text(&tag.name)),
                Token::String(string) => builder.text(&text(&string)),
                Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
            }
        }
        builder.finish()
    }

    /// A body that is no page: all of it is text.
    pub(super) fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.label.as_str(), self.name.as_str()) {
            ("", name) => f.write_str(name),
            (label, "") => f.write_str(label),
            (label, name) => write!(f, "{label} ({name})"),
        }
    }
}

#[cfg(test)]
mod tests;
