//! A list of scopes: [`Scopes`] (RFC 6749, section 3.3).

use std::{collections::HashSet, fmt, sync::Arc};

use serde::{Deserialize, Serialize, Serializer};

use super::{error::InvalidScope, token::Scope};

/// A list of scope tokens, in order, each once, exactly as they were written.
///
/// Reading is lenient, as EHRs send trailing spaces and capital letters: the text is split at white space and kept.
/// What a token means is found out when it is asked for ([`covers`](Self::covers), [`Scope::parse`]); what was sent
/// or received is never rewritten by that.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::scope::Scopes;
///
/// let granted = Scopes::parse("launch openid patient/*.rs patient/Observation.cud");
/// assert!(granted.covers(&Scopes::parse("patient/Observation.cruds")));
/// assert!(granted.covers(&Scopes::parse("patient/Observation.rs?category=laboratory")));
/// assert!(!granted.covers(&Scopes::parse("user/Observation.rs")));
/// assert_eq!(
///     granted.uncovered(&Scopes::parse("patient/Patient.rs patient/Patient.u")),
///     Scopes::parse("patient/Patient.u")
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "String")]
// One text with single spaces: a record is cloned and written far more often than its scopes are looked at. Shared, as most
// launches of one EHR have the same.
pub struct Scopes(Arc<str>);

impl Scopes {
    /// Splits a space-separated list.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        text.split_whitespace().collect()
    }

    /// Splits a list that somebody wrote, and refuses what is not a scope of SMART App Launch 2.2: for values from
    /// code and configuration, where a typing error would otherwise be found in the clinic.
    ///
    /// # Errors
    ///
    /// [`InvalidScope`] with the first token that [`Scope::parse_strict`] refuses. An empty list is not an error.
    pub fn parse_strict(text: &str) -> Result<Self, InvalidScope> {
        for token in text.split_whitespace() {
            Scope::parse_strict(token).map_err(|reason| InvalidScope::new(token, reason))?;
        }
        Ok(Self::parse(text))
    }

    /// Whether the list has exactly this token. For what a token allows, see [`covers`](Self::covers).
    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        self.iter().any(|scope| scope == token)
    }

    /// Adds a token at the end, unless it is there. White space in it separates tokens, as everywhere.
    pub fn insert(&mut self, token: impl Into<String>) {
        let added = token.into();
        *self = self.iter().chain(added.split_whitespace()).collect();
    }

    /// Takes a token out.
    pub fn remove(&mut self, token: &str) {
        *self = self.iter().filter(|scope| *scope != token).collect();
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split_ascii_whitespace()
    }

    /// The list as it is sent, with single spaces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Scopes {
    fn default() -> Self {
        Self(Arc::from(""))
    }
}

impl<S: Into<String>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(tokens: I) -> Self {
        let tokens: Vec<String> = tokens.into_iter().map(Into::into).collect();
        let mut text = String::new();
        // A set, not a look through the list: a body of a megabyte can hold half a million tokens.
        let mut seen = HashSet::new();
        for token in tokens.iter().flat_map(|token| token.split_whitespace()) {
            if seen.insert(token) {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(token);
            }
        }
        Self(text.into())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl From<String> for Scopes {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.as_str().to_owned()
    }
}
