//! Secrets of ours that an EHR repeats: "the code 4a7… has expired". Its explanations are shown to a person and kept, so
//! one that repeats a secret is dropped.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use url::form_urlencoded::{byte_serialize, parse};

use crate::protocol::http::HttpRequest;

/// Shorter values are found in ordinary words, and no EHR gives out such secrets.
const SHORTEST: usize = 8;

/// The secrets of one exchange of messages, in the spellings in which they may come back.
pub(crate) struct SentSecrets(Vec<String>);

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
        Self(spellings)
    }

    /// What a request to the token, revocation or introspection endpoint carries: code, verifier, token, assertion,
    /// client secret.
    pub(crate) fn of_request(request: &HttpRequest) -> Self {
        let form = parse(request.form.as_deref().unwrap_or_default().as_bytes());
        let in_form = form
            .filter(|(name, _)| {
                matches!(
                    &**name,
                    "code" | "code_verifier" | "refresh_token" | "token" | "client_assertion" | "client_secret"
                )
            })
            .map(|(_, value)| value.into_owned());
        let in_headers = request
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
            .flat_map(|(_, value)| of_basic(value));
        Self::new(in_form.chain(in_headers))
    }

    /// Whether a text repeats one of them.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        self.0.iter().any(|secret| text.contains(secret.as_str()))
    }
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
    use std::time::Duration;

    use url::Url;

    use super::*;

    fn request(form: &str, authorization: &str) -> HttpRequest {
        let url = Url::parse("https://ehr.example/token").unwrap();
        let mut request = HttpRequest::post_form(url, form.to_owned(), Duration::ZERO);
        request.headers.push(("Authorization", authorization.to_owned()));
        request
    }

    #[test]
    fn every_secret_of_a_token_request_is_recognised_in_both_spellings() {
        let form = "grant_type=authorization_code&code=c%2Bde%2Fcode&code_verifier=verifier1&token=t0ken-t0ken&client_assertion=a.b.c.d.e.f";
        let authorization = format!("Basic {}", STANDARD.encode("my+app:s3cret%3A%2B%C3%BC"));
        let sent = SentSecrets::of_request(&request(form, &authorization));
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
    fn a_value_that_could_be_a_word_is_not_looked_for() {
        let sent = SentSecrets::new(["expired".to_owned(), "expired!".to_owned()]);
        assert!(!sent.are_in("the code has expired"));
        assert!(sent.are_in("the code has expired!"));
    }
}
