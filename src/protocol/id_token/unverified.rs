//! What a token says that nobody has verified: for choosing keys, and for noticing another user after a refresh.

use serde_json::{Map, Value};

use super::jws::Jws;
use crate::protocol::secret::RawIdToken;

/// Who issued a token, according to the token: to choose keys by, and for nothing else.
///
/// Do not fetch from it what no policy allows. `None` when unreadable.
pub(crate) fn unverified_issuer(token: &RawIdToken) -> Option<String> {
    text(&mut claims(token)?, "iss")
}

/// `(iss, sub)` of a token that came straight from the token endpoint, over TLS, in the answer to a refresh: to compare
/// with the user of the launch, never to learn who that is (OpenID Connect Core 1.0, section 12.2). A token without
/// `iss` gives `None` for it. `None` when unreadable or without `sub`.
pub(crate) fn unverified_user(token: &RawIdToken) -> Option<(Option<String>, String)> {
    let mut claims = claims(token)?;
    let subject = text(&mut claims, "sub")?;
    Some((text(&mut claims, "iss"), subject))
}

fn claims(token: &RawIdToken) -> Option<Map<String, Value>> {
    Jws::parse(token.expose_secret()).ok()?.claims().ok()
}

fn text(claims: &mut Map<String, Value>, name: &str) -> Option<String> {
    match claims.remove(name)? {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}
