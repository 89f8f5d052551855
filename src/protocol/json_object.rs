//! The members of a JSON object that came from an EHR, and which of them came twice.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

/// A JSON object: an ordinary map silently keeps the last of two members with one name, and another reader may take the
/// first.
pub(crate) struct Members {
    /// The last of each name.
    pub(crate) map: Map<String, Value>,
    repeated: Vec<String>,
}

impl Members {
    /// Reads a body, with or without a byte order mark. `None` when it is not one JSON object.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(without_byte_order_mark(body)).ok()
    }

    /// The first of these names that came more than once.
    pub(crate) fn first_repeated(&self, once: &[&'static str]) -> Option<&'static str> {
        let repeated = |name: &&&'static str| self.repeated.iter().any(|repeated| repeated == **name);
        once.iter().find(repeated).copied()
    }
}

/// Some servers put a byte order mark in front, which JSON does not allow.
pub(crate) fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
                let mut members = Members {
                    map: Map::new(),
                    repeated: Vec::new(),
                };
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if members.map.contains_key(&name) {
                        members.repeated.push(name.clone());
                    }
                    members.map.insert(name, value);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_twice_is_known_by_name() {
        let members = Members::read(b"\xef\xbb\xbf{\"a\":1,\"b\":2,\"a\":3}").unwrap();
        assert_eq!(members.map.len(), 2);
        assert_eq!(members.first_repeated(&["b", "a"]), Some("a"));
        assert_eq!(members.first_repeated(&["b", "c"]), None);
    }

    #[test]
    fn only_one_whole_object_is_one() {
        for body in [&b""[..], b"[]", b"null", b"{} {}", b"{\"a\":1", b"<html>"] {
            assert!(Members::read(body).is_none());
        }
    }
}
