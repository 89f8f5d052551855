//! JSON objects in which no member comes twice.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, error::Category};

/// Why a text is no such object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ObjectError {
    NotJson,
    NotAnObject,
    Repeated,
}

/// Reads an object. `serde_json` alone would let the last of two members of one name win, other readers the first.
pub(super) fn object(json: &[u8]) -> Result<Map<String, Value>, ObjectError> {
    let Members { map, repeated } = serde_json::from_slice(json).map_err(|error| match error.classify() {
        Category::Data => ObjectError::NotAnObject,
        Category::Syntax | Category::Eof | Category::Io => ObjectError::NotJson,
    })?;
    if repeated {
        return Err(ObjectError::Repeated);
    }
    Ok(map)
}

struct Members {
    map: Map<String, Value>,
    repeated: bool,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Members, A::Error> {
        let mut map = Map::new();
        let mut repeated = false;
        while let Some((name, value)) = members.next_entry::<String, Value>()? {
            repeated |= map.insert(name, value).is_some();
        }
        Ok(Members { map, repeated })
    }
}
