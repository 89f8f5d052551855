//! What people are told when a FHIR request of a page gave nothing. The launch is open.

use std::time::Duration;

use super::{later::try_again, phrases::sentences};
use crate::pages::{audience::Audience, page::Page, words::Words};

/// The FHIR server does not allow it.
pub(crate) fn record_refused(words: &Words, audience: Audience) -> Page {
    let said = &words.record.refused;
    let message = told(words, said.what, words.record.refused_next, audience);
    Page::new(403, "record-refused", said.title, message)
}

/// The resource is not there, or not any more.
pub(crate) fn record_not_found(words: &Words, audience: Audience) -> Page {
    let said = &words.record.not_found;
    let message = told(words, said.what, words.record.not_found_next, audience);
    Page::new(404, "record-not-found", said.title, message)
}

/// Somebody else has written meanwhile.
pub(crate) fn record_changed(words: &Words, audience: Audience) -> Page {
    let of = &words.record;
    let message = match audience {
        // To look there is what the person is told anyway.
        Audience::Form => sentences([of.changed.what, of.perhaps_saved, of.changed_form_next]),
        Audience::Document | Audience::Api => sentences([of.changed.what, of.changed_next]),
    };
    Page::new(409, "record-changed", of.changed.title, message)
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

/// The application has no token of its own, as it could not register itself at the EHR.
pub(crate) fn record_not_set_up(words: &Words, audience: Audience, wait: Duration) -> Page {
    soon(words, "registration-failed", words.later.not_set_up, audience, wait)
}

/// The application has no token of its own, and the EHR has no part in that.
pub(crate) fn record_own_data_away(words: &Words, audience: Audience, wait: Duration) -> Page {
    soon(words, "store-unavailable", words.later.own_data_away, audience, wait)
}

/// The FHIR server's answer cannot be used. It will be the same next time.
pub(crate) fn record_unusable(words: &Words, audience: Audience) -> Page {
    let message = match audience {
        Audience::Form => with_look_first(words, words.next.tell_support),
        Audience::Document | Audience::Api => words.next.tell_support.to_owned(),
    };
    Page::new(502, "ehr-error", words.later.unusable_title, message)
}

/// The application asked for what cannot be asked for.
pub(crate) fn record_mistake(words: &Words, audience: Audience) -> Page {
    let said = &words.record.mistake;
    let message = told(words, said.what, words.next.tell_support, audience);
    Page::new(500, "internal", said.title, message)
}

fn soon(words: &Words, code: &'static str, what: &str, audience: Audience, wait: Duration) -> Page {
    match audience {
        Audience::Document | Audience::Api => try_again(words, code, what, audience, wait),
        // Nobody is told to send the same once more: it may have arrived.
        Audience::Form => {
            let mut page = try_again(words, code, what, Audience::Api, wait);
            page.title = words.record.look_title.to_owned();
            page.message = sentences([what, words.record.perhaps_saved, words.record.look_later]);
            page.when = None;
            page
        }
    }
}

/// What happened, and what to do now. After a form nobody knows how far the application had come.
fn told(words: &Words, what: &str, next: &str, audience: Audience) -> String {
    match audience {
        Audience::Form => sentences([what, &with_look_first(words, next)]),
        Audience::Document | Audience::Api => sentences([what, next]),
    }
}

fn with_look_first(words: &Words, next: &str) -> String {
    sentences([words.record.perhaps_saved, words.record.look_first, next])
}
