//! Id tokens, the keys that they are verified with, their claims, and `fhirUser`.

use std::{sync::LazyLock, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::NOW;
use crate::protocol::{
    id_token::{
        CLOCK_TOLERANCE, Expected, FhirUserReference, IdTokenClaims, KeySet, NoncePolicy, OtherAudiences, check_claims,
        unverified_issuer, unverified_user, verify,
    },
    secret::{Nonce, RawIdToken},
};

const ISSUER: &str = "https://ehr.example/oauth2";
const CLIENT: &str = "my-client";
const BASE: &str = "https://ehr.example/fhir/r4";
const POLICIES: [NoncePolicy; 3] = [NoncePolicy::IfReturned, NoncePolicy::Required, NoncePolicy::NotSent];

/// The longest that a registration may have.
const LONG_TOLERANCE: Duration = Duration::from_secs(600);

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/id_token/", $name)).trim_ascii_end()
    };
}

/// The only tokens that anybody signed with these keys.
const GOOD: [&str; 4] = [
    fixture!("rs256.jwt"),
    fixture!("es256.jwt"),
    fixture!("es384.jwt"),
    fixture!("eddsa.jwt"),
];

static KEYS: LazyLock<KeySet> = LazyLock::new(|| KeySet::parse(fixture!("jwks.json").as_bytes()).expect("a key set"));
static NONCE: LazyLock<Nonce> = LazyLock::new(|| Nonce::new("n-0S6_WzA2MjABCDEFGHIJKLMNOPQRSTUVWXYZ01234"));

/// The first byte says what the rest is: `t` a token, `p` its header and claims in clear (two lines), `k` a key set,
/// `c` claims whose signature was good, `u` a `fhirUser` and in the next line the base that it is relative to.
pub fn id_token(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let text = std::str::from_utf8(rest);
    match (kind, text) {
        (b't', Ok(text)) => only_the_good_tokens_are(text),
        (b'p', Ok(text)) => {
            let (header, claims) = super::line_and_rest(text);
            for good in GOOD {
                let signature = good.rsplit('.').next().unwrap_or_default();
                let parts = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
                only_the_good_tokens_are(&format!("{}.{signature}", parts.join(".")));
            }
        }
        (b'k', _) => no_other_key_verifies(rest),
        (b'c', _) => accepted_claims_are_as_expected(rest),
        (b'u', Ok(text)) => {
            let (user, base) = super::line_and_rest(text);
            user_is_printed_as_it_is_read(user, base);
        }
        _ => {}
    }
}

const fn expected(nonce_policy: NoncePolicy, nonce: Option<&Nonce>) -> Expected<'_> {
    Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        nonce,
        nonce_policy,
        fhir_base_url: BASE,
        now: NOW,
        clock_tolerance: CLOCK_TOLERANCE,
        other_audiences: OtherAudiences::WithAuthorizedParty,
    }
}

fn verified(text: &str, keys: &KeySet) -> Option<IdTokenClaims> {
    verify(
        &RawIdToken::new(text),
        keys,
        &expected(NoncePolicy::Required, Some(&NONCE)),
    )
    .ok()
}

fn only_the_good_tokens_are(text: &str) {
    assert_eq!(verified(text, &KEYS).is_some(), GOOD.contains(&text), "{text}");
    let token = RawIdToken::new(text);
    if let Some((issuer, subject)) = unverified_user(&token) {
        assert!(!subject.is_empty());
        assert_eq!(unverified_issuer(&token), issuer);
    }
}

/// Whatever a key set says: a token says under it what it says under the right keys, or nothing.
fn no_other_key_verifies(document: &[u8]) {
    let Ok(keys) = KeySet::parse(document) else { return };
    assert!((1..=128).contains(&keys.len()));
    assert!(keys.problems().count() <= 128 - keys.len());
    for good in GOOD {
        if let Some(claims) = verified(good, &keys) {
            assert_eq!(Some(claims), verified(good, &KEYS));
        }
    }
}

fn accepted_claims_are_as_expected(document: &[u8]) {
    let Ok(members) = serde_json::from_slice::<Map<String, Value>>(document) else {
        return;
    };
    for (policy, nonce) in POLICIES
        .into_iter()
        .flat_map(|policy| [(policy, None), (policy, Some(&*NONCE))])
    {
        let strict = expected(policy, nonce);
        let lenient = Expected {
            clock_tolerance: LONG_TOLERANCE,
            other_audiences: OtherAudiences::Allowed,
            ..strict
        };
        let of_lenient = check_claims(members.clone(), &lenient);
        if let Ok(claims) = &of_lenient {
            is_ours_and_of_now(&members, claims, &lenient);
        }
        if let Ok(claims) = check_claims(members.clone(), &strict) {
            assert!(of_lenient.is_ok_and(|of_lenient| of_lenient == claims));
            is_ours_and_of_now(&members, &claims, &strict);
            match (members.get("nonce"), nonce) {
                (None | Some(Value::Null), _) => {
                    assert!(policy != NoncePolicy::Required && !claims.nonce_was_checked());
                }
                (Some(said), Some(sent)) => {
                    assert!(policy != NoncePolicy::NotSent && claims.nonce_was_checked());
                    assert_eq!(said.as_str(), Some(sent.expose_secret()));
                }
                (Some(said), None) => assert!(said.is_null(), "a nonce that nobody sent"),
            }
            assert!(claims.claim("nonce").is_none());
            comes_back_from_the_store(&claims);
        }
    }
}

fn is_ours_and_of_now(members: &Map<String, Value>, claims: &IdTokenClaims, expected: &Expected<'_>) {
    assert_eq!(members.get("iss").and_then(Value::as_str), Some(ISSUER));
    assert_eq!(claims.issuer(), ISSUER);
    assert!(claims.audience().iter().any(|one| one == CLIENT));
    assert!(claims.authorized_party().is_none_or(|party| party == CLIENT));
    assert!(
        expected.other_audiences == OtherAudiences::Allowed
            || claims.authorized_party().is_some()
            || claims.audience().iter().all(|one| one == CLIENT)
    );
    assert!(claims.expires_at().saturating_add(expected.clock_tolerance) >= NOW);
    assert!(claims.issued_at() <= NOW.saturating_add(expected.clock_tolerance));
    assert!(!claims.subject().is_empty() && claims.subject().is_ascii() && claims.subject().len() <= 255);
}

fn comes_back_from_the_store(claims: &IdTokenClaims) {
    let stored = serde_json::to_string(&claims.to_stored()).expect("claims are stored");
    let back = IdTokenClaims::from_stored(&mut serde_json::Deserializer::from_str(&stored));
    assert!(
        back.expect("stored claims are read") == *claims,
        "claims change when they are stored"
    );
}

fn user_is_printed_as_it_is_read(text: &str, base: &str) {
    for base in [base, BASE] {
        let Ok(user) = FhirUserReference::parse(text, base) else {
            continue;
        };
        let url = url::Url::parse(&user.url()).expect("a user has a URL");
        super::assert_safe(&url);
        assert!(url.query().is_none());
        assert!(url.path().ends_with(&user.reference()), "{url}");
        assert_eq!(FhirUserReference::parse(&user.url(), ""), Ok(user.clone()));
        assert!(!user.id().is_empty() && !user.id().contains('/'));
        // Only what says where it is can be elsewhere. A base with several slashes at its end matches itself alone.
        if text == user.reference() && !base.ends_with("//") {
            assert!(user.is_on(base));
        }
    }
}
