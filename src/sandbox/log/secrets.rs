//! What no log may say: [`Secrets`].

use std::{borrow::Cow, collections::BTreeSet};

use super::{
    super::{
        client::ClientKind,
        settings::SelfRegistration,
        state::{Shared, State},
    },
    RequestLine,
};

/// Parameters of OAuth, and those of an EHR's launch, whose values are nobody else's business.
const NAMES: [&str; 18] = [
    "access_token",
    "assertion",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "handle",
    "id_token",
    "id_token_hint",
    "initial_access_token",
    "launch",
    "nonce",
    "password",
    "refresh_token",
    "registration_access_token",
    "secret",
    "state",
    "token",
];

/// A secret of a client that is shorter may be a part of any word.
const SHORTEST: usize = 8;

/// 32 random bytes in base64url.
const ISSUED: usize = 43;
/// 32 random bytes in base64, behind `+/`.
const AWKWARD: usize = 46;

/// So many characters of a text are told.
const LONGEST: usize = 500;
/// So many has a name.
const LONGEST_NAME: usize = 100;

/// Secrets that the sandbox was given. Those that it issues are known by their form, also when it has forgotten them.
pub(in crate::sandbox) struct Secrets(Vec<String>);

impl Shared {
    /// What is not to be told.
    pub(in crate::sandbox) fn secrets(&self) -> Secrets {
        Secrets::of(&self.state())
    }
}

impl Secrets {
    fn of(state: &State) -> Self {
        let of_clients = state.clients.values().filter_map(|client| match &client.kind {
            ClientKind::Secret(secret) => Some(secret),
            ClientKind::Public | ClientKind::PrivateKeyJwt(_) => None,
        });
        let to_register = match &state.settings.self_registration {
            SelfRegistration::WithToken(token) => Some(token),
            SelfRegistration::Off | SelfRegistration::Open => None,
        };
        Self::given(of_clients.chain(to_register).map(String::as_str))
    }

    /// Each as it may be found in a text that is decoded: texts are decoded several times, whatever is in them.
    fn given<'a>(secrets: impl Iterator<Item = &'a str>) -> Self {
        let long = secrets.filter(|secret| secret.len() >= SHORTEST);
        let forms: BTreeSet<String> = long
            .flat_map(decodings)
            // A form has `+` for a space.
            .flat_map(|form| [form.replace(' ', "+"), form])
            .filter(|form| form.len() >= SHORTEST)
            .collect();
        Self(forms.into_iter().collect())
    }

    /// A text without what is secret in it. As it is if nothing is, and decoded otherwise: who hides a value behind percent signs hides it
    /// from nobody.
    pub(super) fn redacted(&self, text: &str) -> String {
        let plain = decoded(text);
        let without = self.without_secrets(&plain);
        // Cut afterwards: half a token is known by nothing.
        beginning(if without == plain { text } else { &without }).to_owned()
    }

    /// The name of a parameter. What cannot be one may be anything: a body that is called a form, and is none.
    pub(super) fn name(&self, name: &str) -> String {
        let may_be = |c: char| c.is_ascii_alphanumeric() || "_-.:[]~".contains(c);
        match name.len() <= LONGEST_NAME && name.chars().all(may_be) {
            true => self.redacted(name),
            false => RequestLine::REDACTED.to_owned(),
        }
    }

    fn without_secrets(&self, text: &str) -> String {
        let Self(given) = self;
        let mut text = text.to_owned();
        for secret in given {
            text = text.replace(secret.as_str(), RequestLine::REDACTED);
        }
        without_values(&without_issued(&text))
    }
}

