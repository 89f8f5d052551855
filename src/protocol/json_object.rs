//! The one reader of JSON from outside: [`JsonObject`]. EHRs answer with objects and with nothing else.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value, error::Category};

/// The members of a JSON object, and which of them came twice: an ordinary map silently keeps the last of two members
/// with one name, and another reader may take the first.
pub(crate) struct JsonObject {
    /// The last of each name.
    pub(crate) members: Map<String, Value>,
    repeated: Vec<String>,
}

/// What is there instead of a JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonObjectError {
    /// Nothing.
    Empty,
    /// A web page, or XML.
    Html,
    /// JSON that ends too early.
    Truncated,
    /// No JSON. Line and column of the first mistake count from 1.
    NotJson { line: usize, column: usize },
    /// JSON, but not an object.
    NotAnObject,
}

impl JsonObject {
    /// Reads a body, with or without a byte order mark. The content type is not looked at: servers get it wrong.
    ///
    /// # Errors
    ///
    /// [`JsonObjectError`] says what is there instead.
    pub(crate) fn read(body: &[u8]) -> Result<Self, JsonObjectError> {
        let body = without_byte_order_mark(body).trim_ascii();
        match body.first() {
            None => Err(JsonObjectError::Empty),
            Some(b'<') => Err(JsonObjectError::Html),
            Some(_) => serde_json::from_slice(body).map_err(|error| match error.classify() {
                // The reader of objects gives up at the first byte, and has not seen whether the rest is JSON.
                Category::Data => serde_json::from_slice::<Value>(body)
                    .err()
                    .map_or(JsonObjectError::NotAnObject, |error| JsonObjectError::of(&error)),
                Category::Syntax | Category::Eof | Category::Io => JsonObjectError::of(&error),
            }),
        }
    }

    /// Whether any two members have one name.
    pub(crate) const fn has_repeated(&self) -> bool {
        !self.repeated.is_empty()
    }

    /// The first of these names that came more than once.
    pub(crate) fn first_repeated(&self, once: &[&'static str]) -> Option<&'static str> {
        let repeated = |name: &&&'static str| self.repeated.iter().any(|repeated| repeated == **name);
        once.iter().find(repeated).copied()
    }
}

impl JsonObjectError {
    fn of(error: &serde_json::Error) -> Self {
        if error.is_eof() {
            return Self::Truncated;
        }
        Self::NotJson {
            line: error.line(),
            column: error.column(),
        }
    }
}

/// Some servers put a byte order mark in front, which JSON does not allow.
pub(crate) fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = JsonObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut access: A) -> Result<JsonObject, A::Error> {
                let mut object = JsonObject {
                    members: Map::new(),
                    repeated: Vec::new(),
                };
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if object.members.contains_key(&name) {
                        object.repeated.push(name.clone());
                    }
                    object.members.insert(name, value);
                }
                Ok(object)
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests;
