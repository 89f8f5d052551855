//! A FHIR request as a test writes it: [`Requested`].

use std::fmt;

use url::form_urlencoded;

use crate::protocol::http::Method;

/// Method, path below the FHIR base URL, and parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requested {
    pub(super) method: Method,
    pub(super) path: String,
    /// In the order in which they were written.
    pub(super) query: Vec<(String, String)>,
}

const METHODS: [Method; 5] = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];

impl Requested {
    /// `Observation?patient=p1`, or with a method in front: `POST Observation`.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim();
        let with_method = text.split_once(' ').and_then(|(method, rest)| {
            let known = METHODS.into_iter().find(|known| known.as_str() == method)?;
            Some((known, rest.trim()))
        });
        let (method, address) = with_method.unwrap_or((Method::Get, text));
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        Self {
            method,
            path: path.trim_matches('/').to_owned(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        }
    }

    /// Another page of the same search.
    pub(super) fn page(&self, number: usize) -> Self {
        let mut page = self.clone();
        page.query.push(("_page".to_owned(), number.to_string()));
        page
    }

    /// Whether an answer that is prepared for this is one to that request.
    pub(super) fn covers(&self, sent: &Self, parameters: Parameters) -> bool {
        let same_query = match parameters {
            Parameters::Same => sorted(&self.query) == sorted(&sent.query),
            Parameters::Any => self.query.is_empty(),
        };
        self.method == sent.method && self.path == sent.path && same_query
    }
}

/// Which parameters a request may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parameters {
    /// Those that are written, in any order.
    Same,
    /// Any, where none are written.
    Any,
}

fn sorted(query: &[(String, String)]) -> Vec<&(String, String)> {
    let mut sorted: Vec<_> = query.iter().collect();
    sorted.sort();
    sorted
}

/// As it can be written again.
impl fmt::Display for Requested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "/" } else { &self.path };
        write!(f, "{} {path}", self.method.as_str())?;
        for (number, (name, value)) in self.query.iter().enumerate() {
            let before = if number == 0 { '?' } else { '&' };
            write!(f, "{before}{}={}", written(name), written(value))?;
        }
        Ok(())
    }
}

/// Readable, where that can be read back.
fn written(text: &str) -> String {
    let mut written = String::new();
    for c in text.chars() {
        match c {
            '&' | '=' | '%' | '+' | '#' | '?' | ' ' | '"' => {
                written.extend(form_urlencoded::byte_serialize(c.to_string().as_bytes()));
            }
            c => written.push(c),
        }
    }
    written
}

#[cfg(test)]
mod tests;
