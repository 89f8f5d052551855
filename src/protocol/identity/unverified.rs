//! What a token says that nobody has verified: for choosing keys, and for noticing another user after a refresh.

use crate::protocol::secret::RawIdToken;

/// Who issued a token, according to the token: to choose keys by, and for nothing else.
///
/// Do not fetch from it what no policy allows. `None` when unreadable.
pub(crate) fn unverified_issuer(_token: &RawIdToken) -> Option<String> {
    None
}

/// `(iss, sub)` of a token that came straight from the token endpoint, over TLS, in the answer to a refresh: to compare
/// with the user of the launch, never to learn who that is (OpenID Connect Core 1.0, section 12.2). A token without
/// `iss` gives `None` for it. `None` when unreadable or without `sub`.
pub(crate) fn unverified_user(_token: &RawIdToken) -> Option<(Option<String>, String)> {
    None
}
