//! What programs are told that call the application with an access token that will not do.

use crate::{
    pages::{
        page::Page,
        problem_json::INSUFFICIENT_SCOPE,
        words::{Said, Words, fill},
    },
    protocol::scope::Scopes,
};

/// There is no token.
pub(crate) fn no_access_token(words: &Words) -> Page {
    page(401, "no-access-token", &words.caller.none)
}

/// There is more than one.
pub(crate) fn several_access_tokens(words: &Words) -> Page {
    page(400, "several-access-tokens", &words.caller.several)
}

/// It is not good, or not here.
pub(crate) fn access_token_refused(words: &Words) -> Page {
    page(401, "access-token-refused", &words.caller.refused)
}

/// It is good, and not for this.
pub(crate) fn access_token_not_enough(words: &Words, missing: &Scopes) -> Page {
    let said = &words.caller.not_enough;
    let message = fill(said.what, &[("scopes", missing.as_str())]);
    Page::new(403, INSUFFICIENT_SCOPE, said.title, message).with_missing_scopes(missing)
}

fn page(status: u16, code: &'static str, said: &Said) -> Page {
    Page::new(status, code, said.title, said.what)
}
