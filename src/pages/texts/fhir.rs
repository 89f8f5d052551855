//! What people are told when a FHIR request of a page gave nothing. The launch is open.

use std::time::Duration;

use super::{later::try_again, phrases::sentences};
use crate::pages::{audience::Audience, page::Page, words::Words};

/// The FHIR server does not allow it.
pub(crate) fn record_refused(words: &Words, audience: Audience) -> Page {
    let said = &words.record.refused;
    told(words, Page::new(403, "record-refused", said.title, said.what), audience)
}

/// The resource is not there, or not any more.
pub(crate) fn record_not_found(words: &Words, audience: Audience) -> Page {
    let said = &words.record.not_found;
    told(
        words,
        Page::new(404, "record-not-found", said.title, said.what),
        audience,
    )
}

/// Somebody else has written meanwhile.
pub(crate) fn record_changed(words: &Words, audience: Audience) -> Page {
    let said = &words.record.changed;
    told(words, Page::new(409, "record-changed", said.title, said.what), audience)
}

/// The FHIR server does not answer.
pub(crate) fn record_silent(words: &Words, audience: Audience, wait: Duration) -> Page {
    soon(words, "ehr-unavailable", words.later.ehr_silent, audience, wait)
}

/// The FHIR server is in trouble, or has too much to do.
pub(crate) fn record_troubled(words: &Words, audience: Audience, wait: Duration) -> Page {
    soon(words, "ehr-unavailable", words.later.ehr_troubled, audience, wait)
}

/// The application has no token of its own, as the EHR is asked too much already.
pub(crate) fn record_busy(words: &Words, audience: Audience, wait: Duration) -> Page {
    soon(words, "busy", words.later.ehr_busy, audience, wait)
}

/// The application has no token of its own, as its key did not sign.
pub(crate) fn record_not_signed(words: &Words, audience: Audience, wait: Duration) -> Page {
    soon(words, "not-signed", words.later.not_signed, audience, wait)
}

/// The application has no token of its own, and the EHR has no part in that.
pub(crate) fn record_own_data_away(words: &Words, audience: Audience, wait: Duration) -> Page {
    soon(words, "store-unavailable", words.later.own_data_away, audience, wait)
}

/// The FHIR server's answer cannot be used. It will be the same next time.
pub(crate) fn record_unusable(words: &Words, audience: Audience) -> Page {
    told(
        words,
        Page::new(502, "ehr-error", words.later.unusable_title, words.record.unusable),
        audience,
    )
}

/// The application asked for what cannot be asked for.
pub(crate) fn record_mistake(words: &Words, audience: Audience) -> Page {
    let said = &words.record.mistake;
    told(words, Page::new(500, "internal", said.title, said.what), audience)
}

fn soon(words: &Words, code: &'static str, what: &str, audience: Audience, wait: Duration) -> Page {
    match audience {
        Audience::Document => try_again(words, code, what, audience, wait),
        // Nobody is told to send the same once more: it may have arrived.
        Audience::Form | Audience::Api => told(words, try_again(words, code, what, Audience::Api, wait), audience),
    }
}

fn told(words: &Words, mut page: Page, audience: Audience) -> Page {
    if audience == Audience::Form {
        page.message = sentences([&page.message, words.record.look_first]);
    }
    page
}
