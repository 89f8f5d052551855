//! What a script answered: a number, or a word with values.

use redis::Value;

use crate::{
    store::{EndReason, Stamped, format::StoredName as _},
    time::Timestamp,
};

pub(super) struct Reply(Value);

impl Reply {
    #[cfg(test)]
    pub(super) const fn new(value: Value) -> Self {
        Self(value)
    }

    /// What a script answered, with the time by which it judged.
    pub(super) fn stamped(value: Value) -> Option<Stamped<Self>> {
        let Value::Array(parts) = value else {
            return None;
        };
        let [Value::BulkString(time), answer] = <[Value; 2]>::try_from(parts).ok()? else {
            return None;
        };
        Some(Stamped::new(Self(answer), timestamp(&time)?))
    }

    /// A number of things.
    pub(super) fn count(&self) -> Option<usize> {
        match self.0 {
            Value::Int(number) => usize::try_from(number).ok(),
            _ => None,
        }
    }

    /// The word and its values; empty if it is anything else.
    pub(super) fn parts(&self) -> Vec<&[u8]> {
        let Value::Array(values) = &self.0 else {
            return Vec::new();
        };
        values
            .iter()
            .map(|value| match value {
                Value::BulkString(bytes) => bytes.as_slice(),
                _ => &[],
            })
            .collect()
    }
}

pub(super) fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

pub(super) fn timestamp(digits: &[u8]) -> Option<Timestamp> {
    number(digits).map(Timestamp::from_millis)
}

/// Why a launch ended, as it stands in clear.
pub(super) fn end_reason(name: &[u8]) -> Option<EndReason> {
    EndReason::from_stored_name(std::str::from_utf8(name).ok()?)
}
