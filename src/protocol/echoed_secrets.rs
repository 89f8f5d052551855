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
mod tests {
    use crate::protocol::secret::{AuthorizationCode, CodeVerifier};

    use super::*;

    #[test]
    fn every_secret_of_a_token_request_is_recognised_in_both_spellings() {
        let (code, verifier) = (AuthorizationCode::new("c+de/code"), CodeVerifier::new("verifier1"));
        let mut form = TokenForm::exchange(&code, "https://app.example/auth/callback", &verifier);
        for (name, value) in [("token", "t0ken-t0ken"), ("client_assertion", "a.b.c.d.e.f")] {
            form.push(name, value);
        }
        let authorization = format!("Basic {}", STANDARD.encode("my+app:s3cret%3A%2B%C3%BC"));
        let sent = SentSecrets::of_request(&form, &[("Authorization", authorization.clone())]);
        for echo in [
            "the code c+de/code has expired",
            "code=c%2Bde%2Fcode",
            "verifier1 does not match",
            "token t0ken-t0ken is unknown",
            "bad assertion a.b.c.d.e.f",
            "secret s3cret:+ü is wrong",
            "secret s3cret%3A%2B%C3%BC is wrong",
            &authorization,
        ] {
            assert!(sent.are_in(echo), "{echo}");
        }
        for harmless in ["authorization_code is not supported", "my app is unknown", ""] {
            assert!(!sent.are_in(harmless), "{harmless}");
        }
    }

    #[test]
    fn a_secret_is_recognised_with_anything_between_its_characters_that_is_not_seen() {
        let sent = SentSecrets::new(["code-1234".to_owned(), "pass phrase".to_owned()]);
        for between in [
            "\u{202E}",
            "\u{200B}",
            "\u{AD}",
            "\u{FEFF}",
            "\u{E0061}",
            "\u{2028}",
            "\0",
            "\n",
            " ",
        ] {
            let interleaved: String = "code-1234"
                .chars()
                .flat_map(|c| [c.to_string(), between.to_owned()])
                .collect();
            assert!(sent.are_in(&format!("the {interleaved} is bad")), "{between:?}");
            assert!(sent.are_in(&format!("pass{between}phrase")), "{between:?}");
        }
        assert!(!sent.are_in("code-123"));
        assert!(!sent.are_in("code-x1234"));
    }

    #[test]
    fn a_secret_of_few_characters_that_are_seen_is_looked_for_as_it_is_only() {
        let sent = SentSecrets::new(["e x p i r e d".to_owned()]);
        assert!(!sent.are_in("the code has expired"));
        assert!(sent.are_in("e x p i r e d"));
    }

    #[test]
    fn a_secret_is_recognised_in_a_body_that_escapes_it() {
        let sent = SentSecrets::new(["code-1234".to_owned()]);
        for body in [
            "code-1234",
            r#"{"error_description":"\u0063ode-1234"}"#,
            "\u{FEFF}{\"x\":[1,{\"\\u0063ode-1234\":null}]}",
            r#"{"error_description":"code\u200b-\u202e1234"}"#,
        ] {
            assert!(sent.are_in_body(body.as_bytes()), "{body}");
        }
        for body in [
            "",
            "{}",
            r#"{"error_description":"\u0063ode-123"}"#,
            "[null, true, 1234]",
        ] {
            assert!(!sent.are_in_body(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn a_value_that_could_be_a_word_is_not_looked_for() {
        let sent = SentSecrets::new(["expired".to_owned(), "expired!".to_owned()]);
        assert!(!sent.are_in("the code has expired"));
        assert!(sent.are_in("the code has expired!"));
    }
}
