//! What people are told when the callback was used up and opened no launch.

use super::{
    mistake::went_wrong,
    phrases::{how_to_start, said, sentences, with_start},
    scopes::not_granted,
    session::credentials_refused,
};
use crate::{
    pages::{
        audience::Audience,
        page::Page,
        words::{Said, Words, fill},
    },
    protocol::scope::Scopes,
    store::{FailedCallback, FailedCallbackKind as Kind},
};

/// A callback that opened no launch. That is how it stays: loading it again gives the same, and no page says when to do so
/// (`Retry-After`).
pub(crate) fn failed_callback(words: &Words, failed: &FailedCallback, relaunch: Option<String>) -> Page {
    let next = match (failed.kind, &relaunch) {
        // The person may have meant it.
        (Kind::AccessDenied, Some(_)) => words.next.wanted_start,
        (Kind::AccessDenied, None) => words.next.wanted_open,
        // Loading this page again would not help, but the EHR may do better soon.
        (Kind::EhrUnavailable | Kind::EhrTroubled, Some(_)) => words.next.soon_start,
        (Kind::EhrUnavailable | Kind::EhrTroubled, None) => words.next.soon_open,
        (_, Some(_)) => how_to_start(words, &relaunch),
        (_, None) => words.next.open_from_chart,
    };
    let of = &words.failed;
    let page = |status, code, of: &Said| Page::new(status, code, of.title, said(of, next));
    let page = match failed.kind {
        Kind::AccessDenied => page(403, "access-denied", &of.access_denied),
        Kind::EhrError => page(502, "ehr-error", &of.ehr_error),
        Kind::BadTokenResponse => {
            let of = &of.bad_token_response;
            let message = sentences([of.what, next, words.next.tell_support]);
            Page::new(502, "ehr-error", of.title, message)
        }
        Kind::WrongIssuer => page(502, "wrong-issuer", &of.wrong_issuer),
        Kind::NoCode => page(400, "bad-callback", &of.not_complete),
        Kind::CodeRefused => page(401, "code-refused", &of.code_refused),
        Kind::IdentityRefused => page(502, "identity-refused", &of.identity_refused),
        Kind::SignInNotFresh => page(401, "sign-in-not-fresh", &of.sign_in_not_fresh),
        Kind::EhrUnavailable => page(503, "ehr-unavailable", &of.ehr_unavailable),
        Kind::EhrTroubled => page(503, "ehr-unavailable", &of.ehr_troubled),
        Kind::AnswerLost => page(401, "sign-in-interrupted", &of.answer_lost),
        Kind::StoreUnavailable => page(503, "store-unavailable", &of.store_unavailable),
        Kind::NotAudited => page(503, "not-audited", &of.not_audited),
        Kind::HookTimedOut => page(503, "application-slow", &of.application_slow),
        Kind::RegistrationChanged => page(401, "registration-changed", &of.registration_changed),
        Kind::Overtaken => page(409, "sign-in-overtaken", &of.overtaken),
        Kind::ScopesNotGranted => match &failed.missing_scopes {
            Some(missing) => not_granted(words, missing, failed.began),
            None => not_granted(words, &Scopes::default(), failed.began),
        },
        Kind::Internal => went_wrong(words, next),
        // What the EHR wrote is for the log: the person cannot mend it, and starting again would not help.
        Kind::ClientRefused => return credentials_refused(words, Audience::Document),
        Kind::RefusedByApplication => return refused_by_application(words, failed),
    };
    with_start(words, with_words_of_ehr(words, page, failed), relaunch)
}

/// In the application's own words, where it has some.
fn refused_by_application(words: &Words, failed: &FailedCallback) -> Page {
    let of = &words.failed.refused;
    let message = failed.description.as_deref().unwrap_or(of.what);
    Page::new(403, "refused", of.title, message)
}

fn with_words_of_ehr(words: &Words, page: Page, failed: &FailedCallback) -> Page {
    match (&failed.error_code, &failed.description) {
        (Some(code), Some(text)) => {
            page.with_detail(fill(words.frame.ehr_wrote_more, &[("code", code), ("text", text)]))
        }
        (Some(code), None) => page.with_detail(fill(words.frame.ehr_wrote, &[("code", code)])),
        (None, _) => page,
    }
}