fn beginning(text: &str) -> &str {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

/// Without percent signs, however often they were put in.
fn decoded(text: &str) -> String {
    decodings(text).pop().unwrap_or_default()
}

/// As it is, decoded once, twice, and so on.
fn decodings(text: &str) -> Vec<String> {
    let mut text = text.to_owned();
    let mut all = Vec::new();
    for _ in 0..3 {
        let once = percent_decoded(&text);
        if once == text {
            break;
        }
        all.push(std::mem::replace(&mut text, once));
    }
    all.push(text);
    all
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let two = behind.get(..2).filter(|two| two.iter().all(u8::is_ascii_hexdigit));
        let two = two.and_then(|two| std::str::from_utf8(two).ok());
        let byte = two.and_then(|two| u8::from_str_radix(two, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    match String::from_utf8_lossy(&bytes) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    }
}

/// Without what has the form of a value that the sandbox issues, and without JSON Web Tokens.
fn without_issued(text: &str) -> String {
    let mut without = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let hidden = awkward(rest).or_else(|| jwt(rest)).or_else(|| random(rest));
        let taken = match hidden {
            Some(length) => {
                without.push_str(RequestLine::REDACTED);
                length
            }
            // A word is looked at from its beginning alone.
            None => {
                let word = run(rest, is_base64url).max(rest.chars().next().map_or(0, char::len_utf8));
                without.push_str(rest.get(..word).unwrap_or_default());
                word
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    without
}

const fn is_base64url(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

/// How many bytes of these characters the text begins with.
fn run(text: &str, is_of_it: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_of_it(c)).unwrap_or(text.len())
}

fn awkward(text: &str) -> Option<usize> {
    let value = text.get(..AWKWARD).filter(|value| value.starts_with("+/"))?;
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    value.chars().all(is_base64).then_some(AWKWARD)
}

/// A word that begins as the JSON of a header does in base64url, and what follows behind its dots.
fn jwt(text: &str) -> Option<usize> {
    text.starts_with("eyJ")
        .then(|| run(text, |c| is_base64url(c) || c == '.'))
}

/// A word that is as long as a random value, and as mixed. The id of a record may be as long, as the digits of a hash are: those have letters
/// of one kind.
fn random(text: &str) -> Option<usize> {
    let length = run(text, is_base64url);
    let word = text.get(..length)?;
    let is_mixed = word.contains(|c: char| c.is_ascii_uppercase()) && word.contains(|c: char| c.is_ascii_lowercase());
    (length >= ISSUED && is_mixed).then_some(length)
}

/// Without the values of OAuth's parameters (`code=…`), and without what follows `Bearer` and `Basic`.
fn without_values(text: &str) -> String {
    let ends = |c: char| matches!(c, '&' | ';' | '?' | '#' | ',' | '/' | ' ' | '"' | '\'');
    let mut without = String::with_capacity(text.len());
    let mut hides = false;
    let mut word = String::new();
    let mut put = |word: &mut String, without: &mut String| {
        let scheme = word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic");
        match word.split_once('=') {
            _ if std::mem::replace(&mut hides, scheme) && !word.is_empty() => without.push_str(RequestLine::REDACTED),
            Some((name, value)) if !value.is_empty() && NAMES.contains(&name.to_ascii_lowercase().as_str()) => {
                without.push_str(name);
                without.push('=');
                without.push_str(RequestLine::REDACTED);
            }
            _ => without.push_str(word),
        }
        word.clear();
    };
    for c in text.chars() {
        match ends(c) {
            true => {
                put(&mut word, &mut without);
                without.push(c);
            }
            false => word.push(c),
        }
    }
    put(&mut word, &mut without);
    without
}

#[cfg(test)]
mod tests {
    use super::{super::super::random, *};

    fn secrets() -> Secrets {
        Secrets::given(["s3cret:/+ of it"].into_iter())
    }

    #[test]
    fn what_a_sandbox_issues_is_redacted_wherever_it_stands() {
        for issued in (0..200).map(|round| match round % 2 {
            0 => random::awkward(),
            _ => random::url_safe(32),
        }) {
            let encoded: String = url::form_urlencoded::byte_serialize(issued.as_bytes()).collect();
            let twice: String = url::form_urlencoded::byte_serialize(encoded.as_bytes()).collect();
            for text in [
                format!("/fhir/Patient/{issued}"),
                format!("/fhir/{encoded}/x"),
                format!("/{twice}"),
                format!("/cb;code={issued}&a=b"),
                format!("The value {issued} is none."),
            ] {
                let told = secrets().redacted(&text);
                assert!(told.contains(RequestLine::REDACTED), "{text}: {told}");
                // No half of it either.
                let half = issued.get(20..30).unwrap();
                assert!(!told.contains(half), "{text}: {told}");
            }
        }
    }

    #[test]
    fn values_of_oauth_tokens_of_others_and_secrets_that_were_given_are_redacted() {
        for (text, expected) in [
            ("/cb?code=abc&x=1", "/cb?code=[redacted]&x=1"),
            ("/cb%3Faccess_token%3Dabc", "/cb?access_token=[redacted]"),
            ("/a;Client_Secret=abc/b", "/a;Client_Secret=[redacted]/b"),
            ("/Bearer%20abc/x", "/Bearer [redacted]/x"),
            ("/x/eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln/y", "/x/[redacted]/y"),
            ("/x/s3cret%3A%2F%2B%20of%20it", "/x/[redacted]"),
        ] {
            assert_eq!(secrets().redacted(text), expected);
        }
    }

    #[test]
    fn what_is_no_secret_stays_as_it_came() {
        for text in [
            "/fhir/Patient/amber-testwood",
            "/fhir/Patient/9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
            "/fhir/Observation/e63wRTbPfr1p8UW81d8Seiw3",
            // A hash of 256 bits.
            "/fhir/Patient/2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
            "/fhir/Patient/a%20b%2",
            "/fhir/Condition/code",
            "/fhir/x;encode=1",
            "patient/Patient.rs is of version 2; this server takes scopes of version 1 (.read).",
        ] {
            assert_eq!(secrets().redacted(text), text);
        }
    }

    #[test]
    fn what_cannot_be_a_name_is_redacted_and_texts_have_an_end() {
        let longest = "a".repeat(LONGEST_NAME);
        for (name, is_told) in [
            ("_has:Observation:patient:code", true),
            ("name:exact", true),
            (longest.as_str(), true),
            (&format!("{longest}a"), false),
            ("{\"client_secret\":\"abc\"}", false),
            ("a b", false),
        ] {
            let told = secrets().name(name);
            assert_eq!(told == name, is_told, "{told}");
        }
        assert_eq!(secrets().redacted(&"ü".repeat(LONGEST + 1)), "ü".repeat(LONGEST));
    }
}
