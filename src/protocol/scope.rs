//! Scopes as a list of tokens (RFC 6749, section 3.3).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A list of scope tokens, in order, each once.
///
/// Parsing is lenient, as EHRs send trailing spaces and capital letters: the text is split at white space and kept.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Splits a space-separated list.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        text.split_whitespace().collect()
    }

    /// Whether the list has exactly this token.
    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        self.0.iter().any(|scope| scope == token)
    }

    /// Adds a token at the end, unless it is there.
    pub fn insert(&mut self, token: impl Into<String>) {
        let token = token.into();
        if !self.contains(&token) {
            self.0.push(token);
        }
    }

    /// Takes a token out.
    pub fn remove(&mut self, token: &str) {
        self.0.retain(|scope| scope != token);
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl<S: Into<String>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(tokens: I) -> Self {
        let mut scopes = Self::default();
        for token in tokens {
            scopes.insert(token);
        }
        scopes
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

impl From<String> for Scopes {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_with_stray_spaces_and_repetitions_keeps_each_token_once_and_in_order() {
        let scopes = Scopes::parse("  openid  patient/*.rs openid\tPatient.Read ");
        assert_eq!(scopes.to_string(), "openid patient/*.rs Patient.Read");
        assert!(scopes.contains("patient/*.rs"));
        assert!(!scopes.contains("patient/*.r"));
        assert!(Scopes::parse(" ").is_empty());
    }
}
