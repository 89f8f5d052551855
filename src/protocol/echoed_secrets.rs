//! Secrets of ours that an EHR repeats: "the code 4a7… has expired". Its explanations are shown to a person and kept, so
//! one that repeats a secret, or a part of one, is dropped.

use std::collections::HashSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use url::form_urlencoded::{byte_serialize, parse};

use crate::protocol::{json_object::without_byte_order_mark, token_request::TokenForm, visible::visible};

/// In bytes. Shorter values are found in ordinary words, and no EHR gives out such secrets; and so many of a longer one are a part that
/// says something of it.
const SHORTEST: usize = 8;

/// The secrets of one exchange of messages, in the spellings in which they may come back. Letters are the same in either case: some
/// servers repeat what they compare with.
#[derive(Default)]
pub(crate) struct SentSecrets {
    spellings: Vec<String>,
    /// The same [`squeezed`].
    squeezed: Vec<String>,
    /// Every part of both.
    parts: HashSet<[u8; SHORTEST]>,
}

impl SentSecrets {
    /// These values, as they are and form-encoded.
    pub(crate) fn new(values: impl IntoIterator<Item = String>) -> Self {
        let mut secrets = Self::default().and_whole(values);
        let all = secrets.spellings.iter().chain(&secrets.squeezed);
        secrets.parts = all.flat_map(|spelling| parts(spelling)).collect();
        secrets
    }

    /// These too, of which a part says nothing: addresses, and what else has words in it that an EHR may use.
    pub(crate) fn and_whole(mut self, values: impl IntoIterator<Item = String>) -> Self {
        for value in values.into_iter().filter(|value| value.len() >= SHORTEST) {
            let encoded: String = byte_serialize(value.as_bytes()).collect();
            let spellings = [&encoded, &value].map(|spelling| spelling.to_lowercase());
            let is_one = encoded == value;
            for spelling in spellings.into_iter().skip(usize::from(is_one)) {
                let squeezed = squeezed(&spelling);
                self.squeezed.extend(Some(squeezed).filter(|it| it.len() >= SHORTEST));
                self.spellings.push(spelling);
            }
        }
        self
    }

    /// What a request to an endpoint of the authorization server carries in its form, in its `Authorization` header and in those
    /// that a registration adds.
    pub(crate) fn of_request(form: &TokenForm, headers: &[(&'static str, String)]) -> Self {
        let in_form = form.secrets().map(str::to_owned);
        let is_authorization = |(name, _): &&(&'static str, String)| name.eq_ignore_ascii_case("authorization");
        let (authorization, others): (Vec<_>, Vec<_>) = headers.iter().partition(is_authorization);
        let in_authorization = authorization.into_iter().flat_map(|(_, value)| of_basic(value));
        let in_others = others.into_iter().map(|(_, value)| value.clone());
        Self::new(in_form.chain(in_authorization)).and_whole(in_others)
    }

    /// Whether a text repeats one of them, also with spaces or with what nobody sees in between. For names and values that mean
    /// something: a part of a secret may be in one by chance.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let has = |text: &str, secrets: &[String]| secrets.iter().any(|secret| text.contains(secret.as_str()));
        has(&text, &self.spellings)
            || has(&visible(&text).collect::<String>(), &self.spellings)
            || has(&squeezed(&text), &self.squeezed)
    }

    /// The same, also of eight characters of one, such as one that was cut off. For explanations: what is dropped in vain costs less
    /// than a part of a secret in the log, and the guide says of them that they may be missing.
    pub(crate) fn are_partly_in(&self, text: &str) -> bool {
        let has_part = |text: &str| parts(text).any(|part| self.parts.contains(&part));
        let lower = text.to_lowercase();
        let has_parts =
            || has_part(&lower) || has_part(&visible(&lower).collect::<String>()) || has_part(&squeezed(&lower));
        self.are_in(text) || (!self.parts.is_empty() && has_parts())
    }

    /// Whether the body of an answer repeats one of them or a part: as it came, or in a text of its JSON, which may be written in
    /// escapes.
    pub(crate) fn are_partly_in_body(&self, body: &[u8]) -> bool {
        self.are_partly_in(&String::from_utf8_lossy(body))
            || serde_json::from_slice(without_byte_order_mark(body)).is_ok_and(|json| self.are_partly_in_json(&json))
    }

    fn are_partly_in_json(&self, json: &Value) -> bool {
        match json {
            Value::String(text) => self.are_partly_in(text),
            Value::Array(items) => items.iter().any(|item| self.are_partly_in_json(item)),
            Value::Object(members) => members
                .iter()
                .any(|(name, value)| self.are_partly_in(name) || self.are_partly_in_json(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
}

/// Every run of so many bytes.
fn parts(text: &str) -> impl Iterator<Item = [u8; SHORTEST]> {
    let runs = text.as_bytes().windows(SHORTEST);
    runs.filter_map(|run| run.try_into().ok())
}

/// What a reader who ignores gaps sees of a text.
fn squeezed(text: &str) -> String {
    visible(text).filter(|c| !c.is_whitespace()).collect()
}

/// The credentials of a `Basic` header, and the secret in them.
fn of_basic(header: &str) -> Vec<String> {
    let Some(credentials) = header.strip_prefix("Basic ") else {
        return Vec::new();
    };
    let mut secrets = vec![credentials.to_owned()];
    let decoded = STANDARD.decode(credentials).ok();
    if let Some((_, secret)) = decoded
        .as_deref()
        .and_then(|pair| std::str::from_utf8(pair).ok())
        .and_then(|pair| pair.split_once(':'))
    {
        // A secret without `=` and `&` decodes as the name of a pair without a value.
        secrets.extend(parse(secret.as_bytes()).next().map(|(name, _)| name.into_owned()));
        secrets.push(secret.to_owned());
    }
    secrets
}

#[cfg(test)]
mod tests;
