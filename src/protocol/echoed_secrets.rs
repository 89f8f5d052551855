//! Secrets of ours that an EHR repeats: "the code 4a7… has expired". Its explanations are shown to a person and kept, so
//! one that repeats a secret is dropped.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use url::form_urlencoded::{byte_serialize, parse};

use crate::protocol::{json_object::without_byte_order_mark, token_request::TokenForm, visible::visible};

/// Shorter values are found in ordinary words, and no EHR gives out such secrets.
const SHORTEST: usize = 8;

/// The secrets of one exchange of messages, in the spellings in which they may come back.
#[derive(Default)]
pub(crate) struct SentSecrets {
    spellings: Vec<String>,
    /// The same [`squeezed`].
    squeezed: Vec<String>,
}

impl SentSecrets {
    /// These values, as they are and form-encoded.
    pub(crate) fn new(values: impl IntoIterator<Item = String>) -> Self {
        let mut spellings = Vec::new();
        for value in values.into_iter().filter(|value| value.len() >= SHORTEST) {
            let encoded: String = byte_serialize(value.as_bytes()).collect();
            if encoded != value {
                spellings.push(encoded);
            }
            spellings.push(value);
        }
        let squeezed = spellings.iter().map(|spelling| squeezed(spelling));
        Self {
            squeezed: squeezed.filter(|spelling| spelling.len() >= SHORTEST).collect(),
            spellings,
        }
    }

    /// What a request to an endpoint of the authorization server carries in its form, in its `Authorization` header and in those
    /// that a registration adds.
    pub(crate) fn of_request(form: &TokenForm, headers: &[(&'static str, String)]) -> Self {
        let in_form = form.secrets().map(str::to_owned);
        let in_headers = headers
            .iter()
            .flat_map(|(name, value)| match name.eq_ignore_ascii_case("authorization") {
                true => of_basic(value),
                false => vec![value.clone()],
            });
        Self::new(in_form.chain(in_headers))
    }

    /// Whether a text repeats one of them, also with spaces or with what nobody sees in between.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        let has = |text: &str, secrets: &[String]| secrets.iter().any(|secret| text.contains(secret.as_str()));
        has(text, &self.spellings)
            || has(&visible(text).collect::<String>(), &self.spellings)
            || has(&squeezed(text), &self.squeezed)
    }

    /// Whether the body of an answer repeats one of them: as it came, or in a text of its JSON, which may be written in
    /// escapes.
    pub(crate) fn are_in_body(&self, body: &[u8]) -> bool {
        self.are_in(&String::from_utf8_lossy(body))
            || serde_json::from_slice(without_byte_order_mark(body)).is_ok_and(|json| self.are_in_json(&json))
    }

    fn are_in_json(&self, json: &Value) -> bool {
        match json {
            Value::String(text) => self.are_in(text),
            Value::Array(items) => items.iter().any(|item| self.are_in_json(item)),
            Value::Object(members) => members
                .iter()
                .any(|(name, value)| self.are_in(name) || self.are_in_json(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
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
