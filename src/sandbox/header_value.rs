//! Values of headers that somebody describes: which can be sent ([`HeaderMistake`]), and how they are read.

use actix_web::http::header::HeaderValue;
use serde::{Deserialize, Deserializer, de::Error};

/// The value of a header that HTTP cannot send.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} has a line break or another control character, which no header can have: take it out")]
#[non_exhaustive]
pub struct HeaderMistake {
    /// Which field it is, such as `location`.
    pub field: &'static str,
}

/// # Errors
/// When the value cannot be sent.
pub(super) fn check(field: &'static str, value: &str) -> Result<(), HeaderMistake> {
    match HeaderValue::try_from(value) {
        Ok(_) => Ok(()),
        Err(_) => Err(HeaderMistake { field }),
    }
}

pub(super) fn retry_after<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let value = Option::<String>::deserialize(from)?;
    value.map(|value| checked("retry-after", value)).transpose()
}

pub(super) fn location<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    checked("location", String::deserialize(from)?)
}

pub(super) fn content_type<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    checked("content-type", String::deserialize(from)?)
}

fn checked<E: Error>(field: &'static str, value: String) -> Result<String, E> {
    check(field, &value).map_err(E::custom)?;
    Ok(value)
}
