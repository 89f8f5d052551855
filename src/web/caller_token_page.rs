//! The answer to a caller whose token will not do.

use std::time::Duration;

use crate::{
    pages::{Audience, Page, texts, words::Words},
    resource_server::{CallerTokenError, CallerTokenErrorKind as Kind, NotChecked},
};

/// Why a caller is turned away. What the authorization server wrote is in no answer.
pub(crate) fn caller_token_page(error: &CallerTokenError, words: &Words) -> Page {
    let wait = error.retry_after().unwrap_or(Duration::from_secs(5));
    match error.kind() {
        Kind::NoToken => texts::no_access_token(words),
        Kind::Repeated => texts::several_access_tokens(words),
        Kind::InsufficientScope(lack) => texts::access_token_not_enough(words, lack.missing()),
        Kind::NotChecked { cause, .. } => match cause {
            NotChecked::NoAnswer => texts::record_silent(words, Audience::Api, wait),
            _ => texts::record_troubled(words, Audience::Api, wait),
        },
        _ => match error.status() {
            401 => texts::access_token_refused(words),
            503 => texts::record_troubled(words, Audience::Api, wait),
            _ => texts::record_mistake(words, Audience::Api),
        },
    }
}
